"""The third bank's money: a household in Hamburg as CAMT.053, MT940, a German CSV and OFX, in EUR, GBP and CHF."""

from __future__ import annotations

import datetime as dt
import json
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence

from stranger_records import Booking, as_camt, point

FIRST, TODAY, DAY = dt.date(2025, 3, 10), dt.date(2026, 5, 7), dt.timedelta(days=1)
DAYS = [FIRST + n * DAY for n in range((TODAY - FIRST).days + 1)]
GIRO, SAVER, JOINT = "DE02120300000000202051", "DE02500105170137075030", "DE02100500000054540402"
CARD, LONDON, BASEL = "5355220099113472", "GB29NWBK60161331926819", "CH9300762011623852957"
NAMES = {
    GIRO: "Hanse Giro", SAVER: "Tagesgeld", JOINT: "Gemeinschaftskonto", CARD: "Alster Mastercard",
    LONDON: "Thames Current", BASEL: "Basel Privatkonto",
}  # fmt: skip
CURRENCIES = {LONDON: "GBP", BASEL: "CHF"}
OPENING = {GIRO: 318_244, SAVER: 1_240_000, JOINT: 90_510, CARD: -21_290, LONDON: 61_205, BASEL: 148_860}
CATEGORIES = {
    "Supermarket": ("REWE", "Edeka", "Lidl", "Migros", "Tesco"),
    "Bakery": ("Bäckerei Müller",),
    "Restaurants": ("Osteria da Nino", "Pho Saigon", "Pret A Manger", "Café Luise"),
    "Rent": ("Hausverwaltung Elbe",),
    "Energy": ("Stadtwerke Hamburg",),
    "Insurance": ("HUK-Coburg", "Allianz", "ADAC"),
    "Transport": ("Deutsche Bahn", "HVV", "SBB", "TfL"),
    "Childcare": ("Kita Elbspatzen",),
    "Clothes": ("Zalando", "H&M"),
    "Phone & internet": ("Vodafone", "Sunrise"),
    "Streaming": ("Disney Plus", "Deezer", "Amazon Prime"),
    "Holidays": ("Booking.com", "Lufthansa", "Premier Inn"),
    "Drugstore": ("Müller Drogerie", "dm-drogerie"),
    "Hobbies": ("Boulderhalle Nord", "Thalia", "Waterstones"),
    "Child benefit": ("Familienkasse",),
}
RULES = (("memo", "Weihnachtsgeld", "Bonus"), ("memo", "Jahresbonus", "Bonus"), ("payee", "Nordlicht", "Salary"))


def files() -> dict[str, bytes]:
    """By path."""
    of = defaultdict(list)
    for each in sorted(_bookings(random.Random("kontor")), key=lambda each: (each.day, each.payee, each.cents)):
        if FIRST <= each.day <= TODAY:
            of[each.account].append(each)
    accounts = [
        {"name": name, "number" if number == CARD else "iban": number, "currency": CURRENCIES.get(number, "EUR")}
        | ({"kind": "card"} if number == CARD else {})
        for number, name in NAMES.items()
    ]
    rules = [{field: words, "category": category} for field, words, category in RULES]
    setup = {"accounts": accounts, "rules": rules, "categories": CATEGORIES}
    return {
        "money/own.json": json.dumps(setup, ensure_ascii=False).encode(),
        "money/giro.xml": _as_camt(GIRO, of[GIRO]).encode(),
        "money/london.xml": _as_camt(LONDON, of[LONDON]).encode(),
        "money/tagesgeld.sta": _as_mt940(SAVER, of[SAVER]).encode(),
        "money/basel.sta": _as_mt940(BASEL, of[BASEL]).encode(),
        "money/gemeinschaft.csv": _as_csv(of[JOINT]).encode("cp1252"),
        "money/mastercard.ofx": _as_ofx(of[CARD]).encode(),
    }


def _bookings(chance: random.Random) -> Iterator[Booking]:
    yield from _standing(chance)
    yield from _shopping(chance)
    yield from _once()
    yield from _abroad(chance)


