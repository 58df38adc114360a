"""The second bank's money: five accounts as CSV, QFX, CAMT.053 and QIF, and the household's own categories."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence

from stranger_records import Booking, as_camt, point

FIRST, TODAY, DAY = dt.date(2025, 6, 1), dt.date(2026, 8, 19), dt.timedelta(days=1)
DAYS = [FIRST + n * DAY for n in range((TODAY - FIRST).days + 1)]
CHECKING, CARD, MAPLE = "4410220188", "4147009982", "003-11820"
OPENING = {CHECKING: 512_055, CARD: -64_310, MAPLE: 210_000}
CATEGORIES = {
    "Groceries": ("Trader Joe's", "Wegmans", "Whole Foods", "Loblaws"),
    "Eating out": ("Chipotle", "Shake Shack", "Blue Bottle Coffee", "Tim Hortons", "Joe's Pizza"),
    "Kids": ("Little Sprouts", "Toy Barn"),
    "Car": ("Shell", "Jiffy Lube", "GEICO"),
    "Pets": ("Chewy", "Banfield Vet"),
    "Gifts & donations": ("Red Cross", "Hallmark", "Habitat for Humanity"),
    "Home improvement": ("Home Depot",),
    "Housing": ("Brookline Property",),
    "Utilities": ("Con Edison", "Verizon", "Rogers Wireless"),
    "Subscriptions": ("Netflix", "Spotify", "NY Times"),
    "Travel": ("Delta Air Lines", "Fairmont"),
    "Fun": ("AMC Theatres", "Barnes & Noble"),
    "Health care": ("CVS Pharmacy", "Lakeview Dental"),
    "Paycheck": ("Lakeside Clinic", "Dutton College"),
}


def files() -> dict[str, str]:
    """By path."""
    booked = sorted(_bookings(random.Random("money")), key=lambda each: (each.day, each.payee, each.cents))
    of = defaultdict(list)
    for each in booked:
        if FIRST <= each.day <= TODAY:
            of[each.account].append(each)
    accounts = [
        {"name": "Harbor Checking", "number": CHECKING, "currency": "USD"},
        {"name": "Summit Visa", "number": CARD, "currency": "USD", "kind": "card"},
        {"name": "Maple Chequing", "number": MAPLE, "currency": "CAD"},
        {"name": "Rainy Day", "currency": "USD"},
        {"name": "Joint Household", "currency": "USD"},
    ]
    return {
        "money/setup.json": json.dumps({"accounts": accounts, "categories": CATEGORIES}),
        "money/harbor.csv": _as_csv(of[CHECKING]),
        "money/visa.qfx": _as_qfx(of[CARD]),
        "money/maple.xml": as_camt(
            of[MAPLE],
            account=f"<Othr><Id>{MAPLE}</Id></Othr>",
            currency="CAD",
            until=TODAY,
            memo="Card",
            prefix="M",
            balance=OPENING[MAPLE] + sum(each.cents for each in of[MAPLE]),
        ),
        "money/household.qif": _as_qif({name: of[name] for name in ("Joint Household", "Rainy Day")}),
    }


def _months() -> list[dt.date]:
    return sorted({day.replace(day=1) for day in DAYS})


def _bookings(chance: random.Random) -> Iterator[Booking]:
    yield from _shopping(chance)
    yield from _standing(chance)
    yield from _once()


def _standing(chance: random.Random) -> Iterator[Booking]:
    """Standing orders, two employers, what is moved between own accounts, and the card's bill."""
    for first in _months():
        late = first >= dt.date(2026, 1, 1)

        def on(number: int, first: dt.date = first) -> dt.date:
            return first.replace(day=number)

        yield Booking(CHECKING, on(1), "Brookline Property Mgmt", -191_000 if late else -185_000, "Rent")
        yield Booking(CHECKING, on(3), "Little Sprouts Daycare", -64_000)
        yield Booking(CHECKING, on(12), "Verizon", -8_500)
        yield Booking(CHECKING, on(18), "GEICO", -13_150, "Auto policy")
        yield Booking(CHECKING, on(20), "Con Edison", -chance.randrange(7_800, 19_900))
        yield Booking(CHECKING, on(28), "Dutton College", 78_000, "Adjunct pay")
        yield Booking(CARD, on(5), "Netflix", -1_799 if first >= dt.date(2026, 2, 1) else -1_549)
        yield Booking(CARD, on(9), "Spotify", -1_099)
        yield Booking(CARD, on(21), "NY Times", -1_700)
        yield Booking(MAPLE, on(11), "Rogers Wireless", -4_520)
        for account, other, cents, number in (
            (CHECKING, "Rainy Day", 30_000, 15),
            (CHECKING, "Joint Household", 45_000, 2),
        ):
            yield Booking(account, on(number), f"Transfer to {other}", -cents)
            yield Booking(other, on(number), "Transfer from Harbor Checking", cents)
        bill = chance.randrange(70_000, 140_000)
        yield Booking(CHECKING, on(25), "Summit Visa Autopay", -bill)
        yield Booking(CARD, on(26), "Payment Thank You", bill)
        if first.month % 3 == 0:
            yield Booking("Rainy Day", on(30), "Interest earned", 1_260 + 35 * first.month)
    payday = dt.date(2025, 6, 6)
    while payday <= TODAY:
        yield Booking(CHECKING, payday, "Lakeside Clinic", 221_040 if payday.year == 2026 else 214_533, "Payroll")
        payday += 14 * DAY


