"""What breaks from outside: the database goes away, the disk is full, a model breaks off, the data is newer."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt
import psycopg
import pytest
from langchain_core.messages import AIMessageChunk, BaseMessage
from sqlalchemy import text
from sqlalchemy.engine import make_url

from assistant import auth
from assistant.agent.chat_model import ChatModel, Request
from assistant.db import threads
from assistant.db.database import open_database
from assistant.db.server import EmbeddedServer
from assistant.errors import (
    BadInput,
    BadResponse,
    ConfigurationError,
    DatabaseUnavailable,
    InUse,
    SchemaTooNew,
    TwinningError,
)
from assistant.events import Event, Finished, Message, Mode, Person, Words
from assistant.house import House, open_house
from assistant.memory.ingest import embed_pending
from assistant.outside import utc_now
from assistant.serve import listening, only_server
from assistant.settings import Settings
from assistant.testing import BREAKS, BagEmbedder, ScriptedBrain


async def _all(events: AsyncIterator[Event]) -> list[Event]:
    return [event async for event in events]


def _is_one_clear_sentence(said: str) -> bool:
    return 10 < len(said) < 400 and "Traceback" not in said and "sqlalche" not in said and "\n" not in said


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """Outside pytest's own folder (see test_kills)."""
    with tempfile.TemporaryDirectory(prefix="twinning-faults-") as folder:
        yield Path(folder).resolve()


def _kill_postmaster(data_dir: Path) -> None:
    os.kill(int((data_dir / "postgres" / "postmaster.pid").read_text().split("\n")[0]), signal.SIGKILL)


# --- The database


class _Stopping(ChatModel):
    """Says a few words, and then the database is gone."""

    provider = "test"

    def __init__(self, house: House) -> None:
        super().__init__(name="test:stopping", digest="test")
        self._house = house

    async def _chunks(self, messages: list[BaseMessage], request: Request) -> AsyncGenerator[AIMessageChunk, None]:
        yield AIMessageChunk(content="Once upon a time. ")
        server = self._house.database._server
        assert server is not None
        await asyncio.to_thread(server._run, "pg_ctl", "-D", ".", "-m", "immediate", "-w", "stop")
        await asyncio.to_thread((server.cluster / "PG_VERSION").rename, server.cluster / "PG_VERSION.away")
        yield AIMessageChunk(content="The end.")


async def test_a_database_that_stops_in_the_middle_of_a_turn_is_one_sentence_and_loses_nothing(data_dir: Path) -> None:
    settings = Settings(data_dir=data_dir, model="none", time_zone="UTC")
    brain = ScriptedBrain()
    thread = uuid.uuid4()
    async with open_house(settings, embedder=BagEmbedder(), brain=brain) as house:
        ana = await auth.owner_of_the_folder(house.database, settings)
        made = await house.omac.remember(ana, "The garage code is 8812", source="command line")
        brain.model, brain.mode = _Stopping(house), Mode.WRITER  # type: ignore[assignment]
        seen: list[str] = []

        async def turn() -> None:
            async for event in house.assistant.run(Message("tell me a joke please", person=ana, thread=thread)):
                if isinstance(event, Words):
                    seen.append(event.text)

        with pytest.raises(DatabaseUnavailable) as caught:
            await turn()
        assert seen[0].startswith("Once upon a time.")
        assert "database" in str(caught.value)
        (data_dir / "postgres" / "PG_VERSION.away").rename(data_dir / "postgres" / "PG_VERSION")
        # The same house goes on as soon as the database can.
        assert [fact.id for fact in await house.omac.facts(ana)] == [made.id]
        brain.say("Hello again.")
        events = await _all(house.assistant.run(Message("hello", person=ana, thread=thread)))
        assert isinstance(events[-1], Finished)
        async with house.database.session(ana.id) as session:
            stored = await threads.messages(session, ana.id, thread)
    assert [(each.role, each.text) for each in stored] == [
        ("person", "tell me a joke please"),
        ("person", "hello"),
        ("assistant", "Hello again."),
    ]


