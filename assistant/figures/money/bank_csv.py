"""Transactions in CSV, as banks, cards and payment services export them: no two alike, none says how it is to be read.

Delimiter, encoding and header are found by trying; the columns by their words (`csv_columns`). What cannot be told is
asked (`twinning money mapping FILE ...`) and remembered for all files with this header. Nothing is guessed from the
values alone.
"""

from __future__ import annotations

import asyncio
import csv
import datetime as dt
import io
import logging
import re
import shlex
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from assistant.db import ledger_money
from assistant.db.database import Database
from assistant.errors import BadInput
from assistant.events import Person
from assistant.figures.money.amounts import IN, OUT, Amount, decimal_sign, is_currency, parse_amount
from assistant.figures.money.bank_days import UnclearDays, day_order, parse_day
from assistant.figures.money.bank_files import LeftOut, Line, Read, Report, Statement, decoded, read_bytes, store
from assistant.figures.money.csv_columns import Layout, choose, currency_in_header, folded, header_hash, is_bank_header

log = logging.getLogger(__name__)

DELIMITERS = ";,\t|"
LOOKED_AT = 60
"""Lines in which the header is looked for; banks write a dozen lines before it."""
BAD_SHARE = 0.2
"""More unreadable lines than this are a sign of a wrong reading, not of wrong lines."""

PENDING = re.compile(r"pending|vorgemerkt|vormerkung|offen|outstanding|ausstehend|pendiente|en attente|authori[sz]ed")
NOT_DONE = re.compile(r"reverted|failed|declined|cancell?ed|abgelehnt|rejected|denied|fehlgeschlagen|storniert")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b")
_NUMBER_BEFORE = re.compile(
    r"(?:account|konto|kontonummer|account number|account no|compte|cuenta|card|karte|kreditkarte)\b[^\d*xX]{0,12}"
    r"([\d*xX][\d*xX \-]{3,})",
    re.IGNORECASE,
)
_BALANCE_BEFORE = re.compile(r"kontostand|saldo|balance|solde", re.IGNORECASE)
_OPENING = re.compile(r"start|begin|anfang|opening|alter|vorher|initial", re.IGNORECASE)


class Table(NamedTuple):
    """A CSV file: what stands before its header, the header, the lines.

    Attributes:
        bare: It has no header; the columns are called "1", "2", ...
        known: The words of the header say what the columns are.
    """

    before: Sequence[Sequence[str]]
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    bare: bool
    known: bool

    @property
    def hash(self) -> bytes:
        """By which its layout is remembered."""
        return header_hash([f"bare {len(self.header)}"] if self.bare else self.header)


def table_of(text: str) -> Table | None:
    """The table in a text; None when there is none.

    Raises:
        BadInput: a cell is larger than 128 kB, which no bank writes.
    """
    text = re.sub(r"\Asep=(.)\r?\n", "", text)
    lines = text[:200_000].splitlines()[:LOOKED_AT]
    best: tuple[int, str, int] | None = None
    shapes: list[tuple[int, int, str]] = []
    for delimiter in DELIMITERS:
        rows = _parse("\n".join(lines), delimiter)
        for at, row in enumerate(rows):
            if len(row) > 1 and is_bank_header(row) and (best is None or len(choose(row)) > best[0]):
                best = (len(choose(row)), delimiter, at)
        widths = Counter(len(row) for row in rows if len(row) > 1)
        if widths:
            width, times = widths.most_common(1)[0]
            shapes.append((times, width, delimiter))
    if best is not None:
        rows = _parse(text, best[1])
        return Table(rows[: best[2]], rows[best[2]], rows[best[2] + 1 :], bare=False, known=True)
    if not shapes:
        return None
    _, width, delimiter = max(shapes)
    rows = _parse(text, delimiter)
    at = next(at for at, row in enumerate(rows) if len(row) == width)
    if any(_is_day(cell) for cell in rows[at]):
        return Table(rows[:at], [str(n + 1) for n in range(width)], rows[at:], bare=True, known=False)
    return Table(rows[:at], rows[at], rows[at + 1 :], bare=False, known=False)


def _parse(text: str, delimiter: str) -> list[list[str]]:
    try:
        return [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if any(row)]
    except csv.Error as error:
        raise BadInput(f"This is no table: {error}.") from error


