"""A year of money as banks hand it out: the checking account as CSV, savings and a card for a trip as OFX."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass

from assistant.demo.year import DAY, Year

CHECKING, SAVINGS, CARD = "DEMO1001", "DEMO2002", "DEMO3003"
OPENING = {CHECKING: 318_240, SAVINGS: 640_000, CARD: 120_000}
"""In cents and pence, on the evening before the first day."""
RULES = {
    "Hillside Homes": "rent",
    "Fresh Market": "groceries",
    "Green Basket": "groceries",
    "Corner Grocer": "groceries",
    "Thames Grocers": "groceries",
    "Cafe Lumen": "dining",
    "Pasta Palace": "dining",
    "Sushi Nori": "dining",
    "Borough Eats": "dining",
    "Bright Energy": "utilities",
    "FiberLine": "utilities",
    "TalkMobile": "utilities",
    "Harbour Insurance": "insurance",
    "Pulse Gym": "sports",
    "StreamBox": "subscriptions",
    "TuneWave": "subscriptions",
    "Daily Herald": "subscriptions",
    "CloudKeep": "subscriptions",
    "City Transit": "transport",
    "RailGo": "transport",
    "Roadside Fuel": "transport",
    "Fashion Corner": "shopping",
    "TechHub": "shopping",
    "Book Nook": "shopping",
    "Old Town Pharmacy": "health",
    "Lindner Dental": "health",
    "Cinema Astor": "entertainment",
    "Globe Tickets": "entertainment",
    "Helping Hands": "donations",
    "London Inn": "travel",
    "Tube Travel": "travel",
    "Demo Works": "salary",
}
"""Category by what the payee's name has in it."""


@dataclass(frozen=True)
class Fixed:
    """What comes every month on the same day; `months` are those of the calendar, all when empty."""

    day: int
    payee: str
    memo: str
    cents: int
    months: tuple[int, ...] = ()


FIXED = (
    Fixed(2, "City Transit", "Monthly pass", -4_900),
    Fixed(3, "Pulse Gym", "Membership", -2_990),
    Fixed(4, "StreamBox", "StreamBox Standard", -1_299),
    Fixed(8, "TalkMobile", "Mobile plan", -1_799),
    Fixed(9, "TuneWave", "Music", -999),
    Fixed(12, "Bright Energy", "Electricity instalment", -7_400),
    Fixed(14, "Daily Herald", "Digital edition", -750),
    Fixed(15, "Harbour Insurance", "Household and liability", -12_840, (1, 4, 7, 10)),
    Fixed(20, "FiberLine", "Internet", -3_990),
    Fixed(22, "CloudKeep", "50 GB", -299),
    Fixed(24, "Helping Hands", "Donation", -1_500),
    Fixed(27, "Demo Works GmbH", "Salary", 324_000),
)


@dataclass(frozen=True)
class Shop:
    """Where money goes now and then: how often a day, and between how much."""

    payee: str
    memo: str
    a_day: float
    least: int
    most: int


SHOPS = (
    Shop("Fresh Market", "Card payment", 0.17, 1_180, 7_350),
    Shop("Green Basket", "Card payment", 0.10, 1_900, 8_900),
    Shop("Corner Grocer", "Card payment", 0.11, 290, 2_380),
    Shop("Cafe Lumen", "Card payment", 0.14, 320, 940),
    Shop("Pasta Palace", "Card payment", 0.05, 1_650, 4_400),
    Shop("Sushi Nori", "Card payment", 0.03, 2_250, 5_800),
    Shop("RailGo", "Tickets", 0.03, 2_390, 8_890),
    Shop("Roadside Fuel", "Card payment", 0.05, 4_150, 7_480),
    Shop("Fashion Corner", "Card payment", 0.025, 2_495, 11_990),
    Shop("TechHub", "Order", 0.015, 1_990, 18_900),
    Shop("Book Nook", "Card payment", 0.035, 890, 3_450),
    Shop("Old Town Pharmacy", "Card payment", 0.03, 495, 3_190),
    Shop("Cinema Astor", "Tickets", 0.03, 1_100, 2_600),
)
TRIP = (
    (0, "London Inn", "Six nights", -64_800),
    (0, "Tube Travel", "Visitor card", -3_500),
    (1, "Borough Eats", "Card payment", -3_240),
    (1, "Globe Tickets", "Two seats", -5_600),
    (2, "Thames Grocers", "Card payment", -1_875),
    (3, "Borough Eats", "Card payment", -2_790),
    (4, "Thames Grocers", "Card payment", -960),
    (5, "Borough Eats", "Card payment", -4_415),
    (5, "Tube Travel", "Top-up", -1_200),
)
"""Days after the tenth month's 8th; in pence."""


