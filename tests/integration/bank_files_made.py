"""Bank files made from one list of transactions, in each format."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

IBAN = "DE89370400440532013000"
OTHER = "DE75512108001245126199"


@dataclass(frozen=True)
class Made:
    """One transaction, as a bank knows it."""

    id: str
    day: dt.date
    amount: Decimal
    payee: str
    memo: str
    number: str = ""


def transactions(count: int = 160, seed: int = 4) -> list[Made]:
    """Three months of them in their order, with equal ones on one day, refunds and transfers among them."""
    chance = random.Random(seed)
    payees = ["REWE Markt", "Bäckerei Müller", "Kiosk", "Stadtwerke", "Zalando SE", "Hotel Sol", "Tankstelle"]
    made = []
    for n in range(count):
        day = dt.date(2026, 1, 1) + dt.timedelta(days=n * 90 // count)
        payee = chance.choice(payees)
        amount = Decimal(-chance.randrange(100, 9000)) / 100
        if n % 20 == 7:
            amount, payee = Decimal("300.00"), "ACME GmbH"
        if n % 25 == 3:
            amount, payee = Decimal("-150.00"), "Ana Example"
        made.append(Made(f"T{n}", day, amount, payee, f"Order {n}", OTHER if payee == "Ana Example" else ""))
        if n % 10 == 0:
            coffee = Made(f"C{n}a", day, Decimal("-3.50"), "Café Milano", "")
            made += [coffee, Made(f"C{n}b", *_rest(coffee))]
        if n % 30 == 11 and amount < 0:
            made.append(Made(f"R{n}", day + dt.timedelta(days=1), -amount, payee, "Return"))
    return sorted(made, key=lambda each: each.day)


def _rest(made: Made) -> tuple[dt.date, Decimal, str, str]:
    return made.day, made.amount, made.payee, made.memo


def german(amount: Decimal) -> str:
    return f"{amount:,.2f}".replace(",", "x").replace(".", ",").replace("x", ".")


def as_csv(made: Sequence[Made]) -> bytes:
    lines = ["Auftragskonto;Buchungstag;Verwendungszweck;Empfänger;IBAN Zahlungsbeteiligter;Betrag;Währung"]
    lines += [
        f"{IBAN};{each.day:%d.%m.%Y};{each.memo};{each.payee};{each.number};{german(each.amount)};EUR" for each in made
    ]
    return "\n".join(lines).encode("cp1252")


def as_csv_without_account(made: Sequence[Made]) -> bytes:
    lines = ["Date,Payee,Amount,Currency", *(f'{each.day},"{each.payee}",{each.amount},EUR' for each in made)]
    return "\n".join(lines).encode()


def as_ofx(made: Sequence[Made]) -> bytes:
    rows = "\n".join(
        f"<STMTTRN><TRNTYPE>OTHER<DTPOSTED>{each.day:%Y%m%d}<TRNAMT>{each.amount}<FITID>{each.id}<NAME>{each.payee}"
        f"<MEMO>{each.memo}" + (f"<BANKACCTTO><ACCTID>{each.number}</BANKACCTTO>" if each.number else "") + "</STMTTRN>"
        for each in made
    )
    return (
        "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\n\n<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>EUR<BANKACCTFROM>"
        f"<ACCTID>{IBAN}<ACCTTYPE>CHECKING</BANKACCTFROM><BANKTRANLIST>{rows}</BANKTRANLIST></STMTRS></STMTTRNRS>"
        "</BANKMSGSRSV1></OFX>"
    ).encode()


def as_qif(made: Sequence[Made]) -> bytes:
    """Every tenth with two parts."""
    text = "!Account\nNGiro\nTBank\n^\n!Type:Bank\n"
    for each in made:
        text += f"D{each.day:%d/%m/%Y}\nT{each.amount}\nP{each.payee}\nM{each.memo}\n"
        if each.id.endswith("5"):
            text += f"SFood\nEfirst\n${each.amount - 1}\nSHome\nEsecond\n$1.00\n"
        text += "^\n"
    return text.encode()


def as_camt(made: Sequence[Made]) -> bytes:
    """Every tenth as a batch of two."""
    return (
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt><Acct><Id>'
        f"<IBAN>{IBAN}</IBAN></Id><Ccy>EUR</Ccy></Acct>{''.join(map(_entry, made))}</Stmt></BkToCstmrStmt></Document>"
    ).encode()


def _entry(each: Made) -> str:
    sign = "DBIT" if each.amount < 0 else "CRDT"
    side = "Cdtr" if each.amount < 0 else "Dbtr"
    number = f"<{side}Acct><Id><IBAN>{each.number}</IBAN></Id></{side}Acct>" if each.number else ""
    parties = f"<RltdPties><{side}><Pty><Nm>{each.payee}</Nm></Pty></{side}>{number}</RltdPties>"
    rest = f"{parties}<RmtInf><Ustrd>{each.memo}</Ustrd></RmtInf></TxDtls>"
    size = abs(each.amount)
    details = f"<TxDtls>{rest}"
    if each.id.endswith("5"):
        details = "".join(f'<TxDtls><Amt Ccy="EUR">{part}</Amt>{rest}' for part in (Decimal(1), size - 1))
    return (
        f'<Ntry><Amt Ccy="EUR">{size}</Amt><CdtDbtInd>{sign}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{each.day}'
        f"</Dt></BookgDt><AcctSvcrRef>{each.id}</AcctSvcrRef><NtryDtls>{details}</NtryDtls></Ntry>"
    )


def as_mt940(made: Sequence[Made]) -> bytes:
    """References on half of them: the others are told apart by their content."""
    text = f":20:S\n:25:{IBAN}\n:28C:1/1\n:60F:C260101EUR0,00\n"
    for each in made:
        sign = "D" if each.amount < 0 else "C"
        reference = each.id if each.id.endswith(tuple("13579ab")) else "NONREF"
        amount = str(abs(each.amount)).replace(".", ",")
        text += f":61:{each.day:%y%m%d}{each.day:%m%d}{sign}R{amount}NTRFNONREF//{reference}\n"
        text += f":86:105?00BUCHUNG?20SVWZ+{each.memo}?31{each.number}?32{each.payee}\n"
    return (text + ":62F:C260331EUR0,00\n-\n").encode()


FORMATS: dict[str, tuple[str, Callable[[Sequence[Made]], bytes]]] = {
    "csv": ("csv", as_csv),
    "csv without account": ("csv", as_csv_without_account),
    "ofx": ("ofx", as_ofx),
    "qif": ("qif", as_qif),
    "camt": ("xml", as_camt),
    "mt940": ("sta", as_mt940),
}
