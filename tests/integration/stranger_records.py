"""What the banks' households have in common: bookings, a CAMT.053 of them, and nights made of stages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Span = tuple[dt.datetime, dt.datetime, str]
"""From when to when one was in which stage of sleep."""


@dataclass(frozen=True)
class Booking:
    """A line of a statement, in cents.

    Attributes:
        parts: Of a split or a batch, as (what, cents).
        other: The number of the other account.
    """

    account: str
    day: dt.date
    payee: str
    cents: int
    memo: str = ""
    parts: tuple[tuple[str, int], ...] = ()
    other: str = ""


def point(cents: int) -> str:
    """-1,234 cents are "-12.34"."""
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def as_camt(
    booked: Sequence[Booking], *, account: str, currency: str, balance: int, until: dt.date, memo: str, prefix: str
) -> str:
    """A statement of CAMT.053.

    Args:
        account: The element that names it, such as "<IBAN>DE...</IBAN>".
        memo: Where a booking has none.
        prefix: With which the bank's references begin.
    """
    entries = []
    for n, each in enumerate(booked):
        side, indicator = ("Cdtr", "DBIT") if each.cents < 0 else ("Dbtr", "CRDT")
        name = each.payee.replace("&", "&amp;")
        other = f"<{side}Acct><Id><IBAN>{each.other}</IBAN></Id></{side}Acct>" if each.other else ""
        details = "".join(
            f'<TxDtls><Amt Ccy="{currency}">{point(abs(cents))}</Amt>'
            f"<RltdPties><{side}><Pty><Nm>{name}</Nm></Pty></{side}>{other}</RltdPties>"
            f"<RmtInf><Ustrd>{said or memo}</Ustrd></RmtInf></TxDtls>"
            for said, cents in each.parts or ((each.memo, each.cents),)
        )
        entries.append(
            f'<Ntry><Amt Ccy="{currency}">{point(abs(each.cents))}</Amt><CdtDbtInd>{indicator}</CdtDbtInd>'
            f"<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{each.day}</Dt></BookgDt><AcctSvcrRef>{prefix}{n:05}</AcctSvcrRef>"
            f"<NtryDtls>{details}</NtryDtls></Ntry>"
        )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">'
        f"<BkToCstmrStmt><Stmt><Id>1</Id><Acct><Id>{account}</Id><Ccy>{currency}</Ccy></Acct>"
        f'<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="{currency}">{point(balance)}</Amt>'
        f"<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>{until}</Dt></Dt></Bal>{''.join(entries)}</Stmt></BkToCstmrStmt>"
        "</Document>"
    )


def clock(at: dt.datetime, woke: dt.datetime) -> float:
    """Minutes after the midnight of the day of waking up, by the clock on the wall."""
    wall = at.replace(tzinfo=None) - dt.datetime.combine(woke.date(), dt.time())
    return wall.total_seconds() / 60


def sleeps(spans: Iterable[Span]) -> list[tuple[dt.datetime, dt.datetime, dict[str, float]]]:
    """(fell asleep, woke up, hours and clock times by metric): of stretches less than two hours apart."""
    groups: list[list[Span]] = []
    for span in sorted(spans):
        if not groups or span[0] - groups[-1][-1][1] >= dt.timedelta(hours=2):
            groups.append([])
        groups[-1].append(span)
    found = []
    for group in groups:
        seconds = dict.fromkeys(("Core", "Deep", "REM", "Awake"), 0.0)
        for start, end, stage in group:
            seconds[stage] += (end - start).total_seconds()
        asleep = [span for span in group if span[2] != "Awake"]
        fell, woke = asleep[0][0], asleep[-1][1]
        hours = {f"sleep_{stage.casefold()}": each / 3600 for stage, each in seconds.items()}
        hours["sleep"] = (seconds["Core"] + seconds["Deep"] + seconds["REM"]) / 3600
        found.append((fell, woke, hours | {"bedtime": clock(fell, woke), "wake_time": clock(woke, woke)}))
    return found
