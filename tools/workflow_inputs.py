"""A workflow's inputs, read from a sentence by code: named values, quoted ones, the words of a list, numbers, days.

What was read is blanked, so that the rest shows what was not understood: a sentence is never carried out by half.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from assistant.errors import BadInput
from assistant.memory.words import stems
from integrations.n8n_workflows import AllowedWorkflow

_QUOTED = r"(?:\"[^\"]+\"|“[^”]+”|«[^»]+»|(?<!\w)'[^']+'(?!\w)|(?<!\w)‘[^’]+’(?!\w))"
_MARKS = '"“”«»'
_ANY_MARKS = f"{_MARKS}'‘’"
_LINK = r"(?:with|using|from|for|into|in|to|of|on|as|and|at)"
_THE = r"(?:the |its |my |our |an? )?"
_IS = r"(?:\s*[:=]\s*|\s+(?:is |are |should be |set )?(?:of |named |called |to |as )?)"
_NUMBER = r"[-+]?\d+(?:,\d{3})*(?:\.\d+)?(?![\w%])"
_DAY = r"\d{4}-\d\d-\d\d|today|tomorrow|yesterday"
_YES, _NO = r"(?:yes|true|on)", r"(?:no|false|off)"
_NAMES_ONE = r"[A-Z0-9][\w./&-]*(?: [A-Z0-9][\w./&-]*)*|[\w.-]*/[\w./-]+"
_OTHERWISE = re.compile(
    r"\b(?:tomorrow|tonight|later|every|daily|weekly|monthly|hourly|next (?:week|month|time|year)|in (?:an?|\d+) \w+"
    r"|at \d[\d:.]*|(?:on|every) (?:mon|tues|wednes|thurs|fri|satur|sun)day|when(?:ever)?|unless|until|after|before)\b",
    re.IGNORECASE,
)
_NOT = re.compile(r"\b(?:don'?t|do not|never|stop|cancel|not)\b", re.IGNORECASE)
_THEN = "then|put|save|copy|move|use|take|keep|add|only|send|make|set"
"""What begins another wish behind an input."""
_OUT_OF = r"(?:from|for|of|in|into|to|on|named|called)"
_COMMAND = (
    "run start launch trigger execute kick off fire set going get go please pls hey can could would you want need like "
    "workflow automation n8n now new"
)
_POINTS = frozenset("me us it that this those these them now here there you everything all one".split())
"""Words that name nothing."""
_EXTRA = re.compile(
    rf"\b(?:with|without|using|from|for|into|in|to|of|on|at|and(?! (?:{_THEN})\b)) {_THE}([\w-]+)", re.IGNORECASE
)
_WHEN = re.compile(r"\b(?:last|next|this)\b", re.IGNORECASE)
_QUESTION = re.compile(
    r"\W*(?:is|are|did|does|has|have|was|were|when|why|how|who|which|what|where|should|must)\b", re.IGNORECASE
)


@dataclass
class Sentence:
    """What a person said, and what of it is not understood yet.

    Attributes:
        left: The words, with blanks where something was read.
    """

    workflow: AllowedWorkflow
    left: str
    today: dt.date
    inputs: dict[str, Any] = field(default_factory=dict)

    @property
    def schemas(self) -> Mapping[str, Mapping[str, Any]]:
        """The inputs that the workflow takes."""
        found: Mapping[str, Mapping[str, Any]] = self.workflow.inputs.get("properties", {})
        return found

    @property
    def missing(self) -> list[str]:
        """Inputs that it needs and that are not known yet."""
        return [each for each in self.workflow.inputs.get("required", ()) if each not in self.inputs]

    def take(self, name: str, value: Any, *spans: tuple[int, int]) -> None:
        """Notes an input and blanks where it stands."""
        self.inputs[name] = value
        for start, end in spans:
            self.left = self.left[:start] + " " * (end - start) + self.left[end:]

    def open(self, *kinds: str) -> list[str]:
        """Inputs of these types that are not known yet."""
        return [name for name, shape in self.schemas.items() if name not in self.inputs and shape.get("type") in kinds]


def read(text: str, workflow: AllowedWorkflow, *, today: dt.date) -> Sentence:
    """What a sentence says of a workflow's inputs.

    Raises:
        BadInput: it wants something that cannot be done, or can be read in two ways; the text says what to say instead.
    """
    said = Sentence(workflow, re.sub(r"[\s,]*(?:please|thanks|thank you)?[\s.!?]*$", "", text, flags=re.I), today)
    for reading in (_lists, _quoted_by_name, _days, _numbers, _switches, _choices, _by_name, _alone):
        reading(said)
    nothing_else(said)
    return said


def name_of(name: str) -> str:
    """An input's name as people say it."""
    return name.replace("_", " ")