async def test_a_waiting_question_outlives_the_death_of_the_database(data_dir: Path) -> None:
    settings = Settings(data_dir=data_dir, model="none", time_zone="UTC")
    thread = uuid.uuid4()
    async with open_house(settings, embedder=BagEmbedder(), brain=ScriptedBrain()) as house:
        ana = await auth.owner_of_the_folder(house.database, settings)
        await house.omac.remember(ana, "The garage code is 8812", source="command line")
        await _all(house.assistant.run(Message("forget the garage code", person=ana, thread=thread)))
        _kill_postmaster(data_dir)
        time.sleep(0.2)
        async with house.database.session(None):
            pass
        assert await house.assistant.pending(ana, thread) is not None
        events = await _all(house.assistant.resume(ana, thread, 0))
        assert isinstance(events[-1], Finished)
        assert await house.omac.facts(ana) == []


async def test_a_database_of_ones_own_that_goes_away_during_an_import_is_one_sentence(
    house: House, ana: Person, tmp_path: Path, server: EmbeddedServer, database_url: str
) -> None:
    for n in range(150):
        (tmp_path / f"{n}.md").write_text(f"# {n}\n\nNote number {n} about apples.\n")
    name = str(make_url(database_url).database)
    admin = server.url("postgres", "postgres")

    def cut(_: object) -> None:
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
            connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")

    with pytest.raises(DatabaseUnavailable) as caught:
        await house.import_path(ana, tmp_path, progress=cut)
    assert _is_one_clear_sentence(str(caught.value))
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    assert (await house.memory_status(ana)).documents == 100, "the acknowledged batch is there"
    summary = await house.import_path(ana, tmp_path)
    assert (summary.added, summary.unchanged) == (50, 100)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("postgresql://ana:sesame@127.0.0.1:1/house", "does not answer"),
        ("postgresql://ana:sesame@no-such-host.invalid/house", "does not answer"),
        ("garbage", "TWINNING_DATABASE_URL"),
        ("mysql://ana:sesame@127.0.0.1/house", "TWINNING_DATABASE_URL"),
        ("postgresql://ana:sesame@127.0.0.1:port/house", "TWINNING_DATABASE_URL"),
    ],
)
async def test_a_database_url_that_leads_nowhere_is_one_sentence_without_the_password(
    tmp_path: Path, url: str, told: str
) -> None:
    with pytest.raises((DatabaseUnavailable, ConfigurationError), match=told) as caught:
        await open_database(Settings(data_dir=tmp_path, database_url=url))
    assert _is_one_clear_sentence(str(caught.value))
    assert "sesame" not in str(caught.value)


async def test_an_older_program_on_a_newer_schema_refuses_before_writing(
    settings: Settings, database_url: str, tmp_path: Path
) -> None:
    snapshot = (
        "SELECT relname, pg_stat_get_tuples_inserted(oid) + pg_stat_get_tuples_updated(oid)"
        " + pg_stat_get_tuples_deleted(oid) FROM pg_class WHERE relkind = 'r' AND relnamespace ="
        " 'public'::regnamespace ORDER BY relname"
    )
    with psycopg.connect(database_url, autocommit=True) as admin:
        admin.execute("UPDATE alembic_version SET version_num = '9999'")
        admin.execute("SELECT pg_stat_force_next_flush()")
        before = admin.execute(snapshot).fetchall()
        with pytest.raises(SchemaTooNew, match=r"newer Twinning \(schema 9999\).*nothing was changed"):
            async with open_house(settings, embedder=BagEmbedder(), brain=ScriptedBrain()):
                pass
        assert admin.execute("SELECT version_num FROM alembic_version").fetchall() == [("9999",)]
        assert admin.execute(snapshot).fetchall() == before
    assert not (tmp_path / "data" / "keys").exists()


