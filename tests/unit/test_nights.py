"""Three shapes of sleep become one model of nights, on both sides of every DST change."""

from __future__ import annotations

import datetime as dt
import random
from zoneinfo import ZoneInfo

import pytest

from assistant.figures.health.health_values import GivenNight, Segment
from assistant.figures.health.nights import (
    Night,
    from_segments,
    marked_segment,
    night_of,
    replaced,
    settled,
    superseded,
)
from assistant.figures.health.sources import BY_RULE, GENERAL, rank

BERLIN = ZoneInfo("Europe/Berlin")
LATER = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)
DAY = dt.date(2026, 1, 10)


def clock(written: str, zone: ZoneInfo = BERLIN) -> dt.datetime:
    """An instant by the local clock; fold=1 is written with a trailing "b"."""
    return dt.datetime.fromisoformat(written.rstrip("b")).replace(tzinfo=zone, fold=int(written.endswith("b")))


def stretch(start: str, end: str, stage: str = "asleep", source: str = "Watch", zone: ZoneInfo = BERLIN) -> Segment:
    first, last = clock(start, zone), clock(end, zone)
    return Segment(
        source=source,
        start_at=first.astimezone(dt.UTC),
        end_at=last.astimezone(dt.UTC),
        stage=stage,
        offset_s=int((first.utcoffset() or dt.timedelta()).total_seconds()),
        end_offset_s=int((last.utcoffset() or dt.timedelta()).total_seconds()),
    )


def given(
    hours: float | None, day: dt.date = DAY, source: str = "Watch", shape: str = "aggregated", **more: object
) -> Night:
    asleep_s = None if hours is None else round(hours * 3600)
    return night_of(GivenNight(source=source, day=day, shape=shape, asleep_s=asleep_s, **more), latest=LATER)  # type: ignore[arg-type]


def by_rule(source: str) -> int:
    return rank("sleep", source, orders={})


def the_night(nights: list[Night], day: dt.date = DAY) -> Night:
    [night] = [night for night in settled(nights, rank=by_rule) if night.chosen and night.day == day]
    return night


# Stretches -----------------------------------------------------------------------------------------------------------


def test_a_night_is_summed_up_from_its_stages() -> None:
    [night] = from_segments(
        [
            stretch("2026-01-09T23:00", "2026-01-10T00:30", "core"),
            stretch("2026-01-10T00:30", "2026-01-10T01:30", "deep"),
            stretch("2026-01-10T01:30", "2026-01-10T01:40", "awake"),
            stretch("2026-01-10T01:40", "2026-01-10T03:00", "rem"),
            stretch("2026-01-10T03:00", "2026-01-10T07:00", "core"),
            stretch("2026-01-09T22:45", "2026-01-10T07:15", "in_bed"),
        ]
    )
    assert (night.day, night.start_at, night.end_at) == (DAY, clock("2026-01-09T23:00"), clock("2026-01-10T07:00"))
    assert (night.core_s, night.deep_s, night.rem_s, night.awake_s) == (5.5 * 3600, 3600, 4800, 600)
    assert (night.asleep_s, night.in_bed_s) == (5.5 * 3600 + 3600 + 4800, 8.5 * 3600)


def test_a_night_without_stages_does_not_claim_zero_hours_of_them() -> None:
    [night] = from_segments([stretch("2026-01-09T23:00", "2026-01-10T07:00")])
    assert (night.asleep_s, night.core_s, night.deep_s, night.rem_s, night.awake_s, night.in_bed_s) == (
        8 * 3600, None, None, None, None, None
    )  # fmt: skip


def test_time_in_bed_alone_is_no_sleep() -> None:
    [night] = from_segments([stretch("2026-01-09T23:00", "2026-01-10T07:00", "in_bed")])
    assert (night.asleep_s, night.in_bed_s, night.day) == (None, 8 * 3600, DAY)
    assert from_segments([stretch("2026-01-09T23:00", "2026-01-09T23:30", "awake")]) == []


