"""The Postgres that comes along: joined by many, stopped by the last, started again after every sort of death."""

from __future__ import annotations

import os
import re
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from assistant.db.server import EmbeddedServer
from assistant.errors import DatabaseUnavailable


@pytest.fixture(scope="module")
def data_dir() -> Iterator[Path]:
    """One cluster for the tests of this file, outside pytest's own folder (see test_kills)."""
    with tempfile.TemporaryDirectory(prefix="twinning-server-") as folder:
        yield Path(folder).resolve()


@pytest.fixture
def running(data_dir: Path) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(data_dir)
    server.start()
    yield server
    server.stop()


def _answers(server: EmbeddedServer) -> bool:
    try:
        with psycopg.connect(server.url("postgres", "postgres")) as connection:
            return connection.execute("SELECT 1").fetchone() == (1,)
    except psycopg.OperationalError:
        return False


def _postmaster(server: EmbeddedServer) -> int:
    return int((server.cluster / "postmaster.pid").read_text().split("\n")[0])


def test_it_listens_only_on_a_socket_that_is_ours_alone(running: EmbeddedServer) -> None:
    with psycopg.connect(running.url("postgres", "postgres")) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        assert connection.execute("SHOW data_checksums").fetchone() == ("on",)
    assert stat.S_IMODE(running.socket_dir.stat().st_mode) == 0o700
    assert stat.S_IMODE(running.cluster.stat().st_mode) == 0o700


def test_the_last_one_out_stops_it(data_dir: Path) -> None:
    first, second = EmbeddedServer(data_dir), EmbeddedServer(data_dir)
    first.start()
    second.start()
    first.stop()
    assert _answers(second)
    second.stop()
    assert not _answers(second)
    second.stop()  # leaving twice does no harm


def test_a_killed_user_does_not_keep_it_running(data_dir: Path, running: EmbeddedServer) -> None:
    program = (
        "import sys, time; from pathlib import Path; from assistant.db.server import EmbeddedServer;"
        "EmbeddedServer(Path(sys.argv[1])).start(); print('in', flush=True); time.sleep(60)"
    )
    other = subprocess.Popen([sys.executable, "-c", program, str(data_dir)], stdout=subprocess.PIPE, text=True)
    assert other.stdout is not None
    assert other.stdout.readline() == "in\n"
    other.kill()
    other.wait()
    running.stop()
    assert not _answers(running)
    running.start()


def test_killed_under_us_it_is_revived_with_everything_that_was_committed(running: EmbeddedServer) -> None:
    with psycopg.connect(running.url("postgres", "postgres"), autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
        connection.execute("INSERT INTO kept VALUES (47)")
        assert running.revive() is False
        os.kill(_postmaster(running), signal.SIGKILL)
    time.sleep(0.2)
    assert running.revive() is True
    with psycopg.connect(running.url("postgres", "postgres"), autocommit=True) as connection:
        assert connection.execute("SELECT n FROM kept").fetchone() == (47,)
        connection.execute("DROP TABLE kept")


def test_locks_that_name_another_programs_pid_do_not_keep_it_from_starting(
    data_dir: Path, running: EmbeddedServer
) -> None:
    """After a power cut the pid in them may be anybody's: here that of this test."""
    lines = (running.cluster / "postmaster.pid").read_text().split("\n")
    running.stop()
    stale = "\n".join([str(os.getpid()), *lines[1:]])
    (running.cluster / "postmaster.pid").write_text(stale)
    (running.socket_dir / ".s.PGSQL.5432.lock").write_text(stale)
    (running.socket_dir / ".s.PGSQL.5432").touch()
    running.start()
    assert _answers(running)


def test_a_half_made_cluster_is_made_anew(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="twinning-half-") as folder:
        data_dir = Path(folder).resolve()
        (data_dir / "postgres" / "fresh-1" / "base").mkdir(parents=True)
        (data_dir / "postgres" / "base" / "1").mkdir(parents=True)
        (data_dir / "postgres" / "postgresql.conf").write_text("nonsense = 'half written")
        server = EmbeddedServer(data_dir)
        server.start()
        try:
            assert _answers(server)
            assert list((data_dir / "postgres").glob("fresh*")) == []
        finally:
            server.stop()


def test_a_long_path_with_odd_characters_works(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="twinning-") as folder:
        data_dir = Path(folder).resolve() / ('it\'s a "long" path, ünïcode ' + "x" * 90)
        data_dir.mkdir()
        server = EmbeddedServer(data_dir)
        server.start()
        try:
            assert _answers(server)
            assert len(os.fsencode(server.socket_dir)) <= 100
        finally:
            server.stop()
            server.socket_dir.rmdir()


def test_why_it_does_not_start_is_said(data_dir: Path, running: EmbeddedServer) -> None:
    running.stop()
    conf = data_dir / "postgres" / "postgresql.conf"
    before = conf.read_text()
    conf.write_text(before + "\nno_such_setting = 1\n")
    try:
        with pytest.raises(DatabaseUnavailable, match="no_such_setting"):
            running.start()
    finally:
        conf.write_text(before)
        running.stop()
    running.start()
    assert _answers(running)


def test_a_data_folder_that_is_a_file_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(DatabaseUnavailable, match=re.escape(str(tmp_path / "data"))):
        EmbeddedServer(tmp_path / "data").start()
