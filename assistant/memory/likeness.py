"""Cosines of all embedding models on one scale: that of MiniLM, to which thresholds and weights were fitted.

Of two texts that have nothing to do with each other one model says 0.1 and another 0.8. With the latter nothing would
ever be refused, and words would count for nothing beside the vectors. So a model that nothing was fitted to is shown
questions with passages that answer them, and messages said twice in other words. What it says of those that belong
together and of those that do not gives a straight line to what MiniLM says of them.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from assistant.errors import BadResponse
from assistant.memory.embedding import Embedder, Vectors

log = logging.getLogger(__name__)

Cosines = npt.NDArray[np.floating]

ANSWERED = (
    (
        "How long does the dough have to rest?",
        "Kitchen > Bread\nMix flour, water and salt and fold it four times during the first two hours. After that it "
        "stays in the fridge overnight, twelve hours at least, before it goes into the hot pot. I bake it with the lid "
        "on for twenty minutes and without for another fifteen, until the crust is dark.",
    ),
    (
        "Where did we put the spare key?",
        "House > Neighbours\nMrs Okafor next door waters the plants when we are away, and has done so for years. She "
        "keeps our second front door key in the blue jar on her shelf, together with the alarm code. We bring her "
        "honey from every journey.",
    ),
    (
        "What do I need to type to undo my last change?",
        "Git notes\nIf the commit was not pushed yet, `git reset --soft HEAD~1` takes it back and keeps the files as "
        "they are. For something that others have pulled already, make a revert commit instead, so that nobody's "
        "history breaks. The reflog saves you when both went wrong.",
    ),
    (
        "Which medicine must he not get?",
        "Health > Tom\nAt the clinic they found that Tom reacts to penicillin with a rash all over his back. It is in "
        "his yellow booklet now; ask for another antibiotic whenever a doctor wants to prescribe one. Vaccinations are "
        "complete until he is fourteen.",
    ),
    (
        "How much did the new roof cost in the end?",
        "House > Repairs\nThe offer said eighteen thousand, but two rotten beams came to light when the old tiles were "
        "off. The roofer's final invoice was 21,400 euros including scaffolding. The insurance paid nothing, since "
        "storm damage could not be proven.",
    ),
    (
        "Why did we decide against the bigger database?",
        "Meetings > March\nLena showed the load test: one machine with Postgres answered everything in forty "
        "milliseconds. Nobody wanted to run a cluster at night for that. We stay with a single server and a replica, "
        "and look at it again when there are ten times as many customers.",
    ),
    (
        "How do I get the printer to work again?",
        "Computer > Printer\nWhen it shows a flashing orange light the queue is stuck. Switch it off at the wall, wait "
        "a minute, delete the waiting jobs on the laptop and switch it on. If that does not help, hold the cancel "
        "button for ten seconds until it restarts.",
    ),
    (
        "When may the tomatoes go outside?",
        "Garden > Sowing\nSeedlings stay on the window sill until the ice saints are over in the middle of May. Then "
        "they get used to wind and sun for a week, a few hours a day, and are planted deep along the south wall. Beans "
        "follow at the same time, lettuce can be earlier.",
    ),
    (
        "Who could help me with a tax return from abroad?",
        "Contacts\nDr Brandt in Mill Lane does declarations for people with income in two countries. She charged two "
        "hundred for ours and found a credit that we had overlooked for three years. Best reached by telephone on "
        "Thursday mornings.",
    ),
    (
        "What is the quickest way to the hut?",
        "Hiking > Alps\nFrom the valley station the marked path over the saddle takes four hours. Whoever is free of "
        "giddiness saves one of them by the ladder route along the ridge, which is closed until the snow has gone. The "
        "last bus back leaves at ten past six.",
    ),
    (
        "Can I use the app without paying?",
        "Software > Backup\nFor private persons everything is free up to two devices, with all functions and without "
        "advertising. Companies pay five euros per seat and month. The licence key is bound to the mail address, not "
        "to the machine.",
    ),
    (
        "How did I make that soup which everybody liked?",
        "Kitchen > Evenings with guests\nRoast the pumpkin with garlic until it is brown at the edges, then blend it "
        "with coconut milk, ginger and a spoon of red curry paste. Lime and coriander at the end. All eight of them "
        "asked for the recipe.",
    ),
)
"""Questions, each with a passage that answers it and none of the other questions. Written for this."""

SAID_TWICE = (
    ("remember that the bins go out on Monday", "please keep in mind: rubbish is collected on Mondays"),
    ("what is the weather like tomorrow", "will it rain the day after today"),
    ("how many steps did I take last week", "tell me how far I walked in the past seven days"),
    ("forget my old address", "delete where I used to live"),
    ("open an issue about the broken login", "file a bug: nobody can sign in"),
    ("what time is it in Tokyo", "tell me the present hour in Japan"),
    ("write a poem about autumn", "make up some verses on falling leaves"),
    ("where did I write about sailing", "which of my notes mention boats"),
    ("how much did I spend on food", "what did groceries cost me"),
    ("translate this into French", "say that in the language of Paris"),
)
"""Messages, each in two wordings."""


@dataclass(frozen=True)
class Scale:
    """A straight line from one model's cosines to MiniLM's."""

    slope: float = 1.0
    intercept: float = 0.0

    def of(self, cosines: Cosines) -> Cosines:
        """The cosines as MiniLM would say them, any shape."""
        return self.slope * cosines + self.intercept


AS_IT_IS = Scale()


@dataclass(frozen=True)
class Contrast:
    """What a model says of texts that belong together and of texts that do not: mean cosines."""

    together: float
    apart: float


# Of the built-in MiniLM, by `contrasts`; a test measures them again.
QUESTIONS = Contrast(together=0.413, apart=0.045)
MESSAGES = Contrast(together=0.581, apart=0.085)
LEAST = 0.02
"""A model that tells less between belonging together and not does not understand these texts."""


class Likeness:
    """The scales of one embedder, measured when they are first needed.

    Args:
        cache_dir: What was measured is kept here from one start to the next.
    """

    def __init__(self, embedder: Embedder, *, cache_dir: Path) -> None:
        self._embedder = embedder
        self._cache_dir = cache_dir
        self._scales: tuple[Scale, Scale] | None = None

    async def of_answers(self) -> Scale:
        """For a question beside a passage.

        Raises:
            ModelUnavailable: the embedding model does not answer.
            BadResponse: it cannot tell what belongs together.
        """
        return (await self._measured())[0]

    async def of_messages(self) -> Scale:
        """For two texts of one kind, neither embedded as a question. Errors as `of_answers`."""
        return (await self._measured())[1]

    async def _measured(self) -> tuple[Scale, Scale]:
        if self._embedder.fitted:
            return AS_IT_IS, AS_IT_IS
        if self._scales is None:
            questions, messages = await self._contrasts()
            name = self._embedder.name
            self._scales = _line(questions, to=QUESTIONS, name=name), _line(messages, to=MESSAGES, name=name)
        return self._scales

    async def _contrasts(self) -> tuple[Contrast, Contrast]:
        told = json.dumps([self._embedder.name, ANSWERED, SAID_TWICE])
        path = self._cache_dir / f"likeness-{hashlib.sha256(told.encode()).hexdigest()[:16]}.json"
        try:
            questions, messages = json.loads(path.read_text())
            return Contrast(**questions), Contrast(**messages)
        except (OSError, ValueError, TypeError) as error:  # not there yet, or cut off: measured anew
            log.debug("Likeness is measured", extra={"action": "likeness_measured", "why": type(error).__name__})
        found = await contrasts(self._embedder)
        fresh = path.with_suffix(f".{os.getpid()}.json")
        try:
            self._cache_dir.mkdir(parents=True, exist_ok=True)
            fresh.write_text(json.dumps([vars(each) for each in found]))
            fresh.replace(path)
        except OSError as error:  # it spares a second at the next start; being without it is no failure
            log.info("Likeness is not cached", extra={"action": "cache_failed", "error": error.strerror})
        return found


async def contrasts(embedder: Embedder) -> tuple[Contrast, Contrast]:
    """What an embedder says of questions with passages, and of messages with messages."""
    questions = await embedder.embed([question for question, _ in ANSWERED], query=True)
    passages = await embedder.embed([passage for _, passage in ANSWERED])
    once, again = [await embedder.embed(texts) for texts in zip(*SAID_TWICE, strict=True)]
    return _contrast(questions, passages), _contrast(once, again)


def _contrast(some: Vectors, others: Vectors) -> Contrast:
    cosines = some @ others.T
    pairs = np.eye(len(cosines), dtype=bool)
    return Contrast(together=round(float(cosines[pairs].mean()), 4), apart=round(float(cosines[~pairs].mean()), 4))


def _line(found: Contrast, *, to: Contrast, name: str) -> Scale:
    told = found.together - found.apart
    if told < LEAST:
        raise BadResponse(
            f"{name} finds texts that belong together hardly more alike than others ({found.together:.2f} and "
            f"{found.apart:.2f}); set TWINNING_EMBEDDING_MODEL to a model that is made for looking things up."
        )
    slope = (to.together - to.apart) / told
    return Scale(slope, to.apart - slope * found.apart)
