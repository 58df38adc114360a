"""A question as an address: `/figures/rows?q=...` opens the records behind a figure, and draws its chart again.

An address is not a key. Whoever opens one sees their own records, by row-level security; so it is checked strictly but
not signed, and a link stays good for as long as the conversation in which it stands.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
import math
from collections.abc import Mapping
from typing import Any

from assistant.errors import BadInput
from assistant.figures.money.names import LONGEST
from assistant.figures.query import Bound, Group, Measure, Period, Query, Where

ROWS = "/figures/rows"
CHART = "/figures/chart.png"
MAX_LENGTH = 4000
"""Characters of an encoded question; proxies take addresses of about 8,000."""
MAX_WORDS = LONGEST
"""Characters of one name or label in it; a name that a bank wrote has as many at most."""
MAX_NAMES = 50
MAX_ROWS = 1000

_WHERE = ("categories", "payees", "accounts", "activities", "sources")
_KEYS = {
    "subject": "s", "measure": "m", "period": "p", "compare": "c", "group": "g", "where": "w", "bound": "b",
    "against": "a", "limit": "n", "smallest": "x", "currency": "u",
    "unit": "v", "of_days": "d", "whole": "h",
}  # fmt: skip
_NOT_ONE = BadInput("This is not the address of a figure; open it from the answer in which the figure stands.")


def encode(query: Query) -> str:
    """The question in letters that need no quoting in an address; the same question always gives the same."""
    said = json.dumps(as_json(query), ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(said.encode()).decode().rstrip("=")


def decode(given: str) -> Query:
    """The question that `encode` wrote.

    Raises:
        BadInput: it is none, or one that no figure has.
    """
    if not given or len(given) > MAX_LENGTH or not given.isascii():
        raise _NOT_ONE
    try:
        said = json.loads(base64.b64decode(given + "=" * (-len(given) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise _NOT_ONE from error
    return from_json(said)


def rows_at(query: Query) -> str:
    """Where the records behind the answer to this question open; "" for a question that is too long for an address."""
    address = encode(query)
    return f"{ROWS}?q={address}" if len(address) <= MAX_LENGTH else ""


def chart_at(query: Query) -> str:
    """Where the picture of the answer is, as PNG; "" for a question that is too long for an address."""
    address = encode(query)
    return f"{CHART}?q={address}" if len(address) <= MAX_LENGTH else ""


def query_at(address: str) -> Query:
    """The question of a figure's `rows_at`.

    Raises:
        BadInput: it does not lead to rows.
    """
    path, _, given = address.partition("?q=")
    if path != ROWS:
        raise _NOT_ONE
    return decode(given)


def as_json(query: Query) -> dict[str, Any]:
    """The question as plain values; what says nothing is left out."""
    where: dict[str, Any] = {name: list(getattr(query.where, name)) for name in _WHERE if getattr(query.where, name)}
    if query.where.weekdays:
        where["weekdays"] = sorted(query.where.weekdays)
    full: dict[str, Any] = {
        "subject": query.subject,
        "measure": str(query.measure),
        "period": _period_as_json(query.period),
        "compare": _period_as_json(query.compare) if query.compare else None,
        "group": str(query.group) if query.group else None,
        "where": where,
        "bound": [part for each in query.bound.ends for part in (each.than, each.value, each.unit)]
        if query.bound
        else None,
        "against": query.against,
        "limit": query.limit if query.limit != Query.limit else None,
        "smallest": int(query.smallest),
        "currency": query.currency,
        "unit": query.unit,
        "of_days": int(query.of_days),
        "whole": as_json(query.whole) if query.whole else None,
    }
    return {_KEYS[name]: value for name, value in full.items() if value}


def from_json(said: Any) -> Query:
    """The question of these plain values.

    Raises:
        BadInput: they are not what `as_json` writes.
    """
    try:
        return _query(said)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise _NOT_ONE from error


def _query(said: Any) -> Query:
    if not isinstance(said, dict) or not said.keys() <= set(_KEYS.values()):
        raise ValueError("other keys")
    named = {name: said[key] for name, key in _KEYS.items() if key in said}
    return Query(
        subject=_words(named["subject"]),
        measure=Measure(_words(named["measure"])),
        period=_period(named["period"]),
        compare=_period(named["compare"]) if "compare" in named else None,
        group=Group(_words(named["group"])) if "group" in named else None,
        where=_where(named.get("where", {})),
        bound=_bound(named["bound"]) if "bound" in named else None,
        against=_words(named["against"]) if "against" in named else "",
        limit=_whole(named.get("limit", Query.limit), 1, MAX_ROWS),
        smallest=bool(_whole(named.get("smallest", 0), 0, 1)),
        currency=_currency(named["currency"]) if "currency" in named else "",
        unit=_words(named["unit"]) if "unit" in named else "",
        of_days=bool(_whole(named.get("of_days", 0), 0, 1)),
        whole=_of_a_share(named["whole"]) if "whole" in named else None,
    )


def _of_a_share(said: Any) -> Query:
    """What a part is held against; that is no share itself."""
    if not isinstance(said, dict) or _KEYS["whole"] in said:
        raise ValueError("no whole")
    return _query(said)


def _period_as_json(period: Period) -> list[str]:
    return [period.start.isoformat(), period.end.isoformat(), *([period.label] if period.label else [])]


def _period(said: Any) -> Period:
    if not isinstance(said, list) or not 2 <= len(said) <= 3:
        raise ValueError("no period")
    start, end = (dt.date.fromisoformat(_words(each)) for each in said[:2])
    if end < start:
        raise ValueError("a period ends before it starts")
    return Period(start, end, _words(said[2]) if len(said) == 3 else "")


def _where(said: Any) -> Where:
    if not isinstance(said, Mapping) or not said.keys() <= {*_WHERE, "weekdays"}:
        raise ValueError("no conditions")
    names = {name: tuple(_words(each) for each in _list(said.get(name, []))) for name in _WHERE}
    return Where(weekdays=frozenset(_whole(each, 0, 6) for each in _list(said.get("weekdays", []))), **names)


def _bound(said: Any) -> Bound:
    parts = _list(said)
    if len(parts) not in (3, 6):
        raise ValueError("no bound")
    than, value, unit = parts[:3]
    if than not in (">", ">=", "<", "<=") or isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError("no bound")
    if not math.isfinite(value):
        raise ValueError("no bound")
    return Bound(than, float(value), _words(unit) if unit else "", _bound(parts[3:]) if parts[3:] else None)


def _list(said: Any) -> list[Any]:
    if not isinstance(said, list) or len(said) > MAX_NAMES:
        raise ValueError("no list")
    return said


def _words(said: Any) -> str:
    """Text that Postgres can hold and a page can show."""
    if not isinstance(said, str) or not 0 < len(said) <= MAX_WORDS or "\0" in said:
        raise ValueError("no words")
    said.encode()  # lone surrogates raise
    return said


def _currency(said: Any) -> str:
    if len(_words(said)) != 3 or not said.isascii() or not said.isupper():
        raise ValueError("no currency")
    return str(said)


def _whole(said: Any, least: int, most: int) -> int:
    if isinstance(said, bool) or not isinstance(said, int) or not least <= said <= most:
        raise ValueError("no number")
    return said
