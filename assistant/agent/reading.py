"""Small questions about two quotes, by which the probe finds whether a model reads.

They are asked in other words than the quotes', and beside each answer stands what answers something else: that is how
notes are, and where small models go wrong. Of these eight Qwen2.5-Coder 0.5B answered two and 1.5B four; of what they
said in words to strangers' questions about strangers' notes (180 and 40 questions) about half was right.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Reading:
    """Two quotes, and a question in other words than theirs.

    Attributes:
        kept: What the answer must hold; nothing, where the quotes do not answer.
        wrong: What stands there and answers something else.
    """

    quotes: tuple[str, str]
    question: str
    kept: str
    wrong: tuple[str, ...]


READING = (
    Reading(
        (
            "Kessler brings paper and toner every Monday, the invoice comes by mail. With Brandt there were four late "
            "deliveries in spring, so Maria ended the contract in June.",
            "For the desks we asked Holm and Kessler. Holm was cheaper and delivers on time.",
        ),
        "Which supplier did we drop for being unreliable?",
        "Brandt",
        ("Kessler", "Holm"),
    ),
    Reading(
        (
            "Lena waters the plants and empties the letter box when we travel. She is allergic to cats, so Mr Osei "
            "from the second floor feeds Minka twice a day.",
            "Minka had her vaccination at Dr Lindqvist's; the booklet is in the drawer.",
        ),
        "Who takes care of our pet during the holidays?",
        "Osei",
        ("Lena", "Lindqvist"),
    ),
    Reading(
        (
            "Tom goes to the school in Mill Lane since August. The head is Mrs Varga, parents' evening is on Thursday.",
            "Nico, who trains the football team, wants Tom as a goalkeeper.",
        ),
        "Who teaches Tom maths?",
        "",
        ("Varga", "Nico"),
    ),
    Reading(
        (
            "We looked at Redmine and Jira, and both were too much for three people. Since April all tickets are in "
            "Zammad; the old OTRS can only be read.",
            "The monitoring writes its alarms to OTRS and to the chat.",
        ),
        "Where do we keep track of requests nowadays?",
        "Zammad",
        ("Redmine", "Jira"),
    ),
    Reading(
        (
            "The fuses of the flat are in the hall, behind the mirror. The kitchen has its own: in the cellar, left of "
            "the meter.",
            "The electrician checked the socket behind the fridge and found nothing.",
        ),
        "The stove has no power; where must I look?",
        "cellar",
        ("mirror", "fridge"),
    ),
    Reading(
        (
            "The old sofa was green and went to Ben. The new one comes from Oslo Living, the corner part a week later.",
            "The curtains are blue and were made by Frida.",
        ),
        "What colour is the couch that we ordered?",
        "",
        ("green", "blue"),
    ),
    Reading(
        (
            "The flight to Porto was cancelled because of the strike, and they put us on the evening one. The way back "
            "we moved ourselves, since Eva's exam was put on that day.",
            "The hotel in Porto gave us a later checkout for free.",
        ),
        "Why did we change our return?",
        "exam",
        ("strike", "checkout"),
    ),
    Reading(
        (
            "At the check-up she prescribed ibuprofen and advised walking. Swimming is fine, cycling is to be avoided "
            "until the knee is no longer swollen.",
            "The bicycle got new brakes and a lamp.",
        ),
        "What sport must I leave for now?",
        "cycling",
        ("swimming", "walking"),
    ),
)
