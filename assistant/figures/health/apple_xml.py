"""Apple's `export.xml` as elements, in bounded memory and safe from hostile files.

The file's document type is taken out before the parser sees it: it may then be as broken as those of some versions of
iOS are, and no entity can be declared. What nests too deep or has a tag too long is refused before it takes memory.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from xml.parsers import expat

from assistant.errors import BadInput

CHUNK_BYTES = 1 << 18
HEAD_BYTES = 1 << 16
PROLOG_BYTES = 1 << 20
"""What may come before the first element; Apple's takes 10 kB."""
TAG_BYTES = 1 << 22
DEPTH = 32
CHILDREN = 5_000
"""So many statistics of one workout are read."""
_ROOT = re.compile(rb"<(?:!DOCTYPE\s+)?HealthData[\s>\[]")
_IN_A_DOCTYPE = re.compile(rb"""<!--.*?-->|<\?.*?\?>|"[^"]*"|'[^']*'|\]\s*>|[\[>]""", re.DOTALL)
_ELEMENT = re.compile(rb"<[A-Za-z_:]")

# zipfile's words for an archive with a password, and for a packing that it does not know, are the last two.
_UNREADABLE = (OSError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError)

LEFT_OUT = frozenset({"ActivitySummary", "ClinicalRecord", "Audiogram", "VisionPrescription"})

Attributes = dict[str, str]


@dataclass
class Elements:
    """What was read so far and not taken yet.

    Attributes:
        records: Attributes of `Record`, those inside of a `Correlation` left out: Apple repeats them at the top.
        workouts: Attributes of `Workout`, with those of the `WorkoutStatistics` in it.
        left_out: How many elements there are of those that are not read, by name; of the whole file.
    """

    records: list[Attributes] = field(default_factory=list)
    workouts: list[tuple[Attributes, list[Attributes]]] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)


def recognises(path: Path, head: bytes) -> bool:
    """Whether a file is Apple's export, or the archive in which the phone gives it out."""
    if head.startswith(b"PK\x03\x04"):
        try:
            with zipfile.ZipFile(path) as archive:
                return _inside(archive) is not None
        except _UNREADABLE:
            return False
    return _is_export(head)


def _is_export(head: bytes) -> bool:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return start.startswith(b"<") and _ROOT.search(start) is not None


def _inside(archive: zipfile.ZipFile) -> zipfile.ZipInfo | None:
    """The export in an archive, whatever the phone's language calls it ("export.xml", "Exportar.xml")."""
    named = [each for each in archive.infolist()[:1000] if each.filename.lower().endswith(".xml")]
    for each in sorted(named, key=lambda member: (not member.filename.endswith("export.xml"), member.filename))[:20]:
        with archive.open(each) as opened:
            if _is_export(opened.read(HEAD_BYTES)):
                return each
    return None


@contextmanager
def opened(path: Path) -> Iterator[tuple[IO[bytes], int]]:
    """The XML with its size in bytes, out of the archive where it is in one.

    Raises:
        BadInput: it cannot be opened, or no export is in the archive.
    """
    with ExitStack() as leaving:
        try:
            file: IO[bytes] = leaving.enter_context(path.open("rb"))
            size = path.stat().st_size
            if file.read(4) == b"PK\x03\x04":
                archive = leaving.enter_context(zipfile.ZipFile(path))
                member = _inside(archive)
                if member is None:
                    raise BadInput(f"{path.name} holds no export of Apple Health; export it again on the phone.")
                file, size = leaving.enter_context(archive.open(member)), member.file_size
            else:
                file.seek(0)
        except _UNREADABLE as error:
            raise BadInput(f"{path.name} cannot be opened; export it again and copy it whole.") from error
        yield file, size


