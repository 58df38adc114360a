"""What stands out is found where it was planted, and nothing is found where nothing is."""

from __future__ import annotations

import datetime as dt
import random
import re
from zoneinfo import ZoneInfo

import pytest

from assistant.demo import money
from assistant.demo.health import steps_of
from assistant.demo.sleep import nights
from assistant.demo.year import year_until
from assistant.figures.insights.finding import BILLS, CHANGE, CHARGE, KINDS, TREND, USAGE, Insight, chosen
from assistant.figures.insights.insights_health import Daily, change, trend
from assistant.figures.insights.insights_money import Bill, Payment, bills, chains, duplicates, unusual
from assistant.figures.insights.insights_usage import usage
from assistant.figures.money.categories import payee_key

NOW = dt.datetime(2026, 11, 18, 14, 0, tzinfo=ZoneInfo("Europe/Berlin"))
TODAY = NOW.date()
DAY = dt.timedelta(days=1)
YEAR = year_until(NOW)
NO_WORD_OF_THESE = re.compile(
    r"(?i)\b(diagnos\w*|disease\w*|ill(ness)?|sick\w*|symptom\w*|disorder\w*|treat\w*|doctor\w*|medic\w*|therap\w*|danger\w*"
    r"|risk\w*|worr\w*|alarm\w*|abnormal\w*|unhealthy|healthy|should|must|ought|recommend\w*|advi[cs]e\w*|suggest\w*"
    r"|consider\w*|buy\w*|sell\w*|invest\w*|cancel\w*|because"
    r"|caus\w*|good|bad|better|worse|too (much|little|many|few))\b"
)


def _days(*values: float | None, until: dt.date = TODAY) -> list[tuple[dt.date, float]]:
    first = until - (len(values) - 1) * DAY
    return [(first + n * DAY, value) for n, value in enumerate(values) if value is not None]


def _noisy(middle: float, spread: float, count: int) -> list[float]:
    chance = random.Random(11)
    return [chance.gauss(middle, spread) for _ in range(count)]


def _resting(values: list[tuple[dt.date, float]], *, over: bool = True) -> Daily:
    return Daily("resting_heart_rate", "resting heart rate", "bpm", 0, values, over=over)


def _paid(*rows: tuple[dt.date, str, int]) -> list[Payment]:
    return [Payment(str(n), day, payee, payee_key(payee), cents, "EUR") for n, (day, payee, cents) in enumerate(rows)]


def _demo_payments() -> list[Payment]:
    return [
        Payment(str(n), each.day, each.payee, payee_key(each.payee), -each.cents, "EUR")
        for n, each in enumerate(money.bookings(YEAR))
        if each.cents < 0 and not each.other and each.account != money.CARD
    ]


def test_values_far_from_the_usual_are_told_with_the_records() -> None:
    found = change(_resting(_days(*_noisy(56, 1.5, 60), 66, 65, 67)), today=TODAY)
    assert found is not None
    assert found.kind is CHANGE
    assert "66 bpm, 65 bpm, 67 bpm" in found.text
    assert "16 to 18 November 2026" in found.text
    assert [row["value"] for row in found.evidence[:3]] == [66, 65, 67]
    assert found.evidence[-1]["days"] == 60


def test_one_wild_day_is_no_change() -> None:
    assert change(_resting(_days(*_noisy(56, 1.5, 60), 56, 95, 57)), today=TODAY) is None


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(_days(*[56.0] * 90), id="flat"),
        pytest.param(_days(*_noisy(56, 1.5, 90)), id="as ever"),
        pytest.param(_days(*_noisy(56, 1.5, 15), 66, 66, 66), id="too few days before"),
        pytest.param(_days(*_noisy(56, 1.5, 60), 66, 66, 66, until=TODAY - 9 * DAY), id="long past"),
        pytest.param(_days(*_noisy(56, 1.5, 60), None, 66, 66), id="too few days since"),
    ],
)
def test_nothing_is_told_where_nothing_changed_or_too_little_is_known(values: list[tuple[dt.date, float]]) -> None:
    assert change(_resting(values), today=TODAY) is None


def test_a_day_that_is_not_over_does_not_count_yet() -> None:
    steps = Daily("step_count", "steps", "steps", 0, _days(*_noisy(8000, 900, 60), 300), over=False)
    assert change(steps, today=TODAY) is None
    assert steps.until(TODAY)[-1][0] == TODAY - DAY


