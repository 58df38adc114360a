"""Transfers between own accounts, which are no spending, and refunds, which reduce it.

A transfer is, on the person's own accounts:
- what names the number of another own account as its other side (also when nothing came in from that account yet); or
- two opposite amounts in one currency on two own accounts, at most `WITHIN_DAYS` apart, of which neither names a
  stranger's number, if one names the other's number, or the words of one speak of a transfer or of the other account,
  or both have the same words or none, or the source of one calls it a transfer (to that account, if it names one).
The nearest days pair first; each transaction is in one pair. What the person or the source says comes before all this.

A refund is money back from a payee who got at least as much in the year before, a credit in a category of spending, or
one that calls itself a refund (and no tax). Both are found anew from the whole ledger each time, so that the order in
which files came in makes no difference.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from assistant.db import ledger_labels, ledger_money, ledger_taking
from assistant.db.ledger_labels import Leg
from assistant.db.ledger_money import AccountRow

WITHIN_DAYS = 4
CLOSEST = 40
"""How many opposite amounts are looked at for one transaction: hundreds of equal ones within days are no transfers."""

_SPEAKS = re.compile(
    r"transfer|umbuchung|übertrag|uebertrag|überweisung|ueberweisung|dauerauftrag|sparen|sparplan|sparkonto|tagesgeld"
    r"|saving|virement|épargne|transferencia|traspaso|ahorro|giroconto|bonifico|eigenes konto|own account|internal"
    r"|top.?up|aufladung|einzahlung|auszahlung|deposit|withdrawal|autopay|thank you|credit card|kreditkarte|credit crd"
    r"|card payment|kartenabrechnung|between accounts|payment received",
    re.IGNORECASE,
)
REFUND_WORDS = r"\m(refund|refunded|reversal|chargeback|erstattung|rückerstattung|rueckerstattung|storno|retoure" \
    r"|remboursement|reembolso|devolución|rimborso)\M"  # fmt: skip
NO_REFUND_WORDS = r"tax|steuer|finanzamt|impôt|impot|hacienda|\mirs\M|hmrc"
VAGUE = (
    "", "other", "others", "misc", "miscellaneous", "general", "uncategorized", "uncategorised", "unknown", "sonstiges",
    "sonstige", "allgemein", "diverses", "transfer", "transfers", "divers", "autres", "otros", "varios",
)  # fmt: skip
"""Categories that hold both spending and income."""


async def match(session: AsyncSession, owner: UUID) -> list[dt.date]:
    """Finds transfers and refunds anew in the whole ledger; the days on which something became or ceased to be one."""
    await ledger_taking.work_in_sets(session)
    accounts = {row.id: row for row in await ledger_money.accounts(session, owner) if row.own}
    numbers = sorted({row.number for row in accounts.values() if row.number})
    legs = await ledger_labels.transfer_legs(session, owner, numbers)
    found = await asyncio.to_thread(pair, legs, accounts)
    return await ledger_labels.write_kinds(
        session, owner, found, vague=VAGUE, says=REFUND_WORDS, says_not=NO_REFUND_WORDS
    )


def pair(legs: Sequence[Leg], accounts: Mapping[UUID, AccountRow]) -> list[tuple[UUID, UUID | None]]:
    """The transfers among `legs` as (transaction, what both sides have in common, None when the other is not here)."""
    known = _Known(accounts)
    groups: dict[tuple[str, int], tuple[list[Leg], list[Leg]]] = defaultdict(lambda: ([], []))
    for leg in sorted(legs, key=lambda leg: (leg.booked_on, accounts[leg.account_id].source_id, leg.payee, leg.memo)):
        groups[leg.currency, abs(leg.amount)][leg.amount > 0].append(leg)
    pairs: list[tuple[UUID, UUID | None]] = []
    paired: set[UUID] = set()
    for outs, ins in groups.values():
        edges = [edge for out in outs for edge in _edges(out, ins, known)] if ins else []
        for _, out, into in sorted(edges, key=lambda edge: edge[0]):
            if out.id not in paired and into.id not in paired:
                paired |= {out.id, into.id}
                shared = min(out.id, into.id)
                pairs += [(out.id, shared), (into.id, shared)]
    numbers = {row.number for row in accounts.values() if row.number}
    lone = (leg for leg in legs if leg.id not in paired and leg.said is None and _names_own(leg, accounts, numbers))
    return pairs + [(leg.id, None) for leg in lone]


class _Known:
    """The own accounts with their names as they are compared, and each transaction's words, made ready once."""

    def __init__(self, accounts: Mapping[UUID, AccountRow]) -> None:
        self.accounts = accounts
        self.names = {key: row.name.strip().casefold() for key, row in accounts.items()}
        self.every_name = set(self.names.values())
        self._words: dict[UUID, tuple[str, bool]] = {}

    def words(self, leg: Leg) -> tuple[str, bool]:
        """What a transaction says, and whether it speaks of a transfer."""
        if (found := self._words.get(leg.id)) is None:
            text = f"{leg.payee} {leg.memo}".strip().casefold()
            found = self._words[leg.id] = text, _SPEAKS.search(text) is not None
        return found


def _names_own(leg: Leg, accounts: Mapping[UUID, AccountRow], numbers: set[str]) -> bool:
    """True when the other side is another own account, or another currency of the same."""
    if leg.counter_number not in numbers:
        return False
    here = accounts[leg.account_id]
    return leg.counter_number != here.number or any(
        row.number == here.number and row.currency != here.currency for row in accounts.values()
    )


def _edges(out: Leg, ins: list[Leg], known: _Known) -> list[tuple[tuple[int, int, int], Leg, Leg]]:
    """What `out` may have become, each with how well it fits, the best lowest."""
    start = bisect_left(ins, out.booked_on - dt.timedelta(days=WITHIN_DAYS), key=lambda leg: leg.booked_on)
    found = []
    for at in range(start, min(start + CLOSEST, len(ins))):
        into = ins[at]
        apart = abs((into.booked_on - out.booked_on).days)
        if into.booked_on > out.booked_on + dt.timedelta(days=WITHIN_DAYS):
            break
        if into.account_id == out.account_id:
            continue
        sure = _fits(out, into, known)
        if sure is not None:
            found.append(((sure, apart, at), out, into))
    return found


def _fits(out: Leg, into: Leg, known: _Known) -> int | None:
    """0 when a number proves it, 1 when the words speak for it, None when it is no transfer."""
    proven = out.said is not None and into.said is not None
    for leg, other in ((out, into), (into, out)):
        if leg.said and leg.said.casefold() in known.every_name:
            if leg.said.casefold() != known.names[other.account_id]:
                return None
            proven = True
    for leg, other in ((out, into), (into, out)):
        if not leg.counter_number or leg.counter_number == known.accounts[leg.account_id].number:
            continue
        if leg.counter_number != known.accounts[other.account_id].number:
            return None
        proven = True
    if proven:
        return 0
    (left, speaks), (right, too) = known.words(out), known.words(into)
    same = left == right or (out.payee != "" and out.payee.casefold() == into.payee.casefold())
    speaks = speaks or too or out.said is not None or into.said is not None
    others = (known.names[into.account_id], left), (known.names[out.account_id], right)
    named = any(len(name) > 3 and name in each for name, each in others)
    return 1 if same or speaks or named else None
