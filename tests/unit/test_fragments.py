"""Questions in the fewest words are said in full, and a word that is none of theirs keeps its meaning."""

from __future__ import annotations

import pytest

from assistant.figures.language.fragments import in_full, signs_said
from assistant.figures.query import Vocabulary

HAVE = Vocabulary(
    payees=("Geldautomat Haspa", "Amazon", "Amazon Prime", "Tesco"), accounts=("Alster Mastercard", "Hanse Giro")
)
SAID = """
weigh ins in april | how many times did i weigh myself in april
average weigh in in april | average weigh in in april
steps tue | steps tuesday
i sat on a chair | i sat on a chair
steps tue this week | steps this tuesday
steps from monday to tuesday this week | steps from monday to tuesday this week
exercise minutes weekends only in april | exercise minutes on weekends in april
only two weekends | only two weekends
sleep in the night to 4 may 2026 | sleep on 4 may 2026
bedtime in the night to 4 may 2026 | bedtime in the night to 4 may 2026
bedtime on saturday nights since march | bedtime on saturdays since march
sleep on saturday nights since march | sleep on saturday nights since march
blood pressure highest top number this year | highest systolic blood pressure this year
energy burned while running in april | energy burned running in april
heart rate while running in april | heart rate while running in april
days in march with under 1 litre of water | how many days in march under 1 litre of water
longest run of nights over 7 hours | longest streak of nights over 7 hours
longest run this year | longest run this year
amazon orders in april | amazon purchases in april
orders of the court in april | orders of the court in april
average cash withdrawal at geldautomat haspa | average purchases at geldautomat haspa
geldautomat withdrawals in april | geldautomat purchases in april
card spending by month in 2026 | spending from account alster mastercard by month in 2026
birthday card for anna | birthday card for anna
hanse giro total out since january | hanse giro total spending since january
what went out to anna | what went out to anna
top 10 payees this year by amount | top 10 payees this year
pound balance | balance in pounds
transport including refunds in december | transport in december
transport incl db refund in december | transport incl db refund in december
hiya how many steps today | how many steps today
would you mind telling me how many steps today | how many steps today
steps yday | steps yesterday
cycling km since i got the bike serviced 21 september 2025 | cycling km since 21 september 2025
cycling km since i got the bike serviced in september | cycling km since i got the bike serviced in september
on labour day 1 may how many steps | on 1 may how many steps
on monday 4 may how many steps | on monday 4 may how many steps
what did i spend the weekend of 18/19 april | what did i spend 18 to 19 april
what did i spend 10/4 april | what did i spend 10/4 april
energy bill 2025 average month | energy bill average per month 2025
days in april with 10000 steps or more | how many days in april 10000 steps or more
""".strip().splitlines()


@pytest.mark.parametrize("line", SAID)
def test_a_fragment_is_said_in_full(line: str) -> None:
    said, _, full = line.partition(" | ")
    assert in_full(said, HAVE) == full


def test_a_plus_says_at_least() -> None:
    assert signs_said("nights with 7+ hours, 10k+ steps") == "nights with at least 7 hours, at least 10k steps"
    assert signs_said("what is 2+2") == "what is 2+2"


def test_of_two_cards_none_is_meant() -> None:
    have = Vocabulary(accounts=("Alster Mastercard", "Visa Gold"))
    assert in_full("card spending in april", have) == "card spending in april"


def test_the_distance_of_runs_is_not_that_of_all_walking() -> None:
    runs = Vocabulary(activities=("Running",))
    assert in_full("running distance this year", runs) == "distance of runs this year"
    assert in_full("walking and running distance this year", runs) == "walking and running distance this year"
    assert in_full("running distance this year", Vocabulary()) == "running distance this year"