class Reader:
    """Parses a file piece by piece. What stands before a fault is given out before the fault is told.

    Args:
        file: The XML.
        name: For the person.
        chunk_bytes: So much is read at a time.
    """

    def __init__(self, file: IO[bytes], *, name: str, chunk_bytes: int = CHUNK_BYTES) -> None:
        self._file = file
        self._chunk_bytes = chunk_bytes
        self._name = name
        self._fed = 0
        self.found = Elements()
        self._parser = expat.ParserCreate()
        self._starts = [0]
        self._ends: list[str] = []
        self._depth = 0
        self._listen()
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.EntityDeclHandler = self._refuse
        self._ended = False
        self._fault: BadInput | None = None
        self._begun = False

    @property
    def done_bytes(self) -> int:
        """How much was read."""
        return self._fed

    def more(self) -> Elements | None:
        """The elements of the next piece; None at the end.

        Raises:
            BadInput: it is no well-formed XML, or not made by Apple Health; the text says where.
        """
        if self._fault is not None:
            raise self._fault
        if self._ended:
            return None
        try:
            self._feed()
        except BadInput as error:
            if not self.found.records and not self.found.workouts:
                raise
            self._fault = error
        found = Elements(self.found.records[:], self.found.workouts[:], self.found.left_out)
        self.found.records.clear()
        self.found.workouts.clear()
        return found

    def _feed(self) -> None:
        if self._begun:
            piece = self._read()
        else:
            piece, self._begun = self._beginning(), True
        self._ended = not piece
        self._fed += len(piece)
        try:
            self._parser.Parse(piece, self._ended)
        except expat.ExpatError as error:
            raise BadInput(
                f"{self._name} breaks off or is damaged at line {error.lineno} ({expat.ErrorString(error.code)}); what "
                "comes before is stored. Export it again and import the new file."
            ) from error
        except (LookupError, ValueError) as error:  # of its encoding
            raise BadInput(f"{self._name} is not written in UTF-8, as Apple Health does; it is not read.") from error
        self._count()
        if self._fed - self._parser.CurrentByteIndex > TAG_BYTES:
            raise BadInput(f"{self._name} has a tag longer than {TAG_BYTES >> 20} MB; Apple Health writes none.")

    def _read(self) -> bytes:
        try:
            return self._file.read(self._chunk_bytes)
        except _UNREADABLE as error:
            raise BadInput(
                f"{self._name} cannot be read to its end; what comes before is stored. Export it again."
            ) from error

    def _beginning(self) -> bytes:
        """All up to the first element with more, without the document type; as many lines as before."""
        held = b""
        while piece := self._read():
            held += piece
            start, end = doctype(held)
            if end >= 0 and (first := _ELEMENT.search(held, end)):
                if b"<!ENTITY" in held[start:end].upper():
                    raise BadInput(f"{self._name} declares entities, which Apple Health never does; it is not read.")
                if not _ROOT.match(held, first.start()) and len(held) - first.start() > 20:
                    raise BadInput(f"{self._name} is no export of Apple Health; it is not read.")
                return held[:start] + b"\n" * held.count(b"\n", start, end) + held[end:]
            if len(held) > PROLOG_BYTES:
                raise BadInput(f"{self._name} does not begin as an export of Apple Health does; it is not read.")
        return held

    def _refuse(self, *_: object) -> None:
        raise BadInput(f"{self._name} declares a document type twice, or entities; it is not read.")

    def _count(self) -> None:
        """How deep the elements nest now."""
        self._depth += self._starts[0] - len(self._ends)
        self._starts[0] = 0
        self._ends.clear()
        if self._depth > DEPTH:
            raise BadInput(f"{self._name} nests deeper than Apple Health ever does; it is not read.")

    def _listen(self) -> None:
        """Sets the parser's handlers, which are called some hundred thousand times a second.

        Ends are only kept, by C, and counted after each piece, but for the few elements whose end matters.
        """
        parser, found, starts, ended = self._parser, self.found, self._starts, self._ends.append
        records = found.records
        inside = ""
        workout: tuple[Attributes, list[Attributes]] = {}, []

        def start(name: str, attributes: Attributes) -> None:
            nonlocal inside, workout
            starts[0] += 1
            if name == "Record":
                if not inside:
                    records.append(attributes)
            elif name == "WorkoutStatistics":
                if inside == "Workout" and len(workout[1]) < CHILDREN:
                    workout[1].append(attributes)
            elif name == "MetadataEntry" or inside:
                return
            elif name == "Workout" or name == "Correlation":
                inside, workout = name, (attributes, [])
                parser.EndElementHandler = end
            elif name in LEFT_OUT:
                found.left_out[name] += 1

        def end(name: str) -> None:
            nonlocal inside
            ended(name)
            if name == inside:
                if name == "Workout":
                    found.workouts.append(workout)
                inside = ""
                parser.EndElementHandler = ended

        parser.StartElementHandler, parser.EndElementHandler = start, ended


def doctype(text: bytes) -> tuple[int, int]:
    """(start, end) of the document type; both where the first element begins if there is none; end -1: not all here."""
    start = text.find(b"<!DOCTYPE")
    first = _ELEMENT.search(text)
    if start < 0 or (first is not None and first.start() < start):
        return (first.start(), first.start()) if first else (0, -1)
    subset = False
    for token in _IN_A_DOCTYPE.finditer(text, start):
        found = token[0]
        if found == b"[":
            subset = True
        elif (found == b">" and not subset) or found.startswith(b"]"):
            return start, token.end()
    return start, -1
