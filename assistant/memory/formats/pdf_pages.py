"""PDF: lines with their places on the page become headings, paragraphs, lists and code."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from statistics import median
from typing import Any

from assistant.memory.formats.document import Block, Kind

_MARGIN = 0.1
"""Of the page's height, above and below: where running heads and page numbers stand."""
_COVER = 500
"""Characters. A first page with less, before others, is a cover: authors and publishers head no chapters."""
_LEADERS = re.compile(r"(?:\s?\.){4,}\s*\w*$")
_PAGE_NUMBER = re.compile(r"\W*(?:page\s*)?(?:\d{1,4}|[ivxlc]{1,6})(?:\s*(?:/|of)\s*\d+)?\W*", re.IGNORECASE)
_BULLET = re.compile(r"([•▶►‣◦▪■●○∗·–—*-]|\(?\d{1,2}[.)]|\(?[a-z]\))\s+(?=\S)")
_NOT_HEADINGS = {"note", "tip", "caution", "warning", "important", "danger", "hint", "example"}
_HYPHENS = ("\x02", "\ufffe", "\u00ad")
_LETTERS = str.maketrans(
    {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "−": "-", "˜": "~", "\u00a0": " ", "\t": " "}
)


@dataclass
class _Line:
    """One line of a page (or two that were not told apart); lengths are in points, `y` grows upwards.

    Attributes:
        y: Where it begins.
        end_y: Where it ends.
    """

    text: str
    size: float
    bold: bool
    mono: bool
    left: float
    right: float
    y: float
    end_y: float
    page: int
    kind: Kind = "paragraph"
    level: int = 0


def blocks(pages: Sequence[Mapping[str, Any]]) -> list[Block]:
    """The blocks of a PDF.

    Args:
        pages: Each with "height" and "lines": text, font size, whether bold, whether of fixed width, left,
            right, upper edge at the beginning and at the end.
    """
    lines = _lines(pages)
    if not lines:
        return []
    body = _body_size(lines)
    pitch = median([d for a, b in pairwise(lines) if 0 < (d := a.end_y - b.y) < 3 * body] or [1.2 * body])
    _mark_headings(lines, body=body, pitch=pitch)
    return list(_Joiner(lines, pitch=pitch).blocks())


def _lines(pages: Sequence[Mapping[str, Any]]) -> list[_Line]:
    """All lines but running heads, page numbers and tables of contents."""
    by_page = []
    edges: Counter[str] = Counter()
    for number, page in enumerate(pages):
        lines = [
            _Line(" ".join(text.translate(_LETTERS).split()) if not mono else text.translate(_LETTERS).strip(),
                  size, bool(bold), bool(mono), left, right, y, end_y, number)
            for text, size, bold, mono, left, right, y, end_y in page["lines"]
        ]  # fmt: skip
        by_page.append((page["height"], [line for line in lines if line.text]))
        edges.update({_stripped(line) for line in by_page[-1][1] if _at_edge(line, page["height"])})
    found: list[_Line] = []
    for height, lines in by_page:
        contents = sum(bool(_LEADERS.search(line.text)) for line in lines)
        for line in lines:
            edge = len(by_page) > 1 and _at_edge(line, height)
            repeated = edges[_stripped(line)] > (1 if len(by_page) > 4 else 2)
            if edge and (repeated or _PAGE_NUMBER.fullmatch(line.text)):
                continue
            if _LEADERS.search(line.text) or (contents > 8 and re.search(r"\s\d+$", line.text)):
                continue
            found.append(line)
    return found


def _stripped(line: _Line) -> str:
    """A line as a running head: left and right pages have their number on different sides."""
    return " ".join(sorted(re.sub(r"\d+|\b[ivxlc]+\b", "#", line.text.lower()).split()))


def _at_edge(line: _Line, height: float) -> bool:
    return line.y > height * (1 - _MARGIN) or line.y < height * _MARGIN


def _body_size(lines: Iterable[_Line]) -> float:
    sizes: Counter[float] = Counter()
    for line in lines:
        if not line.mono:
            sizes[round(line.size, 1)] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 10.0


def _mark_headings(lines: Sequence[_Line], *, body: float, pitch: float) -> None:
    """Larger letters make a heading; so do bold ones on a short line of their own."""
    for n, line in enumerate(lines):
        if line.mono:
            line.kind = "code"
            continue
        apart = n == 0 or lines[n - 1].page != line.page or lines[n - 1].end_y - line.y > pitch * 1.2
        short = (
            len(line.text) <= 100 and not line.text.endswith((".", ",", ";", ":")) and any(map(str.isalpha, line.text))
        )
        larger = line.size > body * 1.08
        bold = line.bold and apart and len(line.text) <= 80 and line.size > body * 0.95
        if (
            short
            and (larger or bold)
            and line.text.lower() not in _NOT_HEADINGS
            and not _BULLET.match(line.text + " x")
        ):
            line.kind = "heading"
    sizes = sorted(
        {round(line.size) for line in lines if line.kind == "heading" and line.size > body * 1.08}, reverse=True
    )
    cover = [line for line in lines if line.page == 0]
    if lines[-1].page > 2 and sum(len(line.text) for line in cover) < _COVER:
        title = max(cover, key=lambda line: line.size, default=None)
        for line in cover:
            line.kind = "heading" if line is title else "paragraph"
    for line in lines:
        if line.kind == "heading":
            larger = round(line.size) in sizes and line.size > body * 1.08
            line.level = min(sizes.index(round(line.size)) + 1, 5) if larger else min(len(sizes) + 1, 6)


