"""The ledger: accounts and dated transactions of one person, from whatever wrote them down."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


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
