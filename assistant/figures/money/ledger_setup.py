"""The person's own accounts, category rules and exchange rates, as a JSON file that `twinning import` reads.

    {
      "accounts": [{"name": "Giro", "iban": "DE89 3704 ...", "currency": "EUR"}, "DE75512108001245126199"],
      "rules": [{"payee": "rewe", "category": "Groceries"}, {"memo": "rent", "category": "Housing"}],
      "categories": {"Travel": ["hotel", "db vertrieb"]},
      "rates": [{"base": "USD", "quote": "EUR", "day": "2026-01-31", "rate": "0.92"}]
    }

Every part may be missing. An account has a name or a number ("iban" or "number"), and may have "currency", "kind" and
"own": false for one that is not the person's. A rule looks for its words, wherever they begin in the payee, the memo or
("text") any of both; "categories" is the short way for the last. Read again, it changes what it names and adds nothing.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from assistant.db import ledger_labels, ledger_money, ledger_taking
from assistant.db.database import Database
from assistant.db.ledger_labels import RuleRow as Rule
from assistant.errors import BadInput
from assistant.events import Person
from assistant.figures.money import categories
from assistant.figures.money.amounts import is_currency
from assistant.figures.money.bank_files import Report, decoded, read_bytes
from assistant.figures.money.ledger import Account, find_account, fresh_account, plain_number
from assistant.figures.money.names import capped, tidy
from assistant.figures.told import flag_changed

LISTS = {
    "accounts": "accounts",
    "own_accounts": "accounts",
    "rules": "rules",
    "category_rules": "rules",
    "rates": "rates",
}
MAX_RULES = 5000


@dataclass(frozen=True)
class Rate:
    """One `base` was `rate` of `quote` on that day."""

    base: str
    quote: str
    day: dt.date
    rate: Decimal


@dataclass(frozen=True)
class Setup:
    """What such a file says."""

    accounts: Sequence[Account]
    rules: Sequence[Rule]
    rates: Sequence[Rate]


def recognises(path: Path, head: bytes) -> bool:
    """True for a JSON object of nothing but these parts. It has to fit into the head: 64 kB are a thousand rules."""
    try:
        found = json.loads(decoded(head))
    except ValueError:
        return False
    if not isinstance(found, dict) or not found.keys() & {*LISTS, "categories"}:
        return False
    lists = all(isinstance(found[key], list) for key in LISTS if key in found)
    return lists and isinstance(found.get("categories", {}), dict) and found.keys() <= {*LISTS, "categories", "version"}


async def take_file(
    database: Database, person: Person, path: Path, *, now: dt.datetime, report: Report
) -> Sequence[str]:
    """Takes accounts, rules and rates; a sentence for the person on what was read.

    Raises:
        BadInput: something in it cannot be used; nothing was changed.
    """
    setup = await asyncio.to_thread(lambda: read_json(decoded(read_bytes(path)), path.name))
    report(0, 1)
    async with database.session(person.id) as session:
        await ledger_taking.lock(session, person.id)
        await _put_accounts(session, person, setup.accounts)
        rules = await ledger_labels.rules(session, person.id)
        await ledger_labels.set_rules(session, person.id, with_rules(rules, setup.rules))
        for each in setup.rates:
            await ledger_money.put_rate(
                session, person.id, each.base, each.quote, day=each.day, rate=each.rate, source=path.name
            )
        changed = await categories.recategorise_in(session, person.id)
    await flag_changed(database, person.id, area="money", changed_days=changed.days, now=now)
    report(1, 1)
    counts = ((setup.accounts, "account"), (setup.rules, "rule"), (setup.rates, "rate"))
    told = ", ".join(f"{len(found):,} {word}{'s' * (len(found) != 1)}" for found, word in counts if found)
    return [f"{path.name}: {told or 'nothing'}; {changed.changed:,} transactions have another category now."]


def with_rules(rules: Sequence[Rule], more: Sequence[Rule]) -> list[Rule]:
    """The rules with others after them; one for the same words in the same place is replaced where it stands."""
    kept = {(rule.field, rule.pattern.casefold()): rule for rule in rules}
    kept.update({(rule.field, rule.pattern.casefold()): rule for rule in more})
    return list(kept.values())


async def _put_accounts(session: AsyncSession, person: Person, accounts: Sequence[Account]) -> None:
    stored = await ledger_money.accounts(session, person.id)
    for account in accounts:
        same = [row for row in stored if row.number and row.number == plain_number(account.number)]
        if account.currency or not same:
            found = find_account(stored, account)
            same = [found] if found else []
        # Named without a currency: all currencies of the number are meant.
        for row in same or [fresh_account(account)]:
            new = replace(
                row, own=account.own, kind=account.kind if account.kind != "asset" else row.kind,
                currency=row.currency or account.currency, number=row.number or plain_number(account.number),
                name=capped(account.name) or row.name,
            )  # fmt: skip
            await ledger_money.put_account(session, person.id, new)
            stored = [each for each in stored if each.id != new.id] + [new]


def read_json(text: str, name: str) -> Setup:
    """What the file says.

    Raises:
        BadInput: it names the part and the item that cannot be used.
    """
    try:
        found = json.loads(text)
    except ValueError as error:
        raise BadInput(f"{name} is no JSON: {error}.") from error
    if not isinstance(found, dict):
        raise BadInput(f"{name} has to be an object with accounts, rules or rates.")
    parts: dict[str, list[Any]] = {"accounts": [], "rules": [], "rates": []}
    for key, part in LISTS.items():
        parts[part] += found.get(key) or []
    try:
        rules = [_rule(each) for each in parts["rules"]] + _short_rules(found.get("categories") or {})
        if len(rules) > MAX_RULES:
            raise BadInput(f"there are more than {MAX_RULES:,} rules")
        return Setup([_account(each) for each in parts["accounts"]], rules, [_rate(each) for each in parts["rates"]])
    except BadInput as error:
        raise BadInput(f"{name} was not read: {error}") from error


def _word(item: Mapping[str, Any], *keys: str) -> str:
    """The text under the first of these keys that is there.

    Raises:
        BadInput: it is no text.
    """
    for key in keys:
        if item.get(key) is not None:
            if not isinstance(item[key], str):
                raise BadInput(f"“{key}” has to be a text in {json.dumps(item)[:120]}.")
            return tidy(item[key])
    return ""


def _account(item: Any) -> Account:
    item = {"number": item} if isinstance(item, str) else item
    if not isinstance(item, dict):
        raise BadInput(f"{json.dumps(item)[:80]} is no account.")
    name, number = _word(item, "name"), _word(item, "iban", "number", "account")
    currency, own = _word(item, "currency").upper(), item.get("own", True)
    if not (name or plain_number(number)):
        raise BadInput(f"{json.dumps(item)[:80]} has neither a name nor a number.")
    if currency and not is_currency(currency):
        raise BadInput(f"{currency} is no currency; write a code such as EUR.")
    if not isinstance(own, bool):
        raise BadInput(f"“own” has to be true or false in {json.dumps(item)[:120]}.")
    base = plain_number(number) or f"name:{name.casefold()}"
    return Account("bank", f"{base} {currency}".strip(), name, number, currency, _word(item, "kind") or "asset", own)


def _rule(item: Any) -> Rule:
    if not isinstance(item, dict):
        raise BadInput(f"{json.dumps(item)[:80]} is no rule.")
    category = _word(item, "category")
    if pattern := _word(item, "pattern"):
        return categories.checked(Rule(_word(item, "field") or "any", pattern, category))
    for field, keys in (("payee", ("payee",)), ("memo", ("memo",)), ("any", ("text", "any", "contains", "match"))):
        if words := _word(item, *keys):
            return categories.checked(Rule(field, words, category))
    raise BadInput(f"{json.dumps(item)[:120]} does not say what to look for: “payee”, “memo” or “text”.")


def _short_rules(item: Any) -> list[Rule]:
    if not isinstance(item, dict):
        raise BadInput("“categories” has to be an object of categories with lists of words.")
    rules = []
    for category, words in item.items():
        words = [words] if isinstance(words, str) else words
        if not isinstance(words, list) or not all(isinstance(each, str) for each in words):
            raise BadInput(f"“{category[:60]}” has to have a list of words.")
        rules += [categories.checked(Rule("any", each, category)) for each in words]
    return rules


def _rate(item: Any) -> Rate:
    if not isinstance(item, dict):
        raise BadInput(f"{json.dumps(item)[:80]} is no rate.")
    rate = item.get("rate")
    return rate_of(
        _word(item, "base", "from"), _word(item, "quote", "to"), _word(item, "day", "date"),
        "" if isinstance(rate, bool) or rate is None else str(rate),
    )  # fmt: skip


def rate_of(base: str, quote: str, day: str, rate: str) -> Rate:
    """A rate from texts.

    Raises:
        BadInput: a currency that there is not, a day that is none, a rate that is no number above zero.
    """
    for code in (base.upper(), quote.upper()):
        if not is_currency(code):
            raise BadInput(f"“{code[:20]}” is no currency; write a code such as EUR.")
    try:
        value, on = Decimal(rate), dt.date.fromisoformat(day)
    except (InvalidOperation, ValueError) as error:
        raise BadInput(
            f"A rate needs a number and a day such as 2026-01-31, not “{rate[:20]}” and “{day[:20]}”."
        ) from error
    if not (value.is_finite() and 0 < value < 10**9) or base.upper() == quote.upper():
        raise BadInput(f"“{rate[:20]}” is no rate between {base.upper()} and {quote.upper()}.")
    return Rate(base.upper(), quote.upper(), on, value)