def _is_day(cell: str) -> bool:
    for order in ("dmy", "mdy"):
        try:
            parse_day(cell, order)
        except BadInput:
            continue
        return True
    return False


def _is_sum(cell: str) -> bool:
    """An amount with two decimals, which dates, ids and most readings are not."""
    try:
        parse_amount(cell)
    except BadInput:
        return False
    return re.search(r"[.,]\d\d(?!\d)", cell) is not None


def recognises(path: Path, head: bytes) -> bool:
    """True for a table whose header has a bank's words, or whose columns are days, texts and amounts with a minus."""
    text = decoded(head)
    if text.lstrip()[:1] in ("{", "[", "<", "!", ":") or text.lstrip().startswith("OFXHEADER"):
        return False
    if len(head) >= 65536:
        text = text.rpartition("\n")[0]
    try:
        table = table_of(text)
    except BadInput:
        return False
    if table is None or not table.rows:
        return False
    rows = [row for row in islice(table.rows, 200) if len(row) >= len(table.header) - 1]
    columns = [[row[at].strip() for row in rows if at < len(row)] for at in range(len(table.header))]
    days = [at for at, column in enumerate(columns) if _most(_is_day(cell) for cell in column if cell)]
    if table.known:
        return bool(days)
    sums = [column for column in columns if _most(_is_sum(cell) for cell in column if cell)]
    minus = any(re.search(r"-|−|\(", cell) for column in sums for cell in column)
    words = any(_most(bool(re.search(r"[^\W\d_]{3}", cell)) for cell in column if cell) for column in columns)
    return bool(days) and bool(sums) and minus and words


def _most(found: Iterable[bool]) -> bool:
    each = list(found)
    return bool(each) and sum(each) >= 0.8 * len(each)


async def take_file(
    database: Database, person: Person, path: Path, *, now: dt.datetime, report: Report
) -> Sequence[str]:
    """Takes a bank's CSV into the ledger; sentences for the person on what was read.

    Raises:
        BadInput: the columns, the days or the currency cannot be told; the text says how to say them.
    """
    table = await asyncio.to_thread(lambda: table_of(decoded(read_bytes(path))))
    if table is None:
        raise BadInput(f"{path.name} is no table of transactions.")
    said = await remembered(database, person, table)
    read = await asyncio.to_thread(read_table, table, said, path.name)
    return await store(database, person, path, read, source="csv", now=now, report=report)


async def remembered(database: Database, person: Person, table: Table) -> Layout:
    """What the person has said of this layout."""
    async with database.session(person.id) as session:
        return Layout.of(await ledger_money.mapping(session, person.id, table.hash))


def read_table(table: Table, said: Layout, name: str) -> Read:
    """The transactions of a table.

    Raises:
        BadInput: what is in which column, or which way round the days are, cannot be told.
    """
    command = f"twinning money mapping {shlex.quote(name)}"
    columns = choose(table.header, said)
    if "date" not in columns or not columns.keys() & {"amount", "debit", "credit"}:
        raise BadInput(
            f"I cannot tell the columns of {name}; say which they are: `{command} --date COLUMN --amount COLUMN --payee"
            f" COLUMN` (or --debit and --credit). It has: {', '.join(cell.strip() for cell in table.header)}."
        )
    reader = _Reader(table, columns, said)
    try:
        reader.prepare()
    except UnclearDays as error:
        raise BadInput(f"In {name} {error} Say which: `{command} --days dmy` (or mdy).") from error
    lines: dict[tuple[str, str], list[Line]] = {}
    left_out = LeftOut()
    empty = 0
    for number, row in enumerate(table.rows, len(table.before) + 2):
        try:
            made = reader.line(row)
        except BadInput as error:
            left_out.add(f"row {number:,}", error)
            continue
        if made is None:
            empty += 1
        else:
            lines.setdefault((made[0], made[1].currency), []).append(made[1])
    read = sum(len(each) for each in lines.values())
    if not read or len(left_out.what) > max(3, BAD_SHARE * read):
        raise BadInput(
            f"{name} cannot be read as transactions ({'; '.join(left_out.what[:2]) or 'it has no lines'}); say which"
            f" columns they are in: `{command} --date COLUMN --amount COLUMN`."
        )
    notes = left_out.sentences()
    if empty:
        notes.append(f"{empty:,} lines are no booking (sums, empty or not carried out), and were left out.")
    if not said.flip and read >= 5 and all(line.amount >= 0 for each in lines.values() for line in each):
        notes.append(f"No amount has a minus: all is taken as money that came in. If it was spent: `{command} --flip`.")
    return Read([reader.statement(account, each) for (account, _), each in lines.items()], notes)


