"""The synthetic person: goes in by the doors that files take, never beside anybody's own data, and out as a whole."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from click.testing import CliRunner
from sqlalchemy import text

from assistant import auth
from assistant.__main__ import main
from assistant.db import demo_people, threads, users
from assistant.db.database import Database
from assistant.db.server import EmbeddedServer
from assistant.demo import living
from assistant.errors import BadInput, NotFound, TwinningError
from assistant.events import Person
from assistant.figures.health import taking as health
from assistant.figures.health.health_values import Batch, Reading
from assistant.figures.money import ledger
from assistant.house import House, open_house
from assistant.jobs import insights
from assistant.settings import Settings
from assistant.testing import BagEmbedder, ScriptedBrain

NOW = dt.datetime.fromisoformat("2026-11-18T14:00:00+01:00")
READING = Reading(
    "step_count", "iPhone", NOW.astimezone(dt.UTC), 0, NOW.date(), 100.0, None, None, None, "count", ""
)  # fmt: skip
BANK = ledger.Account("bank", "DE1", "Giro", "DE1", "EUR")


@pytest.fixture(scope="module")
async def full_url(server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database with the synthetic person in it, to copy from: the year goes in once for all tests."""
    with psycopg.connect(server.url("postgres", "postgres"), autocommit=True) as admin:
        admin.execute("CREATE DATABASE house_with_demo TEMPLATE house_template")
    url = server.url("postgres", "house_with_demo")
    settings = _settings(url, tmp_path_factory.mktemp("demo") / "data")
    async with open_house(settings, embedder=BagEmbedder(), brain=ScriptedBrain()) as house:
        person = await auth.owner_of_the_folder(house.database, settings)
        await living.fill(house.omac, person, settings.data_dir / "demo", now=NOW)
    return "house_with_demo"


