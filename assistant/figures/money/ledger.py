"""The ledger: accounts and dated transactions of one person, from whatever wrote them down."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import logging
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID, uuid4

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from assistant.db import ledger_money, ledger_taking
from assistant.db.database import Database
from assistant.db.ledger_money import AccountRow
from assistant.errors import BadInput
from assistant.figures.money import categories, transfers
from assistant.figures.money.categories import Chooser
from assistant.figures.money.names import CUT, LONGEST, capped, key_of, label_of, one_line, tidy
from assistant.figures.told import flag_changed

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Account:
    """An account as a source names it.

    Attributes:
        source: Who names it: "bank" for every kind of bank file, else the service ("firefly", "akaunting").
        source_id: Its name there, the same at each import.
        number: IBAN or account number; "" when the source has none. Accounts of several sources with one number and
            currency are one account.
        currency: ISO 4217; "" when it is not known yet.
        kind: "asset", "cash", "card", "loan", "expense", "revenue" ...
        own: The person's: only what moves on these is spending or income.
        balance: In minor units of `currency`, at the end of `balance_on`.
    """

    source: str
    source_id: str
    name: str
    number: str = ""
    currency: str = ""
    kind: str = "asset"
    own: bool = True
    active: bool = True
    balance: int | None = None
    balance_on: dt.date | None = None


@dataclass(frozen=True)
class Entry:
    """A transaction as a source gives it.

    Attributes:
        account: `Account.source_id` of the account whose balance it changed.
        booked_on: The day of the booking, as the source writes it.
        amount: Signed, in minor units of `currency`; minus is money that went out.
        counter_number: IBAN or account number of the other side.
        category: As the source says; the person's own choices, rules and what was learned from them go before it.
        source_id: Its name at the source, the same at each import; None where the source gives none, and the
            content tells it from others.
        split_of: What the parts of one booking have in common; each part is an entry of its own, the whole is none.
        kind: "ordinary", or "transfer" / "refund" where the source itself says so.
        mark: "pending" for what is announced and not booked yet. What is dated after today is marked when it is taken.
        original: What the source wrote, for a look behind a figure.
    """

    account: str
    booked_on: dt.date
    amount: int
    currency: str
    payee: str = ""
    memo: str = ""
    counter_number: str = ""
    category: str = ""
    source_id: str | None = None
    split_of: str | None = None
    kind: str = "ordinary"
    mark: str = ""
    original: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """A bill, a budget or a piggy bank.

    Attributes:
        kind: "bill", "budget" or "saving".
        amount: In minor units of `currency`; of a saving the target. None where it has none.
        next_on: When a bill is due; the end of a budget's period; the target day of a saving.
        details: What else the source says: "every" ("monthly"), "spent", "saved", "start", all in plain values.
    """

    kind: str
    source_id: str
    name: str
    amount: int | None = None
    currency: str = ""
    next_on: dt.date | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Taken:
    """What came of it.

    Attributes:
        notes: Sentences for the person on what was found: corrections, changed ids.
        changed_days: On which stored figures changed, for telling who was answered from them; in order, each once.
    """

    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0
    notes: Sequence[str] = ()
    changed_days: Sequence[dt.date] = ()


FILES = frozenset({"csv", "ofx", "qif", "camt", "mt940"})
"""Sources that are files of a bank: they name one account of the person's in different ways, and never delete."""


def plain_number(number: str) -> str:
    """An IBAN or account number as it is compared: capitals and digits, without blanks and signs."""
    return "".join(char for char in number.upper() if char.isalnum() or char == "*")


def fingerprint(account: str, entry: Entry) -> bytes:
    """SHA-256 of account, day, amount, currency, payee and memo; capitals and blanks make no difference."""
    parts = (
        account, entry.booked_on.isoformat(), str(entry.amount), entry.currency, one_line(entry.payee).casefold(),
        one_line(entry.memo).casefold(),
    )  # fmt: skip
    return hashlib.sha256("\x1f".join(parts).encode()).digest()


