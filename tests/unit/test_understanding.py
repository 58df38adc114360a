"""Plain English becomes exactly one query, or is asked back, or is left to the notes; never another query."""

from __future__ import annotations

import datetime as dt
import itertools
import random
from dataclasses import replace

import pytest

from assistant.figures.health.metrics import METRICS
from assistant.figures.language.words import understand
from assistant.figures.query import (
    Group,
    Measure,
    Period,
    Query,
    Subject,
    Unclear,
    Understood,
    Vocabulary,
    Where,
)

NOW = dt.datetime(2026, 11, 22, 18, 0)  # a Sunday
FIRST, TODAY = dt.date(2025, 11, 23), dt.date(2026, 11, 22)
HEALTH = (
    "step_count heart_rate resting_heart_rate weight_body_mass active_energy walking_running_distance "
    "blood_pressure_systolic blood_pressure_diastolic heart_rate_variability sleep sleep_deep sleep_rem sleep_core "
    "sleep_awake sleep_in_bed bedtime wake_time workouts workout_duration workout_distance workout_energy"
).split()
MONEY = "spending income net balance bills budgets savings".split()
HAVE = Vocabulary(
    subjects={
        **{key: Subject(key, METRICS[key].title, METRICS[key].shown, FIRST, TODAY) for key in HEALTH},
        **{key: Subject(key, key, "EUR", FIRST, TODAY) for key in MONEY},
    },
    activities=("Running", "Cycling", "Pool Swim"),
    categories=("Groceries", "Rent", "Restaurants", "Transport", "Subscriptions", "Salary", "Utilities"),
    payees=("Aldi", "Netflix", "Shell", "Rewe Sued", "Rewe Nord", "Total", "City Landlord"),
    accounts=("Checking", "Savings account", "Visa"),
    currencies=("EUR",),
    dates={"birthday": (5, 3)},
)