def _shopping(chance: random.Random) -> Iterator[Booking]:
    shops = (
        (CARD, "Trader Joe's", 0.13, 1_850, 9_400), (CARD, "Whole Foods", 0.05, 2_200, 12_800),
        (CARD, "Chipotle", 0.09, 1_095, 2_890), (CARD, "Shake Shack", 0.05, 1_320, 4_150),
        (CARD, "Blue Bottle Coffee", 0.16, 475, 1_260), (CARD, "Joe's Pizza", 0.05, 900, 3_900),
        (CARD, "Shell", 0.08, 2_890, 6_450), (CARD, "Home Depot", 0.035, 1_240, 18_900),
        (CARD, "Target", 0.05, 1_500, 11_200), (CARD, "Amazon", 0.08, 899, 14_500),
        (CARD, "AMC Theatres", 0.02, 1_700, 6_200), (CARD, "CVS Pharmacy", 0.04, 650, 4_700),
        (CARD, "Barnes & Noble", 0.02, 1_200, 5_400), (CHECKING, "ATM Withdrawal", 0.02, 6_000, 6_000),
        (CHECKING, "Toy Barn", 0.015, 1_299, 7_900), ("Joint Household", "Wegmans", 0.07, 3_200, 16_500),
        ("Joint Household", "Chewy", 0.035, 2_499, 9_900), ("Joint Household", "Costco", 0.03, 8_000, 31_000),
    )  # fmt: skip
    for day in DAYS:
        for account, payee, a_day, least, most in shops:
            comes, cents = chance.random() < a_day * (1.7 if day.weekday() >= 5 else 0.72), chance.randint(least, most)
            if not comes:
                continue
            food = cents * 7 // 10
            parts = (("Groceries", -food), ("Household", food - cents)) if payee == "Costco" else ()
            yield Booking(account, day, payee, -cents, "", parts)


def _once() -> Iterator[Booking]:
    """Trips, presents, returns, a dentist, a tax refund (which is income), and what one finds odd."""
    day = dt.date
    yield from (
        Booking(CARD, day(2025, 9, 2), "Delta Air Lines", -48_760, "JFK-YVR"),
        Booking(CARD, day(2025, 9, 29), "Delta Air Lines", 9_900, "Fare difference credit"),
        Booking(CARD, day(2026, 6, 4), "Delta Air Lines", -31_220, "LGA-YYZ"),
        Booking(CARD, day(2025, 11, 28), "Amazon", -24_999, "Espresso machine"),
        Booking(CARD, day(2025, 12, 9), "Amazon", 24_999, "Return"),
        Booking(CARD, day(2026, 3, 4), "Home Depot", -61_245, "Cabinets"),
        Booking(CARD, day(2026, 3, 18), "Home Depot", 8_715, "Return of hinges"),
        Booking(CARD, day(2025, 12, 18), "Toy Barn", -13_990, "Train set"),
        Booking(CARD, day(2025, 12, 25), "Shell", -4_410),
        Booking(CARD, day(2025, 12, 31), "Joe's Pizza", -6_840, "New Year party"),
        Booking(CARD, day(2026, 2, 12), "Hallmark", -2_385),
        Booking(CARD, day(2026, 6, 19), "Lakeview Dental", -27_500, "Crown"),
        Booking(CHECKING, day(2025, 11, 25), "Red Cross", -15_000),
        Booking(CHECKING, day(2026, 4, 10), "Habitat for Humanity", -10_000),
        Booking(CHECKING, day(2026, 3, 20), "IRS Tax Refund", 121_400),
        Booking(CHECKING, day(2026, 4, 2), "Jiffy Lube", -18_949, "Oil and filters"),
        Booking("Joint Household", day(2026, 6, 30), "Banfield Vet", -24_300),
        Booking("Joint Household", day(2025, 8, 14), "Banfield Vet", -11_850),
        Booking(MAPLE, day(2025, 10, 6), "Fairmont Pacific Rim", -118_230),
        Booking(MAPLE, day(2025, 10, 7), "Tim Hortons", -1_145),
        Booking(MAPLE, day(2025, 10, 8), "Loblaws", -5_320),
        Booking(MAPLE, day(2026, 7, 11), "Tim Hortons", -890),
        Booking(MAPLE, day(2026, 7, 12), "Loblaws", -6_475),
        Booking(MAPLE, day(2026, 6, 14), "Aunt Maddie", 20_000, "Birthday"),
        Booking(MAPLE, day(2025, 6, 14), "Aunt Maddie", 15_000, "Birthday"),
    )


