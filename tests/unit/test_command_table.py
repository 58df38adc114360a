"""The table of commands: drawing it imports none of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner

from assistant.__main__ import COMMANDS, main

ROOT = Path(__file__).parents[2]


def test_every_file_of_commands_has_a_row() -> None:
    shared = {"__init__", "running"}
    files = {path.stem for path in (ROOT / "assistant" / "commands").glob("*.py")} - shared
    assert files == {row.module for row in COMMANDS.values()}


def test_help_lists_every_command_with_its_sentence() -> None:
    said = " ".join(CliRunner().invoke(main, ["--help"], terminal_width=200).output.split())
    assert all(f"{name} {row.says}" in said for name, row in COMMANDS.items())


def test_an_unknown_command_is_refused_in_words() -> None:
    done = CliRunner().invoke(main, ["remind"])
    assert done.exit_code == 2
    assert "No such command 'remind'" in done.output


def test_help_imports_no_library_that_takes_long() -> None:
    code = (
        "import sys; from assistant.__main__ import main; main(['--help'], standalone_mode=False); "
        "print(sorted({'numpy', 'sqlalchemy', 'langgraph', 'langchain_core', 'pydantic', 'chainlit', 'httpx', 'rich'}"
        " & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_service_that_cannot_be_synced_is_answered_with_those_that_can() -> None:
    done = CliRunner().invoke(main, ["sync", "nosuch"])
    assert done.exit_code == 1
    said = "Error: There is no service 'nosuch' to sync; there are akaunting, firefly, influxdb, notion.\n"
    assert done.output == said