UNDERSTOOD = """
spending on restaurants per week on average, March and April 2026 | spending mean 2026-03-01..2026-04-30 by week categories=Restaurants
weekly average weight for March and April 2026 | weight_body_mass mean 2026-03-01..2026-04-30 by week
average weight in March and April 2026 | weight_body_mass mean 2026-03-01..2026-03-31 & weight_body_mass mean 2026-04-01..2026-04-30
what share of my income went to rent in October | spending share 2026-10-01..2026-10-31 categories=Rent of (income sum 2026-10-01..2026-10-31)
how much of my spending in April was groceries, in percent? | spending share 2026-04-01..2026-04-30 categories=Groceries of (spending sum 2026-04-01..2026-04-30)
what percent of days did I reach 10,000 steps last month | step_count share 2026-10-01..2026-10-31 >=10000
What percentage of nights in March did I sleep less than 6 hours? | sleep share 2026-03-01..2026-03-31 <6h
share of deep sleep last week | sleep_deep share 2026-11-09..2026-11-15 of (sleep sum 2026-11-09..2026-11-15)
what share of my workouts this year were runs | workouts share 2026-01-01..2026-11-22 activities=Running of (workouts count 2026-01-01..2026-11-22)
what percent of my purchases in March were over 50 euros | spending share 2026-03-01..2026-03-31 >50EUR in=EUR of (spending count 2026-03-01..2026-03-31 in=EUR)
what share of my grocery spending in March was at Aldi | spending share 2026-03-01..2026-03-31 categories=Groceries payees=Aldi of (spending sum 2026-03-01..2026-03-31 categories=Groceries)
rent as a percentage of my income in March | spending share 2026-03-01..2026-03-31 categories=Rent of (income sum 2026-03-01..2026-03-31)
What was my savings rate in March? | net share 2026-03-01..2026-03-31 of (income sum 2026-03-01..2026-03-31)
what part of my income came from City Landlord in March | income share 2026-03-01..2026-03-31 payees=City Landlord of (income sum 2026-03-01..2026-03-31)
what share of my steps in March were on weekends | step_count share 2026-03-01..2026-03-31 weekdays=56 of (step_count sum 2026-03-01..2026-03-31)
what share of my time in bed was I asleep in March | sleep share 2026-03-01..2026-03-31 of (sleep_in_bed sum 2026-03-01..2026-03-31)
How did I sleep this week compared with last month? | sleep mean 2026-11-16..2026-11-22 vs 2026-10-01..2026-10-31
What did I spend on groceries since January, and is it more than last year? | spending sum 2026-01-01..2026-11-22 vs 2025-01-01..2025-11-22 categories=Groceries
How many steps did I walk yesterday? | step_count sum 2026-11-21
how many steps today | step_count sum 2026-11-22
What is my weight? | weight_body_mass latest 2025-11-23..2026-11-22
what was my average heart rate last week | heart_rate mean 2026-11-09..2026-11-15
What's my resting heart rate now? | resting_heart_rate latest 2025-11-23..2026-11-22
last blood pressure | blood_pressure_systolic latest 2025-11-23..2026-11-22 & blood_pressure_diastolic latest 2025-11-23..2026-11-22
What was my average blood pressure in March? | blood_pressure_systolic mean 2026-03-01..2026-03-31 & blood_pressure_diastolic mean 2026-03-01..2026-03-31
When do I usually go to bed? | bedtime mean 2025-11-23..2026-11-22
how late did I get up on weekends | wake_time mean 2025-11-23..2026-11-22 weekdays=56
How far did I run last month? | workout_distance sum 2026-10-01..2026-10-31 activities=Running
How many times did I go swimming this year? | workouts count 2026-01-01..2026-11-22 activities=Pool Swim
how long was my longest ride | workout_duration max 2025-11-23..2026-11-22 activities=Cycling & workout_distance max 2025-11-23..2026-11-22 activities=Cycling
How many days did I walk over 10k steps in March? | step_count count 2026-03-01..2026-03-31 >10000
How many nights did I sleep less than 6 hours in the last 30 days? | sleep count 2026-10-24..2026-11-22 <6h
how many nights under 7h30 this month | sleep count 2026-11-01..2026-11-22 <7.5h
longest streak of days with over 8000 steps | step_count streak 2025-11-23..2026-11-22 >8000
top 5 categories this year | spending top 2026-01-01..2026-11-22 by category limit=5
What were my biggest expenses last month? | spending top 2026-10-01..2026-10-31 limit=5
which month did I spend the most on restaurants | spending top 2025-11-23..2026-11-22 by month categories=Restaurants limit=1
show me my steps day by day last week | step_count sum 2026-11-09..2026-11-15 by day
sleep night by night last week | sleep mean 2026-11-09..2026-11-15 by day
steps by month this year | step_count sum 2026-01-01..2026-11-22 by month
spending per category last month | spending sum 2026-10-01..2026-10-31 by category
break down my spending last month | spending sum 2026-10-01..2026-10-31 by category
How has my weight changed since January? | weight_body_mass trend 2026-01-01..2026-11-22
distribution of my sleep in the last 90 days | sleep distribution 2026-08-25..2026-11-22
does my sleep relate to steps? | sleep correlation 2025-11-23..2026-11-22 against=step_count
is there a link between sleep and resting heart rate? | sleep correlation 2025-11-23..2026-11-22 against=resting_heart_rate
correlation of steps and sleep | step_count correlation 2025-11-23..2026-11-22 against=sleep
How much did I spend at Aldi in Q2? | spending sum 2026-04-01..2026-06-30 payees=Aldi
how much did I pay Netflix this year | spending sum 2026-01-01..2026-11-22 payees=Netflix
how much did I earn last month | income sum 2026-10-01..2026-10-31
How much did I save this year? | net sum 2026-01-01..2026-11-22
how much money do I have | balance latest 2026-11-22
what's in my savings account | balance latest 2026-11-22 accounts=Savings account
What is the balance of my checking account? | balance latest 2026-11-22 accounts=Checking
which bills are due next week | bills latest 2026-11-23..2026-11-29
how much is left of my groceries budget | budgets latest 2026-11-01..2026-11-22 categories=Groceries
How much did I spend in total last month, in euros? | spending sum 2026-10-01..2026-10-31
median sleep in October | sleep median 2026-10-01..2026-10-31
lowest heart rate last week | heart_rate min 2026-11-09..2026-11-15
how many steps per day did I take on average last month | step_count mean 2026-10-01..2026-10-31
what's my average sleep per night | sleep mean 2025-11-23..2026-11-22
how much did I sleep last night | sleep mean 2026-11-22
How many hours did I sleep last week? | sleep mean 2026-11-09..2026-11-15 & sleep sum 2026-11-09..2026-11-15
Am I sleeping more than last year? | sleep mean 2026-01-01..2026-11-22 vs 2025-01-01..2025-12-31
top 10 step days this year | step_count top 2026-01-01..2026-11-22 by day limit=10
my five best step days this year | step_count top 2026-01-01..2026-11-22 by day limit=5
What was my lowest step day in Q2? | step_count top 2026-04-01..2026-06-30 by day limit=1 smallest
Number of workouts by type this year | workouts count 2026-01-01..2026-11-22 by activity
spending by type last month | spending sum 2026-10-01..2026-10-31 by category
What was my income minus my spending in October? | net sum 2026-10-01..2026-10-31
did I spend more than I earned last month | net sum 2026-10-01..2026-10-31
Who are the top 5 payees I spent the most on this year? | spending top 2026-01-01..2026-11-22 by payee limit=5
who did I pay the most last month | spending top 2026-10-01..2026-10-31 by payee limit=1
longest run of days over 7000 steps this year | step_count streak 2026-01-01..2026-11-22 >7000
How many nights did I have under six hours in March? | sleep count 2026-03-01..2026-03-31 <6h
how many days over ten thousand steps in October | step_count count 2026-10-01..2026-10-31 >10000
On how many days did I top 12,000 steps in October? | step_count count 2026-10-01..2026-10-31 >12000
how many groceries did I buy in October | spending count 2026-10-01..2026-10-31 categories=Groceries
How many salaries did I get this year | income count 2026-01-01..2026-11-22 categories=Salary
average workouts per week in Q2 | workouts mean 2026-04-01..2026-06-30 by week
how much do I spend on a typical day this year | spending mean 2026-01-01..2026-11-22 by day
my steps yesterday n how long I slept | step_count sum 2026-11-21 & sleep mean 2026-11-21
What was my single largest expense in October | spending max 2026-10-01..2026-10-31
Aldi and Shell together in October | spending sum 2026-10-01..2026-10-31 payees=Aldi+Shell & spending sum 2026-10-01..2026-10-31 by payee payees=Aldi+Shell
How much do we spend per week on groceries on average? Let's say since April | spending mean 2026-04-01..2026-11-22 by week categories=Groceries
What's my balance across all accounts? | balance latest 2026-11-22
how much do I owe on the Visa | balance latest 2026-11-22 accounts=Visa
How many days did I walk between 5,000 and 8,000 steps in June? | step_count count 2026-06-01..2026-06-30 >=5000 <=8000
nights between 6 and 8 hours in October | sleep count 2026-10-01..2026-10-31 >=6h <=8h
how many nights of 6-8 hours in October | sleep count 2026-10-01..2026-10-31 >=6h <=8h
How many nights did I sleep more than 6 but less than 8 hours in October? | sleep count 2026-10-01..2026-10-31 >6h <8h
how many days with at least 5000 steps but fewer than 8000 in June | step_count count 2026-06-01..2026-06-30 >=5000 <8000
how many purchases between 20 and 50 euros in October | spending count 2026-10-01..2026-10-31 >=20EUR <=50EUR
how many purchases between €20 and €50 in October | spending count 2026-10-01..2026-10-31 >=20EUR <=50EUR
how many nights did I go to bed between 10 pm and 11 pm in October | bedtime count 2026-10-01..2026-10-31 >=-120 <=-60
how many workouts between 30 and 60 minutes this year | workout_duration count 2026-01-01..2026-11-22 >=30min <=60min
steps between 5 and 8 May | step_count sum 2026-05-05..2026-05-08
How many days did I walk no more than 4000 steps in June? | step_count count 2026-06-01..2026-06-30 <=4000
How many steps did I walk each day last week? | step_count sum 2026-11-09..2026-11-15 by day
how many steps do I walk each day | step_count mean 2025-11-23..2026-11-22
how many steps do I walk each day this year | step_count mean 2026-01-01..2026-11-22
how many steps did I average each day last week | step_count mean 2026-11-09..2026-11-15
can you list my daily steps last week | step_count sum 2026-11-09..2026-11-15 by day
How long did I sleep each night last week? | sleep mean 2026-11-09..2026-11-15 by day
What time did I go to bed every night last week? | bedtime mean 2026-11-09..2026-11-15 by day
give me a table of my steps per day last week | step_count sum 2026-11-09..2026-11-15 by day
what do I owe on my Visa | balance latest 2026-11-22 accounts=Visa
How much was left over at the end of June? | net sum 2026-06-01..2026-06-30
how much did I spend at Aldi in March, after refunds | spending sum 2026-03-01..2026-03-31 payees=Aldi
which payee got the most money from me in June | spending top 2026-06-01..2026-06-30 by payee limit=1
which supermarket gets most of our money this year | spending top 2026-01-01..2026-11-22 by payee categories=Groceries limit=1
how often did we eat at Aldi in 2026 | spending count 2026-01-01..2026-11-22 payees=Aldi
how many days in February did I get past 8000 steps | step_count count 2026-02-01..2026-02-28 >8000
sleep on the night the clocks went back, 25 October 2026 | sleep mean 2026-10-25
Daily steps for the last 7 days, day by day | step_count sum 2026-11-16..2026-11-22 by day
Is my resting heart rate trending down this year? | resting_heart_rate trend 2026-01-01..2026-11-22
what was the heaviest I have ever been | weight_body_mass max 2025-11-23..2026-11-22
on how many days in October did I spend nothing at all | spending count 2026-10-01..2026-10-31 <=0EUR of-days
how many no-spend days in October | spending count 2026-10-01..2026-10-31 <=0EUR of-days
how many days in October did I not buy anything at Aldi | spending count 2026-10-01..2026-10-31 <=0EUR payees=Aldi of-days
how many days without groceries in October | spending count 2026-10-01..2026-10-31 <=0EUR categories=Groceries of-days
days when I spent nothing last month | spending count 2026-10-01..2026-10-31 <=0EUR of-days
longest no-spend streak this year | spending streak 2026-01-01..2026-11-22 <=0EUR
on how many days did I spend over 150 euros in October | spending count 2026-10-01..2026-10-31 >150EUR of-days
how many days did I spend more than 50 euros last month | spending count 2026-10-01..2026-10-31 >50EUR of-days
how many days in October did I not work out | workouts count 2026-10-01..2026-10-31 <=0 of-days
how many days did I work out in October | workouts count 2026-10-01..2026-10-31 of-days
how many miles did I walk in March | walking_running_distance sum 2026-03-01..2026-03-31 unit=mi
average active calories in kJ per day in April | active_energy mean 2026-04-01..2026-04-30 unit=kJ
how many stone do I weigh | weight_body_mass latest 2025-11-23..2026-11-22 unit=st
how many minutes of deep sleep did I get last night | sleep_deep mean 2026-11-22 unit=min
how many pounds did I spend in June | spending sum 2026-06-01..2026-06-30 in=GBP
what is my balance in pounds | balance latest 2026-11-22 in=GBP
most expensive shop at Aldi this year | spending max 2026-01-01..2026-11-22 payees=Aldi
how much did Aldi pay me last month | income sum 2026-10-01..2026-10-31 payees=Aldi
what did Netflix pay in this year | income sum 2026-01-01..2026-11-22 payees=Netflix
my 3 most expensive months this year | spending top 2026-01-01..2026-11-22 by month limit=3
did my weight fall this year | weight_body_mass trend 2026-01-01..2026-11-22
when did I last go swimming | workout_duration latest 2025-11-23..2026-11-22 activities=Pool Swim
When was my last swimming lesson? | workout_duration latest 2025-11-23..2026-11-22 activities=Pool Swim
When did I last buy something at Aldi and for how much? | spending latest 2025-11-23..2026-11-22 payees=Aldi
what's my record for steps in one day, and when was it? | step_count max 2025-11-23..2026-11-22
when was my biggest purchase this year | spending max 2026-01-01..2026-11-22
highest heart rate in H1 and the date | heart_rate max 2026-01-01..2026-06-30
Latest blood pressure reading | blood_pressure_systolic latest 2025-11-23..2026-11-22 & blood_pressure_diastolic latest 2025-11-23..2026-11-22
What is my resting pulse like this month? | resting_heart_rate mean 2026-11-01..2026-11-22
how often did I weigh myself in July | weight_body_mass count 2026-07-01..2026-07-31
what time do I usually get to bed on weeknights | bedtime mean 2025-11-23..2026-11-22 weekdays=01234
how did I sleep on Monday night | sleep mean 2026-11-17
total spent on restaurants the month before last | spending sum 2026-09-01..2026-09-30 categories=Restaurants
did we spend more on groceries this July than last July? | spending sum 2026-07-01..2026-07-31 vs 2025-07-01..2025-07-31 categories=Groceries
How's my resting heart rate lately, say over the last 8 weeks? | resting_heart_rate mean 2026-09-28..2026-11-22
correlation of sleep with resting heart rate this year | sleep correlation 2026-01-01..2026-11-22 against=resting_heart_rate
Do I spend more when I sleep less? | spending correlation 2025-11-23..2026-11-22 against=sleep
average length of a ride this year in minutes | workout_duration mean 2026-01-01..2026-11-22 activities=Cycling
average grocery bill this year | spending mean 2026-01-01..2026-11-22 categories=Groceries
biggest salary this year | income max 2026-01-01..2026-11-22 categories=Salary
how much did i spnd on grocceries in may | spending sum 2026-05-01..2026-05-31 categories=Groceries
ok so like how many steps did i get on saturday | step_count sum 2026-11-21
step total for the week so far | step_count sum 2026-11-16..2026-11-22
Good morning! Could you tell me how many hours I slept on average in June, please? | sleep mean 2026-06-01..2026-06-30
What was my heart rate range last week? | heart_rate min 2026-11-09..2026-11-15 & heart_rate max 2026-11-09..2026-11-15
how many 10k step days in July? | step_count count 2026-07-01..2026-07-31 >=10000
What's our grocery spending for the year to date? | spending sum 2026-01-01..2026-11-22 categories=Groceries
how many trips to Aldi in 2026? | spending count 2026-01-01..2026-11-22 payees=Aldi
How many times did I fill up at Shell since July? | spending count 2026-07-01..2026-11-22 payees=Shell
What did the garage Shell cost in March? | spending sum 2026-03-01..2026-03-31 payees=Shell
How much cheaper was July than June for restaurants? | spending sum 2026-07-01..2026-07-31 vs 2026-06-01..2026-06-30 categories=Restaurants
How much did we spend in the Christmas week, 22 to 28 December 2025? | spending sum 2025-12-22..2025-12-28
do I sleep longer on weekends | sleep mean 2025-11-23..2026-11-22 weekdays=56 & sleep mean 2025-11-23..2026-11-22 weekdays=01234
do I spend more on weekends? | spending mean 2025-11-23..2026-11-22 by day weekdays=56 & spending mean 2025-11-23..2026-11-22 by day weekdays=01234
Do I spend more on weekends than on weekdays? | spending mean 2025-11-23..2026-11-22 by day weekdays=56 & spending mean 2025-11-23..2026-11-22 by day weekdays=01234
do we spend less on groceries at weekends this year | spending mean 2026-01-01..2026-11-22 by day weekdays=56 categories=Groceries & spending mean 2026-01-01..2026-11-22 by day weekdays=01234 categories=Groceries
do I walk more steps on weekends than during the week | step_count mean 2025-11-23..2026-11-22 weekdays=56 & step_count mean 2025-11-23..2026-11-22 weekdays=01234
do I go to bed later on weekends? | bedtime mean 2025-11-23..2026-11-22 weekdays=56 & bedtime mean 2025-11-23..2026-11-22 weekdays=01234
do I sleep less on Sundays this year | sleep mean 2026-01-01..2026-11-22 weekdays=6 & sleep mean 2026-01-01..2026-11-22 weekdays=012345
weekend vs weekday spending in October | spending mean 2026-10-01..2026-10-31 by day weekdays=56 & spending mean 2026-10-01..2026-10-31 by day weekdays=01234
how does my weekend sleep compare with weekdays | sleep mean 2025-11-23..2026-11-22 weekdays=56 & sleep mean 2025-11-23..2026-11-22 weekdays=01234
how many times do I work out on weekends compared with weekdays? | workouts mean 2025-11-23..2026-11-22 by day weekdays=56 & workouts mean 2025-11-23..2026-11-22 by day weekdays=01234
did I sleep more on weekends this month than last month | sleep mean 2026-11-01..2026-11-22 vs 2026-10-01..2026-10-31 weekdays=56
how many steps do I do on a Monday | step_count mean 2025-11-23..2026-11-22 weekdays=0
my weekend sleep in October | sleep mean 2026-10-01..2026-10-31 weekdays=56
do I sleep longer on weekends than on weekdays? | sleep mean 2025-11-23..2026-11-22 weekdays=56 & sleep mean 2025-11-23..2026-11-22 weekdays=01234
How much did I spend on grocries last month? | spending sum 2026-10-01..2026-10-31 categories=Groceries
how many stpes yesterday | step_count sum 2026-11-21
How much did I spend on groceries and restaurants in March? | spending sum 2026-03-01..2026-03-31 categories=Groceries+Restaurants & spending sum 2026-03-01..2026-03-31 by category categories=Groceries+Restaurants
Did I sleep more than 7 hours last night? | sleep mean 2026-11-22 & sleep count 2026-11-22 >7h
how many purchases did I make at Aldi last month | spending count 2026-10-01..2026-10-31 payees=Aldi
What was my biggest purchase in 2026? | spending max 2026-01-01..2026-11-22
How much do I spend on groceries per month on average? | spending mean 2025-11-23..2026-11-22 by month categories=Groceries
spending by month this year | spending sum 2026-01-01..2026-11-22 by month
How much did I spend on rent in September compared with the year before? | spending sum 2026-09-01..2026-09-30 vs 2025-09-01..2025-09-30 categories=Rent
how many calories did I burn yesterday | active_energy sum 2026-11-21
How many calories did I burn running in October? | workout_energy sum 2026-10-01..2026-10-31 activities=Running
How much deep sleep did I get last night? | sleep_deep mean 2026-11-22
how long was I awake at night last week | sleep_awake mean 2026-11-09..2026-11-15 & sleep_awake sum 2026-11-09..2026-11-15
what time did I go to bed yesterday | bedtime mean 2026-11-22
When did I wake up today? | wake_time mean 2026-11-22
how many nights did I go to bed after midnight last month | bedtime count 2026-10-01..2026-10-31 >0
How did I sleep? | sleep mean 2026-11-22
what was my lowest weight this year | weight_body_mass min 2026-01-01..2026-11-22
what's my highest heart rate ever | heart_rate max 2025-11-23..2026-11-22
how many workouts did I do last month | workouts count 2026-10-01..2026-10-31
Average steps in March vs April | step_count mean 2026-03-01..2026-03-31 vs 2026-04-01..2026-04-30
Compare my steps in March and April | step_count sum 2026-03-01..2026-03-31 vs 2026-04-01..2026-04-30
How did my spending this month compare with last month so far? | spending sum 2026-11-01..2026-11-22 vs 2026-10-01..2026-10-22
net this year | net sum 2026-01-01..2026-11-22
what is my average weight by month | weight_body_mass mean 2025-11-23..2026-11-22 by month
what is my longest streak of nights with at least 7 hours of sleep? | sleep streak 2025-11-23..2026-11-22 >=7h
How much did I spend at Total in May? | spending sum 2026-05-01..2026-05-31 payees=Total
how much did I make last month | income sum 2026-10-01..2026-10-31
how much did I make in 2026 | income sum 2026-01-01..2026-11-22
Which payee did I pay the most last year? | spending top 2025-01-01..2025-12-31 by payee limit=1
top 3 shops last month | spending top 2026-10-01..2026-10-31 by payee limit=3
three biggest expenses this year | spending top 2026-01-01..2026-11-22 limit=3
my 5 biggest purchases in 2026 | spending top 2026-01-01..2026-11-22 limit=5
how often did I go to Aldi in October? | spending count 2026-10-01..2026-10-31 payees=Aldi
How often did I eat out last month? | spending count 2026-10-01..2026-10-31 categories=Restaurants
how many times did I shop at Aldi this year | spending count 2026-01-01..2026-11-22 payees=Aldi
what's my sleep been like this week? | sleep mean 2026-11-16..2026-11-22
show me my steps for the last 7 days by day | step_count sum 2026-11-16..2026-11-22 by day
plot my weight since March | weight_body_mass mean 2026-03-01..2026-11-22
Show my weight over the last 6 months | weight_body_mass mean 2026-05-23..2026-11-22
how many hours of sleep did I get on average in the last 7 nights? | sleep mean 2026-11-16..2026-11-22
average time in bed in October | sleep_in_bed mean 2026-10-01..2026-10-31
what was the total distance I cycled in 2026 | workout_distance sum 2026-01-01..2026-11-22 activities=Cycling
how many km did I cycle in September | workout_distance sum 2026-09-01..2026-09-30 activities=Cycling
how many minutes did I swim last month | workout_duration sum 2026-10-01..2026-10-31 activities=Pool Swim
how many workouts did I do per month this year | workouts count 2026-01-01..2026-11-22 by month
what was my longest run this year? | workout_duration max 2026-01-01..2026-11-22 activities=Running & workout_distance max 2026-01-01..2026-11-22 activities=Running
how far was my longest run | workout_distance max 2025-11-23..2026-11-22 activities=Running
did I earn more this year than last year? | income sum 2026-01-01..2026-11-22 vs 2025-01-01..2025-12-31
net in Q1 vs Q2 | net sum 2026-01-01..2026-03-31 vs 2026-04-01..2026-06-30
What was my income in October versus September? | income sum 2026-10-01..2026-10-31 vs 2026-09-01..2026-09-30
how much have I spent so far this month | spending sum 2026-11-01..2026-11-22
spending last month | spending sum 2026-10-01..2026-10-31
groceries last month | spending sum 2026-10-01..2026-10-31 categories=Groceries
how much on groceries last month | spending sum 2026-10-01..2026-10-31 categories=Groceries
what do I weigh? | weight_body_mass latest 2025-11-23..2026-11-22
how much do I weigh | weight_body_mass latest 2025-11-23..2026-11-22
what is my average daily step count this year | step_count mean 2026-01-01..2026-11-22
average steps per day in March | step_count mean 2026-03-01..2026-03-31
steps per week this year | step_count sum 2026-01-01..2026-11-22 by week
On average, how long do I sleep? | sleep mean 2025-11-23..2026-11-22
how long do I sleep on Sundays? | sleep mean 2025-11-23..2026-11-22 weekdays=6
what's my typical bedtime on weekdays | bedtime mean 2025-11-23..2026-11-22 weekdays=01234
what is the latest I went to bed this month | bedtime max 2026-11-01..2026-11-22
earliest wake up time in October | wake_time min 2026-10-01..2026-10-31
when did I go to bed last night | bedtime mean 2026-11-22
what time do I usually wake up | wake_time mean 2025-11-23..2026-11-22
Is my resting heart rate improving since June? | resting_heart_rate trend 2026-06-01..2026-11-22
what is the trend of my weight this year | weight_body_mass trend 2026-01-01..2026-11-22
how does my sleep vary over the last 90 days | sleep distribution 2026-08-25..2026-11-22
histogram of steps this year | step_count distribution 2026-01-01..2026-11-22
did my spending go up compared with last month | spending sum 2026-11-01..2026-11-22 vs 2026-10-01..2026-10-31
how much more did I spend in October than in September | spending sum 2026-10-01..2026-10-31 vs 2026-09-01..2026-09-30
difference between my spending in September and October | spending sum 2026-09-01..2026-09-30 vs 2026-10-01..2026-10-31
What was my highest heart rate yesterday | heart_rate max 2026-11-21
min and max heart rate last week | heart_rate min 2026-11-09..2026-11-15 & heart_rate max 2026-11-09..2026-11-15
my minimum and maximum weight in 2026 | weight_body_mass min 2026-01-01..2026-11-22 & weight_body_mass max 2026-01-01..2026-11-22
how many days did I have an average heart rate over 120 last month | heart_rate count 2026-10-01..2026-10-31 >120
how many purchases over 100 euros did I make this year | spending count 2026-01-01..2026-11-22 >100EUR
how much did I pay in rent this year | spending sum 2026-01-01..2026-11-22 categories=Rent
how much did rent cost me in 2026 | spending sum 2026-01-01..2026-11-22 categories=Rent
how much did I spend with my Visa in October | spending sum 2026-10-01..2026-10-31 accounts=Visa
how much did I spend from my checking account last month | spending sum 2026-10-01..2026-10-31 accounts=Checking
how much salary did I get in March | income sum 2026-03-01..2026-03-31 categories=Salary
How much salary did I receive this year | income sum 2026-01-01..2026-11-22 categories=Salary
total spending at Aldi since my birthday | spending sum 2026-05-03..2026-11-22 payees=Aldi
average purchase at Aldi this year | spending mean 2026-01-01..2026-11-22 payees=Aldi
median purchase at Aldi in 2026 | spending median 2026-01-01..2026-11-22 payees=Aldi
how much does an average visit to Aldi cost me | spending mean 2025-11-23..2026-11-22 payees=Aldi
which month was the most expensive this year? | spending top 2026-01-01..2026-11-22 by month limit=1
in which month did I sleep the longest | sleep top 2025-11-23..2026-11-22 by month limit=1
which day did I walk the most steps in March | step_count top 2026-03-01..2026-03-31 by day limit=1
my best day for steps this year | step_count top 2026-01-01..2026-11-22 by day limit=1
what's the most steps I've walked in a day | step_count max 2025-11-23..2026-11-22
what's the most steps I walked in a week this year | step_count top 2026-01-01..2026-11-22 by week limit=1
What was my worst night of sleep this month | sleep top 2026-11-01..2026-11-22 by day limit=1 smallest
How was my sleep last week | sleep mean 2026-11-09..2026-11-15
How well did I sleep last night | sleep mean 2026-11-22
steps yesterday? | step_count sum 2026-11-21
sleep last night | sleep mean 2026-11-22
blood pressure yesterday | blood_pressure_systolic mean 2026-11-21 & blood_pressure_diastolic mean 2026-11-21
HRV trend last 3 months | heart_rate_variability trend 2026-08-23..2026-11-22
how many steps in Decmber | step_count sum 2025-12-01..2025-12-31
Are my steps and my sleep correlated this year? | step_count correlation 2026-01-01..2026-11-22 against=sleep
how much did we spend on groceries last month | spending sum 2026-10-01..2026-10-31 categories=Groceries
When is my next bill due? | bills latest 2026-11-22..2026-12-22
What bills are coming up? | bills latest 2026-11-22..2026-12-22
how much are my bills this month | bills sum 2026-11-01..2026-11-30
piggy banks | savings latest 2026-11-22
how much is in my piggy bank | savings latest 2026-11-22
what is the balance of my Visa | balance latest 2026-11-22 accounts=Visa
total balance | balance latest 2026-11-22
how many steps did I walk and how long did I sleep yesterday | step_count sum 2026-11-21 & sleep mean 2026-11-21
steps and sleep last week | step_count sum 2026-11-09..2026-11-15 & sleep mean 2026-11-09..2026-11-15
compare my sleep this month with last month | sleep mean 2026-11-01..2026-11-22 vs 2026-10-01..2026-10-31
steps this week vs last week | step_count sum 2026-11-16..2026-11-22 vs 2026-11-09..2026-11-15
was my heart rate higher last week than the week before | heart_rate mean 2026-11-09..2026-11-15 vs 2026-11-02..2026-11-08
how did I sleep last week compared to the week before | sleep mean 2026-11-09..2026-11-15 vs 2026-11-02..2026-11-08
how did I sleep on 3 March 2026 | sleep mean 2026-03-03
how many steps between 3 and 17 May | step_count sum 2026-05-03..2026-05-17
how many steps did I walk and how long did I sleep last week | step_count sum 2026-11-09..2026-11-15 & sleep mean 2026-11-09..2026-11-15 & sleep sum 2026-11-09..2026-11-15
did I pay the rent in March? | spending sum 2026-03-01..2026-03-31 categories=Rent
have I paid the rent this month | spending sum 2026-11-01..2026-11-22 categories=Rent
what are my savings goals | savings latest 2026-11-22
how has my rent changed this year | spending trend 2026-01-01..2026-11-22 categories=Rent
how many nights did I sleep last month | sleep count 2026-10-01..2026-10-31
how is the budget going | budgets latest 2026-11-01..2026-11-22
most recent purchase | spending latest 2025-11-23..2026-11-22
what was my last purchase | spending latest 2025-11-23..2026-11-22
what did I last buy at Aldi | spending latest 2025-11-23..2026-11-22 payees=Aldi
how much was my last purchase at Aldi | spending latest 2025-11-23..2026-11-22 payees=Aldi
how many days in a row did I walk over 8000 steps this year | step_count streak 2026-01-01..2026-11-22 >8000
compare steps in March with April | step_count sum 2026-03-01..2026-03-31 vs 2026-04-01..2026-04-30
did I sleep more this week or last week? | sleep mean 2026-11-16..2026-11-22 vs 2026-11-09..2026-11-15
my average sleep on weekends vs weekdays in October | sleep mean 2026-10-01..2026-10-31 weekdays=56 & sleep mean 2026-10-01..2026-10-31 weekdays=01234
What did I spend on transport this month compared with the same period last month? | spending sum 2026-11-01..2026-11-22 vs 2026-10-01..2026-10-22 categories=Transport
spending this month vs the same time last year | spending sum 2026-11-01..2026-11-22 vs 2025-11-01..2025-11-22
is my spending on groceries higher than last month | spending sum 2026-11-01..2026-11-22 vs 2026-10-01..2026-10-31 categories=Groceries
Was March more expensive than April? | spending sum 2026-03-01..2026-03-31 vs 2026-04-01..2026-04-30
how did my sleep in March compare to the same month last year | sleep mean 2026-03-01..2026-03-31 vs 2025-03-01..2025-03-31
which 3 categories did I spend the most on in 2026 | spending top 2026-01-01..2026-11-22 by category limit=3
What were my top three payees in Q3 2026? | spending top 2026-07-01..2026-09-30 by payee limit=3
what was my average bedtime on Fridays in October | bedtime mean 2026-10-01..2026-10-31 weekdays=5
how late do I usually go to bed | bedtime mean 2025-11-23..2026-11-22
When did I go to sleep on 3 November? | bedtime mean 2026-11-04
how many nights did I get at least 8 hours of sleep in October | sleep count 2026-10-01..2026-10-31 >=8h
how many times did I sleep less than 6h this year | sleep count 2026-01-01..2026-11-22 <6h
how many days above 10,000 steps this month | step_count count 2026-11-01..2026-11-22 >10000
days over 10k steps in October | step_count count 2026-10-01..2026-10-31 >10000
number of nights under 7 hours last month | sleep count 2026-10-01..2026-10-31 <7h
how many days did I burn more than 500 kcal last month | active_energy count 2026-10-01..2026-10-31 >500kcal
How often did I go for a run in the last 30 days? | workouts count 2026-10-24..2026-11-22 activities=Running
how many kilometres did I run in March vs April | workout_distance sum 2026-03-01..2026-03-31 vs 2026-04-01..2026-04-30 activities=Running
how long did I work out last week | workout_duration sum 2026-11-09..2026-11-15
how many hours did I train this month | workout_duration sum 2026-11-01..2026-11-22 unit=h
average heart rate this week by day | heart_rate mean 2026-11-16..2026-11-22 by day
heart rate by weekday | heart_rate mean 2025-11-23..2026-11-22 by weekday
steps by weekday in 2026 | step_count mean 2026-01-01..2026-11-22 by weekday
average steps by weekday this year | step_count mean 2026-01-01..2026-11-22 by weekday
average steps on weekends in October | step_count mean 2026-10-01..2026-10-31 weekdays=56
sleep per month this year | sleep mean 2026-01-01..2026-11-22 by month
what was my HRV last week | heart_rate_variability mean 2026-11-09..2026-11-15
what is my HRV | heart_rate_variability latest 2025-11-23..2026-11-22
is there a correlation between my bedtime and my deep sleep? | bedtime correlation 2025-11-23..2026-11-22 against=sleep_deep
does my spending correlate with my steps | spending correlation 2025-11-23..2026-11-22 against=step_count
how is my deep sleep related to my resting heart rate in 2026 | sleep_deep correlation 2026-01-01..2026-11-22 against=resting_heart_rate
how did my resting heart rate develop this year | resting_heart_rate trend 2026-01-01..2026-11-22
has my resting heart rate gone down since March? | resting_heart_rate trend 2026-03-01..2026-11-22
Did my weight change last month? | weight_body_mass trend 2026-10-01..2026-10-31
how heavy was I in March | weight_body_mass mean 2026-03-01..2026-03-31
weight on 1 March | weight_body_mass mean 2026-03-01
What was the lowest my weight has been this year? | weight_body_mass min 2026-01-01..2026-11-22
what is the highest my heart rate got yesterday | heart_rate max 2026-11-21
the fewest steps I took on a day this year | step_count min 2026-01-01..2026-11-22
shortest night this year | sleep top 2026-01-01..2026-11-22 by day limit=1 smallest
longest sleep ever | sleep max 2025-11-23..2026-11-22
what was my longest night in October | sleep top 2026-10-01..2026-10-31 by day limit=1
minimum sleep in October | sleep min 2026-10-01..2026-10-31
how much have I earned since my birthday | income sum 2026-05-03..2026-11-22
income by month in 2026 | income sum 2026-01-01..2026-11-22 by month
How much did I earn per month this year? | income sum 2026-01-01..2026-11-22 by month
how much money came in last month | income sum 2026-10-01..2026-10-31
total income 2026 | income sum 2026-01-01..2026-11-22
net savings last year | net sum 2025-01-01..2025-12-31
did I save money last month | net sum 2026-10-01..2026-10-31
what's left over this month | net sum 2026-11-01..2026-11-22
how much money is left in my checking account | balance latest 2026-11-22 accounts=Checking
balance of checking on 1 March | balance latest 2026-03-01 accounts=Checking
how much is in checking | balance latest 2026-11-22 accounts=Checking
What are my budgets | budgets latest 2026-11-01..2026-11-22
how much of my groceries budget is left this month | budgets latest 2026-11-01..2026-11-22 categories=Groceries
biggest purchase at Aldi ever | spending max 2025-11-23..2026-11-22 payees=Aldi
smallest expense last month | spending min 2026-10-01..2026-10-31
what was the most expensive thing I bought last month | spending max 2026-10-01..2026-10-31
How many payments did I make to Netflix this year | spending count 2026-01-01..2026-11-22 payees=Netflix
show my spending by payee this year | spending sum 2026-01-01..2026-11-22 by payee
spending by account in October | spending sum 2026-10-01..2026-10-31 by account
spending breakdown by category for October | spending sum 2026-10-01..2026-10-31 by category
break down October's spending by category | spending sum 2026-10-01..2026-10-31 by category
monthly spending in 2026 | spending sum 2026-01-01..2026-11-22 by month
weekly spending on groceries since September | spending sum 2026-09-01..2026-11-22 by week categories=Groceries
quarterly income in 2026 | income sum 2026-01-01..2026-11-22 by quarter
nights under 6 hours this year | sleep count 2026-01-01..2026-11-22 <6h
longest night this year | sleep top 2026-01-01..2026-11-22 by day limit=1
current streak of days over 5000 steps | step_count streak 2025-11-23..2026-11-22 >5000
longest streak of nights over 7h | sleep streak 2025-11-23..2026-11-22 >7h
how many nights over 7 hours in October | sleep count 2026-10-01..2026-10-31 >7h
how many days was my average heart rate above 100 last week | heart_rate count 2026-11-09..2026-11-15 >100
how many km did I walk yesterday | walking_running_distance sum 2026-11-21
how far did I walk yesterday | walking_running_distance sum 2026-11-21
when did I wake up this morning | wake_time mean 2026-11-22
how did I sleep this morning | sleep mean 2026-11-22
what time did I go to bed last night | bedtime mean 2026-11-22
weigh-ins in October: how many? | weight_body_mass count 2026-10-01..2026-10-31
how much did I weigh in pounds last week | weight_body_mass mean 2026-11-09..2026-11-15 unit=lb
how many days did I weigh more than 80 kilos this year | weight_body_mass count 2026-01-01..2026-11-22 >80kg
how many days did I weigh over 180 pounds this year | weight_body_mass count 2026-01-01..2026-11-22 >180lb
how many purchases over 50 pounds in March | spending count 2026-03-01..2026-03-31 >50GBP
can you tell me how many steps I took yesterday, please? | step_count sum 2026-11-21
I'd like to know how much I spent on groceries last month | spending sum 2026-10-01..2026-10-31 categories=Groceries
Twinning, show me my spending by category for October | spending sum 2026-10-01..2026-10-31 by category
do you know how I slept last night? | sleep mean 2026-11-22
tell me my average heart rate for the past week | heart_rate mean 2026-11-16..2026-11-22
how much did I spend at the landlord in March | spending sum 2026-03-01..2026-03-31 payees=City Landlord
how much did I spend at City in March | spending sum 2026-03-01..2026-03-31 payees=City Landlord
what did I spend most on in October | spending top 2026-10-01..2026-10-31 by category limit=1
on which categories did I spend the most money last month | spending top 2026-10-01..2026-10-31 by category limit=5
What is the maximum heart rate I had in October? | heart_rate max 2026-10-01..2026-10-31
what was my highest weight in the last year | weight_body_mass max 2025-11-23..2026-11-22
How much did I spend in the last month? | spending sum 2026-10-23..2026-11-22
how much did I spend in the past month | spending sum 2026-10-23..2026-11-22
how much did I spend over the past 3 months | spending sum 2026-08-23..2026-11-22
how much did I spend last 3 months | spending sum 2026-08-23..2026-11-22
average sleep on weekdays since September | sleep mean 2026-09-01..2026-11-22 weekdays=01234
how many steps did I take on Mondays in October | step_count sum 2026-10-01..2026-10-31 weekdays=0
how did I sleep on weekends in the last 3 months | sleep mean 2026-08-23..2026-11-22 weekdays=56
what's my sleep on Sundays usually | sleep mean 2025-11-23..2026-11-22 weekdays=6
What was my mean bedtime in Q3 | bedtime mean 2026-07-01..2026-09-30
Average wake-up time on weekends this year | wake_time mean 2026-01-01..2026-11-22 weekdays=56
When was my earliest bedtime this year? | bedtime min 2026-01-01..2026-11-22
what's the latest I woke up in 2026 | wake_time max 2026-01-01..2026-11-22
how much REM sleep did I get on average this month | sleep_rem mean 2026-11-01..2026-11-22
how much core sleep per night in October | sleep_core mean 2026-10-01..2026-10-31
How has my spending on restaurants developed this year? | spending trend 2026-01-01..2026-11-22 categories=Restaurants
Compare spending in Q1 and Q2 | spending sum 2026-01-01..2026-03-31 vs 2026-04-01..2026-06-30
compare groceries this month and last month | spending sum 2026-11-01..2026-11-22 vs 2026-10-01..2026-10-31 categories=Groceries
compare groceries this year with last year | spending sum 2026-01-01..2026-11-22 vs 2025-01-01..2025-12-31 categories=Groceries
How did Q3 compare with Q2 for income? | income sum 2026-07-01..2026-09-30 vs 2026-04-01..2026-06-30
Which weekday do I spend the most? | spending top 2025-11-23..2026-11-22 by weekday limit=1
which week did I run the most kilometres | workout_distance top 2025-11-23..2026-11-22 by week activities=Running limit=1
on which day did I burn the most calories this month | active_energy top 2026-11-01..2026-11-22 by day limit=1
top 10 days by steps | step_count top 2025-11-23..2026-11-22 by day limit=10
10 best nights of sleep this year | sleep top 2026-01-01..2026-11-22 by day limit=10
lowest resting heart rate on record | resting_heart_rate min 2025-11-23..2026-11-22
all time highest step count | step_count max 2025-11-23..2026-11-22
my step record | step_count max 2025-11-23..2026-11-22
how many steps have I done in total | step_count sum 2025-11-23..2026-11-22
how many steps have I done in total this year | step_count sum 2026-01-01..2026-11-22
How many steps did I walk between 1 October 2026 and 15 October 2026? | step_count sum 2026-10-01..2026-10-15
how many steps from 1 to 15 October | step_count sum 2026-10-01..2026-10-15
how many steps from October 1st to October 15th | step_count sum 2026-10-01..2026-10-15
how many steps on October 3rd | step_count sum 2026-10-03
how many steps on 2026-10-03 | step_count sum 2026-10-03
how many steps on 03.10.2026 | step_count sum 2026-10-03
how many steps on Saturday 3 October | step_count sum 2026-10-03
How many steps in week 40 | step_count sum 2026-09-28..2026-10-04
steps in the week of 5 October | step_count sum 2026-10-05..2026-10-11
steps in the first half of October | step_count sum 2026-10-01..2026-10-15
spending in H1 | spending sum 2026-01-01..2026-06-30
steps during the first quarter | step_count sum 2026-01-01..2026-03-31
sleep in Sept | sleep mean 2026-09-01..2026-09-30
what is my average monthly spending this year | spending mean 2026-01-01..2026-11-22 by month
how much do I usually spend per week at Aldi | spending mean 2025-11-23..2026-11-22 by week payees=Aldi
average daily spending in October | spending mean 2026-10-01..2026-10-31 by day
what's the most I spent in a month this year | spending max 2026-01-01..2026-11-22 by month
how many workouts do I do per week on average | workouts mean 2025-11-23..2026-11-22 by week
how many times do I go running per month on average | workouts mean 2025-11-23..2026-11-22 by month activities=Running
what was my balance on 1 March | balance latest 2026-03-01
how did my balance change this year | balance trend 2026-01-01..2026-11-22
balance by account | balance latest 2026-11-22 by account
balance of my checking account by month this year | balance latest 2026-01-01..2026-11-22 by month accounts=Checking
what was the lowest balance of my checking account this year | balance min 2026-01-01..2026-11-22 accounts=Checking
median weekly spending this year | spending median 2026-01-01..2026-11-22 by week
which month did I spend the least this year | spending top 2026-01-01..2026-11-22 by month limit=1 smallest
how much do I earn per month on average | income mean 2025-11-23..2026-11-22 by month
how many minutes did I run in October | workout_duration sum 2026-10-01..2026-10-31 activities=Running
how many hours of training last week | workout_duration sum 2026-11-09..2026-11-15 unit=h
"""  # noqa: E501
"""Question | query, with "&" between several: subject, measure, days, "vs" days, "by" group, bound, conditions."""

