"""The Postgres that comes along belongs to whoever starts it: an ordinary user needs no rights and no other account."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import stat
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import assistant
from assistant.db.server import EmbeddedServer

SOMEBODY = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
"""As root the tests give the child to somebody else; anybody else is an ordinary user already."""
_AS_THEM: dict[str, object] = (
    {"user": SOMEBODY.pw_uid, "group": SOMEBODY.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
)
ONE_RUN = """
import asyncio, json, os, sys
from pathlib import Path
import psutil
from assistant import auth
from assistant.db.database import open_database
from assistant.settings import Settings

async def run():
    settings = Settings(data_dir=Path(sys.argv[1]), model="none")
    database = await open_database(settings)
    person = await auth.owner_of_the_folder(database, settings)
    pid = int((settings.data_dir / "postgres" / "postmaster.pid").read_text().split()[0])
    owners = {"me": os.geteuid(), "server": psutil.Process(pid).uids().effective}
    await database.close()
    print(json.dumps({**owners, "pid": pid, "person": str(person.id)}))

asyncio.run(run())
"""
ASK_FOR_THE_USER = """
import sys
from assistant.db.server import system_user
print(flush=True)
sys.stdin.readline()
user = system_user(sys.argv[1], lambda text: None)
print(user.pw_uid, user.pw_gid)
"""


@pytest.fixture
def their_folder(server: EmbeddedServer) -> Iterator[Path]:
    """A data folder of theirs. The tests' own server, started by root, has opened the way to its programs."""
    with tempfile.TemporaryDirectory(prefix="twinning-theirs-") as folder:
        if os.geteuid() == 0:
            shutil.chown(folder, SOMEBODY.pw_uid, SOMEBODY.pw_gid)
        yield Path(folder).resolve()


@cache
def _python() -> str:
    """An interpreter that they may run; ours may lie in a home that only root enters."""
    others = shutil.which(f"python3.{sys.version_info.minor}", path=os.defpath)
    for python in (sys.executable, others):
        if python and subprocess.run(["test", "-x", python], check=False, **_AS_THEM).returncode == 0:  # type: ignore[call-overload]
            return python
    pytest.skip(f"{sys.executable} lies where only root may go, and there is no other interpreter of its version")


def _run_as_them(arguments: list[str], folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    packages = [str(Path(assistant.__file__).parents[1]), sysconfig.get_path("platlib")]
    done: subprocess.CompletedProcess[str] = subprocess.run(  # type: ignore[call-overload]
        [_python(), *arguments],
        cwd=folder,
        env={"PATH": os.defpath, "HOME": str(folder), "PYTHONPATH": os.pathsep.join(packages), **env},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
        **_AS_THEM,
    )
    return done


def _run(folder: Path) -> dict[str, Any]:
    done = _run_as_them(["-c", ONE_RUN, str(folder / "data")], folder, PYTHONDONTWRITEBYTECODE="1")
    assert done.returncode == 0, done.stderr
    assert not (folder / "data" / "postgres" / "postmaster.pid").exists(), "the last one out stopped it"
    ran: dict[str, Any] = json.loads(done.stdout)
    return ran


def test_an_ordinary_user_starts_writes_stops_and_finds_it_again(their_folder: Path) -> None:
    first, second = _run(their_folder), _run(their_folder)

    assert first["me"] == first["server"] == SOMEBODY.pw_uid != 0
    assert second["me"] == second["server"] == SOMEBODY.pw_uid
    assert first["person"] == second["person"], "the second start finds whom the first one wrote down"
    assert first["pid"] != second["pid"]
    cluster = (their_folder / "data" / "postgres").stat()
    assert (cluster.st_uid, stat.S_IMODE(cluster.st_mode)) == (SOMEBODY.pw_uid, 0o700)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can leave a folder that is somebody else's")
def test_a_folder_that_is_somebody_elses_is_refused_in_words(their_folder: Path) -> None:
    (their_folder / "data").mkdir(mode=0o700)  # root's, below a folder of theirs
    done = _run_as_them(["-m", "assistant", "user", "list"], their_folder, TWINNING_DATA_DIR=str(their_folder / "data"))
    assert done.returncode == 1
    assert done.stderr.startswith("Error: ")
    assert "TWINNING_DATA_DIR" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a system user")
def test_all_who_ask_for_the_system_user_at_once_get_the_same_one() -> None:
    name = f"twinning-test-{os.getpid()}"
    asking = [
        subprocess.Popen(
            [sys.executable, "-c", ASK_FOR_THE_USER, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(6)
    ]
    try:
        for each in asking:
            assert each.stdout is not None
            each.stdout.readline()
        for each in asking:
            assert each.stdin is not None
            each.stdin.write("\n")
            each.stdin.flush()
        told = {each.communicate(timeout=60)[0].strip() for each in asking}
        user = pwd.getpwnam(name)
        assert told == {f"{user.pw_uid} {user.pw_gid}"}
    finally:
        for each in asking:
            each.kill()
            each.wait()
        subprocess.run(["userdel", name], check=True, capture_output=True)