@pytest.mark.parametrize(
    ("start", "end", "hours", "day", "offsets"),
    [
        ("2026-03-28T23:00", "2026-03-29T07:00", 7, (2026, 3, 29), (3600, 7200)),
        ("2026-10-24T23:00", "2026-10-25T07:00", 9, (2026, 10, 25), (7200, 3600)),
        ("2026-10-25T02:30", "2026-10-25T02:30b", 1, (2026, 10, 25), (7200, 3600)),
        ("2026-03-29T01:59", "2026-03-29T06:00", 3 + 1 / 60, (2026, 3, 29), (3600, 7200)),
    ],
)
def test_a_night_of_a_dst_change_has_the_hours_that_really_passed(
    start: str, end: str, hours: float, day: tuple[int, int, int], offsets: tuple[int, int]
) -> None:
    [night] = from_segments([stretch(start, end)])
    assert night.asleep_s == round(hours * 3600)
    assert night.day == dt.date(*day)
    assert (night.start_offset_s, night.offset_s) == offsets


def test_a_night_belongs_to_the_date_on_which_the_person_woke_up_wherever_they_were() -> None:
    tokyo = ZoneInfo("Asia/Tokyo")
    [night] = from_segments([stretch("2026-01-10T23:30", "2026-01-11T06:30", zone=tokyo)])
    assert night.day == dt.date(2026, 1, 11)
    [evening] = from_segments([stretch("2026-01-10T20:00", "2026-01-10T23:59")])
    assert evening.day == dt.date(2026, 1, 10)
    [late] = from_segments([stretch("2026-01-11T02:00", "2026-01-11T11:00")])
    assert late.day == dt.date(2026, 1, 11)


def test_two_hours_awake_make_two_sleeps_and_less_makes_one() -> None:
    first = stretch("2026-01-09T23:00", "2026-01-10T02:00")
    assert len(from_segments([first, stretch("2026-01-10T03:59", "2026-01-10T07:00")])) == 1
    assert len(from_segments([first, stretch("2026-01-10T04:00", "2026-01-10T07:00")])) == 2


def test_overlapping_stretches_of_one_source_count_once() -> None:
    [night] = from_segments(
        [
            stretch("2026-01-09T23:00", "2026-01-10T07:00", "asleep"),
            stretch("2026-01-10T00:00", "2026-01-10T01:00", "deep"),
            stretch("2026-01-10T03:00", "2026-01-10T03:20", "awake"),
            stretch("2026-01-09T23:00", "2026-01-10T05:00", "in_bed"),
            stretch("2026-01-10T04:00", "2026-01-10T07:00", "in_bed"),
        ]
    )
    assert night.asleep_s == 8 * 3600 - 1200
    assert (night.deep_s, night.awake_s, night.in_bed_s) == (3600, 1200, 8 * 3600)


def test_two_sources_make_two_nights_and_the_order_of_stretches_does_not_matter() -> None:
    stretches = [
        stretch("2026-01-09T23:00", "2026-01-10T03:00", "core"),
        stretch("2026-01-10T03:00", "2026-01-10T07:00", "rem"),
        stretch("2026-01-09T23:10", "2026-01-10T06:50", "asleep", "Ring"),
    ]
    nights = from_segments(stretches)
    assert [(night.source, night.asleep_s) for night in nights] == [("Ring", 27600), ("Watch", 28800)]
    random.Random(4).shuffle(stretches)
    assert from_segments(stretches) == nights
    assert the_night(nights).source == "Watch"


def test_marked_stretches_count_for_nothing() -> None:
    backwards = stretch("2026-01-10T07:00", "2026-01-10T06:00")
    endless = stretch("2026-01-08T07:00", "2026-01-10T06:00")
    ahead = stretch("2030-01-02T01:00", "2030-01-02T06:00")
    marked = [marked_segment(segment, latest=LATER) for segment in (backwards, endless, ahead)]
    assert [segment.mark for segment in marked] == ["impossible", "impossible", "future"]
    assert from_segments(marked) == []


def test_a_night_that_is_drawn_again_replaces_what_it_overlaps() -> None:
    stored = [
        stretch("2026-01-09T23:00", "2026-01-10T01:00", "core"),
        stretch("2026-01-10T01:00", "2026-01-10T02:00", "deep"),
        stretch("2026-01-10T02:00", "2026-01-10T03:00", "core"),
        stretch("2026-01-09T22:00", "2026-01-10T08:00", "in_bed"),
        stretch("2026-01-10T01:00", "2026-01-10T02:00", "deep", "Ring"),
    ]
    incoming = [
        stretch("2026-01-10T01:00", "2026-01-10T01:30", "rem"),
        stretch("2026-01-10T01:30", "2026-01-10T02:00", "core"),
    ]
    assert superseded(stored, incoming) == [stored[1]]
    assert superseded(stored, stored) == []