def _standing(chance: random.Random) -> Iterator[Booking]:
    """Salary, rent, what comes each month, and what is moved between own accounts."""
    for first in sorted({day.replace(day=1) for day in DAYS}):
        late = first >= dt.date(2026, 1, 1)

        def on(number: int, first: dt.date = first) -> dt.date:
            return first.replace(day=number)

        yield Booking(GIRO, on(27), "Nordlicht Software GmbH", 354_820 if late else 341_267, "Gehalt")
        yield Booking(GIRO, on(8), "Familienkasse", 25_900 if late else 25_500, "Kindergeld")
        yield Booking(GIRO, on(14), "Vodafone", -2_999, "Mobilfunk")
        fee, meals = (-21_000, -7_250) if late else (-19_400, -6_800)
        parts = (("Betreuung", fee), ("Essensgeld", meals))
        yield Booking(GIRO, on(5), "Kita Elbspatzen", fee + meals, "", parts)
        for other, cents, number in ((SAVER, 40_000, 28), (JOINT, 120_000, 1)):
            yield Booking(GIRO, on(number), "Lena Vogt", -cents, "Dauerauftrag", (), other)
            yield Booking(other, on(number), "Lena Vogt", cents, "Dauerauftrag", (), GIRO)
        yield Booking(JOINT, on(2), "Tobias Brandt", 90_000, "Haushalt")
        yield Booking(JOINT, on(3), "Hausverwaltung Elbe", -139_500 if late else -134_000, "Miete")
        yield Booking(JOINT, on(16), "Stadtwerke Hamburg", -11_800 if late else -13_600, "Abschlag Strom und Gas")
        yield Booking(JOINT, on(20), "Vodafone Kabel", -3_999, "Internet")
        yield Booking(CARD, on(6), "Disney Plus", -1_099 if first >= dt.date(2025, 10, 1) else -899)
        yield Booking(CARD, on(19), "Deezer", -1_199)
        yield Booking(CARD, on(11), "HVV", -5_800, "Deutschlandticket")
        bill = chance.randrange(42_000, 96_000)
        yield Booking(GIRO, on(23), "Kreditkartenabrechnung", -bill, "Alster Mastercard")
        yield Booking(CARD, on(24), "Zahlung erhalten, danke", bill)
        if first.month in (2, 5, 8, 11):
            yield Booking(JOINT, on(15), "Rundfunkbeitrag", -5_508)
        if first.month in (3, 6, 9, 12):
            yield Booking(SAVER, on(30), "Zinsen", 2_310 + 17 * first.month, "Habenzinsen")


def _shopping(chance: random.Random) -> Iterator[Booking]:
    shops = (
        (JOINT, "REWE Markt", 0.2, 1_490, 8_900), (JOINT, "Edeka", 0.09, 1_120, 7_400),
        (JOINT, "Lidl", 0.07, 900, 5_600), (GIRO, "REWE To Go", 0.07, 249, 1_150),
        (GIRO, "Bäckerei Müller", 0.2, 180, 1_240), (GIRO, "Müller Drogerie", 0.03, 499, 3_800),
        (GIRO, "dm-drogerie", 0.05, 620, 4_100), (CARD, "Osteria da Nino", 0.04, 2_450, 9_200),
        (CARD, "Pho Saigon", 0.05, 1_290, 4_600), (CARD, "Café Luise", 0.1, 380, 1_590),
        (CARD, "Amazon", 0.07, 790, 11_900), (CARD, "Zalando", 0.03, 2_990, 16_900),
        (CARD, "H&M", 0.015, 1_499, 7_900), (CARD, "Deutsche Bahn", 0.03, 1_990, 12_900),
        (CARD, "Thalia", 0.03, 999, 4_800), (CARD, "Boulderhalle Nord", 0.06, 1_250, 1_250),
        (GIRO, "Geldautomat Haspa", 0.03, 5_000, 20_000), (JOINT, "Hornbach", 0.02, 890, 21_000),
        (GIRO, "Apotheke am Markt", 0.03, 420, 3_900), (GIRO, "Deutsche Post", 0.02, 160, 1_899),
    )  # fmt: skip
    for day in DAYS:
        for account, payee, a_day, least, most in shops:
            comes, cents = chance.random() < a_day * (1.9 if day.weekday() == 5 else 0.9), chance.randint(least, most)
            if payee.startswith("Geldautomat"):
                cents = round(cents, -3)
            # On Sundays shops are closed, and bakeries and restaurants are not.
            open_today = day.weekday() != 6 or payee in ("Bäckerei Müller", "Café Luise", "Osteria da Nino", "Amazon")
            if comes and open_today:
                yield Booking(account, day, payee, -cents)


