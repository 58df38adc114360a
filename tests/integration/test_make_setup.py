"""`make setup` with uv, and without it: what is called, shown with programs that only write down their arguments."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCK = """\
click==8.2 \\
    --hash=sha256:aa
uv==0.9 \\
    --hash=sha256:bb \\
    --hash=sha256:cc
yarl==1.2 \\
    --hash=sha256:dd
"""
WITHOUT_UV = LOCK.replace("uv==0.9 \\\n    --hash=sha256:bb \\\n    --hash=sha256:cc\n", "")
PYTHON = """#!/bin/sh
echo "python $*${{PYTHONDONTWRITEBYTECODE:+, keeping nothing}}" >> {log}
case "$*" in
  "-m venv"*) mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
  *uv.lock*) {uv_comes} && cp {uv} .venv/bin/uv ;;
esac
"""
UV = """#!/bin/sh
echo "uv $*" >> {log}
{uv_installs}
"""


def _script(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o755)
    return path


def _make(folder: Path, target: str, *, uv_comes: bool, uv_installs: bool = True) -> tuple[list[str], str]:
    """Runs make; returns the installing commands in order, and what was said."""
    log = folder / "log"
    uv = _script(folder / "fake-uv", UV.format(log=log, uv_installs=str(uv_installs).lower()))
    python = _script(folder / "fake-python", PYTHON.format(log=log, uv=uv, uv_comes=str(uv_comes).lower()))
    shutil.copy(ROOT / "Makefile", folder)
    (folder / "requirements.lock").write_text(LOCK)
    (folder / "requirements-dev.lock").write_text("")
    (folder / "pyproject.toml").write_text("")
    done = subprocess.run(
        ["make", target, f"PYTHON={python}"],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [line for line in log.read_text().splitlines() if "install" in line], done.stdout


def test_uv_installs_where_it_can_be_had(tmp_path: Path) -> None:
    bootstrap, everything, own = _make(tmp_path, "setup", uv_comes=True)[0]
    assert bootstrap.startswith("python -m pip install")
    assert bootstrap.endswith("--require-hashes -r .venv/uv.lock")
    assert (tmp_path / ".venv" / "uv.lock").read_text() == LOCK[LOCK.index("uv") : LOCK.index("yarl")]
    assert everything == "uv pip install --python .venv/bin/python -q --require-hashes -r requirements.lock"
    assert own.endswith("--no-deps --no-build-isolation -e .")


@pytest.mark.parametrize(("uv_comes", "uv_installs"), [(False, False), (True, False)], ids=["no uv", "uv fails"])
def test_pip_installs_the_rest_with_hashes_where_uv_does_not(tmp_path: Path, uv_comes: bool, uv_installs: bool) -> None:
    called, said = _make(tmp_path, "setup", uv_comes=uv_comes, uv_installs=uv_installs)
    *_, everything, own = called
    assert everything.startswith("python -m pip install")
    assert everything.endswith("--require-hashes -r .venv/pip.lock")
    assert (tmp_path / ".venv" / "pip.lock").read_text() == WITHOUT_UV
    assert own.endswith("-e .")
    assert "using pip" in said
    assert (tmp_path / ".venv" / ".ready").exists()


def test_the_tests_requirements_come_by_pip_as_well(tmp_path: Path) -> None:
    called, _ = _make(tmp_path, "setup-dev", uv_comes=False)
    assert called[-1].startswith("python -m pip install")
    assert called[-1].endswith("--require-hashes -r requirements-dev.lock")


def test_nothing_is_done_twice(tmp_path: Path) -> None:
    first, _ = _make(tmp_path, "setup", uv_comes=True)
    subprocess.run(
        ["make", "setup"], cwd=tmp_path, env={"PATH": os.environ["PATH"]}, check=True, capture_output=True, timeout=120
    )
    assert [line for line in (tmp_path / "log").read_text().splitlines() if "install" in line] == first


def test_what_commands_import_is_compiled_once_and_kept(tmp_path: Path) -> None:
    _make(tmp_path, "setup", uv_comes=True)

    last = (tmp_path / "log").read_text().splitlines()[-1]
    assert last.startswith("python -c import assistant.serve")
    assert not last.endswith("keeping nothing")
