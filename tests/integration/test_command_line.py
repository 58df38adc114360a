"""The real `twinning` program: what it prints, how it ends, and that it acts for the right person."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from assistant.__main__ import COMMANDS, main
from assistant.db import users
from assistant.db.database import Database, open_database
from assistant.settings import Settings

KEYS = {
    "answer", "citations", "state", "mode", "model", "route", "asked_back", "options", "approvals", "model_calls",
    "prompt_tokens", "timings_ms", "figures",
}  # fmt: skip
CITATION_KEYS = {"n", "memory_id", "source", "title", "date", "text"}


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str

    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass(frozen=True)
class Program:
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: str | bytes | Path, said: str = "", **environment: str) -> Ended:
        done = subprocess.run(
            [Path(sys.executable).with_name("twinning"), *arguments],
            env={**os.environ, **self.environment, **environment},
            cwd=self.folder,
            input=said.encode(),
            capture_output=True,
            timeout=90,
            check=False,
        )
        return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())

    def here(self, *arguments: str | Path, **environment: str) -> Ended:
        """The same without a process of its own, which spares seconds of importing."""
        done = CliRunner(env={**self.environment, **environment}).invoke(main, list(map(str, arguments)))
        return Ended(done.exit_code, done.stdout, done.stderr)


def _sentence(ended: Ended) -> str:
    """Checks that it ended with one sentence and 1, and returns the sentence."""
    assert ended.code == 1, ended
    assert "Traceback" not in ended.err
    said = ended.err.strip().splitlines()
    assert len(said) == 1, said
    assert said[0].startswith("Error: ")
    return said[0]


async def _second_person(settings: Settings) -> Database:
    database = await open_database(settings)
    async with database.session(None) as session:
        await users.first_or_create(session, "Ana", time_zone="UTC", week_start=0)
    async with database.session(None) as session:  # a later transaction: Ana is the first
        await users.create(session, "Ben", time_zone="UTC", week_start=0)
    return database


@pytest.fixture(scope="module")
def twinning(embedding_weights: Path) -> Iterator[Program]:
    """A house with Ana and Ben. Another process, this one, holds its database meanwhile."""
    with tempfile.TemporaryDirectory(prefix="twinning-line-") as name:
        folder = Path(name).resolve()
        (folder / "data").mkdir()
        (folder / "data" / "models").symlink_to(embedding_weights)
        settings = Settings(data_dir=folder / "data", model="none")
        environment = {
            "TWINNING_DATA_DIR": str(folder / "data"),
            "TWINNING_MODEL": "none",
            "TWINNING_TIME_ZONE": "Europe/Berlin",
            "TWINNING_NOW": "2026-03-01T09:00:00+01:00",
        }
        loop = asyncio.new_event_loop()
        database = loop.run_until_complete(_second_person(settings))
        yield Program(folder, environment)
        loop.run_until_complete(database.close())
        loop.close()


@pytest.mark.parametrize("name", COMMANDS)
def test_the_table_of_commands_says_what_each_says_of_itself(name: str) -> None:
    found = main.get_command(click.Context(main), name)
    assert found is not None
    assert found.name == name
    assert " ".join((found.help or "").split("\n\n")[0].split()) == COMMANDS[name].says


def test_a_fact_goes_through_remember_recall_ask_and_forget_for_one_person(twinning: Program) -> None:
    done = twinning("remember", "The garage code is 8812")
    assert done.code == 0, done
    made = re.fullmatch(r"Remembered: “The garage code is 8812”  ([0-9a-f-]{36})\n", done.out)
    assert made

    (found, *_) = twinning("recall", "garage code", "--json", "--limit", "3").lines()
    assert (found["memory_id"], found["kind"], found["date"]) == (made[1], "fact", "2026-03-01")
    assert found["source"] == "command line"

    answer = json.loads(twinning("ask", "--json", "What is the garage code?").out)
    assert set(answer) == KEYS
    assert [set(each) for each in answer["citations"]] == [CITATION_KEYS]
    assert (answer["mode"], answer["model"], answer["model_calls"]) == ("extractive", None, 0)
    assert answer["route"] == "recall"
    assert "8812" in answer["answer"]
    assert answer["citations"][0]["memory_id"] == made[1]
    assert {"route", "recall", "first_word", "total"} <= set(answer["timings_ms"])

    assert twinning.here("recall", "garage code", "--user", "Ben").out == ""
    assert "no such memory" in _sentence(twinning("forget", made[1], "--user", "Ben"))
    gone = twinning("forget", made[1])
    assert gone.out.startswith("Forgotten: 1")
    assert "gone" in gone.out


def test_notes_are_imported_and_many_questions_answered_in_one_process(twinning: Program) -> None:
    notes = twinning.folder / "notes"
    notes.mkdir()
    (notes / "bread.md").write_text("---\ndate: 2024-03-01\n---\n# Sourdough\n\nLet the dough rest for twelve hours.\n")
    (notes / "picture.png").write_bytes(b"\x89PNG")
    done = twinning("import", "--wait", notes, "--user", "ben")
    assert done.code == 0, done
    assert "1 new, 0 changed, 0 unchanged, 0 removed; 1 passage written." in done.out
    assert "1 skipped:" in done.out
    assert "picture.png" in done.out
    questions = twinning.folder / "questions.jsonl"
    questions.write_text('{"id": 7, "text": "How long does the dough rest?"}\n\n{"id": "x", "text": ""}\n')
    lines = twinning("ask", "--file", questions, "--user", "Ben").lines()
    assert [line["id"] for line in lines] == [7, "x"]
    assert set(lines[0]) == KEYS | {"id"}
    (cited, *_) = lines[0]["citations"]
    assert (cited["source"], cited["date"]) == (str(notes / "bread.md"), "2024-03-01")
    assert "twelve hours" in cited["text"]
    assert lines[1]["state"] == "refused"
    routed = twinning.here("route", "--file", questions).lines()
    assert set(routed[0]) == {"id", "route", "args", "confidence", "asked_back", "options"}
    assert routed[0]["route"] == "recall"
    (twinning.folder / "link").symlink_to(notes)
    removed = twinning.here("forget", "--documents", twinning.folder / "link", "--yes", "--user", "Ben")
    assert "Removed 1 document with" in removed.out


def test_a_code_for_the_first_account_is_printed_once_each(twinning: Program) -> None:
    first, second = (twinning.here("user", "code").out for _ in range(2))
    assert re.match(r"(?:[A-Z2-9]{4}-){3}[A-Z2-9]{4} ", first)
    assert first != second


def test_doctor_prints_findings_with_a_fix_each(twinning: Program) -> None:
    done = twinning("doctor", "--json")
    findings = {finding["name"]: finding for finding in done.lines()}
    assert {"permissions", "disk", "time zone", "port", "database", "migrations", "embedding model"} <= set(findings)
    assert all(set(each) == {"name", "verdict", "saw", "fix"} for each in findings.values())
    assert all(each["fix"] for each in findings.values() if each["verdict"] != "good")
    assert findings["database"]["verdict"] == findings["migrations"]["verdict"] == "good"
    assert done.code == (1 if any(each["verdict"] == "bad" for each in findings.values()) else 0)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["ask"], "Give a question"),
        (["ask", "--file", "nowhere.jsonl"], "no file nowhere.jsonl"),
        (["import", "nowhere"], "nothing at"),
        (["recall", "x", "--user", "Nobody"], "nobody named 'Nobody'"),
        (["forget", "12"], "is no memory id"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_exit_code_1(
    twinning: Program, arguments: list[str], told: str
) -> None:
    assert told in _sentence(twinning.here(*arguments))


def test_bytes_that_are_no_text_are_remembered_as_far_as_they_are(twinning: Program) -> None:
    done = twinning("remember", b"The caf\xe9 opens at nine")
    assert done.code == 0, done
    assert "opens at nine" in done.out


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({"TWINNING_PORT": "abc"}, "TWINNING_PORT"),
        ({"TWINNING_TIME_ZONE": "Mars/Olympus"}, "Europe/Berlin"),
        ({"TWINNING_DATABASE_URL": "postgresql://127.0.0.1:1/x"}, "does not answer"),
        ({"TWINNING_DATA_DIR": "/proc/twinning"}, "TWINNING_DATA_DIR"),
    ],
)
def test_a_wrong_setting_is_one_sentence_and_exit_code_1(
    twinning: Program, environment: dict[str, str], told: str
) -> None:
    assert told in _sentence(twinning.here("user", "list", **environment))