def test_shorter_nights_and_more_steps_of_the_year_are_told_as_trends() -> None:
    sleep = Daily("sleep", "sleep", "h", 1, [(night.day, night.asleep_h) for night in nights(YEAR)])
    steps = Daily("step_count", "steps", "steps", 0, sorted(steps_of(YEAR).items()), over=False)
    shorter, more = trend(sleep, today=TODAY), trend(steps, today=TODAY)
    assert shorter is not None
    assert "shorter over the last four weeks" in shorter.text
    assert more is not None
    assert "more steps a day" in more.text


def test_sleep_that_goes_up_and_down_is_no_trend() -> None:
    sleep = Daily("sleep", "sleep", "h", 1, _days(*_noisy(7.3, 0.6, 60)))
    assert trend(sleep, today=TODAY) is None
    assert trend(Daily("sleep", "sleep", "h", 1, _days(*[7.5] * 60)), today=TODAY) is None
    assert trend(_resting(_days(*[50 + n / 4 for n in range(60)])), today=TODAY) is None


def test_what_comes_every_month_is_told_when_it_is_due() -> None:
    found = bills(_demo_payments(), [], today=TODAY)
    assert found is not None
    assert [row["payee"] for row in found.evidence] == ["FiberLine", "CloudKeep", "Helping Hands"]
    assert "FiberLine, 39.90 EUR, about 20 November 2026" in found.text


def test_a_bill_of_a_service_and_its_payments_are_one_bill() -> None:
    monthly = _paid(*[(dt.date(2026, month, 20), "FiberLine", 3990) for month in range(5, 11)])
    found = bills(monthly, [Bill("FiberLine Internet", 3990, "EUR", dt.date(2026, 11, 21))], today=TODAY)
    assert found is not None
    assert len(found.evidence) == 1


def test_a_payment_that_has_stopped_is_not_due_again() -> None:
    stopped = _paid(*[(dt.date(2026, month, 20), "FiberLine", 3990) for month in range(2, 8)])
    assert bills(stopped, [], today=TODAY) is None


def test_a_yearly_and_a_quarterly_payment_are_chains_too() -> None:
    quarters = [(dt.date(2026, month, 15), "Harbour", 12840) for month in (1, 4, 7, 10)]
    years = [(dt.date(year, 11, 23), "Domain Name", 1500) for year in (2024, 2025)]
    assert {(each.last.payee, each.months) for each in chains(_paid(*quarters, *years))} == {
        ("Harbour", 3),
        ("Domain Name", 12),
    }


def test_a_shop_where_some_amounts_fit_by_chance_is_no_bill() -> None:
    chance = random.Random(5)
    shop = [(TODAY - n * DAY, "Corner Shop", chance.randint(500, 5000)) for n in range(0, 300, 2)]
    assert chains(_paid(*shop)) == []
    every_day = [(TODAY - n * DAY, "Cafe", 350) for n in range(300)]
    assert chains(_paid(*every_day)) == []


def test_a_subscription_paid_twice_is_told_once() -> None:
    (found,) = duplicates(_demo_payments(), today=TODAY)
    assert "StreamBox took 12.99 EUR twice a month: about the 4th and about the 17th" in found.text
    assert len(found.evidence) == 6


def test_two_subscriptions_of_one_company_at_two_prices_are_no_duplicate() -> None:
    rows = [
        (dt.date(2026, month, day), "StreamBox", cents)
        for month in range(5, 12)
        for day, cents in ((4, 1299), (17, 499))
    ]
    assert duplicates(_paid(*rows), today=TODAY) == []


def test_a_charge_far_above_all_before_is_told() -> None:
    (found,) = unusual(_demo_payments(), today=TODAY)
    assert found.kind is CHARGE
    assert found.text.startswith("389.70 EUR went to Green Basket on 15 November 2026.")


def test_a_first_large_payment_to_somebody_new_is_told_and_the_rent_is_not() -> None:
    daily = [(TODAY - n * DAY, f"Shop {'abcde'[n % 5] * 3}", 1500 + 700 * (n % 7)) for n in range(1, 90)]
    rent = [(dt.date(2026, month, 16), "Landlord", 98000) for month in (8, 9, 10, 11)]
    found = unusual(_paid(*daily, *rent, (TODAY - DAY, "Jeweller", 240000)), today=TODAY)
    assert [each.evidence[0]["payee"] for each in found] == ["Jeweller"]


