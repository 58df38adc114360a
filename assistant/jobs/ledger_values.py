"""What a service tells of money, as the ledger keeps it: days, and whole minor units by exact decimals."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal

from assistant.errors import BadInput
from assistant.figures.money.amounts import digits_of, is_currency, to_minor
from assistant.figures.money.ledger import Account, Entry, Plan
from integrations.ledger_values import Complaint, GivenAccount, GivenEntry, GivenPlan

_NUMBER = re.compile(r"-?\d{1,20}(?:\.\d{1,30})?(?:[eE]-?\d{1,2})?", re.ASCII)
"""A decimal number as a service writes it; the exponent is what JSON makes of very small and large ones."""
FIRST, LAST = dt.date(1900, 1, 1), dt.date(2200, 1, 1)
"""Days that a booking can have."""


@dataclass
class Converted:
    """What became of it.

    Attributes:
        complaints: What was left out.
        broken: Ids of the entries that were left out.
        rounded: How many amounts had more digits than their currency has.
    """

    entries: list[Entry] = field(default_factory=list)
    complaints: list[Complaint] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    rounded: int = 0


def accounts(source: str, given: Iterable[GivenAccount]) -> list[Account]:
    """Accounts of the person's own. A balance or currency that cannot be read is left out, not the account."""
    return [_account(source, each) for each in given]


def _account(source: str, given: GivenAccount) -> Account:
    currency = given.currency if is_currency(given.currency) else ""
    balance = _amount(given.balance, currency) if currency else None
    return Account(
        source=source,
        source_id=given.id,
        name=given.name,
        number=given.number,
        currency=currency,
        kind=given.kind,
        active=given.active,
        balance=balance,
        balance_on=_day_or_none(given.balance_on) if balance is not None else None,
    )


def entries(title: str, given: Iterable[GivenEntry], own: Mapping[str, Account]) -> Converted:
    """Entries with signed minor units; what cannot be read is left out with a sentence, and the others stand.

    Args:
        title: The service's name for the person.
        own: The accounts by their ids. What two currencies tell of one entry is kept in the account's.
    """
    made = Converted()
    given = list(given)
    wholes = {each.part_of for each in given if each.part_of}
    shared = _shared(given)
    for each in given:
        if each.transaction in wholes:
            continue  # its parts count
        try:
            made.entries.append(_entry(each, own, parts=each.split_of in shared or bool(each.part_of), made=made))
        except BadInput as error:
            made.broken.add(each.id)
            said = f"{title}'s transaction of {each.date[:10]} {_called(each)}was left out: {error}"
            made.complaints.append(Complaint(each.date[:10], said))
    return made


def _shared(given: Iterable[GivenEntry]) -> set[str]:
    """What more than one transaction shares."""
    found: dict[str, set[str]] = {}
    for each in given:
        found.setdefault(each.split_of, set()).add(each.transaction)
    return {key for key, ids in found.items() if key and len(ids) > 1}


def _entry(given: GivenEntry, own: Mapping[str, Account], *, parts: bool, made: Converted) -> Entry:
    account = own.get(given.account)
    if account is None:
        raise BadInput("it is on an account that the service does not list.")
    amount, currency = given.amount, given.currency
    if currency != account.currency and given.foreign_currency == account.currency and given.foreign_amount:
        amount, currency = given.foreign_amount, given.foreign_currency
    if not is_currency(currency):
        raise BadInput(f"{currency or 'its currency'} is no currency of ISO 4217.")
    minor = _amount(amount, currency)
    if minor is None:
        raise BadInput(f"its amount “{amount[:40].removeprefix('-')}” is no number.")
    made.rounded += Decimal(amount) != Decimal(minor).scaleb(-digits_of(currency))
    return Entry(
        account=given.account,
        booked_on=day_of(given.date),
        amount=minor,
        currency=currency,
        payee=given.payee,
        memo=given.memo,
        counter_number=given.counter_number,
        category=given.category,
        source_id=given.id,
        split_of=given.split_of if parts else None,
        kind=given.kind,
        original=dict(given.original),
    )


def plans(given: Iterable[GivenPlan]) -> list[Plan]:
    """Bills, budgets and piggy banks; an amount that cannot be read is none."""
    return [_plan(each) for each in given]


def _plan(given: GivenPlan) -> Plan:
    currency = given.currency if is_currency(given.currency) else ""
    amount = _amount(given.amount, currency) if currency else None
    further = {name: _amount(value, currency) for name, value in given.amounts.items()} if currency else {}
    return Plan(
        kind=given.kind,
        source_id=given.id,
        name=given.name,
        amount=amount,
        currency=currency,
        next_on=_day_or_none(given.next_on),
        details={**given.details, **{name: value for name, value in further.items() if value is not None}},
    )


def day_of(date: str) -> dt.date:
    """The day that is written: of an instant with an offset, the day there.

    Raises:
        BadInput: it is none.
    """
    try:
        day = dt.datetime.fromisoformat(date).date()
    except ValueError as error:
        raise BadInput(f"its date “{date[:40]}” is none.") from error
    if not FIRST <= day < LAST:
        raise BadInput(f"its date {day} cannot be right.")
    return day


def _day_or_none(date: str) -> dt.date | None:
    try:
        return day_of(date) if date else None
    except BadInput:
        return None


def _amount(written: str, currency: str) -> int | None:
    """Minor units, rounded half to even where there are more digits; None when it is no number."""
    if not _NUMBER.fullmatch(written):
        return None
    value = Decimal(written)
    try:
        return to_minor(value.quantize(Decimal(1).scaleb(-digits_of(currency)), rounding=ROUND_HALF_EVEN), currency)
    except (ArithmeticError, BadInput):
        return None


def _called(given: GivenEntry) -> str:
    said = given.memo or given.payee
    return f"(“{said[:60]}”) " if said else ""
