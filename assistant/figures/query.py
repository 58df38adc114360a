"""The closed set of questions that figures answer. Plain language becomes one of these, or is asked back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum


class Measure(StrEnum):
    """What is computed over a period: over readings, days or nights of a metric, or over transactions."""

    SUM = "sum"
    MEAN = "mean"
    MEDIAN = "median"
    MIN = "min"
    MAX = "max"
    COUNT = "count"
    LATEST = "latest"
    TREND = "trend"
    DISTRIBUTION = "distribution"
    STREAK = "streak"
    TOP = "top"
    CORRELATION = "correlation"
    SHARE = "share"
    """How much a part is of a whole, in percent."""


class Group(StrEnum):
    """By what a figure is split into rows."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    WEEKDAY = "weekday"
    CATEGORY = "category"
    PAYEE = "payee"
    ACCOUNT = "account"
    ACTIVITY = "activity"
    """The name of a workout."""


@dataclass(frozen=True)
class Period:
    """Days, both ends included, and how they were named: "last week"."""

    start: dt.date
    end: dt.date
    label: str = ""

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.end - self.start).days + 1


@dataclass(frozen=True)
class Bound:
    """A condition on a day's or a transaction's value, in `unit`: over 10,000 steps, under 7 h, over 50 EUR.

    Attributes:
        than: One of ">", ">=", "<", "<=".
        unit: As the person wrote it, or "" for the unit in which the subject is shown.
        also: A second condition that must hold too: of "between 6 and 8 hours" the upper one.
    """

    than: str
    value: float
    unit: str = ""
    also: Bound | None = None

    @property
    def ends(self) -> tuple[Bound, ...]:
        """The conditions one by one, the lower first."""
        return (self,) if self.also is None else (self, self.also)

    @property
    def is_nothing(self) -> bool:
        """Whether it is met by a day of nothing alone."""
        return (self.than, self.value, self.also) == ("<=", 0.0, None)

    def in_unit(self, unit: str) -> Bound:
        """The same, said of another unit."""
        return replace(self, unit=unit, also=self.also.in_unit(unit) if self.also else None)


@dataclass(frozen=True)
class Where:
    """Which rows count; empty means all.

    Attributes:
        weekdays: 0 is Monday.
        categories, payees, accounts: As they are stored, of transactions.
        activities: Names of workouts, as they are stored.
        sources: Of health readings; empty means the one that has priority on each day.
    """

    weekdays: frozenset[int] = frozenset()
    categories: tuple[str, ...] = ()
    payees: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    activities: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class Query:
    """One question.

    Attributes:
        subject: A metric of `metrics.METRICS` or one that came in unknown; or of money: "spending", "income", "net"
            (income less spending), "balance", "bills", "budgets", "savings" (piggy banks).
        compare: Another period, to be answered too, with the difference.
        group: Rows instead of one value.
        bound: For COUNT (days, nights, transactions), STREAK.
        against: The second subject of a CORRELATION.
        limit: Of TOP.
        smallest: TOP from the other end.
        currency: Convert to it at stored rates, or narrow to it; "" answers each currency apart.
        unit: In which a health figure is told; "" for the one in which it is shown to this person.
        of_days: COUNT the days of which the bound holds, and not transactions or workouts; without a bound those on
            which there was any.
        whole: Of a SHARE what the part is held against, a SUM or a COUNT of the same days; the part is the same measure
            of the question itself. None: the days or nights of the bound, out of all that are known.
    """

    subject: str
    measure: Measure
    period: Period
    compare: Period | None = None
    group: Group | None = None
    where: Where = field(default_factory=Where)
    bound: Bound | None = None
    against: str = ""
    limit: int = 5
    smallest: bool = False
    currency: str = ""
    unit: str = ""
    of_days: bool = False
    whole: Query | None = None


@dataclass(frozen=True)
class Choice:
    """One meaning of an ambiguous question: a label for a button, and the whole question said without the doubt."""

    label: str
    question: str


@dataclass(frozen=True)
class Understood:
    """A question that is clear: at least one query (several where two subjects were asked for).

    Attributes:
        otherwise: What is meant where the queries find no record: "child benefit last year" names no spending if
            nothing was ever spent on it, but what came in.
    """

    queries: Sequence[Query]
    otherwise: Sequence[Query] = ()


@dataclass(frozen=True)
class Unclear:
    """A question about figures that could mean several things, or that names nothing that is there.

    Attributes:
        question: What the person is asked, or told.
        choices: At most four; empty where there is nothing to choose.
    """

    question: str
    choices: Sequence[Choice] = ()


@dataclass(frozen=True)
class Subject:
    """Something that this person has figures of.

    Attributes:
        key: As in `Query.subject`.
        title: "steps".
        unit: In which it is shown: the one it was given in.
        first, last: The days of the oldest and the newest record.
    """

    key: str
    title: str
    unit: str
    first: dt.date
    last: dt.date


@dataclass(frozen=True)
class Vocabulary:
    """What this person has; a question can be about nothing else.

    Attributes:
        subjects: By key.
        activities, categories, payees, accounts: As they are stored; payees the most frequent first.
        currencies: Of the transactions, the most frequent first.
        sources: Of health: devices and apps, by the names they gave themselves.
        dates: Days of the year that the person's memories name: {"birthday": (5, 3)} as (month, day).
    """

    subjects: dict[str, Subject] = field(default_factory=dict)
    activities: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    payees: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    currencies: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    dates: dict[str, tuple[int, int]] = field(default_factory=dict)