def test_a_flat_year_of_money_is_silent() -> None:
    flat = [(TODAY - n * DAY, "Grocer", 2500) for n in range(365)]
    rent = [(dt.date(2026, month, 1), "Landlord", 98000) for month in range(1, 12)]
    payments = _paid(*flat, *rent)
    assert bills(payments, [], today=TODAY) is None
    assert unusual(payments, today=TODAY) == []
    assert duplicates(payments, today=TODAY) == []


def test_a_question_that_comes_again_and_a_busy_week_are_told() -> None:
    asked = [(TODAY - n * DAY, "How did I sleep?") for n in range(4)]
    (again,) = usage(asked, today=TODAY)
    assert again.kind is USAGE
    assert again.text == "You asked “How did I sleep?” on 4 of the last 7 days."
    quiet = [(TODAY - n * 4 * DAY, f"Something else, number {n}") for n in range(2, 9)]
    busy = [(TODAY - (n % 7) * DAY, f"Another question, number {n}") for n in range(12)]
    (more,) = usage(quiet + busy, today=TODAY)
    assert more.text.startswith("You sent 12 messages in the last 7 days; the middle of the 4 weeks before is ")


def test_the_same_number_of_messages_every_week_is_silent() -> None:
    assert usage([(TODAY - n * DAY, f"Question number {n}") for n in range(60)], today=TODAY) == []
    assert usage([(TODAY - n * DAY, "hi") for n in range(60)], today=TODAY) == []


def test_what_was_told_silent_kinds_and_the_budget_bound_what_is_told() -> None:
    found = [
        Insight(CHANGE, "a", "a", strength=1),
        Insight(CHANGE, "b", "b", strength=9),
        Insight(CHARGE, "c", "c"),
        Insight(TREND, "d", "d"),
        Insight(BILLS, "e", "e"),
    ]

    def told(
        *keys: str, budget: int = 9, silent: frozenset[str] = frozenset(), **before: tuple[str, dt.date]
    ) -> list[str]:
        return [each.key for each in chosen(found, told=before, silent=silent, today=TODAY, budget=budget)]

    assert told() == ["c", "e", "b", "a", "d"]
    assert told(budget=2) == ["c", "e"]
    assert told(budget=2, x=("usage", TODAY)) == ["c"]
    assert told(budget=0) == []
    assert told(b=("change", TODAY - 40 * DAY)) == ["c", "e", "a", "d"]
    assert told(silent=frozenset({"change"})) == ["c", "e", "d"]
    assert told(x=("bills", TODAY - 6 * DAY)) == ["c", "b", "a", "d"]
    assert told(x=("bills", TODAY - 7 * DAY)) == ["c", "e", "b", "a", "d"]


def test_the_words_judge_nothing_and_give_no_advice() -> None:
    up = change(_resting(_days(*_noisy(56, 1.5, 60), 66, 65, 67)), today=TODAY)
    down = change(_resting(_days(*_noisy(56, 1.5, 60), 46, 45, 47)), today=TODAY)
    sleep = [
        trend(Daily("sleep", "sleep", "h", 1, _days(*[7 + sign * n / 20 for n in range(30)])), today=TODAY)
        for sign in (1, -1)
    ]
    steps = [
        trend(Daily("step_count", "steps", "steps", 0, _days(*[9000 + sign * 90 * n for n in range(30)])), today=TODAY)
        for sign in (1, -1)
    ]
    paid = _demo_payments()
    asked = [(TODAY - n * DAY, "How did I sleep?") for n in range(4)]
    found = [up, down, *sleep, *steps, bills(paid, [], today=TODAY), *unusual(paid, today=TODAY)]
    found += [*duplicates(paid, today=TODAY), *usage(asked, today=TODAY)]
    texts = [each.text for each in found if each is not None]
    assert len(texts) == 10
    assert {each.kind.key for each in found if each is not None} == set(KINDS)
    for said in [*texts, *(kind.title for kind in KINDS.values())]:
        assert not NO_WORD_OF_THESE.search(said), said
    assert NO_WORD_OF_THESE.search("You should see a doctor."), "the words are looked for"