@dataclass
class _Joiner:
    """Puts lines together."""

    lines: Sequence[_Line]
    pitch: float
    words: Counter[str] = field(default_factory=Counter)

    def blocks(self) -> Iterator[Block]:
        """Blocks in reading order."""
        for line in self.lines:
            self.words.update(re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", line.text.lower()))
        items: list[str] = []
        for _, run in groupby(self._groups(), key=lambda group: group[0].kind == "list"):
            groups = list(run)
            if groups[0][0].kind == "list":
                items = list(self._items(groups))
                yield Block("list", "\n".join(items))
            else:
                yield from filter(None, map(self._block, groups))

    def _block(self, group: list[_Line]) -> Block | None:
        first = group[0]
        if first.kind == "code":
            return Block("code", self._code(group))
        text = self._joined(group)
        if not text:
            return None
        return Block(first.kind, text, level=first.level)

    def _items(self, groups: Sequence[list[_Line]]) -> Iterator[str]:
        lefts = sorted({round(group[0].left / 5) for group in groups})
        for group in groups:
            text = self._joined(group)
            marker = _BULLET.match(text)
            number = marker[1].strip("().") if marker else ""
            sign = f"{number}. " if number.isdigit() else f"- {number}) " if number.isalpha() else "- "
            indent = "  " * min(lefts.index(round(group[0].left / 5)), 4)
            yield indent + sign + (text[marker.end() :] if marker else text)

    def _groups(self) -> Iterator[list[_Line]]:
        """Lines that make one heading, paragraph, item or block of code."""
        group: list[_Line] = []
        right = max((line.right for line in self.lines), default=0.0)
        for line in self.lines:
            if line.kind == "paragraph" and _BULLET.match(line.text) and not self._hangs(group, line):
                line.kind = "list"
            if group and not self._belongs(group, line, right):
                yield group
                group = []
            if group and group[0].kind == "list":
                line.kind = "list"
            group.append(line)
        if group:
            yield group

    def _hangs(self, group: Sequence[_Line], line: _Line) -> bool:
        """Whether what looks like a marker just happens to stand at the beginning of a line."""
        if not group or group[-1].kind != line.kind or _BULLET.match(group[0].text) or line.text[0] in "•▶►‣●":
            return False
        last = group[-1]
        close = last.end_y - line.y <= self.pitch * 1.1
        return line.left == last.left and close and last.text[-1:] not in ".:;!?"

    def _belongs(self, group: Sequence[_Line], line: _Line, right: float) -> bool:
        last = group[-1]
        drop = last.end_y - line.y
        near = 0 <= drop <= max(self.pitch, line.size * 1.2) * 1.25
        if group[0].kind == "list" and line.kind == "paragraph":
            return near and line.left > group[0].left + 1
        if line.kind != group[0].kind or line.kind == "list":
            return False
        if line.kind == "code":
            return line.page == last.page and 0 <= drop <= self.pitch * 3
        if line.kind == "heading":
            return line.level == last.level and 0 < drop <= line.size * 1.6 and len(group) < 3
        goes_on = last.text[-1:] not in ".!?:" and line.text[:1].islower()
        if line.page != last.page:
            return goes_on
        ended = last.text[-1:] in ".!?:" and last.right < right - (right - last.left) * 0.12
        indented = line.left - last.left > line.size * 0.8 and len(group) > 1
        return near and not ended and not indented and abs(line.size - last.size) < 1.5

    def _joined(self, group: Sequence[_Line]) -> str:
        text = group[0].text
        for line in group[1:]:
            if text.endswith(_HYPHENS):
                text = text[:-1] + line.text
            elif text.endswith("-") and text[-2:-1].isalpha() and line.text[:1].islower():
                text = self._unhyphenated(text, line.text)
            else:
                text += " " + line.text
        return text.strip("".join(_HYPHENS))

    def _unhyphenated(self, text: str, following: str) -> str:
        """A word broken at a hyphen: whether the hyphen is its own tells the rest of the document."""
        before = re.search(r"[^\W\d_]+(?:-[^\W\d_]+)*(?=-$)", text)
        after = re.match(r"[^\W\d_]+", following)
        if before and after:
            compound = f"{before[0]}-{after[0]}".lower()
            if self.words[compound] > self.words[compound.replace("-", "")]:
                return text + following
        return text[:-1] + following

    def _code(self, group: Sequence[_Line]) -> str:
        """Lines of fixed width, their indentation made of spaces again."""
        left = min(line.left for line in group)
        widths = [(line.right - line.left) / len(line.text) for line in group if len(line.text) > 3]
        width = median(widths) if widths else 6.0
        lines: list[str] = []
        for n, line in enumerate(group):
            if n and group[n - 1].end_y - line.y > self.pitch * 1.7:
                lines.append("")
            lines.append(" " * round((line.left - left) / max(width, 1.0)) + line.text)
        return "\n".join(lines)