UNCLEAR = """
weight this morning | 1
what percentage of my spending is groceries | 3
what share of my income goes to rent | 3
what share of my income was Netflix in March | 2
what share of my grocery spending in March was rent | 0
what share of my spending in March was spending | 0
what share of my spending in March compared with April was rent | 0
what share of my sleep in March was steps | 0
what percentage of nights in March did I sleep | 0
How many runs did I do and how far in March? | 0
On which weekday do I walk the most? | 2
is my weight going up? | 3
how much did I spend at Rewe last month | 3
did I walk more this week than last week | 2
how much did I spend on food last month | 2
what do I spend the most on? | 3
how many steps did I take with Anna yesterday | 1
How much did I spend at night last month | 0
how much did I spend on the boiler repair | 0
How much protein did I eat yesterday? | 0
How much did I earn from Acme | 0
how much weight did I lose since January | 1
average steps per month | 2
is my sleep getting worse? | 3
steps on 3/4 | 2
how many steps last march | 2
spending from March | 2
how much did I spend on amazon last month | 1
how much money did I spend on Amazon and groceries last month | 0
what did I spend | 3
spending on transport in spring | 2
spending over Christmas | 3
what's my average heart rate above 100 | 0
compare my steps with my sleep last week | 0
how much did I weigh when I was born | 0
did I pay the electricity bill last month? | 0
did I sleep at Anna's last week | 1
how much did I save for the trip | 0
how much did I spend on business last month | 1
how much cash did I spend last month | 1
how much did I spend online this month | 1
how much did I spend excluding rent last month | 0
how much did I spend without rent last month | 0
how much did I spend on everything except rent in March | 0
how many steps did I take not counting weekends in March | 0
how much did I sleep in Berlin last month | 1
how much did I spend on groceries for the party last month | 1
how much did I spend on groceries with Anna | 0
how much did I spend on groceries at Tesco last month | 1
how much water did I drink yesterday | 0
how much did I pay in taxes last year | 1
how many times did I wake up last night | 0
how many times did I get up last night | 0
how much did I spend on groceries, not restaurants, in March | 0
did my rent increase | 3
what was my heart rate when I was running yesterday | 0
how long did I sleep when I was in Rome | 1
how much did I spend yesterday evening | 0
how much did I spend last night | 1
how much did I spend the night before last | 1
how many steps did I walk last night | 1
How does my spending this month compare with last year | 2
where did I spend the most money last month | 2
how much of my income did I spend last month | 0
how many nights was I asleep before 23:00 in October | 0
how many rides did I do in summer | 2
did I run more in March or April? | 3
how much did I exercise last week | 3
what was my weight a year ago | 2
how much did I receive from City Landlord | 3
how much rent do I pay | 3
how much do I pay for Netflix per month | 3
how many transactions were there in October | 1
How much did I spend on that last month? | 0
How did I sleep when I walked last week | 0
how many steps per hour did I take yesterday | 0
how many hours was my heart rate above 100 yesterday | 0
how many times was my heart rate above 100 last week | 2
groceries vs restaurants last month | 1
did I spend more on groceries than on restaurants last month | 0
how much more did I spend this month | 1
how many hours did I walk last week | 0
how much did I save by March | 0
how much did I get back from Aldi in March | 0
how much did I spend per hour last month | 0
is my bedtime getting later? | 3
do I work out more on weekends? | 1
what is the average of my three longest nights this year | 0
How fast did I run on average this year? | 0
How much sugar did I eat in July? | 0
How far did I go in October? | 2
spending over Christmas compared with last month | 3
how did I sleep lately compared with last year | 3
do I sleep better when I walk more | 2
how much did I spend on weeknights last month | 1
how many groceries did I pay for in October | 2
how many steps did I walk during the week | 1
what are my 3 longest runs this year | 0
how many steps on Friday 3 October | 0
how many steps on 31 September | 0
average spending on groceries this year | 2
total steps between 5000 and 8000 | 0
how many days over 8000 and under 5000 steps in June | 0
how many purchases over 100 and over 50 euros in October | 0
weight now vs a year ago | 0
how many days in October did I not spend more than 50 euros | 0
how many days did I spend nothing on groceries but something on rent in October | 0
how many days in October did I spend nothing except rent | 0
how many days did I not sleep in October | 0
how many litres of steps did I walk last week | 0
was my heart rate ever above 140 this year | 2
how many days did my heart rate get over 130 in April | 2
what did groceries and Aldi cost me in April | 0
"""
"""Question | how many choices there are."""

