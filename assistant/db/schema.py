"""Whether a database is at this program's schema: asked at every start, so it must cost nothing but one question."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import psycopg
from sqlalchemy.engine import URL

APP_ROLE = "twinning_app"
"""People's rows are read and written as this role. It owns nothing and cannot bypass row-level security."""
MIGRATIONS = Path(__file__).parent / "migrations" / "versions"

_QUESTION = "SELECT version_num, obj_description('checkpoint_migrations'::regclass) FROM alembic_version"


def newest() -> str:
    """The newest revision of our own tables, which begins its file's name (`0002_lookup_by_words.py`)."""
    return max(file.stem.partition("_")[0] for file in MIGRATIONS.glob("[0-9]*.py"))


def checkpoints_by() -> str:
    """The library whose own migrations made LangGraph's tables; kept as the comment of one of them."""
    return f"langgraph-checkpoint-postgres {version('langgraph-checkpoint-postgres')}"


def is_current(admin_url: URL) -> bool:
    """True where nothing is to be migrated. Of a database that does not answer it is False: `migrate` says why."""
    try:
        with psycopg.connect(admin_url.render_as_string(hide_password=False), connect_timeout=10) as connection:
            return connection.execute(_QUESTION).fetchall() == [(newest(), checkpoints_by())]
    except (psycopg.OperationalError, psycopg.errors.UndefinedTable):
        return False
