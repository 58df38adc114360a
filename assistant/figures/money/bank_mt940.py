"""Transactions in MT940, SWIFT's statement, with the structured purposes of German (`?20`) and Dutch (`/NAME/`) banks.

Parsed by `mt-940`. The bank's reference is the id where it is one; many banks write NONREF or the same for all.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import io
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import mt940

from assistant.db.database import Database
from assistant.errors import BadInput
from assistant.events import Person
from assistant.figures.money.amounts import is_currency
from assistant.figures.money.bank_files import LeftOut, Line, Read, Report, Statement, decoded, read_bytes, store

NO_REFERENCE = re.compile(r"NONREF|NOTPROVIDED|KREF\+?|(.)\1*|")
_TAGS = re.compile(r"^:(20|25|28C?|60[FM]):", re.MULTILINE)
_GERMAN = re.compile(r"(\d{8})/0*(\d{1,10})(?:[A-Z]{3})?")
_FIELD = re.compile(r"/(NAME|IBAN|REMI|CSID|EREF|MARF|ORDP|BENM|TRTP|BIC|ULTB|ULTD|PURP|ISDT|ID|ADDR)/")


def recognises(path: Path, head: bytes) -> bool:
    """True for what has the tags of a statement at the beginning of lines."""
    found = {tag[:2] for tag in _TAGS.findall(decoded(head).replace("\r", "\n"))}
    return found >= {"20", "25", "60"}


async def take_file(
    database: Database, person: Person, path: Path, *, now: dt.datetime, report: Report
) -> Sequence[str]:
    """Takes an MT940 file into the ledger; sentences for the person on what was read.

    Raises:
        BadInput: it is none.
    """
    read = await asyncio.to_thread(lambda: read_text(decoded(read_bytes(path)), path.name))
    return await store(database, person, path, read, source="mt940", now=now, report=report)


def read_text(text: str, name: str) -> Read:
    """The statements of an MT940 file.

    Raises:
        BadInput: it cannot be parsed, or has none.
    """
    lines = [
        line for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n") if not re.match(r"-\}?|\{", line)
    ]
    left_out = LeftOut()
    statements = []
    for block in re.split(r"(?m)^(?=:20:)", "\n".join(lines)):
        if not block.startswith(":20:"):
            continue
        try:
            # Not as a string: a string that happens to name a file would be opened.
            found = mt940.parse_statements(io.StringIO(block), options=mt940.Options.all())
            statements += [_statement(each) for each in found]
        except (RuntimeError, ValueError, KeyError) as error:
            left_out.add(f"statement {len(statements) + 1:,}", BadInput(str(error)[:80].split("\n")[0]))
    if not any(statement.lines or statement.balance is not None for statement in statements):
        raise BadInput(f"{name} has no statement that can be read; download it again.")
    return Read(statements, left_out.sentences())


def account_number(text: str) -> str:
    """What :25: names: an IBAN, or a German bank code with account number as the IBAN that they make."""
    text = text.strip().replace(" ", "")
    if found := _GERMAN.fullmatch(text):
        basic = f"{found[1]}{int(found[2]):010d}"
        return f"DE{98 - int(f'{basic}131400') % 97:02d}{basic}"
    if found := re.fullmatch(r"([A-Z]{2}\d{2}[A-Z0-9]{10,30}?)(?:[A-Z]{3})?", text):
        return found[1]
    return text


def _statement(found: Any) -> Statement:
    closing = found.data.get("final_closing_balance")
    currency = found.currency or ""
    lines = [_line(each.data, currency) for each in found if each.data.get("amount") is not None]
    times = Counter(line.source_id for line in lines)
    lines = [line._replace(source_id=None) if times[line.source_id] > 1 else line for line in lines]
    return Statement(
        lines, account_number(str(found.data.get("account_identification", ""))),
        currency=currency if is_currency(currency) else "",
        balance=closing.amount.amount if closing else None, balance_on=_plain(closing.date) if closing else None,
    )  # fmt: skip


def _plain(day: dt.date) -> dt.date:
    return dt.date(day.year, day.month, day.day)


def _line(data: dict[str, Any], currency: str) -> Line:
    # The booking day; the year of it is guessed from the value date, which is the only one with a year.
    day = _plain(data.get("guessed_entry_date") or data["date"])
    said = {name: " ".join(str(data[name]).split()) for name in _TOLD if data.get(name)}
    details = str(data.get("transaction_details") or "").replace("\n", "")
    fields = dict(zip(*[iter(_FIELD.split(details)[1:])] * 2, strict=True)) if _FIELD.search(details) else {}
    payee = said.get("applicant_name") or fields.get("NAME", "").strip(" /")
    memo = said.get("purpose") or fields.get("REMI", "").strip(" /")
    if not memo and not fields:
        memo = " ".join(str(data.get("transaction_details") or "").split())
    if not memo and not payee:
        memo = said.get("posting_text") or said.get("extra_details", "")
    reference = str(data.get("bank_reference") or "").strip()
    return Line(
        day, data["amount"].amount, data["amount"].currency or currency, payee or memo, memo if payee else "",
        said.get("applicant_iban") or fields.get("IBAN", "").strip(" /"),
        source_id=None if NO_REFERENCE.fullmatch(reference) else f"{day}:{reference}",
        kind="refund" if data.get("status") == "RD" else "ordinary",
        original=said | {"value_date": _plain(data["date"]).isoformat()},
    )  # fmt: skip


_TOLD = (
    "applicant_name", "applicant_iban", "purpose", "posting_text", "end_to_end_reference", "customer_reference",
    "bank_reference", "extra_details", "id",
)  # fmt: skip
