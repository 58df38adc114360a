"""What the model may say: quotes again in its own words, and small talk. Both are checked before they are shown."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from assistant.agent import standing
from assistant.events import Citation, Mode
from assistant.memory.words import STOP_WORDS, stems


@dataclass(frozen=True)
class Allowed:
    """What a model may do with quotes.

    Attributes:
        quotes: How many it is given; more only confuse a small one.
        sentences: How many of its sentences are shown, if the quotes carry them.
        tokens: Where it is stopped.
    """

    prompt: str
    quotes: int
    sentences: int
    tokens: int


ALLOWED = {
    Mode.FULL: Allowed("rephrase_fully", quotes=5, sentences=4, tokens=220),
    Mode.GUIDED: Allowed("rephrase", quotes=2, sentences=1, tokens=60),
    Mode.WRITER: Allowed("rephrase", quotes=2, sentences=1, tokens=60),
}
TALK_TOKENS = 300
FEW_WORDS, TO_THE_POINT = 8, 0.5
"""A longer sentence must be at least this near to the question (cosine): small models like to say something else."""

NOT_DONE = (
    'I have not saved, changed or sent anything. To have me keep something, say "remember that ..."; '
    "I then answer with what I stored."
)

_NUMBER = standing.NUMBER
_NAME = re.compile(r"(?<![.!?]\s)(?<!^)\b[^\W\d_a-z][\w'’-]+", re.MULTILINE)
_TITLED = re.compile(r"\b(?:Dr|Mr|Mrs|Ms|Prof|St)\.?\s+([^\W\d_a-z][\w'’-]+)")
_OPENINGS = frozenset(stems("according based yes"))
_NUMBER_WORDS = (*standing.COUNTING, *standing.DAYS, *"yes never always none".split())
_COUNTING_WORDS = (*standing.COUNTING, *standing.PARTS)
_NOT_THERE = re.compile(
    r"\bnot (?:there|mentioned|specified|provided|stated)\b|\bdo(?:es)? not (?:answer|mention)", re.I
)

_DID = (
    "saved|stored|noted|remembered|recorded|added|updated|changed|corrected|deleted|removed|erased|forgotten|forgot|sent"
    "|created|scheduled|booked|set up|logged|emailed|e-mailed|posted|ordered|cancell?ed"
)
_DO = (
    "save|store|note|remember|record|add|update|change|delete|remove|erase|forget|send|create|schedule|book|set|log|email"
    "|post|order|cancel|put|keep|make|remind"
)
_DOING = "saving|storing|noting|recording|adding|updating|deleting|removing|sending|creating|scheduling|booking|setting"
_OBJECT = "it|this|that|them|these|those|your?|the|everything|down|an? (?:note|reminder|entry|event|task|memory)"
_THING = "reminder|note|appointment|event|alarm|timer|task|memory|message|e-?mail|meeting|entry|list|fact"
_BEGINS = r"(?:^|[.!?\n]\s*)(?:(?:ok(?:ay)?|sure(?: thing)?|great|alright|got it|yes|perfect|certainly)[,.!]*\s+)*"
_DID_THERE = (
    "opened|closed|re-?opened|filed|commented|label+ed|published|merged|archived|run|started|triggered|handled"
    "|taken care of|dealt with"
)
"""Deeds at services. Alone they tell of shops and eyes too: they count with "I have", or with what they are done to."""
_PLACE_THERE = r"(?:issue|ticket|bug report|pull request|comment|label|page|workflow|import)s?(?: #?\d+)?"
_ADVERBS = "(?:just |already |now |also |successfully |gone ahead and )"
_CLAIM = re.compile(
    # I have saved it; I just sent the mail; I saved your note. But not: I saved up for a bike.
    rf"\bI(?:['’]ve| have) {_ADVERBS}*(?:{_DID}|put|made|set)\b"
    rf"|\bI {_ADVERBS}+(?:{_DID}|put|made|set)\b"
    rf"|\bI (?:{_DID}) (?:{_OBJECT})\b"
    r"|\bI (?:put|made|set|wrote)\b[^.!?\n]{0,40}\b(?:your|for you|down|an? (?:note|reminder|alarm|timer))\b"
    # I'm saving it; I'll remember that; I am going to add that to your list.
    rf"|\bI(?:['’]m| am) {_ADVERBS}*(?:{_DOING}) (?:{_OBJECT}|up)\b"
    rf"|\bI(?:['’]ll| will|['’]m going to| am going to) {_ADVERBS}*(?:{_DO})\b[^.!?\n]{{0,20}}?"
    rf"\b(?:{_OBJECT}|in mind)\b"
    # Done. Noted! Saved it to your notes. Added milk to your list. But not: Done well, bread keeps a week.
    rf"|{_BEGINS}(?:done|all set|all done|(?:consider it|it['’]?s|it is|that['’]?s) done|you['’]?re all set|{_DID}"
    rf"|{_DOING})(?=\s*[.!,:;…]|\s*$|\s+(?:{_OBJECT}|for you|successfully|as requested"
    r"|[^.!?\n]{1,40} (?:to|in|on|from) your)\b)"
    rf"|{_BEGINS}(?:your |the |a )?(?:{_THING}) (?:is |was )?(?:{_DID}|set)\b"
    # Your note has been saved; it is now booked; successfully added.
    rf"|(?<!\bnothing )\b(?:has|have|is|are|was|were) (?:(?:been|now|successfully|already) )+(?:{_DID}|set)\b"
    rf"|\bsuccessfully (?:{_DID})\b|\b(?:{_DID}) successfully\b"
    # I've opened it; I just closed #5; the issue is now open; comment posted; that's been handled; closed #5.
    rf"|\bI(?:['’]ve| have) {_ADVERBS}*(?:{_DID_THERE})\b|\bI {_ADVERBS}+(?:{_DID_THERE}|ran)\b"
    rf"|\bI (?:{_DID_THERE}|ran) (?:on )?(?:it|that|#\d|(?:the |your |an? )?{_PLACE_THERE}\b)"
    rf"|\bI went ahead and (?:{_DID}|{_DID_THERE}|put|made|set|ran)\b|\bI did (?:it|that)\b"
    rf"|{_BEGINS}(?:your |the |an? )?{_PLACE_THERE} (?:(?:is|was|has|been|now|already) )*(?:{_DID}|{_DID_THERE})\b"
    r"(?! by\b)"
    rf"|\b{_PLACE_THERE} is (?:now|already) (?:open|up|live|there)\b"
    rf"|\b(?:it|that|this)(?:['’]s| has) been (?:{_DID_THERE})\b"
    rf"|{_BEGINS}(?:{_DID_THERE}) (?:on )?(?:#\d|{_PLACE_THERE} #?\d)|\bran successfully\b"
    rf"|\b(?:{_THING}) is on its way\b",
    re.IGNORECASE,
)
_CALL = re.compile(
    r"</?tool_?call|<function|<\|?tool|\"(?:name|tool|function|tool_name|action)\"\s*:\s*\"|"
    r"\"(?:arguments|parameters|action_input|tool_calls)\"\s*:|^\s*\{[^{}]*\"\w+\"\s*:",
    re.IGNORECASE,
)
_MAY_BE_A_CALL = ("{", "[", "```", "<")
_SENTENCE = re.compile(r".+?(?:[.!?…]+[\"'”’)\]]*(?=\s)|\n+|$)\s*", re.DOTALL)


def numbers_known(sentence: str, told: str) -> bool:
    """Whether every number of a sentence, in digits or in words, stands in what was computed.

    Args:
        told: The computed answer, as it is shown.
    """
    there = {number.strip(".,:/-").replace(",", "") for number in _NUMBER.findall(told)}
    if any(number.strip(".,:/-").replace(",", "") not in there for number in _NUMBER.findall(sentence)):
        return False
    spoken = set(re.findall(r"[a-z]+", sentence.lower()))
    return not any(word in spoken and not re.search(rf"\b{word}\b", told.lower()) for word in _COUNTING_WORDS)


def grounded(sentence: str, citations: Sequence[Citation], question: str) -> bool:
    """Whether a rephrased answer says nothing that the quotes do not: names, numbers, dates and nearly all words.

    Args:
        citations: What the model was given.
        question: Its words may be said again.
    """
    if not sentence.strip() or _NOT_THERE.search(sentence):
        return False
    source = "\n".join(f"{each.title}\n{each.text}" for each in citations)
    allowed = set(stems(source)) | set(stems(question))
    said = stems(sentence)
    if not said or sum(word in allowed for word in said) / len(said) < standing.GROUNDED:
        return False
    there = {number.strip(".,:/-") for number in _NUMBER.findall(source)}
    asked = {number.strip(".,:/-") for number in _NUMBER.findall(question)}
    if any(number.strip(".,:/-") not in there | asked for number in _NUMBER.findall(sentence)):
        return False
    folded = source.casefold() + question.casefold()
    names = [*_NAME.findall(sentence), *_TITLED.findall(sentence)]
    if any(name.casefold() not in folded for name in names if name.lower() not in STOP_WORDS):
        return False
    # The first word is a capital anyway; unless the quotes have it, it could be somebody's name.
    if said[:1] == stems(sentence.split()[0])[:1] and said[0] not in allowed and said[0] not in _OPENINGS:
        return False
    spoken = set(re.findall(r"[a-z]+", sentence.lower()))
    if any(word in spoken and not re.search(rf"\b{word}\b", folded) for word in _NUMBER_WORDS):
        return False
    if "not" in spoken and not re.search(r"\bnot\b|n't|\bno\b|never", folded):
        return False
    return bool(standing.holding(sentence, standing.statements(citations), question))


def sentences_of(text: str) -> list[str]:
    """The sentences that a model wrote; a last one that was cut off is left out, unless it is the only one."""
    found = [" ".join(each.split()) for each in _SENTENCE.findall(text) if each.strip()]
    if len(found) > 1 and not re.search(r"[.!?…][\"'”’)\]]*$", found[-1]):
        found.pop()
    return found


def adds_something(sentence: str, question: str) -> bool:
    """Whether a rephrased answer says more than the question already did."""
    return bool(set(stems(sentence)) - set(stems(question)))


def says_all_of(sentence: str, quote: str) -> bool:
    """Whether a sentence is no shorter than the quote above it: it would only be there twice."""
    return set(stems(quote)) <= set(stems(sentence))


def best_citation(sentence: str, citations: Sequence[Citation]) -> Citation:
    """The citation that the sentence shares most words with: the number is set by code, never by the model."""
    said = set(stems(sentence))
    return max(citations, key=lambda each: (len(said & set(stems(each.text))), -each.n))


def untrue(text: str) -> bool:
    """Whether a text claims a deed, or is a tool call written out: neither was carried out."""
    return bool(_CLAIM.search(text) or _CALL.search(text))


async def truthful(words: AsyncIterator[str]) -> AsyncIterator[str]:
    """Passes a model's small talk on sentence by sentence; where it claims a deed, says instead what is true.

    What looks like the start of a tool call is held back until it is complete.
    """
    held = ""
    async for piece in words:
        held += piece
        if held.lstrip().startswith(_MAY_BE_A_CALL):
            continue  # judged whole, below
        *complete, held = _SENTENCE.findall(held) or [""]
        for at, sentence in enumerate(complete):
            if sentence.lstrip().startswith(_MAY_BE_A_CALL):
                held = "".join([*complete[at:], held])
                break
            if untrue(sentence):
                yield NOT_DONE
                return
            yield sentence
    if untrue(held):
        yield NOT_DONE
    elif held:
        yield held


_POINTS_BACK = re.compile(
    r"\b(?:it|its|they|them|their|those|these|he|she|him|her)\b"
    # Not "is there a bakery", nor "the book that Anna lent me", nor "one tablet a day".
    r"|(?<!\bis )(?<!\bare )(?<!\bwas )(?<!\bwere )\bthere\b"
    r"|\b(?:is|was|are|were|do|does|did|has|had|will|would|can|could|should|and|about|of|for|with|in|on|at|to|than|like"
    r"|why|how|when|where) that\b"
    r"|\b(?:which|that|this|the|other|new|old|last) one\b",
    re.IGNORECASE,
)
FOLLOW_UP_WORDS, AND_WORDS = 3, 2
"""Content words that a question has at most which points back, and one that only begins with "and"."""


def with_topic(question: str, history: Sequence[tuple[str, str]]) -> str:
    """A follow-up question ("and how hot?") with the person's question before it, which says what it is about."""
    content = len(stems(question))
    points = content <= FOLLOW_UP_WORDS and _POINTS_BACK.search(question)
    if not points and not (content <= AND_WORDS and question.lower().startswith("and ")):
        return question
    before = next((text for role, text in reversed(history) if role == "person" and stems(text)), "")
    return f"{question} ({before})" if before else question
