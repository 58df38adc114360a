"""A Postgres of one's own, where the owner of the tables is no superuser."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from assistant import auth
from assistant.db.database import open_database
from assistant.db.server import EmbeddedServer
from assistant.errors import ConfigurationError, NotFound
from assistant.house import open_house
from assistant.settings import Settings
from assistant.testing import BagEmbedder, ScriptedBrain


@pytest.fixture(scope="module")
def bare_server() -> Iterator[EmbeddedServer]:
    """A server on which no Twinning has been: without its role."""
    with tempfile.TemporaryDirectory(prefix="twinning-bare-") as folder:
        server = EmbeddedServer(Path(folder).resolve())
        server.start()
        yield server
        server.stop()


class Superuser:
    """Runs statements as the one who may do everything, and clears up afterwards."""

    def __init__(self, server: EmbeddedServer) -> None:
        self._server = server

    def run(self, statements: str, *, database: str = "postgres") -> None:
        with psycopg.connect(self._server.url("postgres", database), autocommit=True) as connection:
            for statement in filter(None, map(str.strip, statements.split(";"))):
                connection.execute(statement)  # type: ignore[arg-type]


@pytest.fixture
def superuser(bare_server: EmbeddedServer) -> Iterator[Superuser]:
    superuser = Superuser(bare_server)
    superuser.run("CREATE ROLE keeper LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE")
    yield superuser
    superuser.run("DROP DATABASE IF EXISTS home WITH (FORCE); DROP ROLE keeper; DROP ROLE IF EXISTS twinning_app")


@pytest.fixture
def settings(bare_server: EmbeddedServer, tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", database_url=bare_server.url("keeper", "home"), model="none")


async def _asked(settings: Settings) -> str:
    """The statements that the refusal asks a superuser to run."""
    with pytest.raises(ConfigurationError) as caught:
        await open_database(settings)
    sentence = str(caught.value)
    assert "superuser" in sentence
    assert "keeper" in sentence
    assert "\n" not in sentence
    return sentence.partition("start again: ")[2]


def _ask(bare_server: EmbeddedServer, question: str) -> list[tuple[object, ...]]:
    with psycopg.connect(bare_server.url("keeper", "home")) as connection:
        return connection.execute(question).fetchall()  # type: ignore[arg-type]


async def test_what_only_a_superuser_can_do_is_asked_for_and_is_enough(
    bare_server: EmbeddedServer, superuser: Superuser, settings: Settings, tmp_path: Path
) -> None:
    superuser.run("CREATE DATABASE home OWNER keeper")
    asked = await _asked(settings)
    assert asked.count(";") == 3
    assert _ask(bare_server, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'") == []
    superuser.run(asked, database="home")

    (tmp_path / "bread.md").write_text("# Sourdough\n\nLet the dough rest for twelve hours in the cellar.\n")
    async with open_house(settings, embedder=BagEmbedder(), brain=ScriptedBrain()) as house:
        ana = await auth.owner_of_the_folder(house.database, settings)
        code = await auth.invite(house.database)
        ben = await auth.sign_up(house.database, settings, code=code, name="Ben", password="a long password")
        fact = await house.omac.remember(ana, "The garage code is 8812", source="test")
        await house.import_path(ana, tmp_path / "bread.md")
        theirs = await house.omac.remember(ben, "My garage has a blue door", source="test")

        found = {each.text for each in await house.omac.recall(ana, "garage code dough rest")}
        assert "The garage code is 8812" in found
        assert any("twelve hours" in text for text in found)
        assert not any("blue" in text for text in found)
        assert [each.id for each in await house.omac.recall(ben, "garage code dough rest")] == [theirs.id]
        with pytest.raises(NotFound):
            await house.omac.forget(ben, [fact.id])
        assert (await house.omac.forget(ana, [fact.id])).proven

    facts = "SELECT tableowner, rowsecurity FROM pg_tables WHERE tablename = 'memories'"
    assert _ask(bare_server, facts) == [("keeper", True)]
    assert _ask(bare_server, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") == [(False,)]
    assert _ask(bare_server, "SELECT count(*) FROM memories") == [(0,)], "the wall holds for the tables' owner too"


async def test_a_database_that_is_not_there_and_may_not_be_made_is_asked_for(
    superuser: Superuser, settings: Settings
) -> None:
    asked = await _asked(settings)
    assert asked == 'CREATE DATABASE "home" OWNER "keeper";'
    superuser.run(asked)
    assert "CREATE EXTENSION" in await _asked(settings)


async def test_a_database_of_somebody_else_is_asked_for(superuser: Superuser, settings: Settings) -> None:
    superuser.run("CREATE DATABASE home; CREATE ROLE twinning_app NOLOGIN; GRANT twinning_app TO keeper")
    superuser.run("CREATE EXTENSION vector", database="home")
    asked = await _asked(settings)
    assert asked == 'ALTER DATABASE "home" OWNER TO "keeper";'
    superuser.run(asked)
    await (await open_database(settings)).close()


async def test_one_who_may_make_roles_needs_only_the_extension(superuser: Superuser, settings: Settings) -> None:
    superuser.run("ALTER ROLE keeper CREATEROLE; CREATE DATABASE home OWNER keeper")
    superuser.run("CREATE EXTENSION vector", database="home")
    database = await open_database(settings)
    async with database.session(None) as session:
        passes = await session.scalar(
            text("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        )
    await database.close()
    assert passes is False


async def test_a_role_that_could_pass_the_wall_is_not_used(superuser: Superuser, settings: Settings) -> None:
    superuser.run("CREATE ROLE twinning_app BYPASSRLS; GRANT twinning_app TO keeper; CREATE DATABASE home OWNER keeper")
    superuser.run("CREATE EXTENSION vector", database="home")
    assert await _asked(settings) == 'ALTER ROLE "twinning_app" NOSUPERUSER NOBYPASSRLS;'


EARLIER_GRANTS = """
INSERT INTO users (id, name, name_key, time_zone, week_start)
    SELECT gen_random_uuid(), name, name, 'UTC', 0 FROM unnest(ARRAY['ana', 'ben']) AS name;
