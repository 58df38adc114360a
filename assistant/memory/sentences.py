"""The units that an answer quotes: sentences, list items, table rows, lines of code, as exact spans of a passage."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

LONGEST_CODE_UNIT = 6
"""Lines. A shorter block is quoted whole."""
_LONGEST_ITEM = 400
"""Characters. A longer list item is quoted by its sentences."""

_FENCE = re.compile(r"[ \t]*(`{3,})")
_HEADING = re.compile(r"#{1,6} ")
_ITEM = re.compile(r"([ \t]*)(?:[-*+]|(\d{1,9}[.)]))[ \t]+(?=\S)")
_COMMENT = re.compile(r"\s*(?:#|//|--|;|%|/\*|\*|REM\b|<!--)")
_GOES_ON = re.compile(r"(?:[\\,{(\[|&=]|\bthen|\bdo|:)\s*$")
_CLOSES = re.compile(r"\s*(?:[)}\]]|end\b|fi\b|done\b|esac\b|else\b|elif\b|EOF\b)")

_ENDS = re.compile(r"""[.!?…]+["'”’»)\]]*(?=\s)|[。！？]["'”’」』）]*|\n""")
_NEVER_LAST = frozenset(
    """
    mr mrs ms dr prof rev gen sen rep st mt capt col lt sgt hon fr e.g i.e eg ie cf vs viz al approx ca no nr vol
    fig figs eq sec ch chap p pp art ed eds resp incl excl esp z.b d.h u.a bzw ggf evtl vgl s.o s.u hr dipl ing
    str tel abs bsp m.e i.d.r o.ä p.ex env ex jan feb mar apr jun jul aug sep sept oct nov dec min max v ver
    kap abb tab bd
    """.split()
)
"""Abbreviations after which the sentence goes on, whatever follows."""
_BEFORE_NUMBER_ONLY = frozenset(
    """
    no nr vol fig figs eq sec ch chap p pp art v ver jan feb mar apr jun jul aug sep sept oct nov dec min max abs
    ed ex str al kap abb tab bd
    """.split()
)
"""Of those, the ones that are words or names too: the sentence goes on only if a number follows."""
_STARTERS = frozenset(
    """
    the a an it he she they we you i this that these those there in on at if when but and so then however for
    """.split()
)

_MONTH = re.compile(r"(?i)(?:jan|feb|mär|mar|apr|mai|may|jun|jul|aug|sep|okt|oct|nov|dez|dec)")

Kind = Literal["sentence", "item", "code", "row", "heading"]


@dataclass(frozen=True)
class Span:
    """A unit of a passage's text: `text[span.start:span.end]`.

    Attributes:
        kind: A "heading" is a unit only where nothing stands below it.
        heading: Where the nearest heading above it stands in the text, if one does.
        header: Of a table's row: where the head row stands.
    """

    start: int
    end: int
    kind: Kind = "sentence"
    heading: tuple[int, int] | None = None
    header: tuple[int, int] | None = None


def sentences(text: str) -> list[Span]:
    """The units of a passage in order. They do not overlap, and none begins or ends with white space."""
    return list(_Scanner(text).units())


@dataclass(frozen=True)
class _Line:
    start: int
    text: str

    @property
    def end(self) -> int:
        return self.start + len(self.text)


class _Scanner:
    """Walks over a passage's lines once."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines: list[_Line] = []
        position = 0
        for line in text.split("\n"):
            self._lines.append(_Line(position, line))
            position += len(line) + 1
        self._heading: tuple[int, int] | None = None

    def units(self) -> Iterator[Span]:
        lines, at = self._lines, 0
        while at < len(lines):
            line = lines[at].text
            if not line.strip():
                at += 1
                continue
            if _FENCE.match(line):
                end = self._fence_end(at)
                yield from self._code(at + 1, end - 1 if _FENCE.match(lines[end - 1].text) and end - 1 > at else end)
            elif _HEADING.match(line):
                end = at + 1
                yield from self._headed(at)
            elif line.startswith("| "):
                end = self._run(at, lambda other: other.startswith("| "))
                yield from self._rows(at, end)
            elif _ITEM.match(line):
                end = self._item_end(at)
                yield from self._item(at, end)
            elif line.startswith(">"):
                end = self._run(at, lambda other: other.startswith(">"))
                yield from self._quoted(at, end)
            else:
                end = self._run(at, _is_prose)
                yield from self._prose(lines[at].start, lines[end - 1].end)
            at = end

    def _run(self, at: int, belongs: Callable[[str], bool]) -> int:
        end = at + 1
        while end < len(self._lines) and belongs(self._lines[end].text):
            end += 1
        return end

    def _fence_end(self, at: int) -> int:
        """The line after the closing fence, or after the last line where none closes."""
        opening = _FENCE.search(self._lines[at].text)
        ticks = opening[1] if opening else "```"
        for end in range(at + 1, len(self._lines)):
            if self._lines[end].text.strip() == ticks:
                return end + 1
        return len(self._lines)

    def _item_end(self, at: int) -> int:
        """Continuation lines are indented deeper than the marker; fences go on to their end."""
        marker = _ITEM.match(self._lines[at].text)
        depth = len(marker[1]) if marker else 0
        begins_with_code = marker and _FENCE.match(self._lines[at].text, marker.end())
        end = self._fence_end(at) if begins_with_code else at + 1
        while end < len(self._lines):
            line = self._lines[end].text
            if _FENCE.match(line) and line[depth : depth + 1].isspace():
                end = self._fence_end(end)
                continue
            indented = line[: depth + 1].isspace() and line.strip()
            if not indented or _ITEM.match(line):
                break
            end += 1
        return end

    def _span(self, start: int, end: int, kind: Kind, header: tuple[int, int] | None = None) -> Iterator[Span]:
        piece = self._text[start:end]
        start += len(piece) - len(piece.lstrip())
        end -= len(piece) - len(piece.rstrip())
        if start < end:
            yield Span(start, end, kind, self._heading, header)

    def _headed(self, at: int) -> Iterator[Span]:
        line = self._lines[at]
        marks = len(line.text) - len(line.text.lstrip("#"))
        following = next((other.text for other in self._lines[at + 1 :] if other.text.strip()), "")
        deeper = _HEADING.match(following)
        if not following or (deeper and len(deeper[0]) - 1 <= marks):
            self._heading = None
            yield from self._span(line.start + marks + 1, line.end, "heading")
        self._heading = (line.start + marks + 1, line.end)

    def _rows(self, at: int, end: int) -> Iterator[Span]:
        head = self._lines[at]
        if end == at + 1:
            yield from self._span(head.start, head.end, "row")
        for line in self._lines[at + 1 : end]:
            yield from self._span(line.start, line.end, "row", (head.start, head.end))

    def _item(self, at: int, end: int) -> Iterator[Span]:
        first, last = self._lines[at], self._lines[end - 1]
        marker = _ITEM.match(first.text)
        start = first.start + (len(marker[0]) if marker and not marker[2] else 0)
        if last.end - start <= _LONGEST_ITEM or any(_FENCE.match(line.text) for line in self._lines[at:end]):
            yield from self._span(start, last.end, "item")
        else:
            for piece_start, piece_end in _split(self._text, start, last.end):
                yield from self._span(piece_start, piece_end, "item")

    def _quoted(self, at: int, end: int) -> Iterator[Span]:
        """Lines after `> `: each holds whole sentences, an item, or a line of code."""
        fence = ""
        for line in self._lines[at:end]:
            words = line.text[2:]
            opening = _FENCE.match(words)
            if opening and fence in {"", opening[1]}:
                fence = "" if fence else opening[1]
                continue
            start = line.start + 2
            if fence:
                yield from self._span(start, line.end, "code")
            elif marker := _ITEM.match(words):
                yield from self._span(start + (0 if marker[2] else len(marker[0])), line.end, "item")
            else:
                yield from self._prose(start, line.end)

    def _prose(self, start: int, end: int) -> Iterator[Span]:
        for piece_start, piece_end in _split(self._text, start, end):
            yield from self._span(piece_start, piece_end, "sentence")

    def _code(self, at: int, end: int) -> Iterator[Span]:
        """A short block whole; a longer one by commands, each with the comment above it."""
        lines = self._lines[at:end]
        if not lines:
            return
        if len(lines) <= LONGEST_CODE_UNIT:
            yield from self._span(lines[0].start, lines[-1].end, "code")
            return
        start = lines[0].start
        for before, line in pairwise(lines):
            joined = (
                _GOES_ON.search(before.text)
                or _COMMENT.match(before.text)
                or line.text[:1].isspace()
                or _CLOSES.match(line.text)
            )
            if not line.text.strip() or (before.text.strip() and joined):
                continue
            yield from self._span(start, before.end, "code")
            start = line.start
        yield from self._span(start, lines[-1].end, "code")


def _is_prose(line: str) -> bool:
    return bool(line.strip()) and not (
        _FENCE.match(line) or _HEADING.match(line) or _ITEM.match(line) or line.startswith(("| ", ">"))
    )


def _split(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The sentences of a stretch of prose."""
    begin = start
    for stop in _ENDS.finditer(text, start, end):
        cut = stop.end()
        if stop[0] == "\n":
            following = text[cut:end].lstrip()[:1]
            before = text[begin : stop.start()].rstrip()[-1:]
            if following.islower() and before not in ".!?:;":
                continue
        elif stop[0][0] not in "。！？" and not _ends_sentence(
            text[begin : stop.start()], stop[0], text[cut : min(end, cut + 60)]
        ):
            continue
        yield begin, cut
        begin = cut
    yield begin, end


def _ends_sentence(before: str, mark: str, after: str) -> bool:
    """Whether a full stop, question or exclamation mark ends the sentence before it."""
    following = after.lstrip().lstrip("\"'“‘«([*_")
    if following[:1].islower():
        return False
    if not mark.startswith(".") or mark.startswith(".."):
        return True
    words = before.split()
    word = words[-1].lstrip("\"'“‘«([").casefold() if words else ""
    if not word or (len(words) == 1 and re.fullmatch(r"\d{1,3}|[a-z]|[ivx]+", word)):
        return False  # "1. First", "a. First"
    if word in _BEFORE_NUMBER_ONLY:
        return not following[:1].isdigit()
    if word in _NEVER_LAST:
        return False
    if word.isdigit() and _MONTH.match(following):
        return False  # "am 3. Mai"
    starts_new = (next_word := re.match(r"[^\W\d_]+", following)) is not None and next_word[0].casefold() in _STARTERS
    if re.fullmatch(r"[a-z]|(?:[a-z]\.)+[a-z]", word) and word not in {"a.m", "p.m"}:
        after_number = len(words) > 1 and words[-2][-1:].isdigit()  # "at 15 h."
        return starts_new or after_number  # else an initial ("J. Smith"), or "U.S. Army"
    return True