class _Reader:
    """Reads the lines of one table.

    Args:
        columns: For each role its columns, as `choose` gives them.
    """

    def __init__(self, table: Table, columns: dict[str, list[int]], said: Layout) -> None:
        self._table = table
        self._said = said
        self._dates = columns["date"]
        self._at = {role: found[0] for role, found in columns.items()}
        if "amount" in self._at and not said.debit and not said.credit:
            self._at.pop("debit", None)
            self._at.pop("credit", None)
        self._days = said.days
        self._decimal = said.decimal
        self._signs = False
        self._debits_are_negative = False
        self._balances: dict[tuple[str, str], list[tuple[dt.date, Decimal, Decimal]]] = {}

    def prepare(self) -> None:
        """Looks over all lines: the order of days, the decimal sign, what the columns with two meanings mean."""
        rows = self._table.rows
        days = [row[at] for row in rows for at in self._dates if at < len(row)]
        self._days = self._days or day_order(cell for cell in days if _DIGIT.search(cell))
        sums = [role for role in ("amount", "debit", "credit", "balance") if role in self._at]
        if not self._decimal:
            self._decimal = decimal_sign(self._cell(row, role) for row in rows for role in sums)
        if "sign" in self._at:
            marks = {self._cell(row, "sign").upper() for row in rows} - {""}
            amounts = (self._cell(row, "amount") for row in rows)
            self._signs = bool(marks) and marks <= OUT | IN and not any(_MINUS.search(cell) for cell in amounts)
        if "debit" in self._at:
            debits = [cell for row in rows if (cell := self._cell(row, "debit"))]
            self._debits_are_negative = sum(bool(_MINUS.search(cell)) for cell in debits) * 2 > len(debits)
        if "either" in self._at:
            values = {self._cell(row, "either") for row in rows}
            role = "account" if len(values) == 1 and "" not in values else "counter"
            self._at.setdefault(role, self._at["either"])
        if "memo" in self._at and "payee" not in self._at and "payer" not in self._at:
            self._at["payee"] = self._at.pop("memo")

    def _cell(self, row: Sequence[str], role: str) -> str:
        at = self._at.get(role, -1)
        return row[at].strip() if 0 <= at < len(row) else ""

    def line(self, row: Sequence[str]) -> tuple[str, Line] | None:
        """(own account as the line names it, the line); None when it is none: a sum below, or not carried out.

        Raises:
            BadInput: its day or its amount cannot be read.
        """
        status = folded(self._cell(row, "status"))
        amount = self._amount(row)
        days = [row[at].strip() for at in self._dates if at < len(row)]
        written = next((cell for cell in days if _DIGIT.search(cell)), "")
        if amount is None or not written or NOT_DONE.search(status):
            return None
        day = parse_day(written, self._days)
        pending = PENDING.search(status) or (days and days[0] and PENDING.search(days[0].casefold()))
        payee = self._cell(row, "payee") or self._cell(row, "payer")
        if amount.value > 0 and "payee" in self._at and self._cell(row, "payer"):
            payee = self._cell(row, "payer")
        currency = self._cell(row, "currency").upper()
        account = self._cell(row, "account")
        line = Line(
            day, amount.value, currency if is_currency(currency) else amount.currency, payee, self._cell(row, "memo"),
            self._cell(row, "counter"), self._cell(row, "category"), self._cell(row, "id") or None,
            mark="pending" if pending else "",
            original={head: cell for head, cell in zip(self._table.header, row, strict=False) if cell.strip()},
        )  # fmt: skip
        balance = self._cell(row, "balance")
        if _DIGIT.search(balance):
            try:
                chain = self._balances.setdefault((account, line.currency), [])
                chain.append((day, amount.value, self._parse(balance).value))
            except BadInput:
                log.info("A balance cannot be read, its line can", extra={"action": "csv_read"})
        return account, line

    def _parse(self, text: str) -> Amount:
        return parse_amount(text, decimal=self._decimal)

    def _amount(self, row: Sequence[str]) -> Amount | None:
        """Signed; None where nothing is written."""
        if "amount" in self._at:
            text = self._cell(row, "amount")
            if not _DIGIT.search(text):
                return None
            amount = self._parse(text)
            if self._signs and self._cell(row, "sign").upper() in OUT:
                amount = Amount(-amount.value, amount.currency)
        else:
            debit, credit = self._cell(row, "debit"), self._cell(row, "credit")
            out = self._parse(debit) if _DIGIT.search(debit) else None
            into = self._parse(credit) if _DIGIT.search(credit) else None
            if out is None and into is None:
                return None
            spent = Decimal(0) if out is None else out.value if self._debits_are_negative else -out.value
            amount = Amount(spent + (into.value if into else 0), (out or into or Amount(spent, "")).currency)
        if self._said.flip:
            amount = Amount(-amount.value, amount.currency)
        fee = self._cell(row, "fee")
        if (
            _DIGIT.search(fee)
            and folded(self._table.header[self._at["amount"]] if "amount" in self._at else "") not in _NET
        ):
            amount = Amount(amount.value - abs(self._parse(fee).value), amount.currency)
        return amount

    def statement(self, account: str, lines: Sequence[Line]) -> Statement:
        """The lines of one account in one currency, with what the file says of it."""
        chain = self._balances.get((account, lines[0].currency), [])
        before = [" ".join(row) for row in self._table.before]
        number, name = ("", account) if sum(char.isdigit() or char == "*" for char in account) < 4 else (account, "")
        if not account:
            number = next((found[0] for text in before if (found := _IBAN.search(text))), "") or next(
                (found[1] for text in before if (found := _NUMBER_BEFORE.search(text))), ""
            )
        if self._said.name:
            number, name = "", self._said.name
        said = self._said.currency if is_currency(self._said.currency) else ""
        headed = [currency_in_header(self._table.header[self._at[role]]) for role in _SUMS if role in self._at]
        written = lines[0].currency if "currency" in self._at else ""
        currency = written or said or next(filter(None, headed), "") or lines[0].currency
        statement = Statement([line._replace(currency=currency) for line in lines], number, name, currency)
        if chain and len(chain) == len(lines):
            day, balance = last_balance(chain)
            return replace(statement, balance=balance, balance_on=day)
        return self._with_balance_before(statement)

    def _with_balance_before(self, statement: Statement) -> Statement:
        """The balance that stands in the lines before the header, with its day, where one does."""
        for row in self._table.before:
            if not _BALANCE_BEFORE.search(row[0]) or _OPENING.search(row[0]):
                continue
            sums = [cell for cell in row[1:] if _is_sum(cell) and not _is_day(cell)]
            days = re.findall(r"\d{1,4}[./-]\d{1,2}[./-]\d{2,4}", " ".join(row))
            if sums and days:
                balance = parse_amount(sums[0], decimal=self._decimal).value
                return replace(statement, balance=balance, balance_on=parse_day(days[0], self._days))
        return statement


_DIGIT = re.compile(r"\d")
_MINUS = re.compile(r"^\s*[(\-−–]|[\-−–]\s*$|\d\s*(?:S|DR|D)\s*$|-\s*[€$£]?\d")
_NET = ("net", "netto", "net amount")
_SUMS = ("amount", "debit", "credit", "balance")


def last_balance(chain: Sequence[tuple[dt.date, Decimal, Decimal]]) -> tuple[dt.date, Decimal]:
    """The day and balance at the end of lines of (day, amount, balance after it), in whatever order they stand.

    On the last day it is the balance that no other line of the day began with; where that is not one, the last line's
    of a file that begins with its oldest day, else the first one's.
    """
    last = max(day for day, _, _ in chain)
    of_day = [(amount, balance) for day, amount, balance in chain if day == last]
    ends = Counter(balance for _, balance in of_day) - Counter(balance - amount for amount, balance in of_day)
    if len(ends) == 1:
        return last, next(iter(ends))
    return last, of_day[-1 if chain[0][0] < last else 0][1]
