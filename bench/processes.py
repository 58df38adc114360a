"""Starting, waiting and staying: `twinning serve` and the command line as a person starts them."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import httpx
import psutil

from bench.homes import free_port, home, serving, stop, twinning, with_embedding_model
from bench.table import Row, median

START_TIMEOUT_S = 60
STARTS = 3
IDLE_S = 5


async def measure() -> list[Row]:
    """Time to ready and memory of `serve` without a model; time of commands."""
    with home() as folder:
        await with_embedding_model(folder)
        await twinning(folder, "remember", "The garage code is 8812")  # makes the database
        ready, memory, database = [], [], []
        for _ in range(STARTS):
            seconds, ours, postgres = await _serve_once(folder)
            ready.append(seconds)
            memory.append(ours)
            database.append(postgres)
        helped = [await _seconds(folder, "--help") for _ in range(3)]
        recalled = [await _seconds(folder, "recall", "garage code") for _ in range(3)]
    return [
        Row("the process", "from `twinning serve` to ready, warm machine", median(ready), "s", 8,
            note="with starting Postgres"),
        Row("the process", "idle memory of `serve` without a language model", median(memory), "MB", 250,
            note=f"resident; Postgres beside it {median(database):.0f} MB (shared pages counted once)"),
        Row("the process", "`twinning --help`", median(helped), "s"),
        Row("the process", "`twinning recall`, nothing running", median(recalled), "s",
            note="starts Postgres, embeds, searches, stops Postgres"),
    ]  # fmt: skip


async def _serve_once(folder: Path) -> tuple[float, float, float]:
    """(seconds until ready, MB of the process, MB of its Postgres)."""
    port = free_port()
    started = time.perf_counter()
    process = await serving(folder, port)
    try:
        await until_ready(port, process, folder)
        seconds = time.perf_counter() - started
        await asyncio.sleep(IDLE_S)
        whole = psutil.Process(process.pid)
        ours = whole.memory_info().rss
        cluster = int((folder / "postgres" / "postmaster.pid").read_text().split("\n")[0])
        servers = [psutil.Process(cluster), *psutil.Process(cluster).children()]
        postgres = sum(each.memory_full_info().pss for each in servers)
    finally:
        await stop(process)
    return seconds, ours / 2**20, postgres / 2**20


async def until_ready(port: int, process: asyncio.subprocess.Process, folder: Path) -> None:
    """Returns when `/readyz` says so."""
    deadline = time.monotonic() + START_TIMEOUT_S
    async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
        while True:
            if process.returncode is not None:
                raise RuntimeError(f"`twinning serve` ended: {(folder / 'serve.log').read_text()[-800:]}")
            try:
                if (await client.get(f"http://127.0.0.1:{port}/readyz")).is_success:
                    return
            except httpx.TransportError as error:
                if time.monotonic() > deadline:
                    raise TimeoutError(f"`twinning serve` was not ready after {START_TIMEOUT_S} s") from error
            await asyncio.sleep(0.02)


async def _seconds(folder: Path, *arguments: str) -> float:
    started = time.perf_counter()
    await twinning(folder, *arguments)
    return time.perf_counter() - started