INSERT INTO connections (owner_id, service, account, connected_at)
    SELECT id, 'post', name || ' at the post', now() - interval '2 days' FROM users WHERE name IN ('ana', 'ben');
INSERT INTO connections (owner_id, service, account, connected_at)
    SELECT id, 'bank', 'changed since', now() FROM users WHERE name IN ('ana', 'ben');
INSERT INTO operations (id, owner_id, tool, service, effect, frozen, digest, state, channel, proposed_at, expires_at)
    SELECT gen_random_uuid(), id, tool, split_part(tool, '_', 1), 'write', '', '', 'denied', 'web', now(), now()
    FROM users, unnest(ARRAY['post_letter', 'post_letter', 'bank_transfer']) AS tool WHERE name IN ('ana', 'ben');
INSERT INTO grants (id, owner_id, tool, target, arguments, remaining, created_at, expires_at)
    SELECT gen_random_uuid(), id, tool, 'grandma', '{}', 3, now() - interval '1 day', now() + interval '1 day'
    FROM users, unnest(ARRAY['post_letter', 'bank_transfer', 'never_used']) AS tool WHERE name IN ('ana', 'ben')
"""


async def test_grants_given_before_they_named_an_account_get_the_one_they_were_given_for_or_end(
    bare_server: EmbeddedServer, superuser: Superuser, settings: Settings
) -> None:
    superuser.run("CREATE DATABASE home OWNER keeper")
    superuser.run(await _asked(settings), database="home")
    await (await open_database(settings)).close()
    superuser.run(
        "ALTER TABLE grants DROP COLUMN account; UPDATE alembic_version SET version_num = '0013'", database="home"
    )
    superuser.run(EARLIER_GRANTS, database="home")
    await (await open_database(settings)).close()
    with psycopg.connect(bare_server.url("postgres", "home")) as connection:
        found = connection.execute(
            "SELECT users.name, tool, account, revoked_at IS NULL FROM grants"
            " JOIN users ON users.id = owner_id ORDER BY users.name, tool"
        ).fetchall()
    assert found == [
        (name, *each)
        for name in ("ana", "ben")
        for each in (
            ("bank_transfer", "", False),
            ("never_used", "", False),
            ("post_letter", f"{name} at the post", True),
        )
    ]
