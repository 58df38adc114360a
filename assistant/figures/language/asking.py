"""Asking back: questions with choices that are themselves clear, and what to say of words without a meaning."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

from assistant.figures.health.metrics import METRICS
from assistant.figures.language.calendar_words import MONTH_WORDS, WEEKDAY_WORDS
from assistant.figures.language.lexicon import FILLER
from assistant.figures.language.names import CORE, all_words
from assistant.figures.language.said import DONE, plain, sentence
from assistant.figures.query import Choice, Unclear, Vocabulary

MOST = 4
LEAVE = "leave "
"""How a choice begins that is the same question without words that have no meaning."""
PERIODS = (("this month", "this month"), ("the last 30 days", "in the last 30 days"), ("this year", "this year"))


class Ask(Exception):
    """It is about figures, and must be asked back.

    Args:
        question: What the person reads.
        choices: (label, the whole question in plain words).
    """

    def __init__(self, question: str, choices: Iterable[tuple[str, str]] = ()) -> None:
        super().__init__(question)
        self.question = question
        self.choices = tuple(choices)


class NotFigures(Exception):
    """It is about something else, or nobody's records."""


def unclear(ask: Ask, is_clear: Callable[[str], bool]) -> Unclear:
    """With those of its choices that are clear in themselves: no choice leads to another question."""
    choices: list[Choice] = []
    for label, words in ask.choices:
        question = sentence(words.removesuffix("?"))
        if len(choices) < MOST and all(question != each.question for each in choices) and is_clear(question):
            choices.append(Choice(label, question))
    return Unclear(ask.question, tuple(choices))


def listed(things: Sequence[str], *, joined: str = "and") -> str:
    """a, b and c."""
    return f" {joined} ".join([", ".join(things[:-1]), things[-1]]) if len(things) > 1 else "".join(things)


def what_there_is(have: Vocabulary) -> str:
    """The titles of some of what is recorded."""
    titles = [subject.title for subject in have.subjects.values()]
    return listed([*titles[:6], "more"] if len(titles) > 6 else titles)


def unexplained(rest: str) -> list[tuple[int, int, str]]:
    """Words that have no meaning yet and are not to be passed over, with their places; neighbours together."""
    found: list[tuple[int, int, str]] = []
    for match in re.finditer(rf"[^\s{DONE}]+", rest):
        if match[0] in FILLER or match[0] in "-&,.:/$":
            continue
        between = rest[found[-1][1] : match.start()] if found else DONE
        if found and all(word in FILLER for word in between.split()):
            start = found[-1][0]
            found[-1] = (start, match.end(), rest[start : match.end()])
        else:
            found.append((match.start(), match.end(), match[0]))
    return found


def near(word: str, have: Vocabulary) -> list[str]:
    """Names of the person's that are written much like this."""
    names = {plain(name): name for name in (*have.categories, *have.payees, *have.accounts)}
    return [names[each] for each in difflib.get_close_matches(word, names, n=3, cutoff=0.6)]


_MENDABLE = frozenset(
    "steps sleep slept spend spent spending groceries yesterday today month months week weeks year years "
    "quarter average "
    "median highest lowest longest shortest biggest largest smallest total minimum maximum income earned "
    "balance budget "
    "bedtime workout workouts weight calories distance walked walking running cycling swimming expenses "
    "expense category "
    "categories purchases payments trend correlation distribution streak compared weekend weekends weekdays "
    "nights since "
    "between usually typically recent latest heart pressure temperature glucose oxygen variability energy "
    "exercise count".split()
) | MONTH_WORDS | WEEKDAY_WORDS  # fmt: skip


_SHORT_SLIPS = {"spnd": "spend", "spnt": "spent", "slep": "sleep", "slpt": "slept", "stps": "steps", "stes": "steps",
                "hart": "heart", "wk": "week", "mnth": "month", "yr": "year", "avg": "average"}  # fmt: skip
"""Of short words a slip is one only where it can be nothing else."""


@lru_cache(maxsize=64)
def _known(names: frozenset[str]) -> frozenset[str]:
    words = {word for metric in METRICS.values() for word in metric.title.lower().split() if len(word) > 4}
    return frozenset(words | _MENDABLE | names | CORE)


def mended(word: str, have: Vocabulary) -> str | None:
    """The one known word that this is a slip of: one letter (two in long words), never the first one."""
    if not word.isalpha() or len(word) < 5:
        return _SHORT_SLIPS.get(word)
    known = _known(frozenset(all_words(have)))
    if word in known:
        return None
    allowed = 2 if len(word) >= 9 else 1
    close = [each for each in known if each[0] == word[0] and abs(len(each) - len(word)) <= allowed]
    close = [each for each in close if 0 < _distance(word, each) <= allowed and (len(word) > 5 or _slip(word, each))]
    best = min((_distance(word, each) for each in close), default=0)
    nearest = [each for each in close if _distance(word, each) == best]
    return nearest[0] if len(nearest) == 1 else None


def _slip(word: str, meant: str) -> bool:
    """In a short word another letter makes another word ("sheep"): only letters out of order, doubled or left out."""
    return len(word) != len(meant) or sorted(word) == sorted(meant)


def _distance(one: str, two: str) -> int:
    """Optimal string alignment: changes, additions, omissions and swaps of neighbours."""
    before: list[int] = []
    row = list(range(len(two) + 1))
    for i, a in enumerate(one, 1):
        earlier, before, row = before, row, [i]
        for j, b in enumerate(two, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == two[j - 2] and one[i - 2] == b:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
    return row[-1]
