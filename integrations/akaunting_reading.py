"""Reads Akaunting's answers into plain values. What one transaction has wrong is said, and leaves the others whole.

Shapes: https://akaunting.com/hc/docs/developers/rest-api/ (3.x); lists are Laravel's: `data`, and `meta` with the
page. Amounts are numbers without a sign; the type of a transaction says which way the money went.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from integrations.ledger_values import Answer, Complaint, GivenAccount, GivenEntry
from integrations.own_service import as_agreed

TITLE = "Akaunting"
NO_MOVE = ("income-recurring", "expense-recurring")
"""Patterns for transactions to come; no money has moved."""
KINDS = {"bank": "asset", "credit_card": "card"}


def accounts(said: Any) -> Answer:
    """A page of accounts."""
    with as_agreed(TITLE):
        return Answer(accounts=tuple(_account(each) for each in said["data"]), **_paged(said))


def _account(held: Mapping[str, Any]) -> GivenAccount:
    return GivenAccount(
        id=str(held["id"]),
        name=str(held["name"]),
        number=_text(held.get("number")),
        currency=str(held["currency_code"]),
        kind=KINDS.get(_text(held.get("type")), "asset"),
        active=held.get("enabled") not in (False, 0),
        balance=_text(held.get("current_balance")),
    )


def transactions(said: Any, *, start: dt.date | None = None) -> Answer:
    """A page of transactions, the newest first, or a single one.

    Args:
        start: There is no need for more pages once all on this one are older.
    """
    with as_agreed(TITLE):
        rows = said["data"] if isinstance(said["data"], list) else [said["data"]]
        listed, entries, complaints, days = [], [], [], []
        for each in rows:
            key = _text(each.get("id"))
            if each.get("type") in NO_MOVE:
                listed.append(key)
                continue
            try:
                entry = _entry(key, each)
                days.append(dt.date.fromisoformat(entry.date[:10]))
                entries.append(entry)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                name = _text(each.get("number")) or key
                trouble = f"{TITLE}'s transaction {name} has no {_missing(error)} that can be read; look there."
                complaints.append(Complaint(_text(each.get("paid_at"))[:10], trouble))
            listed.append(key)
        paged = _paged(said) if isinstance(said["data"], list) else {}
        if start and days and max(days) < start and paged.get("more"):
            paged |= {"more": False, "cut": True}
        return Answer(entries=tuple(entries), listed=tuple(listed), complaints=tuple(complaints), **paged)


def _entry(key: str, held: Mapping[str, Any]) -> GivenEntry:
    way, _, rest = str(held["type"]).partition("-")
    if way not in ("income", "expense") or not key:
        raise ValueError("type" if key else "id")
    contact, category = held.get("contact") or {}, held.get("category") or {}
    amount = str(held["amount"]).strip()
    if way == "expense":
        amount = amount.removeprefix("-") if amount.startswith("-") else f"-{amount}"
    whole = _text(held.get("split_id")) if rest == "split" else ""
    return GivenEntry(
        id=f"{key}@{held['account_id']}",
        transaction=key,
        account=str(held["account_id"]),
        date=str(held["paid_at"]),
        amount=amount,
        currency=str(held["currency_code"]),
        # Where there is no contact, the name is a "N/A" in the language of the company.
        payee=_text(contact.get("name")) if held.get("contact_id") else "",
        memo=_text(held.get("description")) or _text(held.get("reference")),
        category=_text(category.get("name")) if held.get("category_id") and rest != "transfer" else "",
        split_of=whole,
        part_of=whole,
        kind="transfer" if rest == "transfer" else "ordinary",
        original=_original(held, contact),
    )


def _original(held: Mapping[str, Any], contact: Mapping[str, Any]) -> dict[str, Any]:
    kept = ("number", "type", "paid_at", "amount", "currency_code", "currency_rate", "payment_method", "reference",
            "document_id", "split_id")  # fmt: skip
    found = {name: held.get(name) for name in kept} | {"contact_type": contact.get("type")}
    return {name: value for name, value in found.items() if value not in (None, "", 0)}


def _paged(said: Mapping[str, Any]) -> dict[str, Any]:
    """What an answer says of the list that it is a page of; up to 3.0 it stood one level deeper."""
    meta = said.get("meta") or {}
    pages = meta.get("pagination") or meta
    last = pages.get("last_page", pages.get("total_pages"))
    if last is None:
        return {}
    return {"total": int(pages["total"]), "more": int(pages["current_page"]) < int(last)}


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _missing(error: Exception) -> str:
    """Which part of a transaction is not there, in a word."""
    if isinstance(error, KeyError) or str(error) in ("type", "id"):
        return str(error).strip("'").replace("_", " ")
    return "date" if isinstance(error, ValueError) else "part"