async def take(
    database: Database,
    owner: UUID,
    source: str,
    *,
    accounts: Sequence[Account],
    entries: Sequence[Entry],
    plans: Sequence[Plan] = (),
    all_plans: bool = False,
    gone: Collection[str] = (),
    window: tuple[dt.date, dt.date] | None = None,
    now: dt.datetime,
) -> Taken:
    """Takes accounts, transactions and plans of one source, in one transaction of the database.

    What is here already is found, in this order:
    1. by the id at the source (of this account), where there is one;
    2. else by the fingerprint (`fingerprint`) and how often it occurs: two equal coffees on one day stay two, because
       each is numbered within its file; a file that overlaps with an earlier one numbers them alike and adds nothing.
       So of equal transactions there are as many as the fullest file has;
    3. what another source has told of the same account: the same day and amount, as often as it has it;
    4. under a new id with the same content, when the old id is gone, or in a bank's file that lists nearly everything
       that is known of its days;
    5. in such a file, what differs in one thing only (texts, amount or a few days): a correction, not another one;
    6. what was pending and is booked now: the same amount within ten days.
    What is found is brought up to date, without touching the person's own categories; the rest is added. Files delete
    nothing. In the end transfers and refunds are found anew, and answers that were told otherwise come into the inbox.

    Args:
        source: "csv", "ofx", "qif", "camt", "mt940", or the service's name.
        accounts: All that `entries` name.
        all_plans: `plans` are all that this source has; others of it are removed.
        gone: Source ids that were deleted at the source.
        window: `entries` are all that this source has between these days; what it does not list is gone.
        now: Its date in its zone is today.

    Raises:
        BadInput: an entry is of an account that is not among `accounts`.
    """
    known = {account.source_id for account in accounts}
    if stray := next((entry.account for entry in entries if entry.account not in known), None):
        raise BadInput(f"A transaction is of the account {label_of(tidy(stray))!r}, which {source} does not list.")
    async with database.session(owner) as session:
        await ledger_taking.lock(session, owner)
        rows = await _put_accounts(session, owner, accounts)
        many = await _lay_in(session, owner, source, entries, rows)
        counted, days = await _settle(session, owner, source, rows, gone=list(map(key_of, gone)), window=window)
        days.update(await ledger_taking.renew_marks(session, owner, now.date()), await transfers.match(session, owner))
        await ledger_money.put_plans(session, owner, source, [_plan(plan) for plan in plans], complete=all_plans)
    await flag_changed(database, owner, area="money", changed_days=days, now=now)
    log.info("Transactions taken", extra={"source": source, "added": counted.added, "changed": counted.changed})
    unchanged = many - counted.added - counted.changed
    return replace(counted, unchanged=unchanged, changed_days=sorted(days))


async def _lay_in(
    session: AsyncSession, owner: UUID, source: str, entries: Sequence[Entry], rows: Mapping[str, AccountRow]
) -> int:
    """Lays the transactions beside what is there; returns how many they are."""
    choosing = await categories.chooser(session, owner)
    numbered = await asyncio.to_thread(_numbered, source, entries, rows)
    await ledger_taking.copy_in(session, _laid_out(numbered, rows, choosing))
    return len(numbered)


async def _settle(
    session: AsyncSession,
    owner: UUID,
    source: str,
    rows: Mapping[str, AccountRow],
    *,
    gone: Collection[str],
    window: tuple[dt.date, dt.date] | None,
) -> tuple[Taken, set[dt.date]]:
    """Finds what is here already, removes what is gone and writes the rest; with the days on which figures change."""
    files = source in FILES
    await ledger_taking.match_same(session, owner, source, files=files)
    await ledger_taking.match_twins(session, owner, source)
    renamed, corrected = await ledger_taking.match_changed(
        session, owner, source, files=files, gone=gone, window=window
    )
    await ledger_taking.match_booked(session, owner)
    mine = [row.id for row in rows.values()] if files else None
    removed = await ledger_taking.remove_gone(session, owner, source, gone=gone, window=window, accounts=mine)
    added, changed, days = await ledger_taking.write(session, owner, source)
    return Taken(added, changed, len(removed), notes=_notes(renamed, corrected)), days | set(removed)


def _notes(renamed: int, corrected: int) -> list[str]:
    notes = []
    if renamed:
        notes.append(f"{renamed:,} came under another id than before, and were not added again.")
    if corrected:
        notes.append(f"{corrected:,} were corrected by the bank since they came in; the new version counts.")
    return notes


def _json(values: Mapping[str, Any]) -> str:
    """JSON that Postgres can hold: no NUL, no half of a character."""
    try:
        written = orjson.dumps(dict(values), default=str)
    except orjson.JSONEncodeError:  # half of a character
        written = b"\\u0000"
    if b"\\u0000" in written:
        written = orjson.dumps(_plain(values), default=str)
    return written.decode()


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return one_line(value)
    if isinstance(value, Mapping):
        return {one_line(str(name)): _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, (list, tuple)) else value


def _plan(plan: Plan) -> dict[str, Any]:
    return {
        "kind": plan.kind, "source_id": key_of(plan.source_id), "name": capped(plan.name), "amount": plan.amount,
        "currency": plan.currency or None, "next_on": plan.next_on, "details": _json(plan.details),
    }  # fmt: skip


async def _put_accounts(session: AsyncSession, owner: UUID, accounts: Sequence[Account]) -> dict[str, AccountRow]:
    """The stored account of each, by `Account.source_id`; adds and updates them."""
    stored = await ledger_money.accounts(session, owner)
    rows: dict[str, AccountRow] = {}
    for account in accounts:
        found = find_account(stored, account)
        row = _merged(found, account) if found else fresh_account(account)
        if row != found:
            await ledger_money.put_account(session, owner, row)
            stored = [each for each in stored if each.id != row.id] + [row]
        rows[account.source_id] = row
    return rows


