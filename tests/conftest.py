"""What all tests share."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import psutil

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