def _once() -> Iterator[Booking]:
    """Bonus, yearly bills, returns, holidays, a dentist."""
    day = dt.date
    yield from (
        Booking(GIRO, day(2025, 11, 27), "Nordlicht Software GmbH", 170_634, "Weihnachtsgeld"),
        Booking(GIRO, day(2026, 3, 27), "Nordlicht Software GmbH", 240_000, "Jahresbonus"),
        Booking(GIRO, day(2025, 9, 18), "Finanzamt Altona", 61_240, "Einkommensteuer 2024"),
        Booking(GIRO, day(2026, 1, 2), "HUK-Coburg", -41_280, "Kfz 2026"),
        Booking(GIRO, day(2025, 10, 1), "Allianz", -7_940, "Haftpflicht"),
        Booking(GIRO, day(2025, 4, 14), "ADAC", -9_400, "Beitrag"),
        Booking(GIRO, day(2026, 4, 14), "ADAC", -9_900, "Beitrag"),
        Booking(CARD, day(2025, 6, 12), "Amazon Prime", -8_990),
        Booking(GIRO, day(2026, 2, 10), "Dr. Müller Zahnarzt", -18_655, "Rechnung 88-2"),
        Booking(GIRO, day(2025, 6, 24), "Dr. Müller Zahnarzt", -6_120, "Rechnung 71-9"),
        Booking(CARD, day(2025, 5, 20), "Zalando", -13_995),
        Booking(CARD, day(2025, 5, 30), "Zalando", 8_997, "Retoure"),
        Booking(CARD, day(2026, 1, 12), "Zalando", -21_490),
        Booking(CARD, day(2026, 1, 22), "Zalando", 12_495, "Retoure"),
        Booking(CARD, day(2026, 3, 9), "Amazon", -34_900, "Kopfhörer"),
        Booking(CARD, day(2026, 3, 19), "Amazon", 34_900, "Erstattung"),
        Booking(CARD, day(2025, 12, 29), "Deutsche Bahn", 3_245, "Fahrgastrechte"),
        Booking(CARD, day(2025, 12, 21), "Deutsche Bahn", -12_980, "Hamburg - München"),
        Booking(CARD, day(2025, 7, 3), "Booking.com", -89_640, "Ferienhaus Amrum"),
        Booking(CARD, day(2026, 1, 20), "Lufthansa", -23_818, "HAM-LHR"),
        Booking(CARD, day(2025, 11, 28), "MediaMarkt", -64_900, "Waschmaschine"),
        Booking(JOINT, day(2025, 8, 22), "IKEA", -41_837),
        Booking(JOINT, day(2025, 9, 6), "IKEA", 7_999, "Rückgabe"),
        Booking(CARD, day(2025, 4, 20), "Café Luise", -3_460, "Ostern"),
        Booking(CARD, day(2026, 4, 5), "Osteria da Nino", -11_250, "Ostern"),
        Booking(CARD, day(2025, 12, 31), "Pho Saigon", -7_415, "Silvester"),
        # The same twice on one day, and neither is a double.
        Booking(CARD, day(2026, 4, 18), "Café Luise", -450),
        Booking(CARD, day(2026, 4, 18), "Café Luise", -450),
    )


def _abroad(chance: random.Random) -> Iterator[Booking]:
    """Pounds and francs."""
    for first in sorted({day.replace(day=1) for day in DAYS}):
        yield Booking(LONDON, first.replace(day=4), "R. Whitcombe", 12_000, "Storage room")
        yield Booking(BASEL, first.replace(day=7), "Sunrise", -2_900, "Prepaid")
        if first.month in (1, 4, 7, 10):
            yield Booking(BASEL, first.replace(day=22), "Rheinverlag AG", 85_000 + first.month * 500, "Honorar")
        if chance.random() < 0.5:
            yield Booking(BASEL, first.replace(day=23), "Migros", -chance.randrange(1_800, 6_400))
            yield Booking(BASEL, first.replace(day=23), "SBB", -chance.randrange(2_400, 7_800))
    day = dt.date
    yield from (
        Booking(GIRO, day(2026, 2, 3), "Lena Vogt", -50_000, "Reisekasse", (), LONDON),
        Booking(LONDON, day(2026, 2, 4), "Lena Vogt", 43_215, "Reisekasse", (), GIRO),
        Booking(LONDON, day(2026, 2, 14), "Premier Inn", -31_850, "Four nights"),
        Booking(LONDON, day(2026, 2, 14), "TfL", -890),
        Booking(LONDON, day(2026, 2, 15), "TfL", -1_240),
        Booking(LONDON, day(2026, 2, 15), "Waterstones", -2_798),
        Booking(LONDON, day(2026, 2, 16), "Pret A Manger", -1_135),
        Booking(LONDON, day(2026, 2, 16), "Tesco", -2_310),
        Booking(LONDON, day(2026, 2, 17), "TfL", -980),
        Booking(LONDON, day(2025, 6, 9), "Waterstones", -1_999),
        Booking(LONDON, day(2026, 2, 27), "Waterstones", 1_399, "Returned book"),
    )


