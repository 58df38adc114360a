"""Pictures: the right one for a question, units at the axes, and gaps that stay gaps."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from assistant.figures.pictures import chart_scales
from assistant.figures.pictures.chart_choice import Chart, Kind, chart_for
from assistant.figures.pictures.chart_looks import DARK
from assistant.figures.pictures.charts import plotly_figure
from assistant.figures.query import Group, Measure, Period, Query, Where
from assistant.figures.series import Series as Given

MARCH = Period(dt.date(2026, 3, 1), dt.date(2026, 3, 31), "March 2026")
FEBRUARY = Period(dt.date(2026, 2, 1), dt.date(2026, 2, 28), "February 2026")
WEEK = Period(dt.date(2026, 3, 2), dt.date(2026, 3, 8), "this week")
HOSTILE = '<a href="https://evil.test">$x^2$</a> %{y} \u202egro'


def days(period: Period, *values: float | None) -> list[tuple[dt.date | str, float | None]]:
    return [
        (period.start + dt.timedelta(days=at), values[at % len(values)] if values else 7.0 + at % 3)
        for at in range(period.days)
    ]


def drawn(query: Query, *series: Given) -> Chart:
    chart = chart_for(query, series)
    assert chart is not None
    return chart


def sleep_with_a_gap() -> Chart:
    values = [7.0, 7.5, 6.5, 7.0, None, None, None, 7.2, 6.8, 7.4]
    period = Period(dt.date(2026, 3, 1), dt.date(2026, 3, 10))
    return drawn(Query("sleep", Measure.TREND, period), Given("sleep", "h", days(period, *values)))


# Which picture


@pytest.mark.parametrize(
    "measure", [Measure.SUM, Measure.MEAN, Measure.LATEST, Measure.COUNT, Measure.STREAK, Measure.MAX]
)
def test_a_single_number_has_no_picture(measure: Measure) -> None:
    assert chart_for(Query("step_count", measure, MARCH), [Given("steps", "steps", days(MARCH))]) is None


def test_what_holds_nothing_has_no_picture() -> None:
    query = Query("step_count", Measure.SUM, MARCH, group=Group.DAY)
    assert chart_for(query, []) is None
    assert chart_for(query, [Given("steps", "steps", days(MARCH, None))]) is None
    assert chart_for(Query("sleep", Measure.DISTRIBUTION, MARCH), [Given("sleep", "h", days(MARCH, None))]) is None
    correlation = Query("sleep", Measure.CORRELATION, MARCH, against="step_count")
    nothing = Given("steps", "steps", days(MARCH, None))
    assert chart_for(correlation, [Given("sleep", "h", days(MARCH, 7.0)), nothing]) is None


def test_amounts_are_bars_and_levels_are_lines() -> None:
    bars = drawn(
        Query("step_count", Measure.SUM, MARCH, group=Group.DAY), Given("steps", "steps", days(MARCH, 5e3, 9e3))
    )
    line = drawn(Query("heart_rate", Measure.MEAN, MARCH, group=Group.DAY), Given("hr", "bpm", days(MARCH, 61, 64)))
    assert (bars.kind, line.kind) == (Kind.BAR, Kind.LINE)
    assert bars.y.title == "steps"
    assert line.y.title == "heart rate (bpm)"
    assert plotly_figure(bars, dark=False)["layout"]["yaxis"]["range"][0] == 0
    assert plotly_figure(line, dark=False)["layout"]["yaxis"]["range"][0] > 50


def test_axes_carry_titles_with_units() -> None:
    groceries = Where(categories=("groceries",))
    chart = drawn(
        Query("spending", Measure.SUM, MARCH, group=Group.MONTH, where=groceries),
        Given("spending", "EUR", [("March 2026", 12.5), ("April 2026", 30.0)]),
    )
    layout = plotly_figure(chart, dark=False)["layout"]
    assert layout["yaxis"]["title"]["text"] == "spending (EUR)"
    assert layout["xaxis"]["title"]["text"] == "month"
    assert layout["title"]["text"] == "Spending (groceries), March 2026"
    assert plotly_figure(chart, dark=False)["data"][0]["customdata"] == ["Mar 2026: €12.50", "Apr 2026: €30.00"]


def test_two_periods_of_one_length_lie_on_each_other_the_other_one_dashed() -> None:
    query = Query("sleep", Measure.MEAN, MARCH, compare=FEBRUARY)
    chart = drawn(query, Given("a", "h", days(MARCH, 7.0, 8.0)), Given("b", "h", days(FEBRUARY, 6.0, 7.0)))
    first, second = plotly_figure(chart, dark=False)["data"]
    assert (first["line"]["dash"], second["line"]["dash"]) == ("solid", "dash")
    assert (first["name"], second["name"]) == ("March 2026", "February 2026")
    assert len(first["x"]) == len(second["x"]) == 31
    assert second["y"][28:] == [None, None, None]
    assert second["customdata"][0] == "1 Feb: 6 h"
    assert first["customdata"][0] == "1 Mar: 7 h"


def test_a_period_of_another_length_is_a_level() -> None:
    query = Query("sleep", Measure.MEAN, WEEK, compare=FEBRUARY)
    chart = drawn(query, Given("a", "h", days(WEEK, 7.0)), Given("b", "h", days(FEBRUARY, 6.0, None)))
    assert len(chart.lines) == 1
    assert chart.baseline is not None
    assert (chart.baseline.name, chart.baseline.value) == ("mean of February 2026", 6.0)
    level = plotly_figure(chart, dark=True)["data"][-1]
    assert level["y"] == [6.0, 6.0]
    assert level["name"] == "mean of February 2026"


def test_a_period_without_records_is_named_as_such() -> None:
    query = Query("sleep", Measure.MEAN, MARCH, compare=FEBRUARY)
    chart = drawn(query, Given("a", "h", days(MARCH, 7.0)), Given("b", "h", days(FEBRUARY, None)))
    assert [each.name for each in chart.lines] == ["March 2026", "February 2026 (no data)"]


def test_categories_of_two_periods_are_set_side_by_side_by_name() -> None:
    query = Query("spending", Measure.SUM, MARCH, compare=FEBRUARY, group=Group.CATEGORY)
    ours, theirs = [("rent", 900.0), ("books", 20.0)], [("books", 35.0), ("travel", 80.0)]
    chart = drawn(query, Given("a", "EUR", ours), Given("b", "EUR", theirs))
    assert chart.sideways
    assert chart.places == ("rent", "books", "travel")
    assert [each.values for each in chart.lines] == [(900.0, 20.0, None), (None, 35.0, 80.0)]


def test_two_currencies_are_never_on_one_axis() -> None:
    query = Query("spending", Measure.SUM, MARCH, group=Group.MONTH)
    euros, dollars = Given("EUR", "EUR", [("a", 1.0), ("b", 2.0)]), Given("USD", "USD", [("a", 5.0), ("b", 6.0)])
    chart = drawn(query, euros, dollars)
    assert [each.values for each in chart.lines] == [(1.0, 2.0)]
    assert chart.y.title == "spending (EUR)"


def test_a_correlation_has_a_dot_for_each_day_that_has_both() -> None:
    query = Query("step_count", Measure.CORRELATION, WEEK, against="sleep")
    steps = Given("steps", "steps", days(WEEK, 8e3, None, 6e3, 7e3, 9e3, 1e4, 5e3))
    sleep = Given("sleep", "h", days(WEEK, 7.0, 7.0, None, 8.0, 6.0, 6.5, 7.5))
    chart = drawn(query, steps, sleep)
    assert [(x, y) for x, y, _ in chart.pairs] == [(8e3, 7.0), (7e3, 8.0), (9e3, 6.0), (1e4, 6.5), (5e3, 7.5)]
    layout = plotly_figure(chart, dark=False)["layout"]
    assert (layout["xaxis"]["title"]["text"], layout["yaxis"]["title"]["text"]) == ("steps", "sleep (h)")


def test_a_distribution_counts_every_day_once() -> None:
    values = [4000.0 + 137 * at % 9000 for at in range(MARCH.days)]
    chart = drawn(
        Query("step_count", Measure.DISTRIBUTION, MARCH),
        Given(
            "steps",
            "steps",
            days(
                MARCH,
                *values,
            ),
        ),
    )
    assert chart.kind == Kind.HISTOGRAM
    assert sum(value or 0 for value in chart.lines[0].values) == MARCH.days
    assert chart.y.title == "number of days"


def test_times_of_day_are_written_as_such() -> None:
    query = Query("bedtime", Measure.MEAN, MARCH, group=Group.WEEKDAY)
    chart = drawn(query, Given("bedtime", "HH:MM", [("Monday", -50.0), ("Tuesday", 10.0)]))
    figure = plotly_figure(chart, dark=False)
    assert figure["data"][0]["customdata"] == ["Mon: 23:10", "Tue: 00:10"]
    assert "23:00" in figure["layout"]["yaxis"]["ticktext"]


def test_a_long_period_that_comes_in_weeks_says_so() -> None:
    weeks = [(dt.date(2024, 1, 3), 80.0)] + [
        (dt.date(2024, 1, 8) + dt.timedelta(weeks=at), 80.0 + at % 3) for at in range(100)
    ]
    query = Query("weight_body_mass", Measure.TREND, Period(dt.date(2024, 1, 3), dt.date(2025, 12, 5)))
    assert drawn(query, Given("weight", "kg", weeks)).x.title == "week"
    months = [(dt.date(2020 + at // 12, at % 12 + 1, 1), 80.0 + at % 3) for at in range(70)]
    chart = drawn(query, Given("weight", "kg", months))
    assert (chart.x.title, chart.places[:2]) == ("month", ("Jan 2020", "Feb 2020"))


def test_the_longest_and_the_latest_are_bars_with_names_unless_they_are_times_of_day() -> None:
    days_said = [("Mon 2 Mar", 9.0), ("Sat 7 Mar", 8.5)]
    assert drawn(Query("sleep", Measure.TOP, MARCH), Given("sleep", "h", days_said)).sideways
    assert (
        chart_for(Query("bedtime", Measure.TOP, MARCH), [Given("bedtime", "HH:MM", [("a", -5.0), ("b", 9.0)])]) is None
    )


def test_the_largest_purchases_stand_beside_their_names_and_not_beside_days() -> None:
    bought = [("Hillside Homes, 1 Mar", 1010.0), ("Green Basket, 7 Mar", 84.47)]
    assert drawn(Query("spending", Measure.TOP, MARCH), Given("spending", "EUR", bought)).x.title == "transaction"


def test_of_weekends_the_days_between_are_no_gaps() -> None:
    weekends = Where(weekdays=frozenset({5, 6}))
    values = [1e3 * (at % 7) if (MARCH.start + dt.timedelta(days=at)).weekday() > 4 else None for at in range(31)]
    query = Query("step_count", Measure.SUM, MARCH, group=Group.DAY, where=weekends)
    chart = drawn(query, Given("steps", "steps", days(MARCH, *values)))
    assert chart.places[:3] == ("1 Mar", "7 Mar", "8 Mar")
    assert None not in chart.lines[0].values


def test_a_day_without_a_purchase_is_no_lack_of_data() -> None:
    query = Query("spending", Measure.SUM, WEEK, compare=MARCH)
    chart = drawn(query, Given("a", "EUR", days(WEEK, 10.0, None)), Given("b", "EUR", days(MARCH, 31.0, None, None)))
    assert [each["name"] for each in plotly_figure(chart, dark=False)["data"]] == [
        "this week",
        "mean per day, March 2026",
    ]
    assert chart.baseline is not None
    assert chart.baseline.value == pytest.approx(11.0)


def test_bins_that_are_named_stand_below_the_number_of_days() -> None:
    bins = [("4,000–6,000 steps", 5.0), ("6,000–8,000 steps", 9.0)]
    chart = drawn(Query("step_count", Measure.DISTRIBUTION, MARCH), Given("x", "days", bins))
    assert (chart.x.title, chart.y.title) == ("steps", "number of days")
    assert chart.places == ("4,000–6,000", "6,000–8,000")
    hours = [("6 to 7 h", 5.0), ("7 to 8 h", 9.0)]
    assert drawn(Query("sleep", Measure.DISTRIBUTION, MARCH), Given("x", "nights", hours)).x.title == "sleep (h)"


# Gaps


def test_a_gap_is_null_and_never_bridged() -> None:
    trace = plotly_figure(sleep_with_a_gap(), dark=False)["data"][0]
    assert trace["connectgaps"] is False
    assert trace["y"][4:7] == [None, None, None]
    assert trace["x"] == list(range(10))
    assert trace["customdata"][4] == "5 Mar: no data"


def test_a_day_without_a_record_is_told_from_a_day_with_zero() -> None:
    query = Query("step_count", Measure.SUM, WEEK, group=Group.DAY)
    chart = drawn(query, Given("steps", "steps", days(WEEK, 5e3, None, 0.0, 7e3)))
    bars, empty = plotly_figure(chart, dark=False)["data"]
    assert bars["y"][:3] == [5e3, None, 0.0]
    assert empty["name"] == "no data"
    assert empty["x"] == [1, 5]


def test_a_value_without_neighbours_has_a_dot_also_on_a_long_line() -> None:
    year = Period(dt.date(2025, 3, 1), dt.date(2026, 2, 28))
    values = [80.0] * 100 + [None, 79.0, None] + [80.0] * 262
    chart = drawn(Query("weight_body_mass", Measure.TREND, year), Given("weight", "kg", days(year, *values)))
    sizes = plotly_figure(chart, dark=False)["data"][0]["marker"]["size"]
    assert [at for at, size in enumerate(sizes) if size] == [101]


# As JSON


def test_a_figure_is_plain_json_and_does_not_take_the_finger() -> None:
    figure = plotly_figure(sleep_with_a_gap(), dark=True)
    assert json.loads(json.dumps(figure, allow_nan=False)) == figure
    assert figure["layout"]["dragmode"] is False
    assert figure["layout"]["xaxis"]["fixedrange"] is True
    assert figure["config"]["displayModeBar"] is False
    assert figure["layout"]["font"]["color"] == DARK.ink


def test_names_from_outside_are_text_and_nothing_else() -> None:
    query = Query("spending", Measure.SUM, MARCH, group=Group.PAYEE, where=Where(payees=(HOSTILE,)))
    chart = drawn(query, Given(HOSTILE, "EUR", [(HOSTILE, 3.0), ("shop", 4.0)]))
    said = json.dumps(plotly_figure(chart, dark=False), ensure_ascii=False)
    assert "&lt;a href=" in said
    assert "<a" not in said
    assert "\u202e" not in said
    assert "https" not in plotly_figure(chart, dark=False)["data"][0]["hovertemplate"]


# Scales


@pytest.mark.parametrize(
    ("low", "high", "clock", "expected"),
    [
        (0, 14_800, False, [0, 5000, 10000, 15000]),
        (5.8, 8.2, False, [5, 6, 7, 8, 9]),
        (3, 3, False, [2, 4]),
        (0, 0, False, [0, 1]),
        (-80, 40, True, [-90, -60, -30, 0, 30, 60]),
        (0.1, 0.3, False, [0.1, 0.15, 0.2, 0.25, 0.3]),
    ],
)
def test_ticks_are_round_and_enclose(low: float, high: float, clock: bool, expected: list[float]) -> None:
    assert chart_scales.ticks(low, high, clock=clock) == expected


def test_ticks_of_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="no range"):
        chart_scales.ticks(1, float("nan"))


def test_numbers_at_an_axis_have_as_many_digits_as_their_step() -> None:
    assert chart_scales.tick_names([0, 2.5, 5]) == ["0.0", "2.5", "5.0"]
    assert chart_scales.tick_names([0, 5000, 10_000]) == ["0", "5,000", "10,000"]
    assert chart_scales.tick_names([-60, 0, 60], clock=True) == ["23:00", "00:00", "01:00"]


def test_places_are_thinned_and_name_each_year_once() -> None:
    whole = [dt.date(2025, 3, 1) + dt.timedelta(days=at) for at in range(365)]
    days_of_year = [f"{each.day} {each:%b} {each.year}" for each in whole]
    chosen = chart_scales.with_room(days_of_year, room=44)
    assert chosen[0] == (0, "Mar\n2025")
    assert [text.partition("\n")[0] for _, text in chosen] == ["Mar", "May", "Jul", "Sep", "Nov", "Jan"]
    assert [text for _, text in chosen if "2026" in text] == ["Jan\n2026"]
    assert [text for _, text in chart_scales.with_room(["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"], room=44)] == [
        "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun",
    ]  # fmt: skip
