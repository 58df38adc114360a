"""What an answer with figures shows besides its words."""

from __future__ import annotations

import datetime as dt
from typing import Any

from assistant.channels.web import figure_parts
from assistant.events import Figure, figure_as_json
from assistant.figures import addresses
from assistant.figures.query import Group, Measure, Period, Query

MARCH = Period(dt.date(2026, 3, 1), dt.date(2026, 3, 31))
DAYS = Query("step_count", Measure.SUM, MARCH, group=Group.DAY)
ONE = Query("step_count", Measure.SUM, MARCH)


def figure(query: Query | None, *, records: int = 12, subject: str = "steps") -> dict[str, Any]:
    at = addresses.rows_at(query) if query else ""
    return figure_as_json(Figure("sum", subject, 1.0, "steps", MARCH.start, MARCH.end, records=records, rows_at=at))


def test_an_answer_without_records_stays_as_it_is() -> None:
    assert figure_parts.with_links("So many.", []) == "So many."
    assert figure_parts.with_links("So many.", [figure(None), figure(ONE, records=0)]) == "So many."
    assert figure_parts.charts("t", "m", [figure(None), figure(ONE), figure(DAYS, records=1)]) == []


def test_the_records_behind_one_question_are_linked_once() -> None:
    said = figure_parts.with_links("So many.", [figure(DAYS, records=3), figure(DAYS, records=1_200)])
    assert said == f"So many.\n\n[The 1\\,200 records behind this]({addresses.rows_at(DAYS)})"


def test_the_records_of_several_currencies_are_counted_together() -> None:
    spent = Query("spending", Measure.SUM, MARCH)
    euros, pounds = ({**figure(spent, records=records), "unit": unit} for records, unit in ((122, "EUR"), (2, "GBP")))
    assert "[The 124 records behind this]" in figure_parts.links([euros, pounds, {**euros, "records": 40}])
    assert "[The record behind this]" in figure_parts.links([{**euros, "records": 1}])


def test_a_comparison_links_the_records_of_both_periods_and_not_their_sum_again() -> None:
    february = Period(dt.date(2026, 2, 1), dt.date(2026, 2, 28))
    earlier, both = Query("step_count", Measure.SUM, february), Query("step_count", Measure.SUM, MARCH, february)
    said = figure_parts.links([figure(ONE, records=31), figure(earlier, records=28), figure(both, records=59)])
    assert said.count("](") == 2
    assert "59" not in said
    assert "[The 59 records behind this]" in figure_parts.links([figure(both, records=59)])


def test_several_questions_are_told_apart_and_their_names_are_letters() -> None:
    said = figure_parts.links([figure(DAYS, subject="[x](https://evil.test)"), figure(ONE, records=1)])
    assert "\\[x\\]\\(https" in said
    assert f"steps\\, 1–31 Mar 2026\\: 1 record]({addresses.rows_at(ONE)})" in said


def test_a_chart_is_an_address_and_the_same_each_time() -> None:
    first, again = (figure_parts.charts("thread", "message", [figure(DAYS), figure(DAYS)]) for _ in range(2))
    assert first == again
    (element,) = first
    assert element["url"] == f"/figures/chart.json?q={addresses.encode(DAYS)}"
    assert (element["type"], element["display"], element["forId"]) == ("plotly", "inline", "message")


def test_an_address_of_elsewhere_is_neither_linked_nor_drawn() -> None:
    forged = {**figure(DAYS), "rows_at": "https://evil.test/figures/rows?q=" + addresses.encode(DAYS)}
    assert figure_parts.links([forged]) == ""
    assert figure_parts.charts("t", "m", [forged]) == []


def test_an_answer_has_a_few_charts_at_most() -> None:
    many = [figure(Query(f"metric_{at}", Measure.SUM, MARCH, group=Group.DAY)) for at in range(20)]
    assert len(figure_parts.charts("t", "m", many)) == figure_parts.MAX_CHARTS
    assert figure_parts.links(many).count("](") == figure_parts.MAX_LINKS