def find_account(stored: Sequence[AccountRow], account: Account) -> AccountRow | None:
    """The stored account that this is: of the same name at the source, else the own one of this number and currency."""
    for row in stored:
        if (row.source, row.source_id) == (account.source, key_of(account.source_id)):
            return row
    number = plain_number(account.number)
    if not number and account.source == "bank":
        name = capped(account.name).casefold()
        named = [row for row in stored if row.source == "bank" and row.name.casefold() == name]
        return next((row for row in named if row.own and row.currency in (account.currency, "")), None)
    if not number or not account.own:
        return None
    same = [row for row in stored if row.number == number and row.own]
    for currency in (account.currency, ""):
        if found := next((row for row in same if row.currency == currency), None):
            return found
    return same[0] if len(same) == 1 and not account.currency else None


def fresh_account(account: Account) -> AccountRow:
    """A row for an account that is not stored yet."""
    number = plain_number(account.number)
    name = capped(account.name) or number or capped(account.source_id)
    return AccountRow(
        uuid4(), account.source, key_of(account.source_id), name, number, account.currency, account.kind, account.own,
        account.active, account.balance, account.balance_on,
    )  # fmt: skip


def _merged(row: AccountRow, account: Account) -> AccountRow:
    """What a source says, laid over what is stored: a service rules its own accounts, files only fill in."""
    rules = account.source == row.source and account.source != "bank"
    nameless = row.name in ("", row.number, row.source_id)
    changes: dict[str, Any] = {
        "number": row.number or plain_number(account.number),
        "currency": row.currency or account.currency,
    }
    if account.name and (rules or nameless):
        changes["name"] = capped(account.name)
    if rules:
        changes |= {"kind": account.kind, "own": account.own, "active": account.active}
    elif row.kind == "asset":
        changes["kind"] = account.kind
    newer = row.balance_on is None or (account.balance_on or dt.date.max) >= row.balance_on
    if account.balance is not None and account.currency == changes["currency"] and newer:
        changes |= {"balance": account.balance, "balance_on": account.balance_on}
    return replace(row, **changes)


@dataclass(frozen=True, slots=True)
class _Numbered:
    """A transaction with its fingerprint, and the how many-th of its equals it is."""

    entry: Entry
    fingerprint: bytes
    occurrence: int


def _numbered(source: str, entries: Sequence[Entry], rows: Mapping[str, AccountRow]) -> list[_Numbered]:
    """Each transaction once. Equal ones are numbered in an order that does not depend on the file's."""
    keyed = ((fingerprint(rows[entry.account].source_id, entry), entry) for entry in entries)
    once = sorted(
        _one_each(keyed, rows, files=source in FILES),
        key=lambda pair: (pair[0], pair[1].category, pair[1].source_id or "", pair[1].split_of or ""),
    )
    seen: Counter[tuple[UUID, bytes]] = Counter()
    found = []
    for print_, entry in once:
        place = rows[entry.account].id, print_
        found.append(_Numbered(entry, print_, seen[place] if entry.source_id is None else 0))
        seen[place] += entry.source_id is None
    return found


def _laid_out(
    numbered: Sequence[_Numbered], rows: Mapping[str, AccountRow], choosing: Chooser
) -> Iterator[tuple[Any, ...]]:
    """The rows for the database (`ledger_taking.COLUMNS`), one by one: all at once they would be hundreds of MB."""
    for n, each in enumerate(numbered):
        entry = each.entry
        source_id = None if entry.source_id is None else key_of(entry.source_id)
        payee, memo, given = capped(entry.payee), tidy(entry.memo), capped(entry.category)
        key = categories.payee_key(payee)
        category, by = choosing.choose(payee, key, memo)
        if not by and given:
            category, by = given, "source"
        yield (
            n, rows[entry.account].id, entry.booked_on, entry.amount, entry.currency, payee, key, memo,
            plain_number(entry.counter_number), given, category, by, entry.kind, entry.mark, source_id,
            entry.split_of, each.fingerprint, each.occurrence, _json(_original(entry)),
        )  # fmt: skip


def _original(entry: Entry) -> Mapping[str, Any]:
    """What the source wrote, with a mark where a name of it was cut."""
    names = {"payee": entry.payee, "category": entry.category}
    cut = {name: len(words) for name, words in names.items() if len(words) > LONGEST and len(tidy(words)) > LONGEST}
    if not cut:
        return entry.original
    return {**entry.original, CUT: cut}


def _one_each(
    keyed: Iterable[tuple[bytes, Entry]], rows: Mapping[str, AccountRow], *, files: bool
) -> Iterator[tuple[bytes, Entry]]:
    """Each id of an account once: equal content is one transaction; banks also give one id to different ones."""
    by_id: dict[tuple[UUID, str], dict[bytes, Entry]] = defaultdict(dict)
    for print_, entry in keyed:
        if entry.source_id is None:
            yield print_, entry
        else:
            same = by_id[rows[entry.account].id, entry.source_id]
            same.pop(print_, None)
            same[print_] = entry
    for same in by_id.values():
        if len(same) == 1 or not files:
            yield next(reversed(same.items()))
        else:
            for print_, entry in same.items():
                yield print_, replace(entry, source_id=f"{entry.source_id}#{print_.hex()[:8]}")
