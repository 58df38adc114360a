"""Which column of a bank's CSV is what: by the words of its header, in English, German, French and Spanish."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from assistant.errors import BadInput
from assistant.figures.money.amounts import SYMBOLS, is_currency
from assistant.figures.money.bank_days import ORDERS

WORDS = {
    "date": """booking date|buchungstag|buchungsdatum|buchung|posting date|posted date|post date|date posted|transaction
        date|completed date|operation date|date operation|date de operation|date de comptabilisation|date comptable
        |fecha operacion|fecha de operacion|fecha contable|fecha|datum|date|umsatzdatum|transaktionsdatum|belegdatum
        |tag|day|boekdatum|data|value date|valutadatum|wertstellung|valuta|date valeur|fecha valor|started date
        |effective date|date time|zeitpunkt""",
    "amount": """amount|betrag|umsatz|transaction amount|net|netto|net amount|value|wert|montant|importe|cantidad|bedrag
        |importo|summe|umsatz in|betrag in|montant de l operation|gross|brutto|amount in account currency
        |account amount|monto""",
    "debit": """debit|debits|debit amount|soll|lastschrift|belastung|ausgang|ausgaben|ausgabe|money out|paid out
        |withdrawal|withdrawals|withdrawal amount|outgoing|payments|cargo|cargos|adeudo|af|spent|out|charge""",
    "credit": """credit|credits|credit amount|haben|gutschrift|eingang|einnahmen|einnahme|money in|paid in|deposit
        |deposits|deposit amount|incoming|abono|abonos|bij|received|in|einzahlung""",
    "currency": "currency|wahrung|waehrung|devise|moneda|divisa|account currency|currency code|valuta code|ccy|munt",
    "payee": """payee|payee name|zahlungsempfanger|zahlungsempfanger in|empfanger|begunstigter|beguenstigter
        |beguenstigter zahlungspflichtiger|begunstigter zahlungspflichtiger|auftraggeber empfanger
        |auftraggeber begunstigter|name zahlungsbeteiligter|zahlungsbeteiligter|partner name|counterparty
        |counterparty name|merchant|merchant name|name|recipient|beneficiary|beneficiary name|beneficiario
        |beneficiaire|tiers|partner|empfanger zahlungspflichtiger|gegenpartei|naam|naam omschrijving|to
        |zahlungspartner|description 1|transaction partner""",
    "payer": """zahlungspflichtige r|zahlungspflichtiger|payer|payer name|auftraggeber|ordering party|sender|from
        |ordonnateur""",
    "memo": """verwendungszweck|description|memo|details|reference|payment reference|purpose|notes|note|narrative
        |transaction description|buchungstext|buchungsdetails|beschreibung|text|libelle|motif|concepto|descripcion
        |detalle|particulars|transaction details|bezeichnung|omschrijving|mededelingen|remittance information|reason
        |betreff|kommentar|description 2|observaciones|umsatztext""",
    "category": "category|kategorie|categorie|categoria|subcategory|unterkategorie|spending category|rubrik",
    "balance": """balance|running balance|saldo|kontostand|solde|account balance|saldo nach buchung|balance after
        |closing balance|available balance|neuer saldo""",
    "account": """auftragskonto|iban auftragskonto|account name|own account|konto|account|compte|cuenta|kontoname
        |kontobezeichnung|source account|from account|rekening|bezeichnung auftragskonto""",
    "counter": """kontonummer iban|iban zahlungsbeteiligter|payee iban|counterparty iban|counterparty account
        |partner iban|gegenkonto|tegenrekening|payee account|payee account number|iban bic|zahlungsempfanger iban
        |iban des zahlungsempfangers|recipient account|beneficiary account|to account|counter account|iban kontonummer
        |konto nr empfanger|gegenkonto iban""",
    "either": "iban|account number|kontonummer|numero de compte|numero de cuenta|account no|account id",
    "sign": """soll haben|s h|sh|debit credit|debit credit indicator|credit debit indicator|dr cr|d c|cr dr|credit debit
        |umsatzart|af bij|transaction type|type|typ|sens|details""",
    "status": "status|state|booking status|buchungsstatus|umsatzstatus|estado|statut",
    "fee": "fee|fees|gebuhr|gebuhren|frais|comision",
    "id": "transaction id|transaktions id|transaktionscode|transferwise id|wise id|fitid|transaction uuid",
}  # fmt: skip
"""For each role the words of headers, the surest first. "either" is the own account when it never changes."""


def folded(cell: str) -> str:
    """A header's words without capitals, accents, signs and units: "Betrag (€)" and "Betrag in EUR" are "betrag"."""
    plain = "".join(
        char for char in unicodedata.normalize("NFKD", cell.strip().casefold()) if not unicodedata.combining(char)
    )
    words = re.sub(r"[\W_]+", " ", re.sub(r"\([^)]*\)|\[[^\]]*\]|[€$£*:]", " ", plain.replace("ß", "ss"))).split()
    while len(words) > 1 and (is_currency(words[-1].upper()) and words[-1] not in ("all", "top", "try")):
        words.pop()
        if len(words) > 1 and words[-1] == "in":
            words.pop()
    return " ".join(words)