@dataclass(frozen=True)
class Booking:
    """One line of a statement, in minor units; `other` is the account on the other side, where the bank names it."""

    account: str
    day: dt.date
    payee: str
    memo: str
    cents: int
    other: str = ""


def files(year: Year) -> dict[str, str]:
    """The set-up and three statements by file name."""
    booked = sorted(bookings(year), key=lambda each: each.day)
    of = {account: [each for each in booked if each.account == account] for account in OPENING}
    return {
        "demo-setup.json": _setup(),
        "demo-checking.csv": _as_csv(of[CHECKING]),
        "demo-savings.ofx": _as_ofx(year, SAVINGS, "EUR", of[SAVINGS]),
        "demo-card.ofx": _as_ofx(year, CARD, "GBP", of[CARD]),
    }


def bookings(year: Year) -> Iterator[Booking]:
    """Everything that was booked, up to today."""
    for each in (*_regular(year), *_shopping(year), *_odd(year)):
        if year.first <= each.day <= year.today:
            yield each


def _regular(year: Year) -> Iterator[Booking]:
    """Rent (which rises once), salary, instalments, subscriptions and what is put aside."""
    for n, first in enumerate(year.months):
        rent = -98_000 if n < 7 else -101_000
        yield Booking(CHECKING, first, "Hillside Homes", "Rent", rent)
        for each in FIXED:
            if not each.months or first.month in each.months:
                yield Booking(CHECKING, first + (each.day - 1) * DAY, each.payee, each.memo, each.cents)
        aside = first + 27 * DAY
        yield Booking(CHECKING, aside, "Demo Savings", "Monthly saving", -40_000, SAVINGS)
        yield Booking(SAVINGS, aside, "Demo Checking", "Monthly saving", 40_000, CHECKING)
        if first.month in (3, 6, 9, 12):
            yield Booking(SAVINGS, first + 27 * DAY, "Demo Savings Bank", "Interest", 1_180 + 95 * n)
        if first.month == 6:
            yield Booking(CHECKING, first + 26 * DAY, "Demo Works GmbH", "Bonus", 150_000)
        if n >= len(year.months) - 5:
            # The same thing a second time each month: somebody signed up twice.
            yield Booking(CHECKING, first + 16 * DAY, "StreamBox", "StreamBox Standard", -1_299)


def _shopping(year: Year) -> Iterator[Booking]:
    chance = year.chance("shopping")
    away = {_trip(year) + n * DAY for n in range(6)}
    for day in year.days:
        for shop in SHOPS:
            comes = chance.random() < shop.a_day * (1.6 if day.weekday() in (4, 5) else 0.8)
            cents = -chance.randint(shop.least, shop.most)
            if comes and day not in away:
                yield Booking(CHECKING, day, shop.payee, shop.memo, cents)