NOT_FIGURES = """
heart rate during sleep last week
How is my sleep hygiene note structured?
what did the doctor say about my heart rate
what is a good resting heart rate?
how much did the boiler repair cost
when is the rent due according to my notes
my steps
I slept badly last night
weight
groceries
how many steps tomorrow
how much did Anna spend on groceries last month
how much does a Netflix subscription cost
how much is the rent?
my weight is 80 kg
what was the weather yesterday
how many steps are in the recipe?
What are the steps to renew my passport?
how much sleep do I need
how many steps should I walk per day
what is a normal resting heart rate for my age
How many steps does my morning routine have
Which month is my birthday
how many days until Christmas
what day is it today
how much is a ticket to Berlin
what did I do last week
what did I eat yesterday
when did I last see the dentist
who did I meet last month
what's the balance of power in Europe
How long is the flight to Rome
How far is Berlin from Hamburg
what was the total of my tax return
what's the average temperature in March
how much did the plumber charge me in March
How many people did I invite
what is the sum of 3 and 4
what is the record for the marathon
how much did the trip to Rome cost
how often should I water the plants
what is the budget for the kitchen renovation
what did we pay for the kitchen
what time is my appointment tomorrow
where did I go running last week
why is my heart rate high
how do I sleep better
how can I improve my sleep?
how can I save money?
is 60 bpm a good heart rate
what does HRV mean
what does my note about sleep say
how was my trip last week
how many steps before noon yesterday
steps after 10 pm yesterday
average heart rate at night last week
average heart rate on Mondays in the morning
what's the highest mountain I climbed
show my bank details
how many books did I read this year
how much did I drink last week
how many cigarettes did I smoke
how much did I owe Anna in March
income tax in 2025
what did I earn my degree in
rent
What did the Netflix note say
was it Monday when I slept 9 hours
what happened in March
minutes of the meeting last week
highest paid payee
how much did I eat yesterday
Where does my money go?
how much is 20% of my rent
hrv
what was my weight at the start of the year
how much did I get from Acme in March
how much can I spend this month
how much do I want to spend this month
how many nights over 7 km
5 worst nights this month
how much money did I have at the end of March
"""

