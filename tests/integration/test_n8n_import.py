"""The script that imports the shipped workflows, with an n8n that only writes down what it is given."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

DEPLOY = Path(__file__).parents[2] / "deploy" / "n8n"
VALUES = """
[twinning]
hook = "http://127.0.0.1:8000/hooks/n8n/00000000-0000-4000-8000-000000000001"
webhook_secret = "w-secret"
signing_key = "s-secret"
"""


def run_import(tmp_path: Path, values: str, *, n8n: str = "true") -> subprocess.CompletedProcess[str]:
    path = tmp_path / "values.toml"
    path.write_text(values, "utf-8")
    command = [sys.executable, str(DEPLOY / "import_workflows.py"), "import", str(path), "--n8n", n8n]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ("", "[twinning]"),
        ("[twinning", "TOML"),
        (VALUES.replace('"s-secret"', '""'), "twinning.signing_key"),
        (VALUES + "[notion]\ntoken = 'n'\n", "notion.data_source_id"),
        (VALUES + "[mail]\nport = '993'\n", "mail.port"),
        (VALUES + "[shell]\ncommand = 'x'\n", "[shell]"),
    ],
)
def test_wrong_values_are_named_before_anything_is_imported(tmp_path: Path, values: str, named: str) -> None:
    done = run_import(tmp_path, values, n8n="a-command-that-is-not-there")
    assert done.returncode == 1
    assert named in done.stderr
    assert "Traceback" not in done.stderr


def test_an_n8n_that_does_nothing_is_not_taken_for_one_that_imported(tmp_path: Path) -> None:
    done = run_import(tmp_path, VALUES, n8n="true")
    assert done.returncode == 1
    assert "Successfully imported 2 credential" in done.stderr


FAKE_N8N = """
import json, pathlib, sys
command, *rest = sys.argv[1:]
said = pathlib.Path(__file__).with_suffix(".jsonl")
given = dict(each.removeprefix("--").partition("=")[::2] for each in rest)
source = pathlib.Path(given.get("input", "."))
if command == "import:credentials":
    held = json.loads(source.read_text())
    assert source.stat().st_mode & 0o077 == 0
    print(f"Successfully imported {len(held)} credentials.")
elif command == "import:workflow":
    held = [json.loads(path.read_text()) for path in sorted(source.glob("*.json"))]
    print(f"Successfully imported {len(held)} workflows.")
else:
    held = given
    if command == "list:workflow":
        lines = [json.loads(line) for line in said.read_text().splitlines()]
        published = [line[1]["id"] for line in lines if line[0] == "publish:workflow"]
        print("\\n".join(published[DROPPED:]))
with said.open("a") as file:
    file.write(json.dumps([command, held, str(source.parent)]) + "\\n")
"""


@pytest.mark.parametrize("dropped", [0, 1])
def test_the_import_fills_in_publishes_and_leaves_no_secret_behind(tmp_path: Path, dropped: int) -> None:
    fake = tmp_path / "fake.py"
    fake.write_text(FAKE_N8N.replace("DROPPED", str(dropped)), "utf-8")
    values = VALUES + '[github]\nurl = "http://127.0.0.1:7"\ntoken = "g-secret"\nuser = "ana"\nschedule = "1 2 * * *"\n'
    done = run_import(tmp_path, values, n8n=f"{sys.executable} {fake}")
    said = [json.loads(line) for line in fake.with_suffix(".jsonl").read_text("utf-8").splitlines()]
    (credentials,) = [held for command, held, _ in said if command == "import:credentials"]
    assert [each["id"] for each in credentials] == ["twinning-webhook", "twinning-signing", "twinning-github"]
    assert credentials[2]["data"] == {
        "name": "Authorization",
        "value": "Bearer g-secret",
        "allowedHttpRequestDomains": "domains",
        "allowedDomains": "127.0.0.1",
    }
    (workflows,) = [held for command, held, _ in said if command == "import:workflow"]
    assert {each["id"] for each in workflows} == {
        "twinning-receive", "twinning-keep", "twinning-send", "twinning-github-activity",
    }  # fmt: skip
    github = next(each for each in workflows if each["id"] == "twinning-github-activity")
    assert "secret" not in json.dumps(workflows)
    assert '"value": "ana"' in json.dumps(github)
    assert '"expression": "1 2 * * *"' in json.dumps(github)
    assert not Path(said[0][2]).exists()
    assert "secret" not in done.stdout + done.stderr
    if dropped:
        assert done.returncode == 1
        assert "did not publish: Twinning: receive" in done.stderr
    else:
        assert (done.returncode, done.stderr) == (0, "")


def test_an_n8n_that_is_not_there_is_said(tmp_path: Path) -> None:
    done = run_import(tmp_path, VALUES, n8n="a-command-that-is-not-there")
    assert done.returncode == 1
    assert "set --n8n" in done.stderr


def test_the_example_values_are_valid_once_filled_in(tmp_path: Path) -> None:
    filled = (DEPLOY / "values.example.toml").read_text("utf-8").replace('""', '"filled"')
    done = run_import(tmp_path, filled, n8n="a-command-that-is-not-there")
    assert "set --n8n" in done.stderr