def _as_csv(booked: Sequence[Booking]) -> str:
    """American days, no currency, and a running balance."""
    written = io.StringIO()
    rows = csv.writer(written, lineterminator="\r\n")
    rows.writerow(("Posting Date", "Account Number", "Payee", "Memo", "Amount", "Balance"))
    balance = OPENING[CHECKING]
    for each in booked:
        balance += each.cents
        amount, left = (f"{cents / 100:,.2f}" for cents in (each.cents, balance))
        rows.writerow((f"{each.day:%m/%d/%Y}", CHECKING, each.payee, each.memo, amount, left))
    return written.getvalue()


def _as_qfx(booked: Sequence[Booking]) -> str:
    until = f"{TODAY:%Y%m%d}235959[-5:EST]"
    lines = [
        "OFXHEADER:100", "DATA:OFXSGML", "VERSION:102", "SECURITY:NONE", "ENCODING:USASCII", "CHARSET:1252",
        "COMPRESSION:NONE", "OLDFILEUID:NONE", "NEWFILEUID:NONE", "",
        "<OFX><CREDITCARDMSGSRSV1><CCSTMTTRNRS><TRNUID>0<STATUS><CODE>0<SEVERITY>INFO</STATUS><CCSTMTRS><CURDEF>USD",
        f"<CCACCTFROM><ACCTID>{CARD}</CCACCTFROM><BANKTRANLIST><DTSTART>{FIRST:%Y%m%d}<DTEND>{until}",
    ]  # fmt: skip
    for n, each in enumerate(booked):
        name = each.payee.replace("&", "&amp;")
        memo = f"<MEMO>{each.memo}" if each.memo else ""
        lines.append(
            f"<STMTTRN><TRNTYPE>{'CREDIT' if each.cents > 0 else 'DEBIT'}<DTPOSTED>{each.day:%Y%m%d}120000[-5:EST]"
            f"<TRNAMT>{point(each.cents)}<FITID>V{n:06}<NAME>{name}{memo}</STMTTRN>"
        )
    balance = OPENING[CARD] + sum(each.cents for each in booked)
    lines.append(f"</BANKTRANLIST><LEDGERBAL><BALAMT>{point(balance)}<DTASOF>{until}</LEDGERBAL>")
    return "\n".join([*lines, "</CCSTMTRS></CCSTMTTRNRS></CREDITCARDMSGSRSV1></OFX>"]) + "\n"


def _as_qif(accounts: dict[str, list[Booking]]) -> str:
    lines = []
    for name, booked in accounts.items():
        lines += ["!Account", f"N{name}", "TBank", "^", "!Type:Bank"]
        for each in booked:
            lines += [f"D{each.day:%m/%d/%Y}", f"T{point(each.cents)}", f"P{each.payee}"]
            if each.payee.startswith("Transfer"):
                lines.append("L[Harbor Checking]")
            for category, cents in each.parts:
                lines += [f"S{category}", f"${point(cents)}"]
            lines.append("^")
    return "\n".join(lines) + "\n"