OTHER = Vocabulary(
    subjects={
        **HAVE.subjects,
        **{
            key: Subject(key, METRICS[key].title, METRICS[key].shown, FIRST, TODAY)
            for key in ("apple_exercise_time", "blood_oxygen_saturation", "respiratory_rate")
        },
    },
    activities=("Outdoor Run", "Strength Training", "Outdoor Cycle", "Yoga"),
    categories=(
        *("rent", "groceries", "dining", "utilities", "insurance", "sports", "subscriptions", "transport"),
        *("shopping", "health", "entertainment", "donations", "travel", "salary"),
    ),
    payees=(
        *("Hillside Homes", "Fresh Market", "Green Basket", "Corner Grocer", "Cafe Lumen", "Pasta Palace"),
        *("Bright Energy", "Pulse Gym", "StreamBox", "RailGo", "Old Town Pharmacy", "Demo Works"),
    ),
    accounts=("demo checking", "demo savings", "demo travel card"),
    currencies=("EUR", "GBP"),
    dates={"birthday": (5, 3)},
)
OF_ANOTHER_PERSON = """
How much did I spend at the gym last month? | spending sum 2026-10-01..2026-10-31 payees=Pulse Gym
how much did I spend at Green Basket in October | spending sum 2026-10-01..2026-10-31 payees=Green Basket
how much did I spend at the pharmacy this year | spending sum 2026-01-01..2026-11-22 payees=Old Town Pharmacy
what's in my savings account? | balance latest 2026-11-22 accounts=demo savings
what's the balance on my checking account | balance latest 2026-11-22 accounts=demo checking
how much did I spend with my travel card in May | spending sum 2026-05-01..2026-05-31 accounts=demo travel card
how much did I spend on travel in 2026 | spending sum 2026-01-01..2026-11-22 categories=travel
how much did I spend on eating out last month | spending sum 2026-10-01..2026-10-31 categories=dining
What did I spend on dining and entertainment in September? | spending sum 2026-09-01..2026-09-30 categories=dining+entertainment & spending sum 2026-09-01..2026-09-30 by category categories=dining+entertainment
how often did I go to Pasta Palace this year | spending count 2026-01-01..2026-11-22 payees=Pasta Palace
how much did my StreamBox subscription cost this year | spending sum 2026-01-01..2026-11-22 categories=subscriptions payees=StreamBox
How much did I pay in rent in the last 6 months? | spending sum 2026-05-23..2026-11-22 categories=rent
What was my salary in October? | income sum 2026-10-01..2026-10-31 categories=salary
how much did I get paid last month | income sum 2026-10-01..2026-10-31
what was my biggest expense in the last 30 days | spending max 2026-10-24..2026-11-22
what are my five biggest categories this year | spending top 2026-01-01..2026-11-22 by category limit=5
How much money did I spend in pounds in May? | spending sum 2026-05-01..2026-05-31 in=GBP
how far did I run in October? | workout_distance sum 2026-10-01..2026-10-31 activities=Outdoor Run
how many runs did I do last month | workouts count 2026-10-01..2026-10-31 activities=Outdoor Run
how many times did I do yoga this month | workouts count 2026-11-01..2026-11-22 activities=Yoga
how long did I do strength training last week | workout_duration sum 2026-11-09..2026-11-15 activities=Strength Training
how many strength trainings in October | workouts count 2026-10-01..2026-10-31 activities=Strength Training
how many trainings in October | workouts count 2026-10-01..2026-10-31
how much did I exercise last week | apple_exercise_time sum 2026-11-09..2026-11-15
how many exercise minutes did I get yesterday | apple_exercise_time sum 2026-11-21
average exercise minutes per day last month | apple_exercise_time mean 2026-10-01..2026-10-31
how many kilometres did I cycle this year | workout_distance sum 2026-01-01..2026-11-22 activities=Outdoor Cycle
what was my longest bike ride | workout_duration max 2025-11-23..2026-11-22 activities=Outdoor Cycle & workout_distance max 2025-11-23..2026-11-22 activities=Outdoor Cycle
what was my average resting heart rate in Q1 compared with Q2 | resting_heart_rate mean 2026-01-01..2026-03-31 vs 2026-04-01..2026-06-30
what was my blood oxygen last week | blood_oxygen_saturation mean 2026-11-09..2026-11-15
what was my breathing rate on average in July | respiratory_rate mean 2026-07-01..2026-07-31
HRV average last month vs the month before | heart_rate_variability mean 2026-10-01..2026-10-31 vs 2026-09-01..2026-09-30
What's my average bedtime? | bedtime mean 2025-11-23..2026-11-22
what time do I wake up on weekdays on average? | wake_time mean 2025-11-23..2026-11-22 weekdays=01234
how did I sleep last Friday | sleep mean 2026-11-20
how much sleep did I get this week compared to last week | sleep mean 2026-11-16..2026-11-22 vs 2026-11-09..2026-11-15
Did I sleep better in October than in September? | sleep mean 2026-10-01..2026-10-31 vs 2026-09-01..2026-09-30
how many nights in October did I sleep less than 7 hours? | sleep count 2026-10-01..2026-10-31 <7h
how many days did I hit 10,000 steps in the last month? | step_count count 2026-10-23..2026-11-22 >=10000
how many days did I reach 10k steps this year | step_count count 2026-01-01..2026-11-22 >=10000
what was my weight on January 1st? | weight_body_mass mean 2026-01-01
what is my weight trend over the last 90 days | weight_body_mass trend 2026-08-25..2026-11-22
am I spending more than last year? | spending sum 2026-01-01..2026-11-22 vs 2025-01-01..2025-12-31
are my steps going up this year? | step_count trend 2026-01-01..2026-11-22
On which day did I spend the most in October? | spending top 2026-10-01..2026-10-31 by day limit=1
which month had the highest spending | spending top 2025-11-23..2026-11-22 by month limit=1
which category did I spend most on last month | spending top 2026-10-01..2026-10-31 by category limit=1
list my spending by category for the last 3 months | spending sum 2026-08-23..2026-11-22 by category
show monthly spending for 2026 | spending sum 2026-01-01..2026-11-22 by month
what did I spend on average per month on groceries in 2026 | spending mean 2026-01-01..2026-11-22 by month categories=groceries
what's my average grocery spend per week? | spending mean 2025-11-23..2026-11-22 by week categories=groceries
what is my median step count this year | step_count median 2026-01-01..2026-11-22
total active energy burned in October | active_energy sum 2026-10-01..2026-10-31
how many calories did I burn on average per day last week | active_energy mean 2026-11-09..2026-11-15
calories burned last week | active_energy sum 2026-11-09..2026-11-15
how far did I walk last week | walking_running_distance sum 2026-11-09..2026-11-15
walking distance yesterday | walking_running_distance sum 2026-11-21
how many steps did I do on my birthday | step_count sum 2026-05-03
what was my blood pressure on average in March | blood_pressure_systolic mean 2026-03-01..2026-03-31 & blood_pressure_diastolic mean 2026-03-01..2026-03-31
highest systolic blood pressure this year | blood_pressure_systolic max 2026-01-01..2026-11-22
net income last month | net sum 2026-10-01..2026-10-31
how much did I save on average per month this year | net mean 2026-01-01..2026-11-22 by month
cash flow in October | net sum 2026-10-01..2026-10-31
how much did I spend on insurance, utilities and rent this year | spending sum 2026-01-01..2026-11-22 categories=insurance+utilities+rent & spending sum 2026-01-01..2026-11-22 by category categories=insurance+utilities+rent
Is there a relationship between my steps and my sleep? | step_count correlation 2025-11-23..2026-11-22 against=sleep
how many workouts this week | workouts count 2026-11-16..2026-11-22
what did I do for exercise last week | apple_exercise_time sum 2026-11-09..2026-11-15
show me my transactions at RailGo last month | spending sum 2026-10-01..2026-10-31 payees=RailGo
How's my heart rate been this week? | heart_rate mean 2026-11-16..2026-11-22
heart rate right now | heart_rate latest 2025-11-23..2026-11-22
spending yesterday? | spending sum 2026-11-21
What did I spend today? | spending sum 2026-11-22
Spend this week | spending sum 2026-11-16..2026-11-22
sum of expenses in August | spending sum 2026-08-01..2026-08-31
give me total costs for transport in Q3 | spending sum 2026-07-01..2026-09-30 categories=transport
costs for utilities in Q3 | spending sum 2026-07-01..2026-09-30 categories=utilities
what did utilities cost me in Q3 | spending sum 2026-07-01..2026-09-30 categories=utilities
how expensive was September | spending sum 2026-09-01..2026-09-30
how many steps did I average per day in the first quarter | step_count mean 2026-01-01..2026-03-31
In October, how many steps did I take per day on average? | step_count mean 2026-10-01..2026-10-31
Since my birthday, how much have I spent on dining? | spending sum 2026-05-03..2026-11-22 categories=dining
Last 7 nights: average sleep? | sleep mean 2026-11-16..2026-11-22
average sleep, last 7 nights | sleep mean 2026-11-16..2026-11-22
sleep average over the past two weeks | sleep mean 2026-11-09..2026-11-22
how long have I slept on average since September? | sleep mean 2026-09-01..2026-11-22
what were my total steps for the week of 5 October? | step_count sum 2026-10-05..2026-10-11
how much did Demo Works pay me in October | income sum 2026-10-01..2026-10-31 payees=Demo Works
how much was I paid in 2026 | income sum 2026-01-01..2026-11-22
how many pounds did I spend in May | spending sum 2026-05-01..2026-05-31 in=GBP
how much did I weigh in pounds last week | weight_body_mass mean 2026-11-09..2026-11-15 unit=lb
how many pounds did I weigh last week | weight_body_mass mean 2026-11-09..2026-11-15 unit=lb
how much was paid for rent in March | spending sum 2026-03-01..2026-03-31 categories=rent
has the rent been paid this month | spending sum 2026-11-01..2026-11-22 categories=rent
my bank balance | balance latest 2026-11-22
what is the net for Q3 | net sum 2026-07-01..2026-09-30
"""  # noqa: E501


