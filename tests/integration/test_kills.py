"""`kill -9` at random instants: what was acknowledged is there afterwards, nothing is there twice, nothing is half."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from assistant import auth
from assistant.db.server import EmbeddedServer
from assistant.house import open_house
from assistant.settings import Settings
from assistant.testing import BagEmbedder, ScriptedBrain

CHILD = Path(__file__).with_name("kill_child.py")
INSTANTS = 100
SERVER_KILLS = 5
BOUND_S = 60.0
"""On a slow machine fewer instants fit; the test says how many it took."""
FEWEST = 10
FILES = 24
VARIANTS = 2

Rows = list[tuple[int, str]]


class Forge:
    """Starts children quickly: a program that has everything loaded forks them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._program = subprocess.Popen(
            [sys.executable, str(CHILD)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._started = 0

    def _ask(self, line: str) -> int:
        assert self._program.stdin is not None
        assert self._program.stdout is not None
        self._program.stdin.write(line + "\n")
        self._program.stdin.flush()
        return int(self._program.stdout.readline())

    def start(self, job: str, *, data_dir: Path, notes: Path) -> tuple[int, Path]:
        self._started += 1
        out = self.folder / f"{self._started:06}"
        order = {"job": job, "data_dir": str(data_dir), "folder": str(notes), "out": str(out)}
        return self._ask(json.dumps(order)), out

    def wait(self) -> int:
        return self._ask("wait")

    def close(self) -> None:
        assert self._program.stdin is not None
        self._program.stdin.close()
        self._program.wait(timeout=20)


@pytest.fixture
def forge(tmp_path: Path) -> Iterator[Forge]:
    folder = tmp_path / "acknowledged"
    folder.mkdir()
    forge = Forge(folder)
    yield forge
    forge.close()


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """Not below pytest's folder, which another run of pytest on this machine would close to the server's user."""
    with tempfile.TemporaryDirectory(prefix="twinning-kills-") as folder:
        yield Path(folder).resolve()


@pytest.fixture
def own_server(data_dir: Path) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(data_dir)
    server.start()
    yield server
    server.stop()


def _content(number: int, variant: int) -> str:
    parts = (f"# Part {p}\n\n" + f"Note {number} says {variant} about subject {p}. " * 40 for p in range(4))
    return "\n\n".join(parts)


def _write(notes: Path, number: int, variant: int) -> None:
    (notes / f"{number:03}.md").write_text(_content(number, variant))


class Books:
    """What was acknowledged, and the comparison with what the database holds."""

    def __init__(self, server: EmbeddedServer, notes: Path) -> None:
        self.server = server
        self.notes = notes
        self.clean: dict[str, dict[int, Rows]] = {}
        self.variant: dict[str, int] = {}
        self.facts: set[UUID] = set()
        self.forgotten: set[UUID] = set()
        self.messages: set[UUID] = set()
        self._connection: psycopg.Connection | None = None

    def query(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(self.server.url("postgres"), autocommit=True)
        try:
            return self._connection.execute(statement, values).fetchall()
        except psycopg.OperationalError:
            self._connection.close()  # the server was killed since
            return self.query(statement, *values)

    def close(self) -> None:
        if self._connection:
            self._connection.close()

    def documents(self) -> dict[str, Rows]:
        found: dict[str, Rows] = {path: [] for (path,) in self.query("SELECT path FROM documents")}
        for source, position, said in self.query(
            "SELECT d.path, m.position, m.text FROM memories m JOIN documents d ON d.id = m.document_id"
            " ORDER BY d.path, m.position, m.id"
        ):
            found[source].append((position, said))
        return found

    def read(self, out: Path) -> int:
        """Takes over what a child was told; returns how many files of the import are acknowledged."""
        imported = 0
        for line in out.read_text().splitlines() if out.exists() else ():
            kind, _, value = line.partition(" ")
            match kind:
                case "fact":
                    self.facts.add(UUID(value))
                case "forgotten":
                    self.forgotten.add(UUID(value))
                case "message":
                    self.messages.add(UUID(value))
                case "imported":
                    imported = int(value)
                case "open" | "done":
                    pass
        return imported

    def check(self, imported: int) -> None:
        documents = self.documents()
        for path, rows in documents.items():
            assert rows in list(self.clean[path].values()), f"half of {path}: {rows}"
        for path in sorted(self.variant)[:imported]:
            assert documents[path] == self.clean[path][self.variant[path]], f"{path} was acknowledged"
        there = {row[0] for row in self.query("SELECT id FROM memories WHERE kind = 'fact'")}
        assert not (self.facts - self.forgotten) - there - self._forgotten_since()
        assert not there & self.forgotten
        twice = self.query("SELECT text FROM memories WHERE kind = 'fact' GROUP BY text HAVING count(*) > 1")
        assert twice == []
        assert self.query("SELECT count(*) FROM memories WHERE kind = 'fact' AND embedding IS NULL") == [(0,)]
        assert not self.messages - {row[0] for row in self.query("SELECT id FROM messages")}
        assert (
            self.query(
                "SELECT thread_id FROM messages GROUP BY thread_id"
                " HAVING count(*) FILTER (WHERE role = 'assistant') > count(*) FILTER (WHERE role = 'person')"
            )
            == []
        )

    def _forgotten_since(self) -> set[UUID]:
        """Forgotten, but killed before it could be said."""
        return {row[0] for row in self.query("SELECT memory_id FROM tombstones")}

    def check_words(self) -> None:
        kept = self.query("SELECT lexeme, memories FROM lexemes ORDER BY lexeme")
        counted = self.query(
            "SELECT lexeme, count(*) FROM memories, unnest(tsvector_to_array(search)) AS lexeme"
            " GROUP BY lexeme ORDER BY lexeme"
        )
        assert kept == counted


def _live_for_a_while(chance: random.Random, out: Path) -> None:
    """Until a random instant: mostly while the child is at work, sometimes while it is starting."""
    lines = chance.choice([0, 1, 1, 2, 3, 4, 6])
    deadline = time.monotonic() + (5 if lines else chance.random() * 0.3)
    while time.monotonic() < deadline and (not out.exists() or out.read_bytes().count(b"\n") < lines):
        time.sleep(0.003)
    time.sleep(chance.random() * 0.1)


def _finish_import(forge: Forge, books: Books, data_dir: Path) -> Path:
    _, out = forge.start("import", data_dir=data_dir, notes=books.notes)
    assert forge.wait() == 0, out.read_text()
    return out


def _learn_clean_imports(forge: Forge, books: Books, data_dir: Path) -> None:
    for variant in range(VARIANTS):
        for number in range(FILES):
            _write(books.notes, number, variant)
        _finish_import(forge, books, data_dir)
        for path, rows in books.documents().items():
            assert len(rows) > 1
            books.clean.setdefault(path, {})[variant] = rows
            books.variant[path] = variant
    assert len(books.clean) == FILES


def _change_some(books: Books, chance: random.Random) -> None:
    for number in chance.sample(range(FILES), FILES // 2):
        variant = chance.randrange(VARIANTS)
        _write(books.notes, number, variant)
        books.variant[str(books.notes / f"{number:03}.md")] = variant


def test_nothing_acknowledged_is_lost_and_nothing_doubled_by_kills(
    forge: Forge, own_server: EmbeddedServer, data_dir: Path, tmp_path: Path
) -> None:
    chance = random.Random(20_26)
    notes = (tmp_path / "notes").resolve()
    notes.mkdir()
    books = Books(own_server, notes)
    _learn_clean_imports(forge, books, data_dir)
    began = time.monotonic()
    killed: Counter[str] = Counter()
    while killed.total() < INSTANTS and time.monotonic() - began < BOUND_S:
        job = chance.choice(["import", "remember", "chat"])
        if job == "import":
            _change_some(books, chance)
        pid, out = forge.start(job, data_dir=data_dir, notes=notes)
        _live_for_a_while(chance, out)
        if killed.total() % (INSTANTS // SERVER_KILLS) == INSTANTS // SERVER_KILLS // 2 and killed.total():
            killed["server"] += 1
            os.kill(int((own_server.cluster / "postmaster.pid").read_text().split("\n")[0]), signal.SIGKILL)
            time.sleep(chance.random() * 0.2)
        os.kill(pid, signal.SIGKILL)
        code = forge.wait()
        assert code in (-signal.SIGKILL, 0) or "DatabaseUnavailable" in out.read_text(), out.read_text()
        killed[job] += 1
        own_server.revive()
        books.check(books.read(out))
    print(
        f"killed {dict(killed)} in {time.monotonic() - began:.0f} s; {len(books.facts)} facts, "
        f"{len(books.messages)} messages acknowledged"
    )
    assert killed.total() >= FEWEST
    assert books.facts
    assert books.messages
    _finish_import(forge, books, data_dir)
    assert books.documents() == {path: books.clean[path][variant] for path, variant in books.variant.items()}
    books.check(FILES)
    books.check_words()
    books.close()


def test_a_first_start_killed_anywhere_is_finished_by_the_next(forge: Forge, data_dir: Path, tmp_path: Path) -> None:
    chance = random.Random(7)
    for instant_s in (0.2, 0.7, 1.3, 2.2):
        pid, out = forge.start("chat", data_dir=data_dir, notes=tmp_path)
        time.sleep(instant_s + chance.random() * 0.2)
        os.kill(pid, signal.SIGKILL)
        assert forge.wait() in (-signal.SIGKILL, 1), out.read_text()
    server = EmbeddedServer(data_dir)
    try:
        pid, out = forge.start("remember", data_dir=data_dir, notes=tmp_path)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and "fact" not in (out.read_text() if out.exists() else ""):
            time.sleep(0.05)
        os.kill(pid, signal.SIGKILL)
        forge.wait()
        assert "fact" in out.read_text()
    finally:
        server.start()
        server.stop()


async def test_a_server_that_dies_under_an_open_house_is_started_again_by_the_next_question(data_dir: Path) -> None:
    settings = Settings(data_dir=data_dir, model="none", time_zone="UTC")
    async with open_house(settings, embedder=BagEmbedder(), brain=ScriptedBrain()) as house:
        person = await auth.owner_of_the_folder(house.database, settings)
        await house.omac.remember(person, "The garage code is 8812", source="command line")
        os.kill(int((data_dir / "postgres/postmaster.pid").read_text().split("\n")[0]), signal.SIGKILL)
        time.sleep(0.3)
        assert [fact.text for fact in await house.omac.facts(person)] == ["The garage code is 8812"]
