"""Pictures as PNG: Matplotlib, which takes longer to load than all other tests of charts take, draws them really."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from assistant.figures.pictures.chart_choice import Chart, chart_for
from assistant.figures.pictures.chart_looks import DARK, LIGHT
from assistant.figures.pictures.charts import png
from assistant.figures.query import Group, Measure, Period, Query, Where
from assistant.figures.series import Series as Given

MARCH = Period(dt.date(2026, 3, 1), dt.date(2026, 3, 31), "March 2026")
TEN_DAYS = Period(dt.date(2026, 3, 1), dt.date(2026, 3, 10))
HOSTILE = '<a href="https://evil.test">$x^2$</a> %{y} \u202egro'


def drawn(query: Query, *series: Given) -> Chart:
    chart = chart_for(query, series)
    assert chart is not None
    return chart


def slept(*hours: float | None) -> Chart:
    days = [(TEN_DAYS.start + dt.timedelta(days=at), each) for at, each in enumerate(hours)]
    return drawn(Query("sleep", Measure.TREND, TEN_DAYS), Given("sleep", "h", days))


def sleep_with_a_gap() -> Chart:
    return slept(7.0, 7.5, 6.5, 7.0, None, None, None, 7.2, 6.8, 7.4)


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content)).convert("RGB")


def picture(chart: Chart, *, dark: bool = False) -> Image.Image:
    return opened(png(chart, dark=dark))


def near(pixels: Any, colour: str, *, within: int = 40) -> Any:
    """Whether each of these pixels has about this colour."""
    wanted = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    return (np.abs(np.asarray(pixels, dtype=int) - wanted) <= within).all(axis=-1)


def columns_with(image: Image.Image, colour: str, *, rows: tuple[float, float] = (0.12, 0.85)) -> set[int]:
    """Columns in which this colour stands, in the part of the picture that the lines are in."""
    top, bottom = (int(image.height * share) for share in rows)
    return {int(x) for x in np.flatnonzero(near(np.asarray(image)[top:bottom], colour).any(axis=0))}


@pytest.fixture(scope="module")
def light_with_a_gap() -> bytes:
    """The PNG of `sleep_with_a_gap`."""
    return png(sleep_with_a_gap(), dark=False)


@pytest.mark.parametrize(("dark", "colours"), [(False, LIGHT), (True, DARK)])
def test_a_picture_has_its_size_its_ground_and_its_line(dark: bool, colours: Any, light_with_a_gap: bytes) -> None:
    image = picture(sleep_with_a_gap(), dark=True) if dark else opened(light_with_a_gap)
    assert image.size == (1080, 720)
    ground = [(x, y) for x in (2, 1077) for y in (2, 717)]
    assert all(near(image.getpixel(each), colours.ground, within=2) for each in ground)
    assert len(columns_with(image, colours.first)) > 300


def test_no_line_is_drawn_across_a_gap(light_with_a_gap: bytes) -> None:
    image = opened(light_with_a_gap)
    columns = sorted(columns_with(image, LIGHT.first))
    widest = max(range(1, len(columns)), key=lambda at: columns[at] - columns[at - 1])
    gap = columns[widest] - columns[widest - 1]
    step = (columns[-1] - columns[0]) / 9
    assert 3.5 * step < gap < 4.1 * step
    assert 2.5 * step < columns[widest - 1] - columns[0] < 3.5 * step


def test_the_same_values_without_a_gap_are_one_line() -> None:
    columns = sorted(columns_with(picture(slept(*(7.0 + at % 3 for at in range(10)))), LIGHT.first))
    assert columns == list(range(columns[0], columns[-1] + 1))


def test_pictures_are_drawn_the_same_each_time_and_keep_their_fonts_where_told(
    tmp_path: Path, light_with_a_gap: bytes
) -> None:
    assert png(sleep_with_a_gap(), dark=False, cache=tmp_path / "fonts") == light_with_a_gap


@pytest.mark.parametrize("name", ["日本語の店", "Ωμέγα & Сын", "$5 \\$ $x$", "a" * 300])
def test_any_name_can_be_drawn(name: str, recwarn: pytest.WarningsRecorder) -> None:
    query = Query("spending", Measure.SUM, MARCH, group=Group.PAYEE)
    chart = drawn(query, Given("spending", "EUR", [(name, 3.0), ("shop", None), ("other", 5.0)]))
    assert columns_with(picture(chart, dark=True), DARK.first, rows=(0.0, 1.0))
    assert not [each for each in recwarn if "Glyph" in str(each.message)]


def test_what_a_stranger_calls_himself_is_drawn_as_letters() -> None:
    query = Query("spending", Measure.SUM, MARCH, group=Group.PAYEE, where=Where(payees=(HOSTILE,)))
    assert picture(drawn(query, Given(HOSTILE, "EUR", [(HOSTILE, 3.0), ("shop", 4.0)]))).width == 1080
