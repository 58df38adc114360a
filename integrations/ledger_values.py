"""What a service that keeps a ledger tells: plain values, as it writes them, before anything is computed with them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple


@dataclass(frozen=True)
class GivenAccount:
    """One of the person's own accounts.

    Attributes:
        kind: "asset", "card", "cash", "saving" or "loan".
        number: IBAN, else the account's number.
        balance: A decimal number, at the end of `balance_on` (YYYY-MM-DD).
    """

    id: str
    name: str
    number: str = ""
    currency: str = ""
    kind: str = "asset"
    active: bool = True
    balance: str = ""
    balance_on: str = ""


@dataclass(frozen=True)
class GivenEntry:
    """What one transaction did to one account.

    Attributes:
        id: The service's, the same at each reading; with the account, for a transfer has two sides.
        transaction: The service's own id of the transaction that it belongs to.
        date: As written: a day, or an instant with its offset.
        amount: A decimal number with its sign; minus is money that went out.
        foreign_amount, foreign_currency: The same in another currency, where the service says it.
        split_of: What the parts of one transaction share; "" when it has no others.
        part_of: The id of another entry that is the whole of which this is a part, and does not count.
        kind: "ordinary" or "transfer".
        original: What is worth a look behind a figure.
    """

    id: str
    transaction: str
    account: str
    date: str
    amount: str
    currency: str
    foreign_amount: str = ""
    foreign_currency: str = ""
    payee: str = ""
    memo: str = ""
    counter_number: str = ""
    category: str = ""
    split_of: str = ""
    part_of: str = ""
    kind: str = "ordinary"
    original: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class GivenPlan:
    """A bill, a budget or a piggy bank.

    Attributes:
        kind: "bill", "budget" or "saving".
        amounts: Further decimal numbers by name: "spent", "saved", "least", "most".
        details: Further plain values by name: "every", "start".
    """

    kind: str
    id: str
    name: str
    amount: str = ""
    currency: str = ""
    next_on: str = ""
    amounts: Mapping[str, str] = field(default_factory=dict)
    details: Mapping[str, str] = field(default_factory=dict)


class Complaint(NamedTuple):
    """What could not be read.

    Attributes:
        day: Of the transaction (YYYY-MM-DD), as far as it can be told; else "".
        said: A sentence for the person.
    """

    day: str
    said: str


@dataclass(frozen=True)
class Answer:
    """One answer of a service.

    Attributes:
        listed: What the entries are parts of, also of those that could not be read: the service's ids.
        groups: How many transactions it lists, where the service counts those and not their parts.
        complaints: What could not be read.
        total: How many the whole list has, as the service says; None when it does not.
        more: There is another page that matters.
        cut: There are more pages, and all that is on them is older than what was asked for.
        oldest, newest: Of an answer on how far the list goes; "" when it is empty.
    """

    accounts: Sequence[GivenAccount] = ()
    entries: Sequence[GivenEntry] = ()
    plans: Sequence[GivenPlan] = ()
    listed: Sequence[str] = ()
    groups: Sequence[str] = ()
    complaints: Sequence[Complaint] = ()
    total: int | None = None
    more: bool = False
    cut: bool = False
    oldest: str = ""
    newest: str = ""

    def as_json(self) -> str:
        """For a receipt."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, said: str) -> Answer:
        """The other way."""
        # Where somebody typed a zero character: no table holds one.
        held = json.loads(said.replace("\\u0000", "\\ufffd"))
        return cls(
            **{
                **held,
                "accounts": tuple(GivenAccount(**each) for each in held["accounts"]),
                "entries": tuple(GivenEntry(**each) for each in held["entries"]),
                "plans": tuple(GivenPlan(**each) for each in held["plans"]),
                "complaints": tuple(Complaint(*each) for each in held["complaints"]),
            }
        )
