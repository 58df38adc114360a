"""The pure parts of the measurements: percentiles, verdicts, tables, and what counts as another machine."""

from __future__ import annotations

import numpy as np
import pytest

from bench.outside import is_this_machine
from bench.synthetic import Memories
from bench.table import Row, markdown, number, percentile, plain_text, report


@pytest.mark.parametrize(("share", "expected"), [(0.0, 1), (0.5, 5), (0.95, 10), (1.0, 10)])
def test_a_percentile_is_a_value_that_was_measured(share: float, expected: float) -> None:
    assert percentile([7, 1, 10, 3, 2, 5, 9, 4, 6, 8], share) == expected


def test_a_percentile_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        percentile([], 0.5)


def test_a_goal_is_met_or_missed_by_how_much() -> None:
    assert Row("a", "b", 20, "ms", 30).verdict == "met"
    assert Row("a", "b", 60, "ms", 30).verdict == "missed (x 2)"
    assert Row("a", "b", 500, "rows/s", 2_000, at_least=True).verdict == "missed (x 0.25)"
    assert Row("a", "b", 1, "", 0).verdict == "missed"
    assert Row("a", "b", 60, "ms").verdict == ""


@pytest.mark.parametrize(("value", "shown"), [(0, "0"), (0.12345, "0.123"), (31.26, "31.3"), (123456.7, "123,457")])
def test_numbers_show_three_figures_that_matter(value: float, shown: str) -> None:
    assert number(value) == shown


def test_both_tables_hold_every_figure_with_its_goal() -> None:
    rows = [Row("a turn", "whole", 12.34, "ms", 30, note="beside it"), Row("recall", "exact", 97, "%", 100, True)]
    assert "| a turn | whole | 12.3 ms | ≤ 30 | met | beside it |" in markdown(rows)
    assert "| recall | exact | 97 % | ≥ 100 | missed (x 0.97) |  |" in markdown(rows)
    said = plain_text(rows)
    assert said.count("\na turn\n") == 1
    assert "≥ 100  missed (x 0.97)" in said
    assert "1 goals met, 1 missed" in report(rows, facts="2 x CPU", seconds=90, subjects=["turns"])


def test_made_up_memories_are_the_same_each_time_and_alike_in_clusters() -> None:
    first, again = Memories(seed=5), Memories(seed=5)
    assert first.texts(3) == again.texts(3)
    vectors = first.vectors(2_000)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    nearest = np.sort(vectors[:50] @ vectors.T, axis=1)[:, -2]
    assert 0.35 < float(np.median(nearest)) < 0.7


@pytest.mark.parametrize("where", ["localhost", "127.0.0.1", "127.8.8.8", "::1", ""])
def test_this_machine_is_not_outside(where: str) -> None:
    assert is_this_machine(where)


@pytest.mark.parametrize("where", ["192.0.2.1", "example.org", "10.0.0.7", "2001:db8::1", "0.0.0.0"])
def test_everything_else_is_outside(where: str) -> None:
    assert not is_this_machine(where)
