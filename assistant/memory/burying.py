"""What was forgotten stays out, also where a later import cuts the document elsewhere.

A tombstone keeps hashes only, keyed outside the database: of the whole passage, of each sentence or line in it, and of
where it came from. An import drops a passage that is the same as a whole. Where its neighbours have changed, the
passage is cut elsewhere, and its sentences are looked for one by one. A sentence may rightly stand in many notes ("Went
running."), so it goes only where it must be the forgotten one: where it is the only such sentence in the same file, or
where the forgotten passage stands together, nearly whole in another file, by half and with such a sentence in its own.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, replace

from assistant.memory.chunking import Passage
from assistant.memory.sentences import sentences

_MARKS = re.compile(r"[\s>|*+-]*(?:\[[ xX]\] |\d{1,9}[.)] )?")
_FENCE = re.compile(r"[\s>]*```")
_HEADING = re.compile(r"#{1,6} ")
_TELLING = 24
"""Characters: what is shorter is not recognised in other files, where many a note says "Milk, eggs"."""
_ALL_BUT_ONE_IN = 5
"""So many sentences of a passage may have one among them that was changed, and it is recognised in other files too."""
_CLOSE = 3
"""Sentences: no further from one to the next, where two new ones may have been put between."""


@dataclass(frozen=True)
class Mark:
    """What a tombstone keeps of a memory.

    Attributes:
        whole: Of the whole text.
        units: Of its sentences and lines, in order; empty for a fact, which no document is cut into.
        source: Of the path that it was imported from; None for a fact.
    """

    whole: bytes
    units: tuple[bytes, ...] = ()
    source: bytes | None = None


@dataclass(frozen=True)
class _Unit:
    """A sentence, or a line of a list, a table or code, within one of a document's passages."""

    passage: int
    start: int
    end: int
    hash: bytes
    size: int


class Marker:
    """Makes the marks; without the key they tell nothing."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def whole(self, text: str) -> bytes:
        """Of a memory's text, wherever it stands."""
        return hmac.digest(self._key, hashlib.sha256(f"\x00{text}".encode()).digest(), "sha256")

    def of_source(self, path: str) -> bytes:
        """Of the path that a document was imported from."""
        return self._keyed(f"source\x00{path}")

    def of_fact(self, text: str) -> Mark:
        """What is kept of a forgotten fact."""
        return Mark(self.whole(text))

    def of_passage(self, text: str, *, source: str) -> Mark:
        """What is kept of a forgotten passage."""
        return Mark(self.whole(text), tuple(unit.hash for unit in self.units(text)), self.of_source(source))

    def units(self, text: str, *, passage: int = 0) -> Iterator[_Unit]:
        """The sentences and lines of a text; headings are none, for they stand above others' text too."""
        at = 0
        fenced = False
        for line in text.split("\n"):
            if _FENCE.match(line):
                fenced = not fenced
            elif fenced or not _HEADING.match(line):
                yield from self._of_line(line, at, passage)
            at += len(line) + 1

    def _of_line(self, line: str, at: int, passage: int) -> Iterator[_Unit]:
        marks = _MARKS.match(line)
        begin = marks.end() if marks else 0
        for span in sentences(line[begin:]):
            start, end = begin + span.start, begin + span.end
            # Case, white space and punctuation may change with the program that saved the file.
            if words := " ".join(re.findall(r"\w+", line[start:end].casefold())):
                yield _Unit(passage, at + start, at + end, self._keyed(f"unit\x00{words}"), len(words))

    def _keyed(self, text: str) -> bytes:
        return hmac.digest(self._key, text.encode(), "sha256")


@dataclass(frozen=True)
class Kept:
    """What an import may store of a document.

    Attributes:
        parts: The passages, without what was forgotten.
        dropped: How many passages stayed out.
        shortened: How many are there without some of their sentences.
    """

    parts: tuple[Passage, ...]
    dropped: int = 0
    shortened: int = 0