def lines(table: str) -> list[str]:
    return [line for line in table.strip().splitlines() if line.strip()]


def told(query: Query) -> str:
    """A query in one line."""

    def days(period: Period) -> str:
        return f"{period.start}" if period.days == 1 else f"{period.start}..{period.end}"

    said = f"{query.subject} {query.measure} {days(query.period)}"
    said += f" vs {days(query.compare)}" if query.compare else ""
    said += f" by {query.group}" if query.group else ""
    for each in query.bound.ends if query.bound else ():
        said += f" {each.than}{each.value:g}{each.unit}"
    if query.where.weekdays:
        said += " weekdays=" + "".join(map(str, sorted(query.where.weekdays)))
    for name in ("categories", "payees", "accounts", "activities"):
        if names := getattr(query.where, name):
            said += f" {name}=" + "+".join(names)
    said += f" against={query.against}" if query.against else ""
    said += f" in={query.currency}" if query.currency else ""
    said += f" unit={query.unit}" if query.unit else ""
    said += " of-days" if query.of_days else ""
    said += f" of ({told(query.whole)})" if query.whole else ""
    if query.measure is Measure.TOP:
        said += f" limit={query.limit}" + (" smallest" if query.smallest else "")
    return said


def read(question: str, have: Vocabulary = HAVE) -> Understood | Unclear | None:
    return understand(question, have, now=NOW)


