"""Libraries that would report to their makers are kept from it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from assistant.memory.formats import converted

ROOT = Path(__file__).parents[2]


def _left_behind(home: Path, program: str, environment: Mapping[str, str]) -> list[str]:
    """Names of the files that a fresh person's program leaves at home; a reporter keeps its identifier there."""
    subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={"PATH": os.defpath, **environment, "HOME": str(home)},
        check=True,
        timeout=120,
    )
    return sorted(path.name for path in home.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("program", "environment"),
    [("import assistant.memory.embedding", {}), ("import onnxruntime", converted.ENVIRONMENT)],
    ids=["our own process", "the converter's"],
)
def test_onnxruntime_makes_no_identifier_of_this_device(
    tmp_path: Path, program: str, environment: Mapping[str, str]
) -> None:
    assert _left_behind(tmp_path, program, environment) == []


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the identifier is kept in other places")
def test_by_itself_it_would(tmp_path: Path) -> None:
    assert "deviceid" in _left_behind(tmp_path, "import onnxruntime", {})