class Buried:
    """Everything that a person had forgotten."""

    def __init__(self, marker: Marker, marks: Iterable[Mark]) -> None:
        self._marker = marker
        self._marks = tuple(marks)
        self._wholes = {mark.whole for mark in self._marks}
        self._in_marks: dict[bytes, list[int]] = {}
        for number, mark in enumerate(self._marks):
            for unit in set(mark.units):
                self._in_marks.setdefault(unit, []).append(number)

    def without(self, parts: Sequence[Passage], *, source: str) -> Kept:
        """The passages of one document without what was forgotten.

        Args:
            source: The path that they come from.
        """
        if not self._marks:
            return Kept(tuple(parts))
        open_parts = [None if self._marker.whole(part.text) in self._wholes else part for part in parts]
        gone = self._found(open_parts, self._marker.of_source(source)) if self._in_marks else {}
        kept = []
        shortened = 0
        for number, part in enumerate(open_parts):
            if part is None:
                continue
            if number in gone:
                text = _cut_out(part.text, gone[number])
                if not any(self._marker.units(text)):
                    continue
                part = replace(part, text=text)
                shortened += 1
            kept.append(part)
        return Kept(tuple(kept), len(parts) - len(kept), shortened)

    def _found(self, parts: Sequence[Passage | None], source: bytes) -> dict[int, list[_Unit]]:
        units = [
            unit
            for number, part in enumerate(parts)
            if part is not None
            for unit in self._marker.units(part.text, passage=number)
        ]
        times = Counter(unit.hash for unit in units)
        hits: dict[int, list[int]] = {}
        for at, unit in enumerate(units):
            for number in self._in_marks.get(unit.hash, ()):
                hits.setdefault(number, []).append(at)
        gone: set[int] = set()
        for number, places in hits.items():
            mark = self._marks[number]
            once = {at for at in places if times[units[at].hash] == 1}
            if mark.source == source:
                gone |= once
            gone |= _together(places, units, mark, once=once, same_file=mark.source == source)
        found: dict[int, list[_Unit]] = {}
        for at in sorted(gone):
            found.setdefault(units[at].passage, []).append(units[at])
        return found


def _together(
    places: Sequence[int], units: Sequence[_Unit], mark: Mark, *, once: Set[int], same_file: bool
) -> set[int]:
    """Of the places that hold sentences of a forgotten passage, those where enough of it stands together.

    The fullest stretch counts first, so that the same sentence in the next note is not taken for it.

    Args:
        once: Of these places, those whose sentence the document holds only once.
    """
    whole = len(set(mark.units))
    if whole == 1:
        return {at for at in once if units[at].size >= _TELLING}
    nearly = whole - whole // _ALL_BUT_ONE_IN
    stretches = []
    for number in range(len(places)):
        stretch = _stretch(places, number, units)
        telling = same_file or sum(units[at].size for at in stretch) >= _TELLING
        half_of_it = same_file and len(stretch) * 2 >= whole and not once.isdisjoint(stretch)
        if half_of_it or (telling and len(stretch) >= nearly):
            stretches.append(stretch)
    gone: set[int] = set()
    for stretch in sorted(stretches, key=len, reverse=True):
        if gone.isdisjoint(stretch):
            gone.update(stretch)
    return gone


def _stretch(places: Sequence[int], begin: int, units: Sequence[_Unit]) -> list[int]:
    """The places from `begin` on, as far as they stand close together and no sentence comes again."""
    found = [places[begin]]
    seen = {units[places[begin]].hash}
    for number in range(begin + 1, len(places)):
        at = places[number]
        if at - found[-1] > _CLOSE or units[at].hash in seen:
            break
        found.append(at)
        seen.add(units[at].hash)
    return found


def _cut_out(text: str, units: Sequence[_Unit]) -> str:
    """A text without some of its units; lines of which only a marker is left go, too."""
    lines = []
    at = 0
    for line in text.split("\n"):
        end = at + len(line)
        inside = [unit for unit in units if at <= unit.start < end]
        left = line
        for unit in reversed(inside):
            left = left[: unit.start - at] + left[unit.end - at :]
        if not inside or re.search(r"\w", left[len(_marks_of(left)) :]):
            lines.append(re.sub(r"(?<=\S) {2,}", " ", left).rstrip() if inside else line)
        at = end + 1
    left = re.sub(r"^[ >]*```[^\n`]*\n(?:[ >]*\n)*[ >]*```$\n?", "", "\n".join(lines), flags=re.MULTILINE)
    return re.sub(r"\n{3,}", "\n\n", left).strip()


def _marks_of(line: str) -> str:
    found = _MARKS.match(line)
    return found[0] if found else ""