def _named(name: str) -> str:
    return r"\b" + re.escape(name).replace("_", "[ _-]") + r"\b"


def _unquoted(text: str) -> str:
    return text.strip()[1:-1].strip()


def _lists(said: Sentence) -> None:
    """ "tags: a, b and c"."""
    for name in said.open("array"):
        others = "|".join(_named(each) for each in said.schemas if each != name) or r"(?!)"
        found = re.search(
            rf"(?:\b{_LINK} )?{_THE}{_named(name)}{_IS}(.+?)(?=(?:[,;]| and)? {_LINK} {_THE}(?:{others})|;|$)",
            said.left, re.IGNORECASE,
        )  # fmt: skip
        if found:
            parts = re.split(r"\s*,\s*(?:and\s+)?|\s+and\s+", found[1].strip())
            values = [_unquoted(each) if re.fullmatch(_QUOTED, each) else each for each in parts if each]
            said.take(name, values, found.span())


def _quoted_by_name(said: Sentence) -> None:
    """ "the album “Summer in Rome”", "into “Summer in Rome” as the album"."""
    for name in said.open("string"):
        found = re.search(rf"(?:\b{_LINK} )?{_THE}{_named(name)}{_IS}({_QUOTED})", said.left, re.IGNORECASE)
        found = found or re.search(
            rf"(?:\b{_LINK} )?{_THE}({_QUOTED})(?: as)? {_THE}{_named(name)}", said.left, re.IGNORECASE
        )
        if found:
            said.take(name, _unquoted(found[1]), found.span())


def _days(said: Sentence) -> None:
    for name in said.open("string"):
        if said.schemas[name].get("format") != "date":
            continue
        found = re.search(rf"{_named(name)}{_IS}({_DAY})\b", said.left, re.IGNORECASE)
        every = list(re.finditer(rf"(?:\b(?:for|from|on|of|as of|since) )?\b({_DAY})\b", said.left, re.IGNORECASE))
        found = found or (every[0] if len(every) == 1 else None)
        if found:
            said.take(name, _day(found[1].lower(), said.today).isoformat(), found.span())


def _day(word: str, today: dt.date) -> dt.date:
    away = {"today": 0, "tomorrow": 1, "yesterday": -1}
    if word in away:
        return today + dt.timedelta(days=away[word])
    try:
        return dt.date.fromisoformat(word)
    except ValueError as error:
        raise BadInput(f"{word} is no day; write it as 2026-05-01.") from error


def _numbers(said: Sentence) -> None:
    """ "newest 10", "the 10 newest"; a number alone where one is needed."""
    for name in said.open("integer", "number"):
        either = rf"{_named(name)}{_IS}({_NUMBER})|(?<![\w.,-])({_NUMBER}) {_named(name)}"
        found = re.search(rf"(?:\b{_LINK} )?{_THE}(?:only )?{_THE}(?:{either})", said.left, re.IGNORECASE)
        if found:
            _take_number(said, name, found[1] or found[2], found.span())
    needed = [each for each in said.missing if said.schemas[each].get("type") in ("integer", "number")]
    every = list(re.finditer(rf"(?<![\w.,/-]){_NUMBER}", without_quotes(said.left)))
    if len(needed) == len(every) == 1:
        _take_number(said, needed[0], every[0][0], every[0].span())


def _take_number(said: Sentence, name: str, digits: str, span: tuple[int, int]) -> None:
    value = float(digits.replace(",", ""))
    if said.schemas[name]["type"] == "integer" and not value.is_integer():
        raise BadInput(f"The input “{name_of(name)}” of “{said.workflow.label}” is a whole number, not {digits}.")
    said.take(name, int(value) if value.is_integer() else value, span)