@pytest.mark.parametrize("line", lines(UNDERSTOOD))
def test_a_clear_question_becomes_its_query(line: str) -> None:
    question, _, expected = line.partition(" | ")
    found = read(question)
    assert isinstance(found, Understood), found
    assert " & ".join(map(told, found.queries)) == expected


@pytest.mark.parametrize("line", lines(OF_ANOTHER_PERSON))
def test_a_question_is_read_by_what_this_person_has(line: str) -> None:
    question, _, expected = line.partition(" | ")
    found = read(question, OTHER)
    assert isinstance(found, Understood), found
    assert " & ".join(map(told, found.queries)) == expected


@pytest.mark.parametrize("line", lines(UNCLEAR))
def test_a_doubtful_question_is_asked_back_with_choices_that_are_clear(line: str) -> None:
    question, _, number = line.partition(" | ")
    found = read(question)
    assert isinstance(found, Unclear), found
    assert found.question[-1] in "?."
    assert len(found.choices) == int(number) <= 4
    for choice in found.choices:
        assert isinstance(read(choice.question), Understood), choice


@pytest.mark.parametrize("question", lines(NOT_FIGURES))
def test_what_is_not_about_own_figures_is_left_to_the_notes(question: str) -> None:
    assert read(question) is None


def test_the_tables_are_large_enough_and_say_nothing_twice() -> None:
    sizes = [len(lines(table)) for table in (UNDERSTOOD, UNCLEAR, NOT_FIGURES)]
    assert sizes[0] >= 300
    assert sizes[1] >= 40
    assert sizes[2] >= 80
    every = [line for table in (UNDERSTOOD, UNCLEAR, NOT_FIGURES) for line in lines(table)]
    questions = [line.partition(" | ")[0].lower() for line in every]
    assert len(questions) == len(set(questions))


def test_a_word_of_a_name_is_never_said_in_other_words() -> None:
    have = replace(HAVE, payees=("The Range", "Disney Plus", "Pick n Pay", "Quid & Bucks"))
    for payee in have.payees:
        found = read(f"how much did I spend at {payee} in March", have)
        assert isinstance(found, Understood), found
        assert found.queries[0].where.payees == (payee,)
    assert isinstance(read("what was my heart rate range in March", HAVE), Understood)
    assert not isinstance(read("what was my heart rate range in March", have), Understood)


NARROWING = (
    *("with Anna", "at night", "after 10 pm", "on business"),
    *("for the party", "except Tuesdays", "abroad", "blorf"),
)


@pytest.mark.parametrize("more", NARROWING)
def test_a_word_without_a_meaning_is_never_passed_over(more: str) -> None:
    for line in lines(UNDERSTOOD)[NARROWING.index(more) % 4 :: 4]:  # each line meets two of them
        question = f"{line.partition(' | ')[0].rstrip('?')} {more}?"
        found = read(question)
        if more in ("after 10 pm",) and isinstance(found, Understood):  # a bedtime has such a condition
            assert any(query.bound for query in found.queries), question
            continue
        assert not isinstance(found, Understood), question


def test_an_unknown_word_in_the_middle_is_never_passed_over() -> None:
    chance = random.Random(4)
    for line in lines(UNDERSTOOD):
        words = line.partition(" | ")[0].split()
        words.insert(chance.randrange(1, len(words) + 1), "glorpish")
        assert not isinstance(read(" ".join(words)), Understood), words


PERIODS = {
    "yesterday": (dt.date(2026, 11, 21), dt.date(2026, 11, 21)),
    "last week": (dt.date(2026, 11, 9), dt.date(2026, 11, 15)),
    "last month": (dt.date(2026, 10, 1), dt.date(2026, 10, 31)),
    "this year": (dt.date(2026, 1, 1), TODAY),
    "in the last 30 days": (dt.date(2026, 10, 24), TODAY),
    "since 3 May": (dt.date(2026, 5, 3), TODAY),
    "since my birthday": (dt.date(2026, 5, 3), TODAY),
    "in Q2": (dt.date(2026, 4, 1), dt.date(2026, 6, 30)),
    "in March": (dt.date(2026, 3, 1), dt.date(2026, 3, 31)),
    "between 3 and 17 May": (dt.date(2026, 5, 3), dt.date(2026, 5, 17)),
    "from March to May 2026": (dt.date(2026, 3, 1), dt.date(2026, 5, 31)),
    "in the first half of the year": (dt.date(2026, 1, 1), dt.date(2026, 6, 30)),
    "on 2026-05-03": (dt.date(2026, 5, 3), dt.date(2026, 5, 3)),
}
ALL = Where()
SUBJECTS = {
    "steps": ("step_count", "total", ALL),
    "active energy": ("active_energy", "total", ALL),
    "heart rate": ("heart_rate", "level", ALL),
    "resting heart rate": ("resting_heart_rate", "level", ALL),
    "weight": ("weight_body_mass", "level", ALL),
    "HRV": ("heart_rate_variability", "level", ALL),
    "sleep": ("sleep", "night", ALL),
    "deep sleep": ("sleep_deep", "night", ALL),
    "time in bed": ("sleep_in_bed", "night", ALL),
    "spending": ("spending", "flow", ALL),
    "spending on groceries": ("spending", "flow", Where(categories=("Groceries",))),
    "spending at Aldi": ("spending", "flow", Where(payees=("Aldi",))),
    "spending on groceries at Aldi": ("spending", "flow", Where(categories=("Groceries",), payees=("Aldi",))),
    "spending from my checking account": ("spending", "flow", Where(accounts=("Checking",))),
    "income": ("income", "flow", ALL),
}
MEASURES = {
    "what was my average {s} {p}": (Measure.MEAN, None, "total level night"),
    "average {s} {p}?": (Measure.MEAN, None, "total level night"),
    "{p} what was the mean {s}": (Measure.MEAN, None, "total level night"),
    "median {s} {p}": (Measure.MEDIAN, None, "total level night"),
    "what's my total {s} {p}?": (Measure.SUM, None, "total night flow"),
    "what was my {s} in total {p}": (Measure.SUM, None, "total night flow"),
    "lowest {s} {p}": (Measure.MIN, None, "total level night"),
    "what was my highest {s} {p}?": (Measure.MAX, None, "total level night"),
    "maximum {s} {p} please": (Measure.MAX, None, "total level night"),
    "how has my {s} changed {p}": (Measure.TREND, None, "total level night flow"),
    "show me the trend of my {s} {p}": (Measure.TREND, None, "total level night flow"),
    "distribution of my {s} {p}": (Measure.DISTRIBUTION, None, "total level night flow"),
    "{s} by month {p}": (None, Group.MONTH, "total level night flow"),
    "show my {s} {p} by week": (None, Group.WEEK, "total level night flow"),
    "average {s} by month {p}": (Measure.MEAN, Group.MONTH, "total level night"),
    "average {s} per month {p}": (Measure.MEAN, Group.MONTH, "flow"),
    "what is my monthly {s} {p}": (None, Group.MONTH, "total level flow"),
    "{s} by category {p}": (Measure.SUM, Group.CATEGORY, "flow"),
    "{s} per payee {p}": (Measure.SUM, Group.PAYEE, "flow"),
    "{s} {p}": (None, None, "total level night flow"),
    "what was my {s} {p}?": (None, None, "total level night flow"),
}
NATURAL = {"total": Measure.SUM, "level": Measure.MEAN, "night": Measure.MEAN, "flow": Measure.SUM}


