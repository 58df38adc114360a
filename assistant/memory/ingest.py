"""Import: files become documents, documents become passages. Interrupt it anywhere and run it again."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import stat
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from assistant.db import documents, memories
from assistant.db.tables import Document as DocumentRow
from assistant.errors import BadInput, InUse
from assistant.events import Person
from assistant.figures import files
from assistant.figures.wording import count
from assistant.memory import reading, storing
from assistant.memory.burying import Buried, Mark
from assistant.memory.chunking import Passage, approximate_tokens, passages
from assistant.memory.formats.decoding import storable
from assistant.memory.formats.document import Document
from assistant.memory.memory import Omac

log = logging.getLogger(__name__)

BATCH_PASSAGES = 1000
BATCH_FILES = 100
"""One transaction stores a batch: what a killed import loses at most, and has to read again."""
EMBED_BATCH = 64
NAMED = 5
"""So many of the files that were left out are named."""


@dataclass
class Summary:
    """What an import did, in numbers and in words.

    Attributes:
        skipped: (path, why) of every file that was not read.
        forgotten: Passages that stayed out because the person had them forgotten.
        shortened: Passages of which some sentences stayed out for the same reason.
        duplicates: (path, path of the document with the same content).
        figures: (path, sentences) of every file that held readings or transactions.
    """

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    passages: int = 0
    forgotten: int = 0
    shortened: int = 0
    skipped: list[tuple[str, str]] = field(default_factory=list)
    duplicates: list[tuple[str, str]] = field(default_factory=list)
    figures: list[tuple[str, Sequence[str]]] = field(default_factory=list)

    def lines(self) -> list[str]:
        """The summary, a sentence a line."""
        said = [" ".join(sentences) for _, sentences in self.figures]
        notes = self.added + self.changed + self.unchanged + self.removed + self.passages
        if notes or not said:
            said.append(
                f"{self.added} new, {self.changed} changed, {self.unchanged} unchanged, {self.removed} removed; "
                f"{count(self.passages, 'passage')} written."
            )
        if self.duplicates:
            said.append(f"{len(self.duplicates)} left out, because the same content is there already:")
            said += [f"  {path} = {other}" for path, other in self.duplicates[:NAMED]]
            if (more := len(self.duplicates) - NAMED) > 0:
                said.append(f"  and {more:,} more.")
        if self.forgotten:
            said.append(f"{count(self.forgotten, 'passage')} stayed out, because you had them forgotten.")
        if self.shortened:
            said.append(f"Of {count(self.shortened, 'passage')} the sentences stayed out that you had forgotten.")
        if self.skipped:
            said.append(f"{len(self.skipped)} skipped:")
            reasons = Counter(why for _, why in self.skipped)
            for why, times in reasons.most_common():
                first = next(path for path, reason in self.skipped if reason == why)
                said.append(f"  {first}{f' and {times - 1} more' if times > 1 else ''}: {why}")
        return said


@dataclass(frozen=True)
class Progress:
    """How far an import is."""

    done: int
    total: int
    current: str


Report = Callable[[Progress], None]


@dataclass(frozen=True)
class _Read:
    """A file that is read and not yet stored."""

    path: str
    digest: bytes
    documents: tuple[tuple[Document, tuple[Passage, ...]], ...]


class Import:
    """One import of a file or folder into one person's memory."""

    def __init__(self, omac: Omac, person: Person, *, report: Report = lambda _: None) -> None:
        self._omac = omac
        self._person = person
        self._report = report
        self._rows: dict[str, list[DocumentRow]] = {}
        self._hashes: dict[bytes, str] = {}
        self._buried = Buried(omac.marker, ())
        self._present: set[str] = set()
        self.summary = Summary()

    async def run(self, path: Path, *, name: str | None = None) -> Summary:
        """Imports `path`; what is there and unchanged is left alone, what vanished is removed.

        Args:
            name: Store the one file under this name instead of its path ("upload:report.pdf").

        Raises:
            BadInput: there is no such file or folder, or a known folder is suddenly empty.
            InUse: another import for this person is running.
        """
        path = path.expanduser().resolve()
        if not path.exists():
            raise BadInput(f"There is nothing at {path}; check the path.")
        async with self._alone():
            found, skipped, figures = await asyncio.to_thread(_look_for, path)
            self.summary.skipped += [(storable(left_out), why) for left_out, why in skipped]
            await self._load(name or storable(path))
            named = {name or storable(file): file for file in found}
            self._present = set(named)
            if not named and self._rows and not skipped and not figures:
                raise BadInput(
                    f"{path} is empty now, but documents of {len(self._rows)} files came from there. If its drive is "
                    "not mounted, mount it; to remove them all, use `twinning forget --documents`."
                )
            await self._remove_vanished(set(named))
            await self._store_all(named)
            for file, place in sorted(figures.items(), key=lambda each: (each[1], each[0])):
                await self._take_figures(file, place, name=name)
        return self.summary

    async def _take_figures(self, file: Path, place: int, *, name: str | None) -> None:
        """Readings and transactions go where they can be counted. What vanishes later stays: it happened."""
        shown = name or storable(file)

        def report(done: int, total: int) -> None:
            self._report(Progress(done, total, shown))

        with tempfile.TemporaryDirectory(prefix="twinning-") as folder:
            if name is not None:
                # Under its own name, which can be that of an account, and not under that of an upload.
                link = Path(folder) / Path(name.removeprefix("upload:")).name
                link.symlink_to(file)
                file = link
            try:
                said = await files.take_file(
                    self._omac.database, self._person, file, place=place, now=self._omac.clock(), report=report
                )
            except BadInput as error:
                self.summary.skipped.append((shown, str(error)))
            except OSError as error:
                self.summary.skipped.append((shown, _why(error)))
            else:
                self.summary.figures.append((shown, said))

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        """Holds a lock that the database drops with the connection, however this process ends."""
        async with self._omac.database.alone(f"import {self._person.id}") as alone:
            if not alone:
                raise InUse("Another import is running for you; wait until it is done, or stop it.")
            yield

    async def _load(self, path: str) -> None:
        async with self._omac.database.session(self._person.id) as session:
            self._rows = await documents.under(session, self._person.id, path)
            self._hashes = await documents.hashes(session, self._person.id)
            stones = await documents.tombstones(session, self._person.id)
        marks = [Mark(each.content_hmac, tuple(each.unit_hmacs), each.source_hmac) for each in stones]
        self._buried = Buried(self._omac.marker, marks)

    async def _remove_vanished(self, present: set[str]) -> None:
        unreadable = tuple(path for path, _ in self.summary.skipped)
        gone = [
            path
            for path in self._rows
            # A file that cannot be read today has not vanished.
            if path not in present and not any(path == each or path.startswith(each + "/") for each in unreadable)
        ]
        if not gone:
            return
        rows = [row for path in gone for row in self._rows.pop(path)]
        async with self._omac.database.session(self._person.id) as session:
            await self._delete(session, [row.id for row in rows])
        for row in rows:
            self._hashes.pop(row.content_hash, None)
        self.summary.removed = len(gone)

    async def _delete(self, session: AsyncSession, ids: Sequence[UUID]) -> None:
        held = await documents.passages(session, self._person.id, ids)
        await memories.remove(session, self._person.id, [memory for memory, _ in held])
        await documents.remove(session, self._person.id, ids)

    async def _store_all(self, named: dict[str, Path]) -> None:
        """Reads the next batch while the database stores this one."""
        todo = iter(named.items())
        total = len(named)
        done = 0
        batch, looked_at = await asyncio.to_thread(self._read_batch, todo)
        while looked_at:
            following = asyncio.create_task(asyncio.to_thread(self._read_batch, todo))
            try:
                await self._store(batch)
            finally:
                upcoming = await following
            done += looked_at
            self._report(Progress(done, total, batch[-1].path if batch else ""))
            batch, looked_at = upcoming

    def _read_batch(self, todo: Iterable[tuple[str, Path]]) -> tuple[list[_Read], int]:
        """Runs in a thread: reads until the batch is full; returns it with how many files it looked at."""
        batch: list[_Read] = []
        looked_at = size = 0
        for name, file in todo:
            looked_at += 1
            read = self._read(name, file)
            if read:
                batch.append(read)
                size += sum(len(parts) for _, parts in read.documents)
            if size >= BATCH_PASSAGES or looked_at >= BATCH_FILES:
                break
        return batch, looked_at

    def _read(self, name: str, file: Path) -> _Read | None:
        try:
            digest = _digest(file)
        except BadInput as error:
            self.summary.skipped.append((name, str(error)))
            return None
        except OSError as error:
            self.summary.skipped.append((name, _why(error)))
            return None
        rows = self._rows.get(name, [])
        if rows and all(row.content_hash == digest for row in rows):
            self.summary.unchanged += 1
            return None
        other = self._hashes.get(digest)
        if other is not None and other != name and self._still_holds(other, digest):
            self.summary.duplicates.append((name, other))
            return None
        try:
            read = reading.read(file)
        except BadInput as error:
            self.summary.skipped.append((name, str(error)))
            return None
        self._hashes[digest] = name
        if rows:
            self.summary.changed += 1
        else:
            self.summary.added += 1
        return _Read(name, digest, tuple((each, self._cut(each, name)) for each in _told_apart(read)))

    def _cut(self, document: Document, name: str) -> tuple[Passage, ...]:
        kept = self._buried.without(passages(document, count_tokens=approximate_tokens), source=name)
        self.summary.forgotten += kept.dropped
        self.summary.shortened += kept.shortened
        return kept.parts

    def _still_holds(self, other: str, digest: bytes) -> bool:
        """False where this import is about to find that the other file has changed."""
        if other not in self._present or all(row.content_hash != digest for row in self._rows.get(other, [])):
            return True  # it is not looked at now, or it was read a moment ago
        try:
            return _digest(Path(other)) == digest
        except (BadInput, OSError):
            return True  # what cannot be read keeps what is known of it

    async def _store(self, batch: Sequence[_Read]) -> None:
        if not batch:
            return
        fresh: list[dict[str, Any]] = []
        async with self._omac.database.session(self._person.id) as session:
            for read in batch:
                fresh += await self._store_file(session, read)
            await memories.add(session, self._person.id, fresh)
        self.summary.passages += len(fresh)

    async def _store_file(self, session: AsyncSession, read: _Read) -> list[dict[str, Any]]:
        """Stores the file's documents; returns the rows of new passages. Unchanged ones stay as they are."""
        old = {row.key: row for row in self._rows.get(read.path, [])}
        keys = {document.key for document, _ in read.documents}
        await self._delete(session, [row.id for key, row in old.items() if key not in keys])
        fresh: list[dict[str, Any]] = []
        for document, parts in read.documents:
            row = old.get(document.key)
            columns = {
                "title": document.title,
                "content_hash": read.digest,
                "dated_on": document.date,
                "properties": dict(document.properties),
                "links": list(document.links),
            }
            if row is None:
                document_id = uuid4()
                await documents.add(
                    session, self._person.id, id=document_id, path=read.path, key=document.key, **columns
                )
                kept: Collection[bytes] = ()
            else:
                document_id = row.id
                await documents.change(session, self._person.id, document_id, **columns)
                kept = await storing.keep_unchanged(session, self._person.id, document_id, parts)
            fresh += storing.fresh_rows(document_id, parts, source=read.path, kept=kept)
        return fresh


