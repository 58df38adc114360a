"""Reads Firefly III's answers into plain values. What one transaction has wrong is said, and leaves the others whole.

Shapes: https://api-docs.firefly-iii.org/ (6.x). Amounts there are positive decimal numbers; the way the money went is
told by which of the two accounts is the person's own.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from integrations.ledger_values import Answer, Complaint, GivenAccount, GivenEntry, GivenPlan
from integrations.own_service import as_agreed

TITLE = "Firefly III"
OWN_TYPES = frozenset({"Asset account", "Default account", "Loan", "Debt", "Mortgage"})
"""Account types of the person's own; on all others is who they deal with."""
WITHOUT_OTHERS = frozenset({"reconciliation", "opening balance", "liability credit"})
"""They set a balance right; nobody was paid."""
ROLES = {"ccAsset": "card", "cashWalletAsset": "cash", "savingAsset": "saving"}


def accounts(said: Any) -> Answer:
    """A page of accounts."""
    with as_agreed(TITLE):
        return Answer(accounts=tuple(_account(each["id"], each["attributes"]) for each in said["data"]), **_paged(said))


def _account(id_: str, held: Mapping[str, Any]) -> GivenAccount:
    kind = ROLES.get(held.get("account_role") or "", "asset")
    if held["type"] in ("liability", "liabilities"):
        kind = "loan"
    return GivenAccount(
        id=str(id_),
        name=str(held["name"]),
        number=_text(held.get("iban")) or _text(held.get("account_number")),
        currency=_text(held.get("currency_code")) or _text(held.get("primary_currency_code")),
        kind=kind,
        active=held.get("active") is not False,
        balance=_text(held.get("current_balance")),
        balance_on=_text(held.get("current_balance_date"))[:10],
    )


def transactions(said: Any) -> Answer:
    """A page of transactions, or a single one."""
    with as_agreed(TITLE):
        groups = said["data"] if isinstance(said["data"], list) else [said["data"]]
        listed, entries, complaints = [], [], []
        for group in groups:
            held = group["attributes"]
            for split in held["transactions"]:
                journal = _text(split.get("transaction_journal_id"))
                try:
                    entries += list(_entries(str(group["id"]), journal, _text(held.get("group_title")), split))
                except (KeyError, TypeError, ValueError, AttributeError) as error:
                    trouble = (
                        f"{TITLE}'s transaction {group['id']} has no {_missing(error)} that can be read; look there."
                    )
                    complaints.append(Complaint(_text(split.get("date"))[:10], trouble))
                listed.append(journal)
        return Answer(
            entries=tuple(entries),
            listed=tuple(listed),
            groups=tuple(str(each["id"]) for each in groups),
            complaints=tuple(complaints),
            **(_paged(said) if isinstance(said["data"], list) else {}),
        )


def extent(said: Any) -> Answer:
    """The day of the only transaction on a page, and how many there are."""
    with as_agreed(TITLE):
        days = [str(split["date"])[:10] for each in said["data"] for split in each["attributes"]["transactions"]]
        for each in days:
            dt.date.fromisoformat(each)
        return Answer(oldest=min(days, default=""), newest=max(days, default=""), **_paged(said))


def _entries(group: str, journal: str, title: str, split: Mapping[str, Any]) -> Iterator[GivenEntry]:
    """What a part of a transaction did to the person's own accounts: one of them, or both."""
    kind = str(split["type"])
    if not journal:
        raise ValueError("id")
    sides = [
        (name, sign, split[f"{name}_id"])
        for name, sign in (("source", "-"), ("destination", ""))
        if split.get(f"{name}_type") in OWN_TYPES
    ]
    if not sides:
        raise ValueError("account of yours")
    amount, foreign = _positive(split["amount"]), _text(split.get("foreign_amount"))
    transfer = len(sides) == 2 or kind in WITHOUT_OTHERS
    for name, sign, account in sides:
        other = "destination" if name == "source" else "source"
        yield GivenEntry(
            id=f"{journal}@{account}",
            transaction=journal,
            account=str(account),
            date=str(split["date"]),
            amount=sign + amount,
            currency=str(split["currency_code"]),
            foreign_amount=sign + _positive(foreign) if foreign else "",
            foreign_currency=_text(split.get("foreign_currency_code")),
            payee="" if kind in WITHOUT_OTHERS else _text(split.get(f"{other}_name")),
            memo=_text(split.get("description")),
            counter_number="" if kind in WITHOUT_OTHERS else _text(split.get(f"{other}_iban")),
            category=_text(split.get("category_name")),
            split_of=group,
            kind="transfer" if transfer else "ordinary",
            original=_original(group, title, split),
        )


