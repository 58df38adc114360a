"""Transactions in QIF, Quicken's old text format: one field a line, `^` after each transaction.

No ids, no currency, and dates in the order of whoever wrote it: `twinning money mapping FILE --days dmy --currency EUR`
says both, for all QIF files. Format: https://en.wikipedia.org/wiki/Quicken_Interchange_Format
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import re
import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from assistant.db import ledger_money
from assistant.db.database import Database
from assistant.errors import BadInput
from assistant.events import Person
from assistant.figures.money.amounts import decimal_sign, parse_amount
from assistant.figures.money.bank_days import UnclearDays, day_order, parse_day
from assistant.figures.money.bank_files import LeftOut, Line, Read, Report, Statement, decoded, read_bytes, store
from assistant.figures.money.csv_columns import Layout

KINDS = {"bank": "asset", "cash": "cash", "ccard": "card", "oth a": "asset", "oth l": "loan"}
LAYOUT = hashlib.sha256(b"qif").digest()
"""Under which the order of days and the currency are remembered."""
_FIRST = re.compile(r"\s*!(?:type:(?:bank|cash|ccard|oth [al]|invst|cat|class)|account|option:|clear:)", re.IGNORECASE)


def recognises(path: Path, head: bytes) -> bool:
    """True for what begins with a header of QIF."""
    return _FIRST.match(decoded(head)) is not None


@dataclass
class _Record:
    """One transaction; the parts of a split as (category, memo, amount)."""

    fields: dict[str, str] = field(default_factory=dict)
    splits: list[list[str]] = field(default_factory=list)


@dataclass
class _Section:
    """The transactions of one account."""

    kind: str
    name: str
    records: list[_Record] = field(default_factory=list)


async def take_file(
    database: Database, person: Person, path: Path, *, now: dt.datetime, report: Report
) -> Sequence[str]:
    """Takes a QIF file into the ledger; sentences for the person on what was read.

    Raises:
        BadInput: it is none, or the order of its days or its currency cannot be told; the text says how to say them.
    """
    async with database.session(person.id) as session:
        said = Layout.of(await ledger_money.mapping(session, person.id, LAYOUT))
    read = await asyncio.to_thread(lambda: read_text(decoded(read_bytes(path)), said, path.name))
    return await store(database, person, path, read, source="qif", now=now, report=report)


def read_text(text: str, said: Layout, name: str) -> Read:
    """The transactions of a QIF file.

    Raises:
        BadInput: it has none, or the order of its days cannot be told.
    """
    sections, skipped = _sections(text)
    records = [record for section in sections for record in section.records]
    if not records:
        raise BadInput(f"{name} has no transactions of a bank account, a card or cash.")
    try:
        days = said.days or day_order(record.fields.get("D", "") for record in records)
    except UnclearDays as error:
        raise BadInput(
            f"In {name} {error} Say which: `twinning money mapping {shlex.quote(name)} --days dmy`."
        ) from error
    decimal = said.decimal or decimal_sign(record.fields.get("T", record.fields.get("U", "")) for record in records)
    left_out = LeftOut()
    seen: Counter[str] = Counter()
    statements = []
    for section in sections:
        lines: list[Line] = []
        for number, record in enumerate(section.records, 1):
            try:
                lines += _lines(record, days, decimal, seen)
            except BadInput as error:
                left_out.add(f"transaction {number:,}", error)
        if lines:
            statements.append(Statement(lines, "", section.name or said.name, said.currency, section.kind))
    if not statements:
        raise BadInput(f"{name} cannot be read: {'; '.join(left_out.what[:2])}.")
    notes = left_out.sentences()
    if skipped:
        notes.append(f"{', '.join(sorted(skipped))}: not read, only accounts, cards and cash are.")
    return Read(statements, notes)


def _sections(text: str) -> tuple[list[_Section], set[str]]:
    """The accounts with their records, and the kinds of lists that are something else."""
    sections: list[_Section] = []
    skipped: set[str] = set()
    current: _Section | None = None
    in_accounts, account = False, ""
    for record, header in _records(text):
        if header:
            kind = header.casefold()
            in_accounts = kind == "account"
            current = None
            if kind.startswith("type:") and (name := kind[5:].strip()) in KINDS:
                current = _Section(KINDS[name], account)
                sections.append(current)
            elif kind.startswith("type:"):
                skipped.add(header[5:].strip())
        elif in_accounts:
            account = record.fields.get("N", account)
        elif current is not None:
            current.records.append(record)
    return sections, skipped


def _records(text: str) -> Iterator[tuple[_Record, str]]:
    """(record, "") and (_, header), in the order of the file."""
    record = _Record()
    for raw in text.splitlines():
        line = raw.strip()
        if not line:
            continue
        code, value = line[0], line[1:].strip()
        if code == "!":
            yield record, value
            record = _Record()
        elif code == "^":
            if record.fields:
                yield record, ""
            record = _Record()
        elif code == "S":
            record.splits.append([value, "", ""])
        elif code in "E$" and record.splits:
            record.splits[-1][1 if code == "E" else 2] = value
        else:
            record.fields.setdefault(code, value)
    if record.fields:
        yield record, ""


def _lines(record: _Record, days: str, decimal: str, seen: Counter[str]) -> list[Line]:
    """One line, or one for each part of a split, in full: parts that do not add up are kept as one."""
    day = parse_day(record.fields.get("D", ""), days)
    amount = parse_amount(record.fields.get("T", record.fields.get("U", "")), decimal=decimal)
    payee, memo = record.fields.get("P", ""), record.fields.get("M", "")
    original = {code: value for code, value in record.fields.items() if value}
    if not payee:
        payee, memo = memo, ""
    parts = [
        (category, note, parse_amount(part, decimal=decimal).value) for category, note, part in record.splits if part
    ]
    if len(parts) < 2 or sum(part for _, _, part in parts) != amount.value:
        category, kind, other = _category(record.fields.get("L", ""))
        return [
            Line(day, amount.value, amount.currency, payee, memo, "", category, None, None, kind, "", original | other)
        ]
    whole = f"{day}|{amount.value}|{payee}|{memo}|{sorted(map(str, parts))}"
    seen[whole] += 1
    split = hashlib.sha256(f"{whole}|{seen[whole]}".encode()).hexdigest()[:16]
    lines = []
    for words, note, part in parts:
        category, kind, other = _category(words)
        lines.append(
            Line(day, part, amount.currency, payee, note or memo, "", category, None, split, kind, "", original | other)
        )
    return lines


def _category(words: str) -> tuple[str, str, dict[str, str]]:
    """(category, kind, what to note) of L: `[Savings]` is a transfer to that account, `Food/Class` has a class."""
    if words.startswith("[") and "]" in words:
        return "", "transfer", {"to_account": words[1 : words.index("]")]}
    return words.partition("/")[0].strip(), "ordinary", {}
