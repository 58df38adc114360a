"""What all files of banks have in common: accounts with or without a name, their lines, and the way into the ledger."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from assistant.db import ledger_money
from assistant.db.database import Database
from assistant.db.ledger_money import AccountRow
from assistant.errors import BadInput
from assistant.events import Person
from assistant.figures.money.amounts import currency_of_zone, from_minor, is_currency, to_minor
from assistant.figures.money.ledger import Account, Entry, Taken, plain_number, take
from assistant.figures.money.names import capped, tidy

MAX_BYTES = 200_000_000
"""Of one file; 200,000 transactions are about 40 MB."""

Report = Callable[[int, int], None]


class Line(NamedTuple):
    """A transaction as a file gives it: like `ledger.Entry`, in major units; `currency` "" where it is not written."""

    booked_on: dt.date
    amount: Decimal
    currency: str = ""
    payee: str = ""
    memo: str = ""
    counter_number: str = ""
    category: str = ""
    source_id: str | None = None
    split_of: str | None = None
    kind: str = "ordinary"
    mark: str = ""
    original: Mapping[str, Any] = {}


@dataclass(frozen=True)
class Statement:
    """What a file says of one account.

    Attributes:
        number: IBAN or account number; "" when it names none.
        name: What the file calls it; "" when it does not.
        currency: Of lines that name none, and of the balance.
    """

    lines: Sequence[Line]
    number: str = ""
    name: str = ""
    currency: str = ""
    kind: str = "asset"
    balance: Decimal | None = None
    balance_on: dt.date | None = None


@dataclass(frozen=True)
class Read:
    """What was read from a file.

    Attributes:
        notes: What the person must know of it: lines left out, things assumed.
        gone: Source ids that the file itself says were deleted.
    """

    statements: Sequence[Statement]
    notes: Sequence[str] = ()
    gone: Collection[str] = ()


@dataclass
class LeftOut:
    """Collects what could not be read, for one sentence about it."""

    what: list[str] = field(default_factory=list)

    def add(self, where: str, error: BadInput) -> None:
        """Notes one that is left out."""
        self.what.append(f"{where}: {error}")

    def sentences(self) -> list[str]:
        """One sentence with the first three, or none."""
        if not self.what:
            return []
        more = f" and {len(self.what) - 3:,} more" if len(self.what) > 3 else ""
        return [f"{len(self.what):,} could not be read and were left out: {'; '.join(self.what[:3])}{more}"]


def read_bytes(path: Path) -> bytes:
    """The file.

    Raises:
        BadInput: it cannot be read, is empty or too large.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise BadInput(f"{path.name} has more than {MAX_BYTES // 1_000_000} MB; split it by years.")
        data = path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path.name} cannot be read: {error.strerror or error}.") from error
    if not data.strip():
        raise BadInput(f"{path.name} is empty.")
    return data


def decoded(data: bytes) -> str:
    """Text in UTF-8, UTF-16 (with or without its mark) or else Windows-1252, which is what banks write."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    if data[:400].count(0) > min(len(data), 400) // 4:
        return data.decode("utf-16-le" if data[1:2] == b"\0" else "utf-16-be", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.start >= len(data) - 4 and error.reason == "unexpected end of data":
            return data[: error.start].decode("utf-8-sig")  # the head of a longer file, cut inside a letter
        return data.decode("cp1252", "replace")


_DATES_IN_NAMES = re.compile(
    r"\d+|\b(jan(uar[y]?)?|jän(ner)?|feb(ruar[y]?)?|mar(ch)?|märz?|mrz|apr(il)?|ma[iy]|june?|juni|july?|juli|aug(ust)?"
    r"|sept?(ember)?|o[ck]t(ober)?|nov(ember)?|de[cz](ember)?|q[1-4]|h[12]|[a-z]|copy|kopie|export|download|part|teil"
    r"|half|first|second|third|new|old|umsaetze|umsätze|transactions?|statements?|kontoauszug|csv|qif|ofx|qfx|sta|xml)\b",
)


def name_after(path: Path) -> str:
    """What an account is called whose file names none: the file's name without dates and "export", "copy (2)"."""
    words = re.sub(r"[\W_]+", " ", path.stem.casefold())
    return " ".join(_DATES_IN_NAMES.sub(" ", words).split()) or "bank account"


async def store(
    database: Database, person: Person, path: Path, read: Read, *, source: str, now: dt.datetime, report: Report
) -> list[str]:
    """Takes what was read into the ledger; sentences for the person on what it was.

    Accounts that a file names are the person's own. A file that names none is taken as the account that has some of its
    transactions already (an overlapping export under another name), else as one that is called like the file.
    Each currency of an account is a row of its own, with its own balance.

    Raises:
        BadInput: it holds no transaction, or a currency that nothing tells.
    """
    count = sum(len(statement.lines) for statement in read.statements)
    report(0, count)
    today = now.astimezone(ZoneInfo(person.time_zone))
    async with database.session(person.id) as session:
        stored = await ledger_money.accounts(session, person.id)
        home = currency_of_zone(person.time_zone) or await ledger_money.main_currency(session, person.id)
    notes = list(read.notes)
    statements = []
    for statement in read.statements:
        currency = statement.currency or _currency_of(stored, statement) or home
        if not statement.currency and any(not line.currency for line in statement.lines):
            if not is_currency(currency):
                raise BadInput(
                    f"{path.name} does not say its currency: `twinning money mapping {path.name} --currency EUR`."
                )
            notes.append(f"No currency is written in it; taken as {currency}.")
        statements.append(replace(statement, currency=currency))
    bases = [await _base(database, person, path, each, notes) for each in statements]
    left_out = LeftOut()
    accounts, entries = await asyncio.to_thread(_entries, statements, bases, left_out)
    taken = await take(database, person.id, source, accounts=accounts, entries=entries, gone=read.gone, now=today)
    report(count, count)
    return [*_summary(path, accounts, entries, taken, today.date()), *dict.fromkeys(notes), *left_out.sentences()]