def templates() -> list[tuple[str, Query]]:
    """Every shape with every subject and with every period, and every subject with every period: a third of all."""
    made = []
    for (a, (shape, (measure, group, kinds))), (b, (subject, (key, kind, where))), (
        c,
        (when, (start, end)),
    ) in itertools.product(enumerate(MEASURES.items()), enumerate(SUBJECTS.items()), enumerate(PERIODS.items())):
        if kind in kinds.split() and (a + b + c) % 3 == 0:
            query = Query(key, measure or NATURAL[kind], Period(start, end), group=group, where=where)
            made.append((shape.format(s=subject, p=when), query))
    return made


def test_every_phrasing_gives_the_query_it_was_made_from_or_is_asked_back() -> None:
    answered = 0
    made = templates()
    for question, query in made:
        found = read(question)
        assert found is not None, question
        if isinstance(found, Understood):
            assert [told(each) for each in found.queries] == [told(query)], question
            answered += 1
    assert len(made) > 800
    assert answered / len(made) > 0.95


def test_a_comparison_keeps_both_sides_in_their_places() -> None:
    wholes = {name: days for name, days in PERIODS.items() if name in ("last week", "last month", "in Q2", "in March")}
    for (one, mine), (two, theirs) in itertools.permutations(wholes.items(), 2):
        for shape in (
            "average {s} {a} compared with {b}", "was my average {s} higher {a} than {b}", "average {s} {a} vs {b}",
            "compare my average {s} {a} with {b}",
        ):  # fmt: skip
            for subject, (key, kind, _) in SUBJECTS.items():
                if kind == "flow":
                    continue
                found = read(shape.format(s=subject, a=one, b=two.removeprefix("in ")))
                assert isinstance(found, Understood), (shape, subject, one, two)
                expected = Query(key, Measure.MEAN, Period(*mine), Period(*theirs))
                assert [told(each) for each in found.queries] == [told(expected)]


def test_a_word_for_a_kind_of_exercise_is_of_all_that_is_stored_of_it() -> None:
    have = replace(HAVE, activities=("Swimming", "Pool Swim", "Open Water Swim", "Yoga"))
    for question in ("how many times did I go swimming in 2026", "how often did I swim in 2026"):
        found = read(question, have)
        assert isinstance(found, Understood), found
        assert found.queries[0].where.activities == ("Swimming", "Pool Swim", "Open Water Swim")
    one = read("how many pool swims in 2026", have)
    assert isinstance(one, Understood)
    assert one.queries[0].where.activities == ("Pool Swim",)


DEVICES = replace(
    HAVE,
    sources=(
        "Apple Watch",
        "Ana's iPhone",
        "iPhone von Ben",
        "iPhone|Apple Watch",
        "Sleep Cycle",
        "Monitoring",
        "Oura",
    ),
)


@pytest.mark.parametrize(
    ("question", "source"),
    [
        ("steps from Ana's iPhone last week", "Ana's iPhone"),
        ("how many steps did my watch count yesterday", "Apple Watch"),
        ("what did my watch count on 10 August in steps", "Apple Watch"),
        ("average heart rate according to my Apple Watch in March", "Apple Watch"),
        ("sleep by Oura last week", "Oura"),
        ("my Oura's sleep last week", "Oura"),
    ],
)
def test_a_device_that_is_named_counts_alone(question: str, source: str) -> None:
    found = read(question, DEVICES)
    assert isinstance(found, Understood), found
    assert {each.where for each in found.queries} == {Where(sources=(source,))}


@pytest.mark.parametrize("question", ["steps from my iPhone last week", "how many steps did my phone count yesterday"])
def test_one_of_several_devices_is_asked_for(question: str) -> None:
    found = read(question, DEVICES)
    assert isinstance(found, Unclear), found
    assert [each.label for each in found.choices] == ["Ana's iPhone", "iPhone von Ben"]
    chosen = [read(each.question, DEVICES) for each in found.choices]
    assert [each.queries[0].where.sources for each in chosen if isinstance(each, Understood)] == [
        ("Ana's iPhone",), ("iPhone von Ben",),
    ]  # fmt: skip


def test_a_device_narrows_nothing_that_it_was_not_said_of() -> None:
    for question in ("my sleep last week", "how did I sleep last week", "steps on weekends in March"):
        found = read(question, DEVICES)
        assert isinstance(found, Understood), question
        assert found.queries[0].where.sources == ()
    for question in ("sleep by my ring last week", "steps from my Garmin last week", "spending from my watch in March"):
        assert not isinstance(read(question, DEVICES), Understood), question
    asked = read("what did my watch count on 10 August", DEVICES)
    assert isinstance(asked, Unclear)
    assert [each.label for each in asked.choices] == ["steps"]


def test_a_name_is_written_as_it_is_stored() -> None:
    have = replace(HAVE, payees=("Bäckerei Müller",))
    asked = read("how much did Bäckerei Müller get in March", have)
    assert isinstance(asked, Unclear)
    assert "(Bäckerei Müller)" in asked.question


def test_a_name_without_a_verb_may_be_of_what_came_in() -> None:
    found = read("Salary from Aldi in October")
    assert isinstance(found, Understood)
    assert found.otherwise == ()
    bare = read("Aldi in October")
    assert isinstance(bare, Understood)
    assert [each.subject for each in (*bare.queries, *bare.otherwise)] == ["spending", "income"]
    spent = read("how much did I spend at Aldi in October")
    assert isinstance(spent, Understood)
    assert spent.otherwise == ()


def test_letters_in_the_wrong_place_do_not_hide_a_known_word() -> None:
    for slip in ("setps did I walk yesterday", "steps did I walk yestreday", "stpes yesterday"):
        found = read(f"how many {slip}")
        assert isinstance(found, Understood)
        assert told(found.queries[0]) == "step_count sum 2026-11-21"


@pytest.mark.parametrize(
    "question", ["how many sheep did I count yesterday", "how much did I spend on rant last month"]
)
def test_another_real_word_is_no_slip_of_the_pen(question: str) -> None:
    assert not isinstance(read(question), Understood)


def test_nothing_recorded_leaves_every_question_to_the_notes() -> None:
    assert read("how many steps did I walk yesterday", Vocabulary()) is None


def test_what_this_person_has_nothing_of_is_said() -> None:
    only_money = Vocabulary(subjects={"spending": HAVE.subjects["spending"]}, categories=("Groceries",))
    found = read("how many steps did I walk yesterday", only_money)
    assert isinstance(found, Unclear)
    assert not found.choices
    assert found.question == "Nothing of steps is recorded. There is: spending."


def test_an_unknown_metric_is_found_by_its_own_name() -> None:
    odd = Subject("grip_strength", "grip strength", "kg", FIRST, TODAY)
    have = Vocabulary(subjects={"grip_strength": odd})
    found = read("what was my average grip strength last month", have)
    assert isinstance(found, Understood)
    assert told(found.queries[0]) == "grip_strength mean 2026-10-01..2026-10-31"


def test_a_name_that_is_category_and_payee_is_asked_back() -> None:
    have = Vocabulary(subjects=HAVE.subjects, categories=("Coffee",), payees=("Coffee",))
    found = read("how much coffee did I pay last month", have)
    assert isinstance(found, Unclear)
    assert [choice.label for choice in found.choices] == ["Coffee (category)", "Coffee (payee)"]
    chosen = [read(choice.question, have) for choice in found.choices]
    wheres = [each.queries[0].where for each in chosen if isinstance(each, Understood)]
    assert wheres == [Where(categories=("Coffee",)), Where(payees=("Coffee",))]


def test_the_word_before_a_name_says_of_which_kind_it_is() -> None:
    have = Vocabulary(subjects=HAVE.subjects, categories=("Coffee",), payees=("Coffee",))
    on, at = (read(f"how much did I spend {word} Coffee last month", have) for word in ("on", "at"))
    assert isinstance(on, Understood)
    assert on.queries[0].where == Where(categories=("Coffee",))
    assert isinstance(at, Understood)
    assert at.queries[0].where == Where(payees=("Coffee",))


def test_a_payee_called_like_a_metric_does_not_take_its_place() -> None:
    have = Vocabulary(subjects=HAVE.subjects, payees=("Steps",))
    walked, paid = read("how many steps yesterday", have), read("how much did I pay at Steps yesterday", have)
    assert isinstance(walked, Understood)
    assert told(walked.queries[0]) == "step_count sum 2026-11-21"
    assert isinstance(paid, Understood)
    assert told(paid.queries[0]) == "spending sum 2026-11-21 payees=Steps"


def test_another_currency_than_the_only_one_is_asked_of_the_query() -> None:
    found = read("how much did I spend last month in dollars")
    assert isinstance(found, Understood)
    assert found.queries[0].currency == "USD"
    several = Vocabulary(subjects=HAVE.subjects, currencies=("EUR", "USD"))
    found = read("how much did I spend last month in euros", several)
    assert isinstance(found, Understood)
    assert found.queries[0].currency == "EUR"


def test_calories_that_could_be_two_things_are_asked_back() -> None:
    subjects = {**HAVE.subjects, "dietary_energy": Subject("dietary_energy", "calories eaten", "kcal", FIRST, TODAY)}
    found = read("how many calories yesterday", Vocabulary(subjects=subjects))
    assert isinstance(found, Unclear)
    assert [choice.label for choice in found.choices] == ["active energy", "calories eaten"]


def test_the_week_begins_when_the_person_says() -> None:
    found = understand("steps last week", HAVE, now=NOW, week_start=6)
    assert isinstance(found, Understood)
    period = found.queries[0].period
    assert (period.start, period.end) == (dt.date(2026, 11, 15), dt.date(2026, 11, 21))


def test_any_text_at_all_is_survived() -> None:
    chance = random.Random(7)
    words = " ".join(line.partition(" | ")[0] for line in lines(UNDERSTOOD)).split()
    for text in ("", " ", "?", "🙂", "a" * 5000, "٣ خطوات", "-", "3/4/5/6", "over over over", "by by"):
        assert not isinstance(read(text), Understood)
    for _ in range(1500):
        mixed = " ".join(chance.choices(words, k=chance.randrange(1, 12)))
        found = read(mixed)
        if isinstance(found, Unclear):
            assert found.question
            assert len(found.choices) <= 4