def _look_for(path: Path) -> tuple[list[Path], list[tuple[str, str]], dict[Path, int]]:
    """Notes to read, what is left out, and files of figures with the place of their format."""
    places: dict[Path, int | None] = {}

    def place_of(file: Path) -> int | None:
        if file not in places:
            places[file] = files.recognise(file)
        return places[file]

    found, skipped = reading.find_files(path, also=lambda file: place_of(file) is not None)
    figures: dict[Path, int] = {}
    for file in found:
        with suppress(OSError):  # whoever reads it says what is wrong
            if (place := place_of(file)) is not None:
                figures[file] = place
    return [file for file in found if file not in figures], list(skipped), figures


def _digest(file: Path) -> bytes:
    """SHA-256 of a regular file; a pipe or a device would never end."""
    if not stat.S_ISREG(file.stat().st_mode):
        raise BadInput(f"{file.name} is not a file that can be read.")
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").digest()


def _told_apart(read: Sequence[Document]) -> list[Document]:
    """Documents of one file with a key each, also where an export names two of them the same."""
    seen: Counter[str] = Counter()
    apart: list[Document] = []
    for document in read:
        times = seen[document.key]
        seen[document.key] += 1
        apart.append(replace(document, key=f"{document.key}#{times + 1}") if times else document)
    return apart


