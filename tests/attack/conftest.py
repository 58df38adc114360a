"""A scene for each attack, and the tally at the end."""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest

sys.path.insert(0, str(Path(__file__).parent / "agentdojo"))
sys.path.insert(0, str(Path(__file__).parent))

import scene as scenes
from scene import Scene, Tally

from assistant.db.server import EmbeddedServer
from assistant.settings import Settings

ALL = os.environ.get("ATTACK") == "all"
"""Without it a selection runs, as a part of `make test`."""
_numbers = itertools.count()
_tally = Tally()


@pytest.fixture(scope="session")
def tally() -> Tally:
    return _tally


@pytest.fixture(scope="module")
def attack_settings(server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """The settings of a house of its own: one for all attacks that leave it as it was."""
    name = f"attacked_{next(_numbers)}"
    with psycopg.connect(server.url("postgres", "postgres"), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE house_template")  # type: ignore[arg-type]
        yield Settings(
            data_dir=tmp_path_factory.mktemp(name),
            database_url=server.url("postgres", name),
            model="none",
            time_zone="Europe/Berlin",
            port=0,
        )
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[arg-type]


@pytest.fixture(scope="module")
async def shared(attack_settings: Settings, tally: Tally) -> AsyncIterator[Scene]:
    """One house for all attacks of a file: opening one takes longer than most of them.

    Not for longer: what is patched for it must not be met by tests of other folders.
    """
    with pytest.MonkeyPatch.context() as patch:
        async with scenes.opened(attack_settings, patch, tally=tally) as scene:
            yield scene


@pytest.fixture
async def scene(shared: Scene) -> AsyncIterator[Scene]:
    """The house, with nothing waiting in it and nothing left over from the attack before."""
    shared.route = ""
    await shared.verdict()
    yield shared
    await shared.clear()
    await shared.verdict()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _tally.cases:
        _tally.notes.append(
            f"{_tally.cases} cases, {_tally.proposals} proposals, {_tally.effects} effects, of them {_tally.injected} "
            f"not approved as shown; {_tally.bytes_off_the_list} bytes to hosts off the list; benign "
            f"{_tally.benign_done} of {_tally.benign} done; {_tally.controls} controls red"
        )
    if _tally.notes:
        terminalreporter.section("attacks")
        for line in _tally.notes:
            terminalreporter.write_line(line)