_RANKS = {
    role: {folded(word): rank for rank, word in enumerate(re.sub(r"\s+", " ", words).split("|"))}
    for role, words in WORDS.items()
}


def header_hash(cells: Sequence[str]) -> bytes:
    """By which a layout is remembered: its words, not its delimiter or encoding."""
    return hashlib.sha256("\x1f".join(folded(cell) for cell in cells).encode()).digest()


@dataclass(frozen=True)
class Layout:
    """What the person has said of a layout; "" where nothing. Columns by their header, or by their number from 1.

    Attributes:
        currency: A column, or a code of ISO 4217 for all lines.
        days: One of `bank_days.ORDERS`.
        decimal: "." or ",".
        name: The account that all files of this layout are of.
        flip: Money that goes out is written without a minus, what comes in with one (some credit cards).
    """

    date: str = ""
    amount: str = ""
    debit: str = ""
    credit: str = ""
    payee: str = ""
    memo: str = ""
    category: str = ""
    currency: str = ""
    counter: str = ""
    account: str = ""
    balance: str = ""
    days: str = ""
    decimal: str = ""
    name: str = ""
    flip: bool = False

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Layout:
        """From what is stored."""
        known = {each.name for each in fields(cls)}
        return cls(**{name: value for name, value in said.items() if name in known})

    def as_said(self) -> dict[str, Any]:
        """To be stored: only what was said."""
        return {each.name: value for each in fields(self) if (value := getattr(self, each.name))}

    def only_columns(self) -> dict[str, str]:
        """The columns that were named, by role."""
        said = {name: str(value) for name, value in self.as_said().items() if name in _RANKS}
        if is_currency(said.get("currency", "")):
            del said["currency"]
        return said


def choose(header: Sequence[str], said: Layout | None = None) -> dict[str, list[int]]:
    """For each role the columns that may have it, the surest first; a column has one role.

    Raises:
        BadInput: the person named a column that is not there.
    """
    words = [folded(cell) for cell in header]
    found: dict[str, list[int]] = {}
    taken: set[int] = set()
    for role, name in (said.only_columns() if said else {}).items():
        found[role] = [_column(header, words, name)]
        taken.update(found[role])
    sums = {"amount", "debit", "credit"}
    told = bool(found.keys() & sums)
    for role, ranks in _RANKS.items():
        if role in found or (told and role in sums):
            continue
        hits = sorted((ranks[word], at) for at, word in enumerate(words) if word in ranks and at not in taken)
        if hits:
            found[role] = [at for _, at in hits]
            taken.update([at for _, at in hits] if role == "date" else [hits[0][1]])
    return found


def _column(header: Sequence[str], words: Sequence[str], name: str) -> int:
    if name.isdecimal() and 1 <= int(name) <= len(header) and folded(name) not in words:
        return int(name) - 1
    if folded(name) in words:
        return words.index(folded(name))
    raise BadInput(f"There is no column “{name}”; there are: {', '.join(cell.strip() for cell in header)}.")


def is_bank_header(header: Sequence[str]) -> bool:
    """True for a header with a date and an amount whose words are a bank's: "date, value" alone could be anything."""
    found = choose(header)
    if "date" not in found or not (found.keys() & {"amount", "debit", "credit"}):
        return False
    if found.keys() & {"payee", "payer", "memo", "balance", "currency", "counter", "sign", "category"}:
        return True
    return folded(header[found["amount"][0]]) in ("amount", "betrag", "umsatz") if "amount" in found else True


def currency_in_header(cell: str) -> str:
    """The currency that a header names: "Amount (EUR)", "Betrag in EUR", "Umsatz €"; "" when none."""
    for word in re.findall(r"[A-Z]{3}\b|[€£$¥]", cell):
        if word in SYMBOLS or is_currency(word):
            return SYMBOLS.get(word, str(word))
    return ""


def checked(layout: Layout) -> Layout:
    """The same.

    Raises:
        BadInput: an order of days or a decimal sign that there is not.
    """
    if layout.days and layout.days not in ORDERS:
        raise BadInput(f"The order of days is one of {', '.join(ORDERS)}: dmy has the day first.")
    if layout.decimal and layout.decimal not in ".,":
        raise BadInput("The sign before decimals is . or ,")
    return layout