# Formats -------------------------------------------------------------------------------------------------------------


def balance(number: str, booked: Sequence[Booking]) -> int:
    """What is left in the end, in cents."""
    return OPENING[number] + sum(each.cents for each in booked)


def _comma(cents: int) -> str:
    return f"{cents / 100:,.2f}".replace(",", "x").replace(".", ",").replace("x", ".")


def _as_camt(number: str, booked: Sequence[Booking]) -> str:
    return as_camt(
        booked, account=f"<IBAN>{number}</IBAN>", currency=CURRENCIES.get(number, "EUR"),
        balance=balance(number, booked), until=TODAY, memo="Zahlung", prefix=f"{number[-4:]}-",
    )  # fmt: skip


def _as_mt940(number: str, booked: Sequence[Booking]) -> str:
    currency = CURRENCIES.get(number, "EUR")
    lines = [":20:STARTUMS", f":25:{number}", ":28C:1/1"]
    lines.append(f":60F:C{FIRST:%y%m%d}{currency}{_comma(OPENING[number]).replace('.', '')}")
    for n, each in enumerate(booked):
        amount = _comma(abs(each.cents)).replace(".", "")
        lines.append(
            f":61:{each.day:%y%m%d%m%d}{'D' if each.cents < 0 else 'C'}{amount}NTRFNONREF//{number[-4:]}{n:05}"
        )
        other = f"?31{each.other}" if each.other else ""
        lines.append(f":86:166?00BUCHUNG?20SVWZ+{each.memo or 'Zahlung'}{other}?32{each.payee}")
    lines.append(f":62F:C{TODAY:%y%m%d}{currency}{_comma(balance(number, booked)).replace('.', '')}")
    return "\r\n".join([*lines, "-", ""])


def _as_csv(booked: Sequence[Booking]) -> str:
    """Newest first, as German banks write it."""
    left, rows = OPENING[JOINT], []
    for each in booked:
        left += each.cents
        cells = (JOINT, f"{each.day:%d.%m.%Y}", each.payee, each.memo, each.other, _comma(each.cents), "EUR",
                 _comma(left))  # fmt: skip
        rows.append(";".join(f'"{cell}"' for cell in cells))
    header = "Auftragskonto;Buchungstag;Empfänger;Verwendungszweck;IBAN Zahlungsbeteiligter;Betrag;Währung;Saldo"
    return "\r\n".join([header, *reversed(rows), ""])


def _as_ofx(booked: Sequence[Booking]) -> str:
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<?OFX OFXHEADER="200" VERSION="211" SECURITY="NONE" OLDFILEUID="NONE" NEWFILEUID="NONE"?>',
        "<OFX><CREDITCARDMSGSRSV1><CCSTMTTRNRS><TRNUID>0</TRNUID><STATUS><CODE>0</CODE><SEVERITY>INFO</SEVERITY></STATUS>",
        f"<CCSTMTRS><CURDEF>EUR</CURDEF><CCACCTFROM><ACCTID>{CARD}</ACCTID></CCACCTFROM><BANKTRANLIST>",
        f"<DTSTART>{FIRST:%Y%m%d}</DTSTART><DTEND>{TODAY:%Y%m%d}</DTEND>",
    ]
    for n, each in enumerate(booked):
        name = each.payee.replace("&", "&amp;")
        memo = f"<MEMO>{each.memo}</MEMO>" if each.memo else ""
        lines.append(
            f"<STMTTRN><TRNTYPE>{'CREDIT' if each.cents > 0 else 'DEBIT'}</TRNTYPE><DTPOSTED>{each.day:%Y%m%d}120000"
            f"</DTPOSTED><TRNAMT>{point(each.cents)}</TRNAMT><FITID>MC{n:05}</FITID><NAME>{name}</NAME>{memo}</STMTTRN>"
        )
    lines.append(
        f"</BANKTRANLIST><LEDGERBAL><BALAMT>{point(balance(CARD, booked))}</BALAMT><DTASOF>{TODAY:%Y%m%d}</DTASOF>"
        "</LEDGERBAL></CCSTMTRS></CCSTMTTRNRS></CREDITCARDMSGSRSV1></OFX>"
    )
    return "\n".join([*lines, ""])