@pytest.fixture
def filled_url(server: EmbeddedServer, full_url: str) -> Iterator[str]:
    """A copy of it, of this test's own."""
    name = f"demo_{uuid4().hex[:12]}"
    with psycopg.connect(server.url("postgres", "postgres"), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {full_url}")
        yield server.url("postgres", name)
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _settings(url: str, data: Path) -> Settings:
    return Settings(data_dir=data, database_url=url, model="none", time_zone="Europe/Berlin", port=0, now=NOW)


@pytest.fixture
async def filled(filled_url: str, tmp_path: Path) -> AsyncIterator[House]:
    settings = _settings(filled_url, tmp_path / "data")
    async with open_house(settings, embedder=BagEmbedder(), brain=ScriptedBrain()) as house:
        yield house


async def _first(house: House) -> Person:
    return await auth.owner_of_the_folder(house.database, house.settings)


async def _names(database: Database, person: Person, question: str) -> list[str]:
    async with database.session(person.id) as session:
        return list(await session.scalars(text(question)))


async def test_everything_of_the_year_is_there_and_says_demo(filled: House) -> None:
    person = await _first(filled)
    assert person.name == "demo"
    async with filled.database.session(person.id) as session:
        rows = await demo_people.rows(session, person.id)
        embedded = await session.scalar(text("SELECT count(*) FROM memories WHERE embedding_model IS NULL"))
    assert rows["documents"] == 40
    assert rows["health_samples"] > 25_000
    assert rows["health_workouts"] > 100
    assert rows["ledger_accounts"] == 3
    assert rows["ledger_transactions"] > 500
    assert embedded == 0
    sources = await _names(filled.database, person, "SELECT source FROM health_series")
    assert sources
    assert all(each.startswith("demo ") for each in sources)
    accounts = await _names(filled.database, person, "SELECT name FROM ledger_accounts")
    assert sorted(accounts) == ["demo checking", "demo savings", "demo travel card"]
    paths = await _names(filled.database, person, "SELECT path FROM documents")
    assert all(Path(each).name.startswith("demo-") for each in paths)


async def test_what_stands_out_of_the_year_is_told(filled: House) -> None:
    person = await _first(filled)
    told = await insights.run(filled.database, person, now=NOW)
    tomorrow = await insights.run(filled.database, person, now=NOW + dt.timedelta(days=1))
    kinds = [each.kind.key for each in (*told, *tomorrow)]
    assert kinds[:3] == ["charge", "bills", "duplicate"]
    assert {"change", "trend"} <= set(kinds)


async def test_nothing_of_ones_own_goes_into_it(filled: House, tmp_path: Path) -> None:
    person = await _first(filled)
    async with filled.database.session(person.id) as session:
        before = await demo_people.rows(session, person.id)
    note = tmp_path / "mine.md"
    note.write_text("My own note.")
    with pytest.raises(BadInput, match="nothing of your own goes into it"):
        await filled.import_path(person, note)
    with pytest.raises(BadInput, match="nothing of your own goes into it"):
        await health.take(filled.database, person.id, Batch(readings=[READING]), now=NOW)
    with pytest.raises(BadInput, match="nothing of your own goes into it"):
        await ledger.take(filled.database, person.id, "bank", accounts=[BANK], entries=[], now=NOW)
    with pytest.raises(BadInput, match="nothing of your own goes into it"):
        async with filled.database.session(person.id) as session:
            await session.execute(
                text("INSERT INTO connections (owner_id, service) VALUES (:owner, 'firefly')"), {"owner": person.id}
            )
    async with filled.database.session(person.id) as session:
        assert await demo_people.rows(session, person.id) == before


async def test_it_is_not_filled_twice(filled: House) -> None:
    person = await _first(filled)
    with pytest.raises(BadInput, match="is here already, of 2026-11-18"):
        await living.fill(filled.omac, person, filled.settings.data_dir / "demo", now=NOW)


async def test_it_goes_with_everything_and_nobody_else_loses_anything(filled: House) -> None:
    person = await _first(filled)
    async with filled.database.session(None) as session:
        ben = auth.as_person(await users.create(session, "Ben", time_zone="UTC", week_start=0))
    await filled.omac.remember(ben, "Ben's locker is number 7.", source="command line")
    await filled.omac.remember(person, "The demo's locker is number 8.", source="command line")
    async with filled.database.session(person.id) as session:
        thread = uuid4()
        await threads.ensure(session, person.id, thread, channel="web")
        await threads.add_message(session, person.id, thread, role="person", text="How did I sleep?")
    await insights.run(filled.database, person, now=NOW)
    assert await living.told(filled.database, person) == (1, 1)
    folder = filled.settings.data_dir / "demo"
    folder.mkdir(parents=True)
    gone = await living.remove(filled.database, person, folder)
    assert gone.rows["health_samples"] > 25_000
    assert {"messages", "threads", "memories", "notices", "insights", "documents", "lexemes"} <= set(gone.rows)
    assert not folder.exists()
    async with filled.database.session(person.id) as session:
        assert set((await demo_people.rows(session, person.id)).values()) == {0}
        assert await users.by_id(session, person.id) is None
    assert [each.text for each in await filled.omac.facts(ben)] == ["Ben's locker is number 7."]
    with pytest.raises(NotFound, match="no synthetic person"):
        await living.remove(filled.database, ben, folder)


async def test_every_table_of_people_is_counted(filled: House, filled_url: str) -> None:
    """Whatever refers to a person in the database is among what is counted after the removal."""
    person = await _first(filled)
    async with filled.database.session(person.id) as session:
        counted = set(await demo_people.rows(session, person.id))
    with psycopg.connect(filled_url) as connection:
        found = connection.execute(
            "SELECT DISTINCT conrelid::regclass::text FROM pg_constraint"
            " WHERE contype = 'f' AND confrelid = 'users'::regclass"
        )
        referring = {row[0] for row in found}
    assert referring <= counted
    assert {"checkpoints", "health_days", "ledger_rules", "demo_people", "sign_ins"} <= counted


async def test_an_account_that_was_made_meanwhile_stays_and_is_empty(filled: House) -> None:
    code = await auth.first_code(filled.database, filled.settings)
    ana = await auth.sign_up(filled.database, filled.settings, code=code, name="Ana", password="correct horse battery")
    assert ana.id == (await _first(filled)).id
    gone = await living.remove(filled.database, ana, filled.settings.data_dir / "demo")
    assert gone.account == "Ana"
    back = await auth.sign_in(filled.database, name="Ana", password="correct horse battery")
    assert back.id != ana.id
    async with filled.database.session(back.id) as session:
        assert set((await demo_people.rows(session, back.id)).values()) == {0}
    note = filled.settings.data_dir / "mine.md"
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text("My own note.")
    assert (await filled.import_path(back, note)).added == 1


@pytest.mark.parametrize("what", ["note", "fact", "reading", "account", "token"])
async def test_a_house_with_own_data_is_refused_and_stays_as_it_is(
    house: House, ana: Person, tmp_path: Path, what: str
) -> None:
    database = house.database
    if what == "note":
        (tmp_path / "mine.md").write_text("My own note.")
        await house.import_path(ana, tmp_path / "mine.md")
    elif what == "fact":
        await house.omac.remember(ana, "My locker is number 7.", source="command line")
    elif what == "reading":
        await health.take(database, ana.id, Batch(readings=[READING]), now=NOW)
    elif what == "account":
        await ledger.take(database, ana.id, "bank", accounts=[BANK], entries=[], now=NOW)
    else:
        async with database.session(ana.id) as session:
            columns = await demo_people._columns(session)
            await session.execute(
                text(
                    f"INSERT INTO ingest_tokens (token_hash, {columns['ingest_tokens']}, name)"
                    " VALUES ('\\x00', :owner, 'phone')"
                ),
                {"owner": ana.id},
            )
    async with database.session(ana.id) as session:
        before = await demo_people.rows(session, ana.id)
    with pytest.raises(BadInput, match=r"has data of their own here .*TWINNING_DATA_DIR"):
        await living.fill(house.omac, ana, tmp_path / "demo", now=NOW)
    async with database.session(ana.id) as session:
        assert await demo_people.rows(session, ana.id) == before
    assert not (tmp_path / "demo").exists()
    with pytest.raises(NotFound):
        await living.remove(database, ana, tmp_path / "demo")


async def test_a_fill_that_was_killed_is_taken_up_again_or_taken_out(
    house: House, ana: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """The process is gone."""

    async def killed(*_: object, **__: object) -> int:
        raise Killed

    folder = tmp_path / "demo"
    with monkeypatch.context() as dying:
        dying.setattr(living, "embed_pending", killed)
        with pytest.raises(Killed):
            await living.fill(house.omac, ana, folder, now=NOW)
    async with house.database.session(ana.id) as session:
        half = await demo_people.rows(session, ana.id)
    filled = await living.fill(house.omac, ana, folder, now=NOW)
    assert {each: filled.rows[each] for each in ("health_samples", "ledger_transactions", "documents")} == {
        each: half[each] for each in ("health_samples", "ledger_transactions", "documents")
    }
    await living.remove(house.database, ana, folder)
    fresh = await auth.owner_of_the_folder(house.database, house.settings)
    assert fresh.id != ana.id


async def test_files_that_cannot_be_read_are_said_and_taken_out_again(
    house: House, ana: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.demo.money._setup", lambda: "{")
    with pytest.raises(TwinningError, match=r"demo-setup\.json"):
        await living.fill(house.omac, ana, tmp_path / "demo", now=NOW)
    await living.remove(house.database, ana, tmp_path / "demo")


def test_a_newcomer_fills_asks_and_takes_out_by_command(
    database_url: str, embedding_weights: Path, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "models").symlink_to(embedding_weights)
    (tmp_path / "mine.md").write_text("My own note.")
    environment = {
        "TWINNING_DATA_DIR": str(data),
        "TWINNING_DATABASE_URL": database_url,
        "TWINNING_MODEL": "none",
        "TWINNING_TIME_ZONE": "Europe/Berlin",
        "TWINNING_NOW": NOW.isoformat(),
    }

    def twinning(*arguments: str | Path) -> tuple[int, str, str]:
        done = CliRunner(env=environment).invoke(main, list(map(str, arguments)))
        return done.exit_code, done.stdout, done.stderr

    code, out, err = twinning("demo")
    assert code == 0, err
    assert "A synthetic person lives here now, from 2025-11-01 to 2026-11-18" in out
    assert "all made up" in out
    assert twinning("demo")[0] == 1
    code, _, err = twinning("import", tmp_path / "mine.md")
    assert (code, "nothing of your own goes into it" in err) == (1, True)
    code, out, err = twinning("ask", "--json", "How many steps did I walk yesterday?")
    assert code == 0, err
    (figure,) = json.loads(out)["figures"]
    assert figure["period"] == {"start": "2026-11-17", "end": "2026-11-17"}
    assert figure["sources"] == ["demo Apple Watch"]
    spent = json.loads(twinning("ask", "--json", "What did I spend on groceries last month?")[1])
    assert all(each.startswith("demo ") for figure in spent["figures"] for each in figure["sources"])
    code, out, err = twinning("insights", "--json")
    assert (code, out) == (0, ""), "what could be told today was told when it was filled"
    assert "389.70 EUR went to Green Basket" in twinning("inbox")[1]
    code, out, err = twinning("insights", "vote", "charge", "up")
    assert out == "Noted: unusual charges are told.\n"
    code, out, err = twinning("demo", "--remove")
    assert code == 0, err
    assert "Counted again: nothing is left." in out
    assert not (data / "demo").exists()
    assert twinning("demo", "--remove")[0] == 1
    assert twinning("import", "--wait", tmp_path / "mine.md")[0] == 0