# Nights and naps -----------------------------------------------------------------------------------------------------


def test_the_longest_sleep_of_a_day_is_its_night() -> None:
    nights = from_segments(
        [stretch("2026-01-10T00:00", "2026-01-10T06:00"), stretch("2026-01-10T13:00", "2026-01-10T17:00")]
    )
    kinds = [(night.kind, night.asleep_s) for night in settled(nights, rank=by_rule)]
    assert kinds == [("night", 6 * 3600), ("nap", 4 * 3600)]


def test_a_nap_is_no_night_even_where_none_was_recorded() -> None:
    [nap] = settled(from_segments([stretch("2026-01-10T14:00", "2026-01-10T14:40")]), rank=by_rule)
    assert (nap.kind, nap.chosen) == ("nap", False)
    [shift] = settled(from_segments([stretch("2026-01-10T10:00", "2026-01-10T16:00")]), rank=by_rule)
    assert (shift.kind, shift.chosen) == ("night", True)


def test_of_several_sources_one_night_counts() -> None:
    nights = [given(9, source="iPhone"), given(7, source="Oura"), given(8, source="Ana’s Apple Watch")]
    assert the_night(nights).asleep_s == 8 * 3600
    order = {"sleep": ["oura"]}
    chosen = [n for n in settled(nights, rank=lambda source: rank("sleep", source, orders=order)) if n.chosen]
    assert [night.source for night in chosen] == ["Oura"]


def test_a_night_in_which_sleep_was_measured_counts_before_one_in_bed() -> None:
    in_bed = given(None, source="Ana’s Apple Watch", in_bed_s=28800)
    assert the_night([in_bed, given(7, source="Oura")]).source == "Oura"
    assert the_night([in_bed]).in_bed_s == 28800


def test_stretches_count_before_sums_of_the_same_source() -> None:
    nights = [given(7.9), given(7.8, shape="older"), *from_segments([stretch("2026-01-09T23:00", "2026-01-10T06:30")])]
    assert the_night(nights).shape == "segments"
    assert the_night(nights[:2]).shape == "aggregated"


def test_an_impossible_or_future_night_never_counts() -> None:
    nights = [given(25), given(-1, source="Ring"), given(7, day=dt.date(2030, 1, 5))]
    assert [night.mark for night in nights] == ["impossible", "impossible", "future"]
    assert not any(night.chosen for night in settled(nights, rank=by_rule))
    backwards = given(7, start_at=clock("2026-01-10T07:00"), end_at=clock("2026-01-09T23:00"))
    assert backwards.mark == "impossible"


def test_a_later_sum_replaces_the_one_it_overlaps() -> None:
    early = given(3, DAY - dt.timedelta(1), start_at=clock("2026-01-09T20:00"), end_at=clock("2026-01-09T23:50"))
    whole = given(7, start_at=clock("2026-01-09T22:55"), end_at=clock("2026-01-10T06:30"))
    nap = given(1, start_at=clock("2026-01-10T14:00"), end_at=clock("2026-01-10T15:00"))
    assert replaced([early], [whole]) == [whole]
    assert replaced([whole], [nap]) == [whole, nap]
    assert replaced([given(7), given(6, source="Ring")], [given(8)]) == [given(8), given(6, source="Ring")]
    assert replaced([given(7)], [given(8, day=DAY + dt.timedelta(1))]) == [
        given(7),
        given(8, day=DAY + dt.timedelta(1)),
    ]


# Sources -------------------------------------------------------------------------------------------------------------


def test_watches_come_before_other_devices_before_phones() -> None:
    named = ["iPhone", "Withings Scale", "Ana’s Apple Watch", "iPhone|Ana’s Apple Watch", "Oura", "Pixel 9"]
    assert sorted(named, key=lambda source: (by_rule(source), source)) == [
        "Ana’s Apple Watch", "iPhone|Ana’s Apple Watch", "Oura", "Withings Scale", "Pixel 9", "iPhone"
    ]  # fmt: skip


def test_the_persons_order_comes_first_and_that_of_the_metric_before_the_general_one() -> None:
    orders = {"": ["iPhone", "Oura"], "step_count": ["Oura"]}
    assert rank("step_count", "OURA", orders=orders) == 0
    assert rank("step_count", "iPhone", orders=orders) == GENERAL
    assert rank("heart_rate", "Oura", orders=orders) == GENERAL + 1
    assert rank("heart_rate", "Apple Watch", orders=orders) == BY_RULE