def _currency_of(stored: Sequence[AccountRow], statement: Statement) -> str:
    """The currency of the stored account of this number, where that is one."""
    number = plain_number(statement.number)
    found = {row.currency for row in stored if number and row.number == number and row.currency}
    return found.pop() if len(found) == 1 else ""


async def _base(database: Database, person: Person, path: Path, statement: Statement, notes: list[str]) -> str:
    """What the statement's accounts are known by, without their currency."""
    if statement.number or statement.name:
        return plain_number(statement.number) or f"name:{tidy(statement.name).casefold()}"
    given = [
        (line.booked_on, to_minor(line.amount, line.currency or statement.currency), capped(line.payee))
        for line in statement.lines
        if _is_exact(line, statement)
    ]
    async with database.session(person.id) as session:
        found = await ledger_money.overlapping_accounts(session, person.id, given)
        stored = {row.id: row for row in await ledger_money.accounts(session, person.id)}
    if found and found[0][1] >= min(3, max(1, len(given) // 2)):
        row = stored[found[0][0]]
        notes.append(
            f"It names no account; {found[0][1]:,} of its transactions are those of “{row.name}”, so it is that."
        )
        return row.source_id.rpartition(" ")[0]
    name = name_after(path)
    notes.append(f"It names no account; taken as “{name}”, after the file's name.")
    return f"name:{name}"


def _is_exact(line: Line, statement: Statement) -> bool:
    try:
        to_minor(line.amount, line.currency or statement.currency)
    except BadInput:
        return False
    return True


def _entries(
    statements: Sequence[Statement], bases: Sequence[str], left_out: LeftOut
) -> tuple[list[Account], list[Entry]]:
    """Accounts and entries. What two statements of one file both have is there once."""
    accounts: dict[str, Account] = {}
    entries: list[Entry] = []
    seen: Counter[tuple[Any, ...]] = Counter()
    repeated = {base for base, times in Counter(bases).items() if times > 1}
    for statement, base in zip(statements, bases, strict=True):
        _account(accounts, statement, base, statement.currency)
        here: Counter[tuple[Any, ...]] = Counter()
        for number, line in enumerate(statement.lines, 1):
            currency = line.currency or statement.currency
            try:
                amount = to_minor(line.amount, currency)
            except BadInput as error:
                left_out.add(f"transaction {number:,}", error)
                continue
            account = f"{base} {currency}"
            if account not in accounts:
                _account(accounts, replace(statement, balance=None), base, currency)
            if base in repeated:
                key = (account, *line[:6], line.source_id)
                here[key] += 1
                if here[key] <= seen[key]:
                    continue
            entries.append(Entry(account, line.booked_on, amount, currency, *line[3:]))
        seen |= here
    return list(accounts.values()), entries


def _account(accounts: dict[str, Account], statement: Statement, base: str, currency: str) -> None:
    """Notes the account of a statement, with the newest of its balances."""
    source_id = f"{base} {currency}"
    before = accounts.get(source_id)
    balance = balance_on = None
    if statement.balance is not None and currency == statement.currency:
        balance, balance_on = to_minor(statement.balance, currency), statement.balance_on
    if (
        before
        and before.balance is not None
        and (balance is None or (before.balance_on or dt.date.min) > (balance_on or dt.date.min))
    ):
        balance, balance_on = before.balance, before.balance_on
    number = "" if base.startswith("name:") else base
    name = statement.name or ("" if number else base.removeprefix("name:"))
    accounts[source_id] = Account(
        "bank", source_id, name, number, currency, statement.kind, balance=balance, balance_on=balance_on
    )


def _summary(
    path: Path, accounts: Sequence[Account], entries: Sequence[Entry], taken: Taken, today: dt.date
) -> list[str]:
    """What was read, for the person."""
    if not entries:
        return [f"{path.name}: no transactions."]
    days = [entry.booked_on for entry in entries]
    per: dict[str, int] = defaultdict(int)
    for entry in entries:
        per[entry.account] += 1
    of = ", ".join(
        f"{account.name or account.number} ({account.currency})" for account in accounts if account.source_id in per
    )
    counts = [f"{taken.added:,} new", f"{taken.unchanged:,} here already"]
    counts += [f"{taken.changed:,} changed"] * bool(taken.changed) + [f"{taken.removed:,} removed"] * bool(
        taken.removed
    )
    told = [f"{path.name}: {len(entries):,} transactions of {of}, {min(days)} to {max(days)}: {', '.join(counts)}."]
    told += [
        f"Balance of {account.name or account.number}: {from_minor(account.balance, account.currency)}"
        f" {account.currency}{f' on {account.balance_on}' if account.balance_on else ''}."
        for account in accounts if account.balance is not None
    ]  # fmt: skip
    pending, future = sum(entry.mark == "pending" for entry in entries), sum(day > today for day in days)
    if pending:
        told.append(f"{pending:,} are pending, and count once they are booked.")
    if future:
        told.append(f"{future:,} are dated after today, and count from then on.")
    return [*told, *taken.notes]
