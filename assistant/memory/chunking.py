"""Documents become passages: pieces of a few paragraphs that are found, embedded and quoted.

A passage's text is light Markdown, so that its parts can be told apart again when it is quoted: headings begin with
`# `, list items with `- ` or `1. `, table rows with `| `, quoted lines with `> `, and code stands between fences.

Cutting at every heading was measured to hurt retrieval. So whole sections are put together up to about
`TARGET_TOKENS`, and the place of each cut is chosen over the whole document at once (least cost, by dynamic
programming): before a high heading rather than a low one, between paragraphs rather than within one.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from assistant.memory.formats.document import Block, Document, Json, day_in
from assistant.memory.sentences import Span, sentences

__all__ = ["Passage", "Span", "approximate_tokens", "passages", "sentences"]

TARGET_TOKENS = 220
"""MiniLM reads 256, and the title path goes in front."""
MAX_TOKENS = 300
SMALLEST_TOKENS = 40

_BORING = frozenset(
    """
    title date created updated modified published lastmod layout draft id uid uuid guid slug permalink url
    cssclass cssclasses publish weight toc math type template image cover banner icon sidebarposition comments
    showtoc hidetitle filename encoding sectionsweight linktitle menu publishdate pubdate expirydate redirectfrom
    navtitle parent
    order sort navorder
    """.split()
)
"""Front matter that says nothing to a reader."""
_LONGEST_PROPERTY = 400
"""Characters."""
_LONGEST_WORD = 300
"""Characters; what is longer (encoded data) may be broken anywhere."""
_WHOLE_LIST = 120
"""Tokens. A shorter list is never cut."""
_SHORT = 20
"""Tokens. Lines of one block that are shorter together are not parted."""
_SPAN_COST = 0.15
"""Of having the end of a section in the middle of a passage; less for lower sections."""
_WORD = re.compile(r"[A-Za-z]+|\d+|[^\W\d_]+|[^\s]")
_OPENING = re.compile(r"\s*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*(`{3,})")
_ITEM = re.compile(r"(?:[-*+]|\d{1,9}[.)])[ \t]")


@dataclass(frozen=True)
class Passage:
    """A piece of a document, as it is stored, embedded and shown.

    Attributes:
        text: Light Markdown (see the module).
        context: "Title > Heading > Sub": the headings that stand above all of it.
        position: Its number within the document, from 0.
        date: The day named by the nearest dated heading above it (a journal's), else the document's.
    """

    text: str
    context: str
    position: int
    date: datetime.date | None = None


_Path = tuple[tuple[int, int, str], ...]
"""The headings above a piece, as (level, number of the block, text); the number tells equal headings apart."""


@dataclass(frozen=True)
class _Atom:
    """What is never cut: a short block, or a piece of a long one.

    Attributes:
        block: The number of the block it belongs to.
        seam: What separates it from the piece before, of the same block.
        head: What to repeat where a passage begins within a block: a table's head, the opening of a fence.
    """

    kind: str
    text: str
    tokens: int
    path: _Path
    block: int
    seam: str = ""
    level: int = 0
    head: str = ""
    head_tokens: int = 0


def approximate_tokens(text: str) -> int:
    """About how many tokens of MiniLM's vocabulary (uncased WordPiece) a text takes: 2 % off on average, 10 % at worst.

    The means by length of word were measured on 20,000 passages of English notes.
    """
    return round(sum(map(_tokens_of_word, _WORD.findall(text))))


@lru_cache(maxsize=50_000)
def _tokens_of_word(word: str) -> float:
    size = len(word)
    if not word.isascii():
        return size * (0.4 if word[0] < "\u0250" else 0.95)
    if word[0].isdigit():
        return size * 0.55 if size > 3 else 1.1
    if size == 1:
        return 1
    return 0.95 + 0.06 * size if size < 14 else size / 3


def passages(document: Document, *, count_tokens: Callable[[str], int] = approximate_tokens) -> list[Passage]:
    """Cut a document into passages, in order and without overlap.

    Args:
        document: As it was read.
        count_tokens: Of the embedding model's tokenizer, or an approximation.
    """
    found: list[Passage] = []
    for group in _grouped(list(_Atoms(count_tokens).of(document))):
        shared = _shared_path(group)
        names = [document.title, *(name for _, _, name in shared)]
        context = " > ".join(name for n, name in enumerate(names) if n == 0 or name != names[n - 1])
        dated = next((named for name in reversed(names[1:]) if (named := day_in(name))), document.date)
        found.append(Passage(_composed(group, shared), context, position=len(found), date=dated))
    return found


class _Atoms:
    """Takes blocks apart as far as needed."""

    def __init__(self, count_tokens: Callable[[str], int]) -> None:
        self._count = count_tokens

    def of(self, document: Document) -> Iterator[_Atom]:
        """All atoms of a document; first its telling properties."""
        path: _Path = ()
        if told := _told(document.properties):
            yield from self._pieces(Block("paragraph", told), number=-1, path=path)
        for number, block in enumerate(document.blocks):
            if block.kind == "heading":
                kept = tuple(step for step in path if step[0] < block.level)
                path = (*kept, (block.level, number, block.text))
                text = "#" * min(block.level, 6) + " " + block.text
                yield _Atom("heading", text, self._count(text), path, number, level=block.level)
            else:
                yield from self._pieces(block, number=number, path=path)

    def _pieces(self, block: Block, *, number: int, path: _Path) -> Iterator[_Atom]:
        text = block.text
        if block.kind == "quote":
            text = "\n".join(f"> {line}" for line in text.split("\n"))
        head = f"{_fence(text)}{block.info}" if block.kind == "code" else ""
        size = self._count(text)
        if size <= (_WHOLE_LIST if block.kind == "list" else TARGET_TOKENS):
            yield _Atom(block.kind, text, size, path, number, head=head, head_tokens=2 * bool(head))
            return
        if block.kind == "table":
            head = text.partition("\n")[0]
            if self._count(head) > TARGET_TOKENS // 4:
                head = ""
        head_tokens = self._count(head)
        for seam, piece, tokens in self._counted(block.kind, text):
            yield _Atom(block.kind, piece, tokens, path, number, seam, head=head, head_tokens=head_tokens)

    def _counted(self, kind: str, text: str) -> Iterator[tuple[str, str, int]]:
        """The pieces of a block with their tokens; short lines are put together, there may be a million of them."""
        kept: tuple[str, str, int] | None = None
        for seam, piece in self._cut(kind, text):
            tokens = self._count(piece)
            if kept and kept[2] + tokens <= _SHORT and seam == "\n":
                kept = (kept[0], kept[1] + seam + piece, kept[2] + tokens)
                continue
            if kept:
                yield kept
            kept = (seam, piece, tokens)
        if kept:
            yield kept

    def _cut(self, kind: str, text: str) -> Iterator[tuple[str, str]]:
        """Pieces of at most `TARGET_TOKENS`, each with what separates it from the one before."""
        for part in _items(text) if kind == "list" else text.split("\n"):
            if "\n" in part and self._count(part) > TARGET_TOKENS:
                yield from self._cut("lines", part)
            elif self._count(part) > TARGET_TOKENS:
                yield from self._cut_line(part)
            else:
                yield "\n", part

    def _cut_line(self, line: str) -> Iterator[tuple[str, str]]:
        """A long line by its sentences, long sentences by words, endless words by characters."""
        seam, start = "\n", 0
        for end in [*(span.end for span in sentences(line)), len(line)]:
            for piece in self._by_words(line[start:end].strip(" ")):
                yield seam, piece
                seam = " "
            start = end

    def _by_words(self, text: str) -> Iterator[str]:
        if self._count(text) <= TARGET_TOKENS:
            if text:
                yield text
            return
        words: list[str] = []
        size = 0
        for word in text.split(" "):
            for at in range(0, len(word), _LONGEST_WORD):
                tokens = self._count(word[at : at + _LONGEST_WORD])
                if words and size + tokens > TARGET_TOKENS:
                    yield " ".join(words)
                    words, size = [], 0
                words.append(word[at : at + _LONGEST_WORD])
                size += tokens
        if words:
            yield " ".join(words)


def _items(text: str) -> Iterator[str]:
    """The top items of a list, each with what is nested in it."""
    item: list[str] = []
    fence = ""
    for line in text.split("\n"):
        bare = line.strip()
        if not fence and _ITEM.match(line) and item:
            yield "\n".join(item)
            item = []
        if fence:
            fence = "" if bare == fence else fence
        elif opening := _OPENING.match(line):
            fence = opening[1]
        item.append(line)
    yield "\n".join(item)


def _told(properties: Mapping[str, Json]) -> str:
    """Front matter that a person might ask for, as lines of "key: value"."""
    lines = []
    for key, value in properties.items():
        if re.sub(r"[-_ ]", "", key.lower()) in _BORING or isinstance(value, bool):
            continue
        values = [str(item).strip() for item in (value if isinstance(value, list) else [value]) if _is_plain(item)]
        told = ", ".join(each for each in values if each and not each.startswith("/"))[:_LONGEST_PROPERTY]
        if told:
            lines.append(f"{key}: {' '.join(told.split())}")
    return "\n".join(lines)


def _is_plain(value: Json) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def _grouped(atoms: Sequence[_Atom]) -> list[Sequence[_Atom]]:
    """The atoms of each passage: of all ways to cut, the one of least cost."""
    count = len(atoms)
    depth = _depths(atoms)
    cut = [0.0] + [_cut_cost(atoms[n - 1], atoms[n], depth[n]) for n in range(1, count)] + [0.0]
    spanned = [0.0] * (count + 1)
    for n in range(1, count):
        apart = atoms[n].kind == "heading" and atoms[n - 1].kind != "heading"
        spanned[n] = spanned[n - 1] + (_SPAN_COST / (1 + depth[n]) if apart else 0.0)
    best = [0.0] + [math.inf] * count
    begins = [0] * (count + 1)
    for end in range(1, count + 1):
        size = 0
        for start in range(end - 1, -1, -1):
            size += atoms[start].tokens
            inside = start > 0 and atoms[start].block == atoms[start - 1].block
            whole = size + (atoms[start].head_tokens if inside or atoms[start].kind == "code" else 0)
            if whole > MAX_TOKENS and start < end - 1:
                break
            cost = best[start] + cut[start] + _size_cost(whole) + spanned[end - 1] - spanned[start]
            if cost < best[end]:
                best[end], begins[end] = cost, start
    groups: list[Sequence[_Atom]] = []
    end = count
    while end:
        groups.append(atoms[begins[end] : end])
        end = begins[end]
    return groups[::-1]


def _depths(atoms: Sequence[_Atom]) -> list[int]:
    """For each heading, how many kinds of higher heading the document has; 0 for others."""
    levels = sorted({atom.level for atom in atoms if atom.kind == "heading"})
    return [levels.index(atom.level) if atom.kind == "heading" else 0 for atom in atoms]


def _size_cost(tokens: int) -> float:
    if tokens > TARGET_TOKENS:
        return 0.5 * ((tokens - TARGET_TOKENS) / (MAX_TOKENS - TARGET_TOKENS)) ** 2
    return ((TARGET_TOKENS - tokens) / TARGET_TOKENS) ** 2 + (3.0 if tokens < SMALLEST_TOKENS else 0.0)


def _cut_cost(before: _Atom, after: _Atom, depth: int) -> float:
    """What it costs to end a passage between two atoms."""
    if before.kind == "heading":
        return 2.0  # it would stand at the end, with nothing under it
    if after.kind == "heading":
        return 0.05 * min(depth, 4)
    if before.block == after.block:
        if before.kind == "code":
            return 0.5 if not before.text.strip() else 0.8
        return {"list": 0.35, "table": 0.4}.get(before.kind, 0.8)
    return 0.7 if before.text.endswith(":") else 0.3


def _shared_path(group: Sequence[_Atom]) -> _Path:
    shared = group[0].path
    for atom in group[1:]:
        length = 0
        for ours, theirs in zip(shared, atom.path, strict=False):
            if ours != theirs:
                break
            length += 1
        shared = shared[:length]
    return shared


def _composed(group: Sequence[_Atom], shared: _Path) -> str:
    """The text of a passage. Headings that stand above all of it are in its context, not here."""
    above = {number for _, number, _ in shared}
    kept = [atom for atom in group if atom.kind != "heading" or atom.block not in above]
    if all(atom.kind == "heading" for atom in kept):
        kept = list(group)  # a heading with nothing under it is the text
    blocks = []
    for _, run in groupby(kept, key=lambda atom: atom.block):
        atoms = list(run)
        text = atoms[0].text + "".join(atom.seam + atom.text for atom in atoms[1:])
        head = atoms[0].head
        if atoms[0].kind == "code":
            text = f"{head}\n{text.strip(chr(10))}\n{_fence(text)}"
        elif head and not text.startswith(head):
            text = f"{head}\n{text}"
        blocks.append(text)
    return "\n\n".join(blocks)


def _fence(code: str) -> str:
    """A fence that the code does not contain."""
    longest = max((len(ticks) for ticks in re.findall(r"`{3,}", code)), default=2)
    return "`" * (longest + 1)
