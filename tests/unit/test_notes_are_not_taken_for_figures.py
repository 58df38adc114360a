"""What stands in notes is looked for there, also by a person who has figures of everything.

Each question here holds a word that figures know as well (a metric, a category, a payee, an amount or a date); none of
them may become a figure, nor a question back about figures.
"""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from assistant.figures.health.metrics import METRICS
from assistant.figures.language.words import understand
from assistant.figures.query import Subject, Vocabulary

NOW = dt.datetime(2026, 5, 7, 21, 40, tzinfo=ZoneInfo("Europe/Berlin"))
FIRST, TODAY = dt.date(2025, 3, 10), NOW.date()
MONEY = ("spending", "income", "net", "balance", "bills", "budgets", "savings")
EVERYTHING = Vocabulary(
    subjects={
        **{key: Subject(key, metric.title, metric.shown, FIRST, TODAY) for key, metric in METRICS.items()},
        **{
            key: Subject(key, key.replace("_", " "), "", FIRST, TODAY)
            for key in ("workouts", "workout_duration", "workout_distance", "workout_energy")
        },
        **{key: Subject(key, key, "EUR", FIRST, TODAY) for key in MONEY},
    },
    activities=("Running", "Cycling", "Pool Swim", "Climbing", "Yoga", "Functional Strength Training"),
    categories=(
        "Supermarket", "Groceries", "Bakery", "Restaurants", "Phone & internet", "Hobbies", "Transport", "Rent",
        "Drugstore", "Childcare", "Clothes", "Energy", "Salary", "Child benefit", "Insurance", "Holidays", "Bonus",
        "Health", "Garden", "Car", "Electricity",
    ),
    payees=(
        "Bäckerei Müller", "REWE Markt", "Edeka", "Lidl", "Amazon", "Boulderhalle Nord", "Kita Elbspatzen",
        "Nordlicht Software GmbH", "Deutsche Bahn", "Disney Plus", "Hausverwaltung Elbe", "Tobias Brandt", "Vodafone",
        "Stadtwerke Hamburg", "Hornbach", "ADAC", "IKEA", "Allianz", "Lufthansa", "MediaMarkt", "Premier Inn", "Tesco",
    ),
    accounts=("Alster Mastercard", "Gemeinschaftskonto", "Hanse Giro", "Tagesgeld", "Thames Current"),
    currencies=("EUR", "CHF", "GBP"),
)  # fmt: skip

OF_NOTES = """
how much did the plumber charge me
What did the plumber charge for the kitchen tap?
what did the plumber charge in March 2026
how much flour goes into the bread
How much flour goes into the weekend bread?
how much water does the dough take
How much water does the monstera get per week
How long must the dough rest?
How long should bread dough rest in the fridge?
what temperature does the sourdough bake at
maximum weight on the roof rack
What is the maximum weight the shelf can hold?
maximum load of the bike trailer in kg
how many steps does the router reset have
steps to reset the router
What are the steps to bleed the radiators?
the five steps of the onboarding
number of steps in the migration plan for 2026
how far is the hut from the car park
distance from the hotel to the venue
total distance of the Baltic coast trail
how long is the ferry crossing
How many calories are in a croissant
how many calories has the lentil soup per portion
energy class of the new dishwasher
energy certificate of the house 2024
heart surgeon of Opa
Which heart rate did the coach set for intervals?
pulse of a resting hummingbird on average
blood pressure of Grandpa in April
What did the cardiologist say about my blood pressure in March?
what was the vet's figure for Biscuit's weight in April 2026
Biscuit's weight in April 2026
average sleep of a newborn per day
how many hours of sleep did the course say are enough
sleep course, week 3: what was the exercise
average temperature in Lisbon in May
water temperature of the lake last August
temperature of the freezer in the cellar
the running shoes in size 44, how much did they cost in the shop in Berlin
which running shoes did Jonas recommend last year
When does the swimming course start in September 2026?
When do the swimming lessons start?
how many people were at the climbing party on 12 April
who climbed with us in March 2026
which yoga studio has the Friday class
price of the yoga retreat in October
rent increase letter of January 2026
What does the rent contract say about pets?
how much notice does the rent contract ask for
how much is the deposit for the flat
What was agreed about the rent for 2027?
Vodafone router password 2025
Vodafone contract number
When does the Vodafone contract end in 2026?
ADAC membership number
Which ADAC service point is open on Sundays
Lufthansa seat March 2026
Lufthansa booking code for 12 April 2026
Premier Inn room number in February
IKEA shelf measurements in cm
What colour was the IKEA shelf we looked at in January 2026?
opening hours of Edeka on Easter Monday
Hornbach: which screws for the fence
the Hornbach paint colour of 2025
Amazon return code March
What did Tobias Brandt write about the boiler in March 2026?
What did Tobias Brandt suggest for the balcony last month?
Kita Elbspatzen closing days 2026
when is the Kita Elbspatzen closed this summer
Who is the teacher at Kita Elbspatzen this year
Allianz policy number of the household insurance
insurance claim of March 2026, who was the clerk
Stadtwerke Hamburg meter number
electricity meter reading on 1 January 2026
car mileage at the inspection in March 2026
car tyre pressure in winter
how many kilometres did the car have at the inspection in 2025
phone number of the garage
garden plan for April 2026
How many tomato plants stand in the garden this year
how many seedlings went outside on 1 May
holidays of the school in summer 2026
which hotel was it on our holiday in 2025
salary negotiation of March 2026: what was offered
Nordlicht Software GmbH: who is in the team this year
What did the meeting of 14 March 2026 decide?
what happened on 12 April 2026
how much did the neighbours offer for the bike
How much does the yearly plan of Evernote cost?
how much does the allotment cost per year
what is the budget of the project for Q2
budget of the city for 2026
income tax number
average house price in Hamburg in 2026
number of visitors in Q1 at the exhibition
How many employees did the company have last year?
total votes in the election of 2025
Which medicine am I allergic to?
what is the wifi password
wifi password
what time does the pharmacy close on Sundays
When does my gym membership run out?
which cassette info did the bike mechanic give
When should the tomato seedlings go outside?
last conversation with Anna about the move
latest version of the backup script
longest river of Europe
the highest mountain that we saw in July 2025
What is the difference between the quick note window and the journal?
After how many letters is the guide line for long rows normally drawn?
How many options do I have for keeping my stuff in Google's cloud?
With the tiny sign-up credit from that pay-as-you-go web host, how many visits could I serve?
In the old car, what did I press to open the boot?
After a bad winter how many of the bees were left?
how long may the weekly report be
what is due on Friday at school
""".strip().splitlines()


@pytest.mark.parametrize("question", OF_NOTES)
def test_a_question_for_the_notes_is_not_taken_for_figures(question: str) -> None:
    assert understand(question, EVERYTHING, now=NOW) is None


def test_there_are_enough_of_them() -> None:
    assert len(set(OF_NOTES)) >= 100
