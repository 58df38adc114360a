"""Time words become the days that people mean, or are asked about."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from assistant.figures.language.calendar_words import Calendar, Doubt
from assistant.figures.language.comparing import beside, counterpart
from assistant.figures.language.days import add_months, easter, month_end, named_span, year_earlier
from assistant.figures.language.periods import Mention, mentions
from assistant.figures.language.places import Place, place_of
from assistant.figures.language.said import DONE, Said, number, plain
from assistant.figures.query import Period

TODAY = dt.date(2026, 11, 22)  # a Sunday
CALENDAR = Calendar(TODAY, 0, {"birthday": (5, 3)})
NORTHERN, SOUTHERN = (replace(CALENDAR, place=Place(hemisphere=side)) for side in ("north", "south"))
FIRST = dt.date(2024, 2, 1)

DAYS = """
today | 2026-11-22
on Friday night | 2026-11-21
last Monday night | 2026-11-17
the day before my birthday | 2026-05-02
in the 10 days before my birthday | 2026-04-23..2026-05-02
the day after Christmas | 2025-12-26
the two weeks after Easter | 2026-04-06..2026-04-19
the three months before March | 2025-12-01..2026-02-28
the month before last month | 2026-09-01..2026-09-30
the month before last | 2026-09-01..2026-09-30
the week before last | 2026-11-02..2026-11-08
yesterday | 2026-11-21
the day before yesterday | 2026-11-20
3 days ago | 2026-11-19
this week | 2026-11-16..2026-11-22
last week | 2026-11-09..2026-11-15
the previous week | 2026-11-09..2026-11-15
past week | 2026-11-16..2026-11-22
over the last week | 2026-11-16..2026-11-22
this month | 2026-11-01..2026-11-22
last month | 2026-10-01..2026-10-31
past month | 2026-10-23..2026-11-22
in the last month | 2026-10-23..2026-11-22
this quarter | 2026-10-01..2026-11-22
last quarter | 2026-07-01..2026-09-30
this year | 2026-01-01..2026-11-22
last year | 2025-01-01..2025-12-31
over the past year | 2025-11-23..2026-11-22
last 7 nights | 2026-11-16..2026-11-22
the last seven days | 2026-11-16..2026-11-22
past 30 days | 2026-10-24..2026-11-22
last 2 weeks | 2026-11-09..2026-11-22
the past fortnight | 2026-11-09..2026-11-22
last 3 months | 2026-08-23..2026-11-22
the last 12 months | 2025-11-23..2026-11-22
last 2 years | 2024-11-23..2026-11-22
since January | 2026-01-01..2026-11-22
since 3 May | 2026-05-03..2026-11-22
since May 3rd | 2026-05-03..2026-11-22
since my birthday | 2026-05-03..2026-11-22
since last Christmas | 2025-12-25..2026-11-22
since Easter | 2026-04-05..2026-11-22
since last month | 2026-10-01..2026-11-22
since yesterday | 2026-11-21..2026-11-22
since 2025 | 2025-01-01..2026-11-22
since March 2025 | 2025-03-01..2026-11-22
since the beginning of the year | 2026-01-01..2026-11-22
since the start of last month | 2026-10-01..2026-11-22
from March onwards | 2026-03-01..2026-11-22
starting in June | 2026-06-01..2026-11-22
after 3 May | 2026-05-04..2026-11-22
before March | 2024-02-01..2026-02-28
in Q2 | 2026-04-01..2026-06-30
Q2 2025 | 2025-04-01..2025-06-30
2025 Q3 | 2025-07-01..2025-09-30
in the second quarter of last year | 2025-04-01..2025-06-30
the last quarter of 2025 | 2025-10-01..2025-12-31
in Q4 | 2026-10-01..2026-11-22
in March | 2026-03-01..2026-03-31
in november | 2026-11-01..2026-11-22
in December | 2025-12-01..2025-12-31
March 2025 | 2025-03-01..2025-03-31
March last year | 2025-03-01..2025-03-31
in the month of May | 2026-05-01..2026-05-31
2025-03 | 2025-03-01..2025-03-31
in 2025 | 2025-01-01..2025-12-31
throughout 2026 | 2026-01-01..2026-11-22
between 3 and 17 May | 2026-05-03..2026-05-17
between 20 December and 5 January | 2025-12-20..2026-01-05
from March to May | 2026-03-01..2026-05-31
from December to February | 2025-12-01..2026-02-28
from October to December | 2025-10-01..2025-12-31
from 3 May to 2 June 2025 | 2025-05-03..2025-06-02
3-17 May | 2026-05-03..2026-05-17
3 to 17 May 2025 | 2025-05-03..2025-05-17
2026-03-01 to 2026-03-15 | 2026-03-01..2026-03-15
in the first half of the year | 2026-01-01..2026-06-30
the second half of last year | 2025-07-01..2025-12-31
H1 2025 | 2025-01-01..2025-06-30
first half of March | 2026-03-01..2026-03-15
second half of February 2024 | 2024-02-16..2024-02-29
on 3 March | 2026-03-03
on March 3rd, 2025 | 2025-03-03
the 3rd of March | 2026-03-03
on 2026-05-03 | 2026-05-03
3.4.2026 | 2026-04-03
14/3/2026 | 2026-03-14
3/14 | 2026-03-14
on 24 December | 2025-12-24
on 29 February | 2024-02-29
on Friday 6 March | 2026-03-06
last Monday | 2026-11-16
on Sunday | 2026-11-15
on Saturday | 2026-11-21
this weekend | 2026-11-21..2026-11-22
last weekend | 2026-11-14..2026-11-15
this year so far | 2026-01-01..2026-11-22
year to date | 2026-01-01..2026-11-22
month to date | 2026-11-01..2026-11-22
the week of 3 March | 2026-03-02..2026-03-08
week 12 | 2026-03-16..2026-03-22
week 53 of 2020 | 2020-12-28..2021-01-03
on Christmas Eve | 2025-12-24
on new year's day | 2026-01-01
last night | 2026-11-22
two nights ago | 2026-11-21
the night before last | 2026-11-21
"""
DOUBTS = """
3/4 | 3 April 2026; 4 March 2026
3/4/2025 | 3 April 2025; 4 March 2025
on 05-06-2025 | 5 June 2025; 6 May 2025
last March | March 2026; March 2025
in the week before Christmas | 18 to 24 December 2025
the first week of May | 1 to 7 May 2026; 4 to 10 May 2026
in the last week of October 2026 | 25 to 31 October 2026; 19 to 25 October 2026
from March | since March 2026; in March 2026
in spring | March to May 2026; September to November 2026
winter 2024 | December 2023 to February 2024; December 2024 to February 2025; June to August 2024
since last summer | since 1 June 2026; since 1 September 2026
the Christmas holidays last year | 25 December 2025; 24 to 26 December 2025; 22 December 2025 to 1 January 2026
in the new year | 1 January 2026; 31 December 2025 to 1 January 2026; since 1 January 2026
recently | last 7 days; last 30 days; this year
the last month | October 2026; 23 October to 22 November 2026
a week ago | 15 November 2026; 9 to 15 November 2026
a year ago | 22 November 2025; November 2025
over Christmas | 25 December 2025; 24 to 26 December 2025; 22 December 2025 to 1 January 2026
at the weekend | last weekend; on weekends
31 February |
on Friday 7 March 2026 |
since my anniversary |
from 17 to 3 May |
"""


def lines(table: str) -> list[tuple[str, str]]:
    pairs = (line.partition("|") for line in table.strip().splitlines())
    return [(words.strip(), expected.strip()) for words, _, expected in pairs]


def found_in(words: str, calendar: Calendar = CALENDAR) -> list[Mention]:
    return mentions(Said(plain(words)), calendar)


def days_of(words: str, calendar: Calendar = CALENDAR) -> tuple[dt.date, dt.date]:
    (mention,) = found_in(words, calendar)
    period = mention.period(calendar.today, first=FIRST)
    return period.start, period.end


@pytest.mark.parametrize(("words", "expected"), lines(DAYS))
def test_words_name_their_days(words: str, expected: str) -> None:
    start, _, end = expected.partition("..")
    assert days_of(words) == (dt.date.fromisoformat(start), dt.date.fromisoformat(end or start))


@pytest.mark.parametrize(("words", "expected"), [pair for pair in lines(DAYS) if pair[0] not in ("this year so far",)])
def test_all_of_the_words_are_taken(words: str, expected: str) -> None:
    said = Said(plain(words))
    mentions(said, CALENDAR)
    assert set(said.rest) <= {DONE}


@pytest.mark.parametrize(("words", "labels"), [pair for pair in lines(DOUBTS) if pair[1]])
def test_words_of_several_meanings_are_asked_about(words: str, labels: str) -> None:
    (mention,) = found_in(words, NORTHERN if words.startswith("since") else CALENDAR)
    assert mention.doubt is not None
    assert [label for label, _ in mention.doubt.choices] == labels.split("; ")
    for _, instead in mention.doubt.choices:
        (again,) = found_in(instead)
        assert again.doubt is None


SEASONS = """
last winter | 2025-12-01..2026-02-28 | 2026-06-01..2026-08-31
in winter | 2025-12-01..2026-02-28 | 2026-06-01..2026-08-31
during the summer | 2026-06-01..2026-08-31 | 2025-12-01..2026-02-28
this summer | 2026-06-01..2026-08-31 | 2026-12-01..2027-02-28
last fall | 2025-09-01..2025-11-30 | 2026-03-01..2026-05-31
in autumn | 2026-09-01..2026-11-22 | 2026-03-01..2026-05-31
the previous spring | 2025-03-01..2025-05-31 | 2025-09-01..2025-11-30
spring 2024 | 2024-03-01..2024-05-31 | 2024-09-01..2024-11-30
summer of 2023 | 2023-06-01..2023-08-31 | 2022-12-01..2023-02-28; 2023-12-01..2024-02-29
winter 2023/24 | 2023-12-01..2024-02-29 | 2023-06-01..2023-08-31
winter 2025-26 | 2025-12-01..2026-02-28 | 2025-06-01..2025-08-31
"""


@pytest.mark.parametrize("calendar", [NORTHERN, SOUTHERN], ids=["north", "south"])
@pytest.mark.parametrize("line", SEASONS.strip().splitlines())
def test_a_season_has_three_whole_months_of_the_hemisphere(line: str, calendar: Calendar) -> None:
    words, *sides = (each.strip() for each in line.split("|"))
    expected = sides[calendar is SOUTHERN]
    (mention,) = found_in(words, calendar)
    if "; " in expected:  # one that has New Year in it, and a single year
        assert mention.doubt is not None
        assert len(mention.doubt.choices) == 2
        return
    start, end = (dt.date.fromisoformat(each) for each in expected.split(".."))
    assert mention.is_ahead(TODAY) == (start > TODAY)
    assert mention.span is not None
    assert (mention.span.start, min(mention.span.end, TODAY) if start <= TODAY else mention.span.end) == (start, end)


def test_this_summer_beside_last_summer_is_a_year_on() -> None:
    this, last = found_in("this summer compared with last summer", NORTHERN)
    assert this.span is not None
    assert last.span is not None
    assert (this.span.start.year, last.span.start.year) == (2026, 2025)


@pytest.mark.parametrize(
    ("zone", "side"),
    [
        ("Europe/Berlin", "north"), ("America/New_York", "north"), ("Australia/Sydney", "south"),
        ("America/Argentina/Buenos_Aires", "south"), ("Africa/Nairobi", ""), ("Asia/Singapore", ""), ("UTC", ""),
    ],
)  # fmt: skip
def test_the_time_zone_tells_the_hemisphere_where_it_can(zone: str, side: str) -> None:
    assert place_of(dt.datetime(2026, 11, 22, tzinfo=ZoneInfo(zone))).hemisphere == side
    assert place_of(dt.datetime(2026, 11, 22, tzinfo=dt.timezone(dt.timedelta(hours=1)))) == Place()


def test_some_days_are_those_of_the_country() -> None:
    here, there = (replace(CALENDAR, place=Place(country=code)) for code in ("US", "CA"))
    assert days_of("on Thanksgiving 2025", here) == (dt.date(2025, 11, 27),) * 2
    assert days_of("on Thanksgiving 2025", there) == (dt.date(2025, 10, 13),) * 2
    assert days_of("on Memorial Day", here) == (dt.date(2026, 5, 25),) * 2
    assert days_of("on Labor Day", here) == (dt.date(2026, 9, 7),) * 2
    assert days_of("on 7/4/2026", here) == (dt.date(2026, 7, 4),) * 2
    (mention,) = found_in("on Memorial Day", there)
    assert mention.doubt is not None


FEASTS = """
on Christmas Eve | 2025-12-24
last Christmas | 2025-12-25
on Christmas Day 2024 | 2024-12-25
on New Year's Eve | 2025-12-31
on New Year's Day | 2026-01-01
on Valentine's Day | 2026-02-14
on Halloween | 2026-10-31
Halloween last year | 2025-10-31
on Good Friday | 2026-04-03
on Easter Sunday | 2026-04-05
on Easter Monday | 2026-04-06
on Easter Sunday 2024 | 2024-03-31
Ascension Day | 2026-05-14
Whit Monday | 2026-05-25
on Thanksgiving | 2025-11-27
Thanksgiving this year | 2026-11-26
on Thanksgiving 2024 | 2024-11-28
on Black Friday | 2025-11-28
over the Easter weekend | 2026-04-03..2026-04-06
"""


@pytest.mark.parametrize("line", FEASTS.strip().splitlines())
def test_a_feast_has_its_day_and_the_answer_shows_it(line: str) -> None:
    words, expected = (each.strip() for each in line.split("|"))
    start, _, end = expected.partition("..")
    (mention,) = found_in(words)
    assert mention.span is not None
    assert (mention.span.start, mention.span.end) == tuple(map(dt.date.fromisoformat, (start, end or start)))
    assert str(mention.span.start.year) in mention.span.label


def test_easter_is_that_of_another_library() -> None:
    other = pytest.importorskip("dateutil.easter").easter
    assert [easter(year) for year in range(1900, 2200)] == [other(year) for year in range(1900, 2200)]


@pytest.mark.parametrize("words", [words for words, labels in lines(DOUBTS) if not labels and "17 to 3" not in words])
def test_days_that_do_not_exist_are_said(words: str) -> None:
    (mention,) = found_in(words)
    assert mention.doubt is not None
    assert not mention.doubt.choices


def test_a_range_that_runs_backwards_is_no_range() -> None:
    assert all(mention.span is None or mention.span.unit != "range" for mention in found_in("from 17 to 3 May"))


@pytest.mark.parametrize(
    ("words", "weekdays"),
    [
        ("on weekends", {5, 6}),
        ("on weekdays", {0, 1, 2, 3, 4}),
        ("on working days", {0, 1, 2, 3, 4}),
        ("on Mondays", {0}),
        ("every Sunday", {6}),
        ("each weekend", {5, 6}),
    ],
)
def test_days_of_the_week_are_a_condition_and_no_days(words: str, weekdays: set[int]) -> None:
    (mention,) = found_in(words)
    assert mention.span is None
    assert mention.weekdays == weekdays


def test_what_is_still_to_come_is_known_as_such() -> None:
    for words in ("next week", "in 2027", "on 3 March 2027"):
        (mention,) = found_in(words)
        assert mention.is_ahead(TODAY)


@pytest.mark.parametrize(
    "words",
    [
        "may I see my steps",
        "I fall asleep",
        "did my weight fall",
        "a summer jacket",
        "summer holidays",
        "over 2025 steps",
        "at 10 pm",
        "in the house",
        "7.5 hours",
    ],
)
def test_words_that_only_look_like_time_are_left(words: str) -> None:
    assert found_in(words) == []


def test_a_week_begins_on_the_persons_day() -> None:
    sunday = Calendar(TODAY, 6)
    assert days_of("this week", sunday) == (TODAY, TODAY)
    assert days_of("last week", sunday) == (dt.date(2026, 11, 15), dt.date(2026, 11, 21))


def test_the_turn_of_the_year_and_leap_days() -> None:
    new_year = Calendar(dt.date(2028, 1, 1))
    assert days_of("last month", new_year) == (dt.date(2027, 12, 1), dt.date(2027, 12, 31))
    assert days_of("last week", new_year) == (dt.date(2027, 12, 20), dt.date(2027, 12, 26))
    assert days_of("in January", new_year) == (dt.date(2028, 1, 1), dt.date(2028, 1, 1))
    leap = Calendar(dt.date(2028, 2, 29))
    assert days_of("past month", leap) == (dt.date(2028, 1, 30), dt.date(2028, 2, 29))
    assert days_of("past year", leap) == (dt.date(2027, 3, 1), dt.date(2028, 2, 29))


def test_a_date_is_read_in_every_way_of_writing_it() -> None:
    chance = random.Random(3)
    for _ in range(300):
        day = dt.date(2026, 11, 21) - dt.timedelta(days=chance.randrange(3000))
        written = [
            day.isoformat(), f"{day.day} {day:%B} {day.year}", f"{day:%B} {day.day}, {day.year}",
            f"{day:%b} {day.day} {day.year}", f"the {day.day}th of {day:%B} {day.year}",
            f"{day.day}.{day.month}.{day.year}", f"{day:%A}, {day.day} {day:%B} {day.year}",
        ]  # fmt: skip
        for words in written:
            assert days_of(f"on {words}") == (day, day), words


def test_no_words_at_all_make_it_fail() -> None:
    chance = random.Random(5)
    some = " ".join(words for words, _ in lines(DAYS) + lines(DOUBTS)).split()
    for _ in range(2000):
        for mention in found_in(" ".join(chance.choices(some, k=6))):
            if mention.span and not mention.is_ahead(TODAY):
                period = mention.period(TODAY, first=FIRST)
                assert period.start <= period.end <= TODAY or mention.open_start


COMPARED = """
this month compared with last month | 2026-11-01..2026-11-22 | 2026-10-01..2026-10-31
this month vs the same period last month | 2026-11-01..2026-11-22 | 2026-10-01..2026-10-22
this month vs the same period last year | 2026-11-01..2026-11-22 | 2025-11-01..2025-11-22
last month vs the month before | 2026-10-01..2026-10-31 | 2026-09-01..2026-09-30
last week vs the week before | 2026-11-09..2026-11-15 | 2026-11-02..2026-11-08
yesterday vs the day before | 2026-11-21..2026-11-21 | 2026-11-20..2026-11-20
this week vs last month | 2026-11-16..2026-11-22 | 2026-10-01..2026-10-31
since January vs last year | 2026-01-01..2026-11-22 | 2025-01-01..2025-11-22
last month vs last year | 2026-10-01..2026-10-31 | 2025-10-01..2025-10-31
in February 2025 vs the year before | 2025-02-01..2025-02-28 | 2024-02-01..2024-02-29
this year vs last year | 2026-01-01..2026-11-22 | 2025-01-01..2025-12-31
last year vs the year before | 2025-01-01..2025-12-31 | 2024-01-01..2024-12-31
in Q2 vs a year earlier | 2026-04-01..2026-06-30 | 2025-04-01..2025-06-30
in Q2 vs the quarter before | 2026-04-01..2026-06-30 | 2026-01-01..2026-03-31
last 30 days vs the previous period | 2026-10-24..2026-11-22 | 2026-09-24..2026-10-23
last 30 days vs the 30 days before | 2026-10-24..2026-11-22 | 2026-09-24..2026-10-23
in March vs in April | 2026-03-01..2026-03-31 | 2026-04-01..2026-04-30
"""


@pytest.mark.parametrize("line", COMPARED.strip().splitlines())
def test_a_time_is_set_beside_the_one_that_is_meant(line: str) -> None:
    words, mine, theirs = (part.strip() for part in line.split("|"))
    main, other = found_in(words)
    period, against = main.period(TODAY), beside(main, other, CALENDAR, so_far=False)
    assert isinstance(against, Period)
    assert [f"{each.start}..{each.end}" for each in (period, against)] == [mine, theirs]


def test_so_far_sets_as_many_days_beside() -> None:
    main, other = found_in("this month vs last month")
    against = beside(main, other, CALENDAR, so_far=True)
    assert isinstance(against, Period)
    assert (against.start, against.end) == (dt.date(2026, 10, 1), dt.date(2026, 10, 22))
    assert against.label == "the same days of last month"


def test_a_month_that_is_not_over_beside_last_year_is_asked_about() -> None:
    main, other = found_in("this month vs last year")
    against = beside(main, other, CALENDAR, so_far=False)
    assert isinstance(against, Doubt)
    assert [label for label, _ in against.choices] == ["1 to 22 November 2025", "November 2025"]


def test_than_last_month_alone_is_about_this_month() -> None:
    (other,) = found_in("last month")
    main = counterpart(other, CALENDAR)
    assert main is not None
    assert main.period(TODAY) == Period(dt.date(2026, 11, 1), TODAY, "this month")


def test_months_are_counted_without_falling_off_their_ends() -> None:
    assert add_months(dt.date(2026, 3, 31), -1) == dt.date(2026, 2, 28)
    assert add_months(dt.date(2024, 2, 29), 12) == dt.date(2025, 2, 28)
    assert month_end(2024, 2) == dt.date(2024, 2, 29)
    assert year_earlier(dt.date(2025, 2, 1), dt.date(2025, 2, 28)) == (dt.date(2024, 2, 1), dt.date(2024, 2, 29))
    assert [easter(year) for year in (2024, 2025, 2026)] == [
        dt.date(2024, 3, 31),
        dt.date(2025, 4, 20),
        dt.date(2026, 4, 5),
    ]


def test_spans_are_called_as_people_call_them() -> None:
    day = dt.date
    assert named_span(day(2026, 5, 3), day(2026, 5, 3)) == "3 May 2026"
    assert named_span(day(2026, 5, 1), day(2026, 5, 31)) == "May 2026"
    assert named_span(day(2026, 1, 1), day(2026, 12, 31)) == "2026"
    assert named_span(day(2026, 5, 3), day(2026, 6, 2)) == "3 May to 2 June 2026"
    assert named_span(day(2025, 12, 30), day(2026, 1, 2)) == "30 December 2025 to 2 January 2026"


@pytest.mark.parametrize(
    ("written", "value"), [("10,000", 10000), ("7.5", 7.5), ("7,5", 7.5), ("1,234.50", 1234.5), ("1.234,50", 1234.5)]
)
def test_numbers_are_read_as_people_write_them(written: str, value: float) -> None:
    assert number(written) == value


def test_words_are_made_plain_without_losing_numbers_and_names() -> None:
    assert plain("What’s my last month's spending at Sainsbury's?") == "what is my last month spending at sainsbury"
    assert plain("over 10,000 steps; €50 at H&M – Café, wake-up 7h30, 2025-03") == (
        "over 10,000 steps eur 50 at h and m - cafe wake up 7h30 2025-03"
    )