# --- The disk


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A disk of 176 MB: a fresh cluster takes about half of it."""
    with tempfile.TemporaryDirectory(prefix="twinning-disk-") as folder:
        mounted = (
            os.geteuid() == 0
            and subprocess.run(
                ["mount", "-t", "tmpfs", "-o", "size=176m,mode=755", "none", folder], capture_output=True, check=False
            ).returncode
            == 0
        )
        if not mounted:
            pytest.skip("a small disk can be mounted only by root, where mounting is allowed")
        try:
            yield Path(folder).resolve()
        finally:
            subprocess.run(["umount", "-l", folder], check=True)


def _fill(disk: Path, *, leave: int) -> Path:
    free = os.statvfs(disk)
    ballast = disk / "ballast"
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(1, free.f_bavail * free.f_frsize - leave))
    return ballast


async def test_a_full_disk_is_said_nothing_is_half_and_it_goes_on_once_there_is_room(
    small_disk: Path, tmp_path: Path
) -> None:
    notes = tmp_path / "notes"
    notes.mkdir()
    for n in range(300):
        body = "\n\n".join(
            f"Paragraph {p} of note {n}: {uuid.UUID(int=n * 1000 + p)} {'lorem ipsum ' * 40}" for p in range(40)
        )
        (notes / f"{n:03}.md").write_text(f"# Note {n}\n\n{body}\n")
    settings = Settings(data_dir=small_disk / "data", model="none", time_zone="UTC")
    async with open_house(settings, embedder=BagEmbedder(), brain=ScriptedBrain()) as house:
        ana = await auth.owner_of_the_folder(house.database, settings)
        await house.omac.remember(ana, "The garage code is 8812", source="command line")
        ballast = _fill(small_disk, leave=1_000_000)
        with pytest.raises(TwinningError, match=r"disk.*is full") as caught:
            await house.import_path(ana, notes)
        assert _is_one_clear_sentence(str(caught.value))
        failures: list[str] = []
        for n in range(2000):
            try:
                await house.omac.remember(ana, f"Fact {n}: {'word ' * 700}{uuid.UUID(int=n)}", source="command line")
            except TwinningError as error:
                failures.append(str(error))
                break
        assert failures
        assert _is_one_clear_sentence(failures[0])
        ballast.unlink()
        async with house.database.session(ana.id) as session:
            complete = await session.execute(
                text(
                    "SELECT d.id, count(m.id) FROM documents d LEFT JOIN memories m ON m.document_id = d.id GROUP BY 1"
                )
            )
            counts = dict(row._tuple() for row in complete)
        facts = await house.omac.facts(ana, limit=3000)
        assert len(facts) == 1 + n
        for number in range(270):
            (notes / f"{number:03}.md").unlink()
        summary = await house.import_path(ana, notes)
        assert (summary.added + summary.unchanged, summary.skipped) == (30, [])
        async with house.database.session(ana.id) as session:
            found = await session.execute(
                text("SELECT document_id, count(*) FROM memories WHERE kind = 'passage' GROUP BY 1")
            )
            each = {row[1] for row in found}
        assert set(counts.values()) <= each
        assert len(each) <= 3


# --- The embedding model


class _WrongSize(BagEmbedder):
    name = "test:hundred"
    dimensions = 100

    async def embed(self, texts: Sequence[str], *, query: bool = False) -> npt.NDArray[np.float32]:
        return np.ones((len(texts), 100), np.float32)


@asynccontextmanager
async def _house_with(settings: Settings, embedder: BagEmbedder) -> AsyncIterator[tuple[House, Person]]:
    async with open_house(settings, embedder=embedder, brain=ScriptedBrain()) as house:
        yield house, await auth.owner_of_the_folder(house.database, settings)


async def test_an_embedding_of_the_wrong_size_is_one_sentence_and_stores_nothing(
    settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "note.md").write_text("# Note\n\nThe dough rests twelve hours.\n")
    async with _house_with(settings, BagEmbedder()) as (house, ana):
        kept = await house.omac.remember(ana, "The garage code is 8812", source="command line")
    async with _house_with(settings, _WrongSize()) as (house, ana):
        await house.import_path(ana, tmp_path / "note.md")
        for attempt in (
            house.omac.remember(ana, "Stored by nobody", source="command line"),
            house.omac.correct(ana, kept.id, "The garage code is 1"),
            house.omac.recall(ana, "garage"),
            embed_pending(house.omac, ana),
        ):
            with pytest.raises(BadResponse, match=r"100 numbers.*keeps 384") as caught:
                await attempt
            assert _is_one_clear_sentence(str(caught.value))
        assert [fact.text for fact in await house.omac.facts(ana)] == ["The garage code is 8812"]
    async with _house_with(settings, BagEmbedder()) as (house, ana):
        assert await embed_pending(house.omac, ana) >= 1
        assert (await house.omac.recall(ana, "dough"))[0].text.endswith("twelve hours.")


# --- The language model


async def test_a_model_killed_in_the_middle_leaves_a_marked_partial_text_that_is_stored(
    house: House, ana: Person, brain: ScriptedBrain
) -> None:
    brain.say(f"The first sentence is whole. The second {BREAKS}", "All is well again.")
    thread = uuid.uuid4()
    finished = (await _all(house.assistant.run(Message("tell me a joke please", person=ana, thread=thread))))[-1]
    assert isinstance(finished, Finished)
    assert finished.answer.state == "partial"
    assert re.search(r"^The first sentence is whole\..*_The model stopped", finished.answer.text, re.DOTALL)
    again = (await _all(house.assistant.run(Message("hello", person=ana, thread=thread))))[-1]
    assert isinstance(again, Finished)
    assert again.answer.state == "complete"
    async with house.database.session(ana.id) as session:
        stored = await threads.messages(session, ana.id, thread)
    assert [(each.role, each.state) for each in stored] == [
        ("person", "complete"),
        ("assistant", "partial"),
        ("person", "complete"),
        ("assistant", "complete"),
    ]
    assert stored[1].text == finished.answer.text


# --- What a person says


@pytest.mark.parametrize(
    "said", ["What is\x00 the garage code?", "What is the garage code \udce9?", "what\x1b[2J is the garage code"]
)
async def test_characters_that_no_database_takes_do_no_harm(house: House, ana: Person, said: str) -> None:
    await house.omac.remember(ana, "The garage code\x00 is 8812 \udce9", source="command line")
    answer = (await _all(house.assistant.run(Message(said, person=ana, thread=uuid.uuid4()))))[-1]
    assert isinstance(answer, Finished)
    assert "8812" in answer.answer.text
    assert await house.omac.recall(ana, said)
    assert (await house.router.route(said, person=ana.id, now=utc_now())).name == "recall"


async def test_a_correction_that_cannot_be_stored_leaves_the_old_fact(house: House, ana: Person) -> None:
    kept = await house.omac.remember(ana, "The garage code is 8812", source="command line")
    for text_ in ("", "x" * 5000):
        with pytest.raises(BadInput):
            await house.omac.correct(ana, kept.id, text_)
    assert [fact.text for fact in await house.omac.facts(ana)] == ["The garage code is 8812"]
    same = await house.omac.correct(ana, kept.id, "The garage code is 8812")
    assert same.id == kept.id


# --- Two at once


def test_the_data_folder_is_held_by_one_serve(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    with only_server(settings), pytest.raises(InUse, match="TWINNING_DATA_DIR"), only_server(settings):
        pass
    with only_server(settings):
        pass


def test_two_programs_never_get_one_port() -> None:
    with listening(Settings(port=0)) as first:
        port = first.getsockname()[1]
        with pytest.raises(InUse, match="TWINNING_PORT"), listening(Settings(port=port)):
            pass


def _serve(data_dir: Path, port: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "assistant", "serve", "--port", str(port)],
        env={**os.environ, "TWINNING_DATA_DIR": str(data_dir), "TWINNING_MODEL": "none"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=data_dir,
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_second_serve_ends_with_a_sentence_on_the_same_folder_and_on_the_same_port(
    data_dir: Path, embedding_weights: Path
) -> None:
    (data_dir / "one").mkdir()
    (data_dir / "two").mkdir()
    (data_dir / "one" / "models").symlink_to(embedding_weights)
    port = _free_port()
    first = _serve(data_dir / "one", port)
    try:
        assert first.stdout is not None
        lines = iter(first.stdout.readline, "")
        assert any(f"http://127.0.0.1:{port}" in line for line in lines)
        same_folder = _serve(data_dir / "one", _free_port())
        said, _ = same_folder.communicate(timeout=60)
        assert (same_folder.returncode, "TWINNING_DATA_DIR" in said, "Traceback" in said) == (1, True, False), said
        same_port = _serve(data_dir / "two", port)
        said, _ = same_port.communicate(timeout=60)
        assert (same_port.returncode, "TWINNING_PORT" in said, "Traceback" in said) == (1, True, False), said
    finally:
        first.send_signal(signal.SIGINT)
        first.communicate(timeout=30)


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_serve_that_is_told_to_stop_ends_well(data_dir: Path, embedding_weights: Path, stop: signal.Signals) -> None:
    (data_dir / "models").symlink_to(embedding_weights)
    process = _serve(data_dir, _free_port())
    assert process.stdout is not None
    try:
        said = iter(process.stdout.readline, "")
        assert any("Ctrl-C stops it." in line for line in said)
        process.send_signal(stop)
        rest, _ = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0
    assert "Stopped." in rest
    assert "Traceback" not in rest
