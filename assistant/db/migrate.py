"""Brings a database up to this program's schema, or refuses to touch a newer one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import psycopg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from langgraph.checkpoint.postgres import PostgresSaver
from psycopg import sql
from psycopg.rows import dict_row
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, OperationalError

from assistant.db.schema import APP_ROLE, MIGRATIONS, checkpoints_by
from assistant.errors import ConfigurationError, DatabaseUnavailable, SchemaTooNew

CHECKPOINT_TABLES = ("checkpoints", "checkpoint_blobs", "checkpoint_writes")
CHECKPOINT_WALL = (
    "ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO twinning_app",
    "CREATE POLICY owner_only ON {table}"
    " USING (split_part(thread_id, ':', 1) = NULLIF(current_setting('twinning.owner', true), ''))",
)
MIGRATION_LOCK = 0x7717
"""Advisory lock, so that two processes never migrate at once."""


def _config(connection_url: URL) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS.parent))
    config.attributes["url"] = connection_url.set(drivername="postgresql+psycopg")
    return config


def head() -> str:
    """The revision that this program knows as the newest."""
    revision = ScriptDirectory.from_config(_config(URL.create("postgresql"))).get_current_head()
    assert revision is not None
    return revision


def current(admin_url: URL) -> str | None:
    """The revision of the database; None where there are no tables yet.

    Raises:
        DatabaseUnavailable: it cannot be reached.
    """
    with _in_words(), _connect(admin_url) as connection:
        return _revision(connection)


@contextmanager
def _in_words() -> Iterator[None]:
    """Says it in a sentence when the server goes away or its disk is full."""
    try:
        yield
    except (psycopg.OperationalError, OperationalError) as error:
        if "No space left" in str(error):
            raise DatabaseUnavailable(
                "The disk is full; the tables could not be prepared. Free some space and start again."
            ) from error
        raise DatabaseUnavailable("The database went away while its tables were looked at; start again.") from error


def upgrade(admin_url: URL, *, tell: Callable[[str], None] = lambda _: None) -> None:
    """Creates the database if needed and migrates it.

    Raises:
        SchemaTooNew: the database is ahead of this program; nothing is written.
        DatabaseUnavailable: it cannot be reached.
    """
    _create_missing(admin_url)
    with _in_words(), _connect(admin_url) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (MIGRATION_LOCK,))
        revision = _revision(connection)
        script = ScriptDirectory.from_config(_config(admin_url))
        known = {entry.revision for entry in script.walk_revisions()}
        if revision is not None and revision not in known:
            raise SchemaTooNew(
                f"This data was written by a newer Twinning (schema {revision}); "
                f"this one knows up to {script.get_current_head()}. Update the program; nothing was changed."
            )
        _prepare(connection)
        if revision != script.get_current_head():
            tell("Preparing the tables ...")
            try:
                command.upgrade(_config(admin_url), "head")
            except DBAPIError as error:
                if isinstance(error.orig, psycopg.errors.InsufficientPrivilege):
                    raise _ask_superuser(connection, [_owned_by_us(connection)]) from error
                raise
        _checkpoint_tables(admin_url)


def _prepare(connection: psycopg.Connection) -> None:
    """Makes what does not belong to one database's tables: the extension, and the role that answers people.

    Raises:
        ConfigurationError: that takes a superuser, and we are none; or there is no pgvector to be had.
    """
    wanted = _unprepared(connection)
    for done, statement in enumerate(wanted):
        try:
            connection.execute(statement)
        except (psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
            continue  # roles belong to the whole server, and another database's Twinning was first
        except psycopg.errors.InsufficientPrivilege as error:
            raise _ask_superuser(connection, wanted[done:]) from error
        except (psycopg.errors.UndefinedFile, psycopg.errors.FeatureNotSupported) as error:
            raise ConfigurationError(
                "This Postgres has no pgvector 0.8 or newer; install it there, or leave TWINNING_DATABASE_URL empty."
            ) from error


def _unprepared(connection: psycopg.Connection) -> list[sql.Composed]:
    role, us = sql.Identifier(APP_ROLE), sql.Identifier(connection.info.user)
    found = connection.execute(
        "SELECT rolsuper OR rolbypassrls, pg_has_role(current_user, oid, %s) FROM pg_roles WHERE rolname = %s",
        ("SET" if connection.info.server_version >= 160000 else "MEMBER", APP_ROLE),
    ).fetchone()
    wanted = []
    if connection.execute("SELECT FROM pg_extension WHERE extname = 'vector'").fetchone() is None:
        wanted.append(sql.SQL("CREATE EXTENSION {}").format(sql.Identifier("vector")))
    if found is None:
        wanted.append(sql.SQL("CREATE ROLE {} NOLOGIN").format(role))
    elif found[0]:  # row-level security would not hold for it
        wanted.append(sql.SQL("ALTER ROLE {} NOSUPERUSER NOBYPASSRLS").format(role))
    if not (found and found[1]) and connection.info.parameter_status("is_superuser") != "on":
        wanted.append(sql.SQL("GRANT {} TO {}").format(role, us))
    return wanted


def _owned_by_us(connection: psycopg.Connection) -> sql.Composed:
    names = (sql.Identifier(name) for name in (connection.info.dbname, connection.info.user))
    return sql.SQL("ALTER DATABASE {} OWNER TO {}").format(*names)


def _ask_superuser(connection: psycopg.Connection, statements: Sequence[sql.Composed]) -> ConfigurationError:
    told = " ".join(f"{statement.as_string(connection)};" for statement in statements)
    return ConfigurationError(
        f"The database user {connection.info.user} may not prepare the database {connection.info.dbname} by itself; "
        f"run this there as a superuser, then start again: {told}"
    )


def _checkpoint_tables(admin_url: URL) -> None:
    """LangGraph's own tables, brought up by its own migrations, behind the same wall as ours.

    Its thread ids begin with the owner's id and a colon (see `agent/checkpoints.py`).
    """
    with psycopg.connect(
        admin_url.render_as_string(hide_password=False), autocommit=True, prepare_threshold=0, row_factory=dict_row
    ) as connection:
        PostgresSaver(connection).setup()
        for table in CHECKPOINT_TABLES:
            name = sql.Identifier(table)
            walled = connection.execute("SELECT FROM pg_policies WHERE tablename = %s", (table,)).fetchone()
            if walled is None:
                with connection.transaction():
                    for statement in CHECKPOINT_WALL:
                        connection.execute(sql.SQL(statement).format(table=name))
        made_by = sql.SQL("COMMENT ON TABLE checkpoint_migrations IS {}").format(sql.Literal(checkpoints_by()))
        connection.execute(made_by)  # last: whoever reads it finds all of the above done


def _revision(connection: psycopg.Connection) -> str | None:
    if connection.execute("SELECT to_regclass('alembic_version')").fetchone() == (None,):
        return None
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0]) if row else None


def _connect(url: URL) -> psycopg.Connection:
    try:
        return psycopg.connect(url.render_as_string(hide_password=False), autocommit=True, connect_timeout=10)
    except psycopg.OperationalError as error:
        said = " ".join(str(error).split("\n\t")[0].split())
        raise DatabaseUnavailable(f"The database does not answer: {said}") from error


def _create_missing(url: URL) -> None:
    try:
        _connect(url).close()
    except DatabaseUnavailable as error:
        if "does not exist" not in str(error) or not url.database:
            raise
        with _connect(url.set(database="postgres")) as connection:
            name = sql.Identifier(url.database)
            try:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
            except psycopg.errors.DuplicateDatabase:
                return  # another process was first
            except psycopg.errors.InsufficientPrivilege as refused:
                us = sql.Identifier(connection.info.user)
                wanted = sql.SQL("CREATE DATABASE {} OWNER {}").format(name, us).as_string(connection)
                raise ConfigurationError(
                    f"There is no database {url.database}, and {connection.info.user} may not create it; "
                    f"run this as a superuser, then start again: {wanted};"
                ) from refused
