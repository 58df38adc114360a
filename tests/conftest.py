"""What all tests share: where they write, and one real Postgres with a copy of a template database for each test."""

from __future__ import annotations

import gc
import itertools
import os
import shutil
import ssl
import tempfile
from collections.abc import Generator, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

if TYPE_CHECKING:
    from assistant.db.server import EmbeddedServer

MEMORY = Path("/dev/shm")
ROOM = 6 * 2**30
"""Bytes: what some servers with their databases, and the language model for each worker, take at most."""

# Nothing of the person who runs the tests gets in: neither their settings nor their data folder.
for name in [name for name in os.environ if name.startswith(("TWINNING_", "CHAINLIT_", "LANGSMITH_", "LANGCHAIN_"))]:
    del os.environ[name]

# Where memory is plenty the tests' folders lie in it: a copy of the template database takes a tenth of the time there.
if (
    "TMPDIR" not in os.environ
    and MEMORY.is_dir()
    and min(shutil.disk_usage(MEMORY).free, psutil.virtual_memory().available) > ROOM
):
    os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)

_numbers = itertools.count()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Spares the thousands of tests that are only being collected, and stay to the end, from being looked through."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="session", autouse=True)
def one_tls_context() -> Iterator[None]:
    """Reads the certificates of all authorities once: every HTTP client does, and none here speaks TLS to anybody."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ssl, "create_default_context", cache(ssl.create_default_context))
        yield


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedServer]:
    # Loaded here, so that the unit tests do without.
    from sqlalchemy.engine import make_url

    from assistant.db import migrate
    from assistant.db.server import EmbeddedServer

    # Not below pytest's own folder: as root it is closed to the database's user whenever another run begins.
    with tempfile.TemporaryDirectory(prefix="twinning-tests-") as folder:
        server = EmbeddedServer(Path(folder))
        server.start()
        migrate.upgrade(make_url(server.url("postgres", "house_template")))
        yield server
        server.stop()


@pytest.fixture
def database_url(server: EmbeddedServer) -> Iterator[str]:
    """The address of a migrated, empty database of this test's own."""
    import psycopg

    name = f"house_{next(_numbers)}"
    with psycopg.connect(server.url("postgres", "postgres"), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE house_template STRATEGY file_copy")
        yield server.url("postgres", name)
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
