"""Limits counted in a real Redis."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.errors import NotAllowed
from assistant.limits import Limit, Limiter

TWO = Limit("two", 2, 60, "Too many tries")


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    program = shutil.which("redis-server")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("redis-server is required in CI: apt-get install redis-server")
        pytest.skip("redis-server is not installed here (Debian: apt-get install redis-server)")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)],
        stdout=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert time.monotonic() < deadline, "redis-server did not start within a minute"
                time.sleep(0.05)
        yield f"redis://127.0.0.1:{port}/0", process
    finally:
        process.terminate()
        process.wait(10)


async def test_two_processes_share_one_count(redis_server: tuple[str, subprocess.Popen[bytes]]) -> None:
    url, _ = redis_server
    one, other = Limiter(url), Limiter(url)
    await one.take(TWO, "ana")
    await other.take(TWO, "ana")
    with pytest.raises(NotAllowed, match="Too many tries; wait"):
        await one.take(TWO, "ana")
    await other.forgive(TWO, "ana")
    await one.take(TWO, "ana")


async def test_without_its_redis_the_limit_still_holds(redis_server: tuple[str, subprocess.Popen[bytes]]) -> None:
    url, process = redis_server
    limiter = Limiter(url)
    await limiter.take(TWO, "ana")
    process.terminate()
    process.wait(10)
    await limiter.take(TWO, "ana")
    await limiter.take(TWO, "ana")
    with pytest.raises(NotAllowed):
        await limiter.take(TWO, "ana")
