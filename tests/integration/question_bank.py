"""120 questions in plain English over the synthetic year, as of Wednesday, 18 November 2026, 14:00 in Berlin.

What is wanted of each is said by what the words mean, and computed from the raw files (`wanted.py`, `raw_year.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

from wanted import (
    LAST_MONTH,
    LAST_WEEK,
    THIS_MONTH,
    THIS_WEEK,
    THIS_YEAR,
    WEEKDAYS,
    WEEKEND,
    Either,
    Wants,
    balance,
    both,
    correlation,
    day_count,
    days,
    either,
    groups,
    health,
    largest,
    last,
    money,
    money_a_day,
    money_by,
    money_by_month,
    money_over,
    month,
    net,
    streak,
    together,
    top_days,
    trend,
    workouts,
    workouts_by_name,
)


@dataclass(frozen=True)
class Note:
    """The answer stands in a note, not in a figure.

    Attributes:
        says: What the answer, or one of its passages, must have in it.
    """

    says: str


@dataclass(frozen=True)
class AskBack:
    """It could mean several things: choices, or a figure for each.

    Attributes:
        fair: Figures that are right if no question comes back.
    """

    fair: Wants | None = None


class Unknown:
    """Nothing of the kind is there: no figure may come, least of all a zero."""


Wanted = Wants | Either | Note | AskBack | Unknown
YESTERDAY = days("2026-11-17", "2026-11-17")
TONIGHT = days("2026-11-18", "2026-11-18")
Q1, Q2, Q3 = (days("2026-01-01", "2026-03-31"), days("2026-04-01", "2026-06-30"), days("2026-07-01", "2026-09-30"))
BIRTHDAY = days("2026-05-03")
RUN, RIDE = "Outdoor Run", "Outdoor Cycle"

STEPS: dict[str, Wanted] = {
    "How many steps did I walk yesterday?": health("sum", "step_count", YESTERDAY, "sum", "mean"),
    "steps today": health("sum", "step_count", TONIGHT, "sum", "mean"),
    "What's my average daily step count this month?": health("mean", "step_count", THIS_MONTH),
    "How many steps did I take on 14 November?":
        health("sum", "step_count", days("2026-11-14", "2026-11-14"), "sum", "mean"),
    "Total number of steps in October": health("sum", "step_count", LAST_MONTH),
    "What was my median number of steps per day in September?": health("median", "step_count", month(9)),
    "On how many days did I walk more than 10,000 steps in October?":
        day_count("step_count", LAST_MONTH, lambda steps: steps > 10_000),
    "How many days under 5000 steps have I had since September?":
        day_count("step_count", days("2026-09-01"), lambda steps: steps < 5_000),
    "What is my longest streak of days with at least 8,000 steps this year?":
        streak("step_count", THIS_YEAR, lambda steps: steps >= 8_000),
    "What was the highest number of steps I took in a day in July?":
        either(health("max", "step_count", month(7)), top_days("step_count", month(7), 1)),
    "my five best step days this year": top_days("step_count", THIS_YEAR, 5),
    "Show my steps by month since June": groups("sum", "step_count", days("2026-06-01"), "%Y-%m"),
    "Average steps on weekends in October": health("mean", "step_count", LAST_MONTH.on(*WEEKEND)),
    "Did I walk more steps in October than in September?":
        both(health("sum", "step_count", LAST_MONTH), health("sum", "step_count", month(9))),
    "Compare my average steps this week with last week":
        both(health("mean", "step_count", THIS_WEEK), health("mean", "step_count", LAST_WEEK)),
    "how many steps per day did I average over the past 30 days": health("mean", "step_count", last(30)),
    "What's the fewest steps I walked on a day in August?":
        either(health("min", "step_count", month(8)), top_days("step_count", month(8), 1, smallest=True)),
}  # fmt: skip

SLEEP: dict[str, Wanted] = {
    "How long did I sleep last night?": health("sum", "sleep", TONIGHT, "sum", "mean", "latest"),
    "How did I sleep this week compared with last month?":
        both(health("mean", "sleep", THIS_WEEK), health("mean", "sleep", LAST_MONTH)),
    "What was my average sleep over the last 7 nights?": health("mean", "sleep", last(7)),
    "How much deep sleep did I get on average last month?": health("mean", "deep", LAST_MONTH),
    "average REM sleep in October": health("mean", "rem", LAST_MONTH),
    "How many nights did I sleep less than 6 hours this year?":
        day_count("sleep", THIS_YEAR, lambda hours: hours < 6),
    "What's the shortest night I had since June?":
        either(health("min", "sleep", days("2026-06-01")), top_days("sleep", days("2026-06-01"), 1, smallest=True)),
    "my longest night's sleep in the last 90 days":
        either(health("max", "sleep", last(90)), top_days("sleep", last(90), 1)),
    "Median sleep in Q2": health("median", "sleep", Q2),
    "What time did I go to bed on average in October?": health("mean", "bedtime", LAST_MONTH),
    "When did I usually wake up last week?": health("mean", "wake", LAST_WEEK, "mean", "median"),
    "How much did I sleep on average on weekends in September?": health("mean", "sleep", month(9).on(*WEEKEND)),
    "average sleep by month since June": groups("mean", "sleep", days("2026-06-01"), "%Y-%m"),
    "How many nights in a row did I sleep at least 7 hours since August?":
        streak("sleep", days("2026-08-01"), lambda hours: hours >= 7),
    "Has my sleep been getting shorter over the last 4 weeks?": trend("sleep", last(28)),
    "How long was I awake in bed on average in September?": health("mean", "awake", month(9)),
    "How much time did I spend in bed per night in June?": health("mean", "in_bed", month(6)),
    "Sleep on weekdays in the past 30 days, on average": health("mean", "sleep", last(30).on(*WEEKDAYS)),
    "mean sleep between 3 and 17 May": health("mean", "sleep", days("2026-05-03", "2026-05-17")),
    "How was my core sleep in March?": health("mean", "core", month(3)),
}  # fmt: skip

HEART_AND_BODY: dict[str, Wanted] = {
    "What was my average heart rate in October?": health("mean", "heart_rate", LAST_MONTH),
    "What was my highest heart rate last week?": health("max", "heart_rate", LAST_WEEK),
    "lowest pulse in August": health("min", "heart_rate", month(8)),
    "What's my average resting heart rate this month?": health("mean", "resting_heart_rate", THIS_MONTH),
    "Is my resting heart rate higher this week than last month?":
        both(health("mean", "resting_heart_rate", THIS_WEEK), health("mean", "resting_heart_rate", LAST_MONTH)),
    "What do I weigh?": health("latest", "weight_body_mass", days("2025-11-01")),
    "How much did I weigh on average in May?": health("mean", "weight_body_mass", month(5)),
    "What was my maximum weight in May?": health("max", "weight_body_mass", month(5)),
    "Is my weight going down since January?": trend("weight_body_mass", days("2026-01-01")),
    "Average HRV last month": health("mean", "heart_rate_variability", LAST_MONTH),
    "What was my mean blood oxygen last week?": health("mean", "blood_oxygen_saturation", LAST_WEEK),
    "average systolic blood pressure this year": health("mean", "blood_pressure#systolic", THIS_YEAR),
    "What was my breathing rate on average in February?": health("mean", "respiratory_rate", month(2)),
    "weight by month this year": groups("mean", "weight_body_mass", THIS_YEAR, "%Y-%m"),
    "Is there a correlation between my sleep and my HRV this year?":
        correlation("sleep", "heart_rate_variability", THIS_YEAR),
    "How do steps and resting heart rate correlate since March?":
        correlation("step_count", "resting_heart_rate", days("2026-03-01")),
    "How does my sleep relate to my steps in October?": correlation("sleep", "step_count", LAST_MONTH),
}  # fmt: skip

MOVING: dict[str, Wanted] = {
    "How many workouts did I do in October?": workouts("count", LAST_MONTH),
    "How many runs have I done since my birthday?": workouts("count", BIRTHDAY, RUN),
    "How far did I cycle in August?": workouts("km", month(8), RIDE),
    "What's the longest distance I ran this year?": workouts("km", THIS_YEAR, RUN, how="max"),
    "How many minutes of yoga did I do in Q3?": workouts("minutes", Q3, "Yoga"),
    "How many calories did I burn in workouts last month?": workouts("kcal", LAST_MONTH),
    "Number of workouts by type this year": workouts_by_name(THIS_YEAR),
    "active calories yesterday": health("sum", "active_energy", YESTERDAY, "sum", "mean"),
    "How far did I walk and run last week?": health("sum", "walking_running_distance", LAST_WEEK),
    "How many exercise minutes did I get in September?": health("sum", "apple_exercise_time", month(9)),
    "average active energy per day in April": health("mean", "active_energy", month(4)),
    "How long do my runs take on average this year?":
        either(
            workouts("minutes", THIS_YEAR, RUN, how="mean"),
            both(workouts("minutes", THIS_YEAR, RUN, how="mean"), workouts("km", THIS_YEAR, RUN, how="mean")),
        ),
    "Did I do more strength training in Q3 than in Q2?":
        either(
            both(workouts("count", Q3, "Strength Training"), workouts("count", Q2, "Strength Training")),
            both(workouts("minutes", Q3, "Strength Training"), workouts("minutes", Q2, "Strength Training")),
        ),
}  # fmt: skip

SPENDING: dict[str, Wanted] = {
    "What did I spend on groceries since January?": money("spending", THIS_YEAR, category="groceries"),
    "How much did I spend on groceries last month?": money("spending", LAST_MONTH, category="groceries"),
    "What did I spend in total in October?": money("spending", LAST_MONTH),
    "How much money have I spent this month?": money("spending", THIS_MONTH),
    "Groceries in August?": money("spending", month(8), category="groceries"),
    "How much did I pay at Fresh Market in September?": money("spending", month(9), payee="Fresh Market"),
    "How much rent have I paid this year?": money("spending", THIS_YEAR, category="rent"),
    "What did Bright Energy cost me in Q1?": money("spending", Q1, payee="Bright Energy"),
    "What did I spend on subscriptions in October?": money("spending", LAST_MONTH, category="subscriptions"),
    "How much did I spend on dining and on groceries in October?":
        either(
            both(money("spending", LAST_MONTH, category="dining"), money("spending", LAST_MONTH, category="groceries")),
            together(LAST_MONTH, "dining", "groceries"),
        ),
    "Did I spend more on transport in October than in September?":
        both(
            money("spending", LAST_MONTH, category="transport"), money("spending", month(9), category="transport")
        ),
    "What did I spend on shopping in January?": money("spending", month(1), category="shopping"),
    "How much did I spend at TechHub since April?": money("spending", days("2026-04-01"), payee="TechHub"),
    "How much have I donated this year?": money("spending", THIS_YEAR, category="donations"),
    "What did the dentist Lindner Dental cost in March?": money("spending", month(3), payee="Lindner Dental"),
    "spending on weekends in October": money("spending", LAST_MONTH.on(*WEEKEND)),
    "How much did I spend yesterday?": money("spending", YESTERDAY),
    "entertainment costs in the last 90 days": money("spending", last(90), category="entertainment"),
    "How much have I spent on travel in August?": money("spending", month(8), category="travel"),
    "What did I spend on utilities in the first quarter compared with the second quarter?":
        both(money("spending", Q1, category="utilities"), money("spending", Q2, category="utilities")),
    "insurance payments this year in total": money("spending", THIS_YEAR, category="insurance"),
    "What did I spend with my travel card in August?": money("spending", month(8), account="card"),
    "How much did I spend since my birthday on dining?": money("spending", BIRTHDAY, category="dining"),
    "How much did I spend on health in March?": money("spending", month(3), category="health"),
}  # fmt: skip

MORE_MONEY: dict[str, Wanted] = {
    "What did I earn in June?": money("income", month(6)),
    "What's my total income this year?": money("income", THIS_YEAR),
    "What was my income minus my spending in October?": net(LAST_MONTH),
    "Who are the top 5 payees I spent the most on this year?": money_by("payee", THIS_YEAR, limit=5),
    "What were my three biggest purchases in October?": largest(LAST_MONTH, 3),
    "Spending by category last month": money_by("category", LAST_MONTH),
    "Show my spending per month since June": money_by_month(days("2026-06-01")),
    "How often did I pay at Cafe Lumen in October?": money("spending", LAST_MONTH, how="count", payee="Cafe Lumen"),
    "How many purchases over 50 euros did I make in October?": money_over(50, LAST_MONTH),
    "What is the balance of my savings account?": balance("savings", "EUR"),
    "How much is in my checking account?": balance("checking", "EUR"),
    "What was the most expensive grocery purchase in the last 30 days?":
        either(
            money("spending", last(30), how="max", category="groceries"), largest(last(30), 1, category="groceries")
        ),
    "What do I spend on average per purchase at Sushi Nori this year?":
        money("spending", THIS_YEAR, how="mean", payee="Sushi Nori"),
    "How many times did I fill up at Roadside Fuel since July?":
        money("spending", days("2026-07-01"), how="count", payee="Roadside Fuel"),
    "grocery spending by month this year": money_by_month(THIS_YEAR, category="groceries"),
    "What did Demo Works pay me in the first half of the year?":
        money("income", days("2026-01-01", "2026-06-30"), payee="Demo Works GmbH"),
    "top 3 categories by spending in Q3": money_by("category", Q3, limit=3),
}  # fmt: skip

NOTES: dict[str, Wanted] = {
    "When is Noor's birthday?": Note("21 September"),
    "What is the frame number of my bike?": Note("WTU 201 7789"),
    "Who leads project Heron?": Note("Marta"),
    "At what temperature do I bake the bread?": Note("240 degrees"),
    "How many kilometres did the old pair of running shoes have?": Note("720 km"),
    "How long does the path over the ridge take?": Note("six hours"),
    "On which day of the month is the rent due?": Note("first of the month"),
    "What am I allergic to?": Note("penicillin"),
}

UNCLEAR: dict[str, Wanted] = {
    "How was my blood pressure last week?": AskBack(
        both(
            health("mean", "blood_pressure#systolic", LAST_WEEK), health("mean", "blood_pressure#diastolic", LAST_WEEK)
        )
    ),
    "How far did I go in October?": AskBack(health("sum", "walking_running_distance", LAST_MONTH)),
    "How much water did I drink yesterday?": Unknown(),
    "What did I spend on crypto in October?": Unknown(),
}

EVER, LAST_WINTER = days("2025-11-01"), days("2025-12-01", "2026-02-28")
SUMMER = days("2026-06-01", "2026-08-31")
FURTHER: dict[str, Wanted] = {
    "Do I spend more on weekends?": both(money_a_day(EVER.on(*WEEKEND)), money_a_day(EVER.on(*WEEKDAYS))),
    "Did I spend less on groceries on weekends than during the week in October?":
        both(
            money_a_day(LAST_MONTH.on(*WEEKEND), category="groceries"),
            money_a_day(LAST_MONTH.on(*WEEKDAYS), category="groceries"),
        ),
    "Do I sleep longer on weekends this year?":
        both(health("mean", "sleep", THIS_YEAR.on(*WEEKEND)), health("mean", "sleep", THIS_YEAR.on(*WEEKDAYS))),
    "Do I walk fewer steps on Sundays?":
        both(health("mean", "step_count", EVER.on(6)), health("mean", "step_count", EVER.on(0, 1, 2, 3, 4, 5))),
    "Average daily spending on weekends in October": money_a_day(LAST_MONTH.on(*WEEKEND)),
    "How many steps did I walk last winter?": health("sum", "step_count", LAST_WINTER),
    "How did I sleep this summer?": health("mean", "sleep", SUMMER),
    "What did I spend on dining over the summer?": money("spending", SUMMER, category="dining"),
    "What did I spend on Valentine's Day?": money("spending", days("2026-02-14", "2026-02-14")),
    "How many steps did I take on Easter Monday?":
        health("sum", "step_count", days("2026-04-06", "2026-04-06"), "sum", "mean"),
    "How much did I spend between Christmas and New Year?": money("spending", days("2025-12-25", "2026-01-01")),
    "How much did I spend in the 10 days before my birthday?": money("spending", days("2026-04-23", "2026-05-02")),
    "How many strength trainings did I do in October?": workouts("count", LAST_MONTH, "Strength Training"),
    "How many salaries did I get this year?": money("income", THIS_YEAR, how="count", category="salary"),
    "Did I spend more than I earned in March?": net(month(3)),
    "How much did I spend over Christmas?": AskBack(),
    "How fast did I run in October?": Unknown(),
}  # fmt: skip
"""Beside the 120: parts of the week by the day, seasons, feasts, and what was once read wrong."""

BANK: dict[str, Wanted] = {
    **STEPS, **SLEEP, **HEART_AND_BODY, **MOVING, **SPENDING, **MORE_MONEY, **NOTES, **UNCLEAR,
}  # fmt: skip