def _switches(said: Sentence) -> None:
    """ "with backup", "without backup", "backup: yes"."""
    for name in said.open("boolean"):
        bare = _named(re.sub(r"^(?:with|include)_", "", name))
        found = re.search(rf"\b(?:without|no|not|don'?t|do not)(?: include)? {_THE}{bare}", said.left, re.IGNORECASE)
        if found:
            said.take(name, False, found.span())
        elif found := re.search(rf"(?:\b{_LINK} )?{bare}{_IS}({_YES}|{_NO})\b", said.left, re.IGNORECASE):
            said.take(name, bool(re.fullmatch(_YES, found[1], re.IGNORECASE)), found.span())
        elif found := re.search(rf"\b(?:with|and|including) {_THE}{bare}", said.left, re.IGNORECASE):
            said.take(name, True, found.span())


def _choices(said: Sentence) -> None:
    """One of the words that an input may be."""
    for name, shape in said.schemas.items():
        words = [each for each in shape.get("enum", ()) if isinstance(each, str)]
        if name in said.inputs or not words:
            continue
        whole = "|".join(re.escape(each) for each in sorted(words, key=len, reverse=True))
        asked = re.search(rf"(?:\b{_LINK} )?{_THE}{_named(name)}{_IS}({whole})\b", said.left, re.IGNORECASE)
        spans = [asked] if asked else list(
            re.finditer(rf"(?:\b{_LINK} )?{_THE}(?<![\w-])({whole})(?![\w-])(?: {_named(name)})?", said.left, re.I)
        )  # fmt: skip
        found = {each[1].casefold() for each in spans}
        if len(found) > 1:
            raise BadInput(f"Which {name_of(name)} for “{said.workflow.label}”: {' or '.join(sorted(found))}?")
        for value in words:
            if value.casefold() in found:
                said.take(name, value, *(each.span() for each in spans))


def _by_name(said: Sentence) -> None:
    """ "the folder Camera", "folder: Camera", "from the Camera folder", up to the next input, a comma or the end."""
    for name in said.open("string"):
        if said.schemas[name].get("enum"):
            continue
        others = "|".join(_named(each) for each in said.schemas if each != name) or r"(?!)"
        found = re.search(
            rf"(?:\b{_LINK} )?{_THE}{_named(name)}{_IS}(?!{_LINK}\b)([^\s,;{_MARKS}][^{_MARKS}]*?)"
            rf"(?=\s*[,;]| and (?:{_THEN})\b|(?: and)? {_LINK} {_THE}(?:\S+ )?(?:{others})| and (?:{others})"
            r"|\s{2,}|\s*$)",
            said.left, re.IGNORECASE,
        ) or re.search(
            rf"\b{_LINK} (?:the |my |our )((?!{_LINK}\b)[\w./&-]+(?: (?!{_LINK}\b)[\w./&-]+){{0,3}}) {_named(name)}",
            said.left, re.IGNORECASE,
        )  # fmt: skip
        if not found:
            continue
        value = _without_command(found[1].strip(), said.workflow)
        if said.open("string") != [name] and re.search(rf"\s{_LINK}\s", value, re.IGNORECASE):
            raise BadInput(
                f"I cannot tell where the {name_of(name)} of “{said.workflow.label}” ends; write it in quotation marks."
            )
        said.take(name, value, found.span())


def _without_command(value: str, workflow: AllowedWorkflow) -> str:
    """ "Summer in the photo archive" without the words that only say which workflow."""
    ending = re.fullmatch(rf"(.+?)\s+{_LINK}\s+(.+)", value, re.IGNORECASE)
    return ending[1] if ending and made_of(ending[2], workflow) else value