def _odd(year: Year) -> Iterator[Booking]:
    """What happens once: returns, a dentist, a trip with another currency, and one charge unlike the others."""
    third, sixth = year.months[2], year.months[5]
    yield Booking(CHECKING, third + 4 * DAY, "Fashion Corner", "Winter coat", -12_990)
    yield Booking(CHECKING, third + 15 * DAY, "Fashion Corner", "Return of winter coat", 12_990)
    yield Booking(CHECKING, sixth + 6 * DAY, "TechHub", "Headphones", -17_900)
    yield Booking(CHECKING, sixth + 19 * DAY, "TechHub", "Partial refund headphones", 4_000)
    yield Booking(CHECKING, year.months[4] + 10 * DAY, "Lindner Dental", "Invoice 4711", -14_250)
    yield Booking(CHECKING, year.today - 3 * DAY, "Green Basket", "Card payment", -38_970)
    for days, payee, memo, pence in TRIP:
        yield Booking(CARD, _trip(year) + days * DAY, payee, memo, pence)


def _trip(year: Year) -> dt.date:
    return year.months[9] + 7 * DAY


def _setup() -> str:
    """The person's own accounts, and which payee means which category."""
    accounts = [
        {"name": "demo checking", "number": CHECKING, "currency": "EUR"},
        {"name": "demo savings", "number": SAVINGS, "currency": "EUR"},
        {"name": "demo travel card", "number": CARD, "currency": "GBP"},
    ]
    rules = [{"field": "payee", "pattern": pattern, "category": category} for pattern, category in RULES.items()]
    return json.dumps({"accounts": accounts, "rules": rules}, indent=2) + "\n"


def _as_csv(booked: list[Booking]) -> str:
    written = io.StringIO()
    rows = csv.writer(written, lineterminator="\n")
    rows.writerow(("Date", "Account", "Payee", "Description", "Counterparty account", "Amount", "Currency", "Balance"))
    balance = OPENING[CHECKING]
    for each in booked:
        balance += each.cents
        rows.writerow(
            (each.day, each.account, each.payee, each.memo, each.other, _major(each.cents), "EUR", _major(balance))
        )
    return written.getvalue()


def _as_ofx(year: Year, account: str, currency: str, booked: list[Booking]) -> str:
    """OFX 1.0.2, the SGML that most banks still write."""
    balance = OPENING[account] + sum(each.cents for each in booked)
    until = f"{year.today:%Y%m%d}120000"
    lines = [
        "OFXHEADER:100", "DATA:OFXSGML", "VERSION:102", "SECURITY:NONE", "ENCODING:USASCII", "CHARSET:1252",
        "COMPRESSION:NONE", "OLDFILEUID:NONE", "NEWFILEUID:NONE", "", "<OFX>",
        f"<SIGNONMSGSRSV1><SONRS><STATUS><CODE>0<SEVERITY>INFO</STATUS><DTSERVER>{until}<LANGUAGE>ENG",
        "<FI><ORG>demo bank<FID>0</FI></SONRS></SIGNONMSGSRSV1>",
        "<BANKMSGSRSV1><STMTTRNRS><TRNUID>0<STATUS><CODE>0<SEVERITY>INFO</STATUS>",
        f"<STMTRS><CURDEF>{currency}",
        f"<BANKACCTFROM><BANKID>0000<ACCTID>{account}<ACCTTYPE>SAVINGS</BANKACCTFROM>",
        f"<BANKTRANLIST><DTSTART>{year.first:%Y%m%d}<DTEND>{until}",
    ]  # fmt: skip
    for n, each in enumerate(booked):
        kind = "XFER" if each.other else "CREDIT" if each.cents > 0 else "DEBIT"
        lines.append(
            f"<STMTTRN><TRNTYPE>{kind}<DTPOSTED>{each.day:%Y%m%d}<TRNAMT>{_major(each.cents)}"
            f"<FITID>{account}-{each.day:%Y%m%d}-{n}<NAME>{each.payee}<MEMO>{each.memo}</STMTTRN>"
        )
    lines += [
        "</BANKTRANLIST>",
        f"<LEDGERBAL><BALAMT>{_major(balance)}<DTASOF>{until}</LEDGERBAL>",
        "</STMTRS></STMTTRNRS></BANKMSGSRSV1>",
        "</OFX>",
    ]
    return "\n".join(lines) + "\n"


def _major(cents: int) -> str:
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"