def _why(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "it vanished while it was being imported; run the import again"
    if isinstance(error, PermissionError):
        return "you may not read it; change its permissions"
    return f"it cannot be read ({error.strerror})"


async def embed_pending(
    omac: Omac, person: Person, *, report: Callable[[int, int], None] = lambda _done, _all: None
) -> int:
    """Gives vectors to the memories that have none, newest first, until none is left; returns how many it made.

    Args:
        report: Called with (memories with a vector, all memories) after each batch.

    Raises:
        ModelUnavailable: the embedding model does not answer; what was made is kept.
    """
    model = omac.embedder.name
    async with omac.database.session(person.id) as session:
        await memories.drop_other_vectors(session, person.id, model=model)
        ready, total = await memories.embedding_progress(session, person.id)
    made = 0
    while True:
        async with omac.database.session(person.id) as session:
            rows = await memories.without_vector(session, person.id, limit=EMBED_BATCH)
        if not rows:
            return made
        vectors = await omac.embed([embedded_text(row.context, row.text) for row in rows])
        async with omac.database.session(person.id) as session:
            await memories.set_vectors(
                session,
                person.id,
                {row.id: vector for row, vector in zip(rows, vectors, strict=True)},
                model=model,
            )
        made += len(rows)
        report(ready + made, max(total, ready + made))


def embedded_text(context: str, text: str) -> str:
    """What the embedding model reads of a memory: the title path tells what the passage is about."""
    return f"{context}\n{text}" if context else text