def _alone(said: Sentence) -> None:
    """The one text that is needed: the only quoted one, the only name behind a word like "from", or the whole end."""
    needed = [each for each in said.missing if _free(said.schemas[each])]
    if len(needed) != 1:
        return
    for pattern in (rf"(?:\b{_LINK} )?({_QUOTED})", rf"\b{_OUT_OF} {_THE}({_NAMES_ONE})(?=\s*[,;]|\s+{_LINK}\b|\s*$)"):
        found = [each for each in re.finditer(pattern, said.left) if not made_of(each[1], said.workflow)]
        if len(found) == 1:
            value = found[0][1]
            said.take(needed[0], _unquoted(value) if re.fullmatch(_QUOTED, value) else value, found[0].span())
        if found:
            return
    rest = re.fullmatch(rf"(.*?)\b({_OUT_OF} {_THE}((?:(?!\b{_LINK}\b)[^,;])+))", said.left, re.IGNORECASE)
    if rest and not _WHEN.search(rest[3]) and made_of(rest[1], said.workflow) and not made_of(rest[3], said.workflow):
        said.take(needed[0], rest[3].strip(), rest.span(2))


def _free(shape: Mapping[str, Any]) -> bool:
    return shape.get("type") == "string" and not {"enum", "const", "format"} & set(shape)


def nothing_else(said: Sentence) -> None:
    """Looks at what was not understood.

    Raises:
        BadInput: the wish would be carried out in part only: another time, a no, an input that there is not.
    """
    label, rest = said.workflow.label, without_quotes(said.left)
    if _QUESTION.match(rest):
        raise BadInput("This sounds like a question, so I start nothing; “what ran in n8n?” lists the last runs.")
    for each in sorted(_label_words(said), key=len, reverse=True):
        rest = re.sub(rf"\b{re.escape(each)}\b", lambda word: " " * len(word[0]), rest, flags=re.IGNORECASE)
    if _NOT.search(rest):
        raise BadInput(f"This sounds like a no, so I start nothing; to run “{label}”, say it without.")
    if found := _OTHERWISE.search(rest):
        raise BadInput(f"I can run “{label}” now and not “{found[0]}”; say it without that, or set a time in n8n.")
    if said.missing:
        return
    # The names in examples ("the album Summer") are inputs; their other words belong to the command.
    usual = [word for each in said.workflow.examples for word in _words(each) if word.islower()]
    known = set(stems(" ".join([_COMMAND, *usual]))) | _POINTS
    extra = [each[1] for each in _EXTRA.finditer(rest) if not {*stems(each[1]), each[1].casefold()} & known]
    extra += re.findall(rf"(?<![\w.,/-]){_NUMBER}", rest) + re.findall(_QUOTED, said.left)
    if extra:
        takes = ", ".join(name_of(each) for each in said.schemas) or "nothing"
        raise BadInput(f"I do not know what “{extra[0].strip(_ANY_MARKS)}” is for; “{label}” takes: {takes}.")


def without_quotes(text: str) -> str:
    """A text with blanks for what is quoted; of the same length, so that places stay the same."""
    return re.sub(_QUOTED, lambda found: " " * len(found[0]), text)


def _label_words(said: Sentence) -> set[str]:
    return {each.casefold() for each in (*_words(said.workflow.label), *_words(said.workflow.name.replace("_", " ")))}


def _words(text: str) -> Iterable[str]:
    return re.findall(r"\w+", text)


def made_of(text: str, workflow: AllowedWorkflow) -> bool:
    """Whether a text is nothing but words of the command itself: "photo import", "run", "the workflow", "it"."""
    known = set(stems(" ".join([_COMMAND, workflow.label, name_of(workflow.name)])))
    return all(each in known for each in stems(text)) or set(text.casefold().split()) <= _POINTS


def take_phrase(said: Sentence, name: str, value: str) -> None:
    """Takes what somebody read elsewhere, if it stands in the sentence whole and unread, and is no word of the command.

    A small model takes the words of the command for an input, or half of a name; neither is what was meant.
    """
    found = re.search(
        rf"(\w+|[{_MARKS}:=,;])\s*{_THE}\b({re.escape(value)})(?=\s*(?:[.,;!?{_MARKS}]|$)|\s+(?:{_LINK}|please|now)\b)",
        said.left, re.IGNORECASE,
    )  # fmt: skip
    if not found or made_of(found[2], said.workflow):
        return
    before = found[1]
    begins = re.fullmatch(rf"{_LINK}|{_THEN}|is|are|called|named|\W", before, re.IGNORECASE)
    if begins or (stems(before) and made_of(before, said.workflow)):
        said.take(name, found[2], found.span(2))
