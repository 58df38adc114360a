"""A question taken apart: its subjects, names, days, measures, conditions, and the words that none of them explains."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from assistant.figures.language.asking import LEAVE, Ask, NotFigures, listed, mended, near, unexplained
from assistant.figures.language.bounds import take_bound, take_bounded_days, take_clock_bound
from assistant.figures.language.calendar_words import Calendar
from assistant.figures.language.devices import take_devices
from assistant.figures.language.lexicon import ADVICE, ASKS_ABOUT_ME, NOT_FIGURES, QUESTION
from assistant.figures.language.meant import Meant
from assistant.figures.language.measures import Asked, take_groups, take_how, take_measures, take_nothing
from assistant.figures.language.names import Name, take_names, take_parts
from assistant.figures.language.periods import WEEKDAYS, WEEKEND, Mention, ever, mentions
from assistant.figures.language.said import DONE, Said, plain
from assistant.figures.language.subjects import CLOCKS, FLOWS, MONEY
from assistant.figures.language.topics import meant_topics
from assistant.figures.query import Group, Vocabulary

_COMPARE = (
    r"\b(?:(?:in |by )?compar(?:e|es|ed|ing|ison)(?: (?:it|this|that|them))?(?: (?:with|to|against))?"
    r"|(?:rather |other )?than(?: it was| they were| i did)?|vs|versus|against|relative to"
    r"|(?:the )?difference(?:s)?(?: (?:between|from|to))?|differ(?:s|ed)?(?: from)?)\b"
)
_SO_FAR = (
    r"\b(?:so far|(?:at|by|to|until|up to) (?:this|the same) (?:point|time|date|day)|by now|to date|"
    r"until now|till now)\b"
)


_ACTS = re.compile(
    r"\b(?:did|does|do|has|have|had|is|are|was|were|can|could|will|may|which|what|how much|how many|number of) "
    r"(?:(?:the|a|an|this|that|our|your|his|her|their) )?$"
)
"""Before someone who does something: "did the plumber"; or something that is counted: "how many bees"."""
_OWNED = re.compile(r"\b(?:of|for|in|at|from|by|into|to|with|on) (?:(?:the|a|an|this|that|our|your) )?$")
_OWNED_IN_MONEY = re.compile(r"\b(?:of|in|by|into|with) (?:(?:the|a|an|this|that|our|your) )?$")
"""Before someone whose it is: "of a newborn"; what is spent "on" or "at" something is spent by the person."""
_EXCEPT = re.compile(r"\b(?:not|without|except|excluding|besides|apart|other than|minus|no|nor|never)\b")
_MEANS_MUCH = re.compile(
    r"\d|\b(?:by|per|since|before|after|until|till|between|over|under|above|below|past|back|nothing|none|only|both|each|"
    r"every|half|double|twice|first|second|third|fourth|last|next|than|more|less|few\w*|most|least|grew|grow\w*|share|"
    r"percent\w*|rate|ratio|minute|hour|day|night|week|month|quarter|year|weekday|weekend|morning|noon|afternoon|evening|"
    r"midnight|time|am|pm|o clock|or|if|unless|and|goal|target|limit|rank|number|count|ended|started)s?\b"
)
"""Words that no question is the same without, though they were not understood in their place."""
_LEAD_OF_NOTHING = re.compile(r"\b(?:on|at|for|from|with|in|of|by|to|while|during)(?: (?:the|a|an|my|our))?$")
_WHEN_TOO = (
    r"\band (?:when|on (?:which|what) (?:day|date))(?: (?:was|is|were|did) (?:it|that|this)(?: happen)?)?\b"
    r"|\band (?:the|its) (?:date|day)\b"
)


@dataclass
class Reading:
    """One question while it is read.

    Attributes:
        words: In plain words (`said.plain`).
        is_clear: Whether another question, offered as a choice, would be understood.
        mends: Whether a slip of the pen may be mended still.
        said, asked, names, times, sources: What was found.
        compare: The word that sets one time against another.
        so_far: "At this point": as many days of the other time.
        ever: All that is recorded.
    """

    words: str
    have: Vocabulary
    calendar: Calendar
    is_clear: Callable[[str], bool]
    mends: bool = True
    said: Said = field(init=False)
    asked: Asked = field(default_factory=Asked)
    names: list[Name] = field(default_factory=list)
    times: list[Mention] = field(default_factory=list)
    sources: tuple[str, ...] = ()
    compare: re.Match[str] | None = None
    so_far: bool = False
    ever: bool = False

    def __post_init__(self) -> None:
        self.said = Said(self.words)

    def read(self) -> list[Meant]:
        """What it is about, with everything else that has a meaning taken out of `said.rest`.

        Raises:
            Ask: it must be asked back.
        """
        said, asked = self.said, self.asked
        self.names = take_names(said, self.have)
        self.sources = take_devices(said, self.have)
        take_groups(said, asked)
        take_bound(said, asked)
        take_bounded_days(said, asked)
        meant = meant_topics(said, asked, self.have, self.names)
        self.so_far = said.take(_SO_FAR) is not None
        self.ever = ever(said)
        self.times = mentions(said, self.calendar)
        if meant and all(each.keys == ("bedtime",) for each in meant):
            self.times = [each.of_the_evening(self.calendar.today) for each in self.times]
        if any(each.each for each in self.times) and asked.per is None:
            asked.per, asked.per_word, asked.single, asked.habit = Group.DAY, "per", True, True
            asked.measures += [] if asked.measures else ["mean"]
        self.compare = said.take(_COMPARE)
        if self.compare and self.compare[0].startswith(("compar", "by compar", "in compar", "differ", "the differ")):
            # "Compare my sleep this month with last month": it is the second word that parts the two.
            self.compare = (
                said.take(rf"\b(?:with|to|against|from|than|vs|versus)\b(?= (?:my |the |our )?{DONE})") or self.compare
            )
        clocks = [each for each in meant if each.key in CLOCKS]
        if clocks and not take_clock_bound(said, asked, bedtime=clocks[0].key == "bedtime"):
            raise Ask("Which time of the day do you mean? Say it as in: after 11 pm, or: after 23:00.")
        take_how(said, asked, money=any(each.key in MONEY for each in meant))
        if len(self.names) < 2:
            take_nothing(said, asked)
        take_measures(said, asked)
        said.take(r"\b(?:look(?:ed|s)?|been) like\b")
        if said.has(r"^what (?:is|was|are|were|has|have)\b"):
            said.take(r"\blike\b")
        if "correlation" in asked.measures:
            said.take(rf"\b(?:with|to|between|of|on)\b(?= (?:my |the )?{DONE})")
        if asked.how != "many":
            said.take(rf"(?<={DONE} )(?:readings?|measurements?|values?|levels?|results?|figures?|numbers?)\b")
        if said.take(r"^when\b") or said.take(_WHEN_TOO):
            asked.when = True
        if asked.limit:
            said.take(rf"\b(?:by|for|of)\b(?= {DONE})")  # "top 10 days by steps"
        asked.shared = len(meant) > 1
        if not self.compare and not asked.relative:
            self.times = [each for each in self.times if not each.says_nothing_beside(self.times)]
        asked.joined = said.has(r"\b(?:and|or)\b") is not None
        if said.take(r"\bso far\b"):
            self.so_far = True
        return meant

    def leftovers(self, meant: list[Meant]) -> str:
        """The question with a slip of the pen mended; "" where every word is explained.

        Raises:
            Ask: it is a figure of the person's own, but for those words.
            NotFigures: it is about something else.
        """
        if NOT_FIGURES.search(self.said.rest) or ADVICE.search(self.words):
            raise NotFigures("it asks for advice, or about what stands in notes")
        if not (left := unexplained(self.said.rest)):
            return ""
        money = not meant or any(each.key in FLOWS for each in meant)
        if money and (parts := take_parts(self.said, self.have)):
            self.names += parts
            if not meant:
                meant += meant_topics(self.said, self.asked, self.have, self.names)
            if not (left := unexplained(self.said.rest)):
                return ""
        if self.mends and (words := self._mended(left)):
            return words
        if not self._asks_a_figure(left, meant):
            raise NotFigures("words without a meaning")
        self._ask_about(left, meant)
        return ""

    def _mended(self, left: list[tuple[int, int, str]]) -> str:
        words = self.words
        for start, end, text in reversed(left):
            fresh = [mended(word, self.have) if len(word) > 3 else word for word in text.split()]
            if not any(fresh):
                return ""
            words = (
                words[:start] + " ".join(new or old for new, old in zip(fresh, text.split(), strict=True)) + words[end:]
            )
        return words if words != self.words else ""

    def _asks_a_figure(self, left: list[tuple[int, int, str]], meant: list[Meant]) -> bool:
        """Whether it clearly wants a figure of the person's own, although some of its words are not known."""
        if not meant:
            return False
        if not ASKS_ABOUT_ME.search(self.words):
            return self._may_ask_a_figure(left, meant)
        if all(each.weak for each in meant) and not self.times:
            return False
        asked = self.asked
        wants = asked.how or asked.measures or asked.counted or asked.which or asked.per or asked.bound
        if any(each.key in FLOWS for each in meant) and not all(each.weak for each in meant):
            return bool(wants or self.times)
        return bool(self.times and (wants or QUESTION.search(self.words))) or bool(
            wants and re.search(r"\b(?:did|do|have|had) (?:i|we)\b", self.words)
        )

    def _may_ask_a_figure(self, left: list[tuple[int, int, str]], meant: list[Meant]) -> bool:
        """Without "I" or "my": a subject there are records of, with days or a measure, and nobody else's.

        "Average resting energy, as told by the watch, last month" is such a fragment. What has an owner among the words
        that are not known ("the average sleep of a newborn"), does something by itself ("how many steps does the
        router have") or is no more than a name ("the Vodafone password of 2025") stands in notes.
        """
        asked = self.asked
        measured = [each for each in asked.measures if each != "latest"] or asked.per or asked.bound or asked.counted
        if not all(each.keys for each in meant) or not (self.times or self.ever):
            return False
        named = any(not name.partly for name in self.names) and measured
        if all(each.weak for each in meant) and not named:
            return False
        if not (measured or asked.how or any(each.names for each in meant)):
            return False
        if re.match(r"(?:when|where|why)\b", self.words) or len(left) > 1:
            return False
        return not self._is_of_another(left[0], meant)

    def _is_of_another(self, left: tuple[int, int, str], meant: list[Meant]) -> bool:
        """Whether words without a meaning name whom or what the rest is said of."""
        start, end, _ = left
        before = self.words[:start]
        if re.search(r"\b(?:i|we|me|us|our|mine)\b", self.words):
            return _ACTS.search(before) is not None
        beside = any(each.start <= end + 1 <= each.end or each.start <= start - 1 <= each.end for each in meant)
        money = any(each.key in FLOWS and not each.weak for each in meant)
        if self.names and self.asked.measures:  # "Streaming subscriptions, monthly average"
            beside = False
        leads = _OWNED_IN_MONEY if money else _OWNED
        return beside or (_ACTS.search(before) or leads.search(before)) is not None

    def _ask_about(self, left: list[tuple[int, int, str]], meant: list[Meant]) -> None:
        start, end, text = left[0]
        if any(_EXCEPT.search(words) for *_, words in left):
            raise Ask("I cannot leave something out of a figure. Ask for the whole, or for one part of it.")
        shorter = self._left_out(left)
        if any(each.key in FLOWS for each in meant) and not re.search(
            r"\b(?:night|morning|afternoon|evening|am|pm)\b", text
        ):
            choices = [(name, self.said.instead(start, end, plain(name))) for name in near(text, self.have)]
            raise Ask(f'I find no category, payee or account called "{text}". What do you mean?', [*choices, *shorter])
        if re.search(r"\b(?:night|morning|afternoon|evening|noon|midnight|am|pm|o clock|hour)\b", text):
            raise Ask(f'My figures are of whole days, so "{text}" cannot be told apart. Ask it for whole days.')
        if re.search(r"\b(?:los[et]|losing|gain(?:ed)?|gaining|put on)\b", text) and len(meant) == 1:
            changed = self.with_period(f"how has my {meant[0].title} changed")
            raise Ask("I can tell how it has changed over those days. Shall I?", [("how it has changed", changed)])
        raise Ask(
            f'I do not know how "{text}" would narrow the figures. Ask it without that, or in other words.', shorter
        )

    def _left_out(self, left: list[tuple[int, int, str]]) -> list[tuple[str, str]]:
        """The same question without the words that have no meaning, as a choice that says so; none if they may have."""
        words = self.words
        for start, end, text in reversed(left):
            before, behind = _LEAD_OF_NOTHING.sub("", words[:start].rstrip()), words[end:].lstrip()
            if _MEANS_MUCH.search(text) or re.search(r"\b(?:and|or|&)$", before) or re.match(r"(?:and|or)\b", behind):
                return []
            words = f"{before} {behind}"
        said = [f'"{text}"' for *_, text in left]
        return [(f"{LEAVE}{listed(said)} out", words)]

    def with_period(self, words: str) -> str:
        """A question about the same days, beside the same others."""
        placed = [each for each in self.times if each.start >= 0]
        said = [self.words[each.start : each.end].strip() for each in placed]
        if len(placed) == 1 and placed[0].weekdays and self.asked.relative and not self.compare:
            rest = "weekdays" if placed[0].weekdays == WEEKEND else "weekends"
            said += [rest] if placed[0].weekdays in (WEEKEND, WEEKDAYS) else []
        against = self.compare is not None or (len(said) > 1 and self.asked.relative)
        if against and said:
            last = re.sub(r"^(?:in|on|at|during|over|for|of) (?:the )?", "", said[-1])
            said = [*said[:-1], f"compared with {last}"]
        return " ".join(f"{words} {' '.join(said)}".split())