def _original(group: str, title: str, split: Mapping[str, Any]) -> dict[str, Any]:
    kept = ("type", "date", "amount", "currency_code", "foreign_amount", "foreign_currency_code", "source_name",
            "destination_name", "budget_name", "bill_name", "notes", "tags", "external_id", "reconciled")  # fmt: skip
    found = {"group": group, "group_title": title} | {name: split.get(name) for name in kept}
    return {name: value for name, value in found.items() if value not in (None, "", [])}


def bills(said: Any) -> Answer:
    """A page of bills (subscriptions, as newer versions call them); those that have ended are left out."""
    with as_agreed(TITLE):
        plans = [_bill(str(each["id"]), each["attributes"]) for each in said["data"]]
        return Answer(plans=tuple(each for each in plans if each), **_paged(said))


def _bill(id_: str, held: Mapping[str, Any]) -> GivenPlan | None:
    if held.get("active") is False:
        return None
    due = [_text(each)[:10] for each in held.get("pay_dates") or ()]
    return GivenPlan(
        kind="bill",
        id=id_,
        name=str(held["name"]),
        amount=_text(held.get("amount_avg")),
        currency=_text(held.get("currency_code")),
        next_on=_text(held.get("next_expected_match"))[:10] or min(due, default=""),
        amounts=_known(least=held.get("amount_min"), most=held.get("amount_max")),
        details=_known(every=held.get("repeat_freq"), every_nth=_skip(held.get("skip"))),
    )


def budgets(said: Any, limits: Any) -> Sequence[GivenPlan]:
    """Budgets that are in use, each with what may be spent in the period of `limits`; without one, by its own rule."""
    with as_agreed(TITLE):
        held: dict[str, list[GivenPlan]] = {}
        names = {
            str(each["id"]): each["attributes"]
            for each in said["data"]
            if each["attributes"].get("active") is not False
        }
        for each in limits["data"]:
            budget = str(each["attributes"]["budget_id"])
            if budget in names:
                held.setdefault(budget, []).append(_limit(budget, str(each["id"]), names[budget], each["attributes"]))
        for id_, own in names.items():
            if id_ not in held:
                amount = _text(own.get("auto_budget_amount"))
                every = _known(every=own.get("auto_budget_period") if amount else None)
                held[id_] = [
                    GivenPlan("budget", id_, str(own["name"]), amount, _text(own.get("currency_code")), details=every)
                ]
        return tuple(plan for plans in held.values() for plan in plans)


def _limit(budget: str, id_: str, own: Mapping[str, Any], held: Mapping[str, Any]) -> GivenPlan:
    currency = str(held["currency_code"])
    spent = [
        _text(each["sum"]).removeprefix("-")
        for each in held.get("spent") or ()
        if each.get("currency_code") == currency
    ]
    return GivenPlan(
        kind="budget",
        id=f"{budget}/{id_}",
        name=str(own["name"]),
        amount=str(held["amount"]),
        currency=currency,
        next_on=str(held["end"])[:10],
        amounts=_known(spent=spent[0] if spent else None),
        details=_known(start=str(held["start"])[:10]),
    )


def piggy_banks(said: Any) -> Answer:
    """A page of piggy banks."""
    with as_agreed(TITLE):
        return Answer(
            plans=tuple(
                GivenPlan(
                    kind="saving",
                    id=str(each["id"]),
                    name=str(each["attributes"]["name"]),
                    amount=_text(each["attributes"].get("target_amount")),
                    currency=_text(each["attributes"].get("currency_code")),
                    next_on=_text(each["attributes"].get("target_date"))[:10],
                    amounts=_known(saved=each["attributes"].get("current_amount")),
                )
                for each in said["data"]
                if each["attributes"].get("active") is not False
            ),
            **_paged(said),
        )


def _paged(said: Mapping[str, Any]) -> dict[str, Any]:
    """What an answer says of the list that it is a page of."""
    pages = (said.get("meta") or {}).get("pagination") or {}
    if not pages:
        return {}
    return {"total": int(pages["total"]), "more": int(pages["current_page"]) < int(pages["total_pages"])}


def _positive(amount: Any) -> str:
    """An amount without a sign: older versions write one now and then."""
    return str(amount).strip().removeprefix("-")


def _skip(value: Any) -> str | None:
    """How many periods a bill leaves out, as "every nth"."""
    return str(int(value) + 1) if value else None


def _known(**values: Any) -> dict[str, str]:
    return {name: str(value) for name, value in values.items() if value not in (None, "")}


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _missing(error: Exception) -> str:
    """Which part of a transaction is not there, in a word."""
    return str(error).strip("'\"").replace("_", " ") if isinstance(error, (KeyError, ValueError)) else "part"
