"""Whom our processes call: every name they look up and every address they connect to is written down."""

from __future__ import annotations

import asyncio
import ipaddress
import sys
from pathlib import Path

import httpx

from bench.homes import environment, free_port, home, serving, stop, twinning, with_embedding_model
from bench.processes import until_ready
from bench.table import Row

# Put before everything else into each Python process that is started; the audit hooks see what any library does.
WATCHER = """
import os, socket, sys
def _watch(event, args):
    if event == "socket.connect" and args[0].family in (socket.AF_INET, socket.AF_INET6):
        _note(args[1][0])
    elif event == "socket.sendto" and args[0].family in (socket.AF_INET, socket.AF_INET6):
        _note(args[1][0] if args[1] else "")
    elif event == "socket.getaddrinfo" and args[0]:
        _note(args[0].decode() if isinstance(args[0], bytes) else str(args[0]))
def _note(where):
    fd = os.open(os.environ["BENCH_CALLED"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(fd, (where + "\\n").encode()); os.close(fd)
sys.addaudithook(_watch)
"""
# A documentation address (RFC 5737): nobody is there, and the attempt alone must be seen.
CALLS_OUT = "import socket; s = socket.socket(); s.settimeout(0.2); s.connect_ex(('192.0.2.1', 80))"
TURNS = ("remember that the garage code is 8812", "What is the garage code?", "hi")


async def measure() -> list[Row]:
    """Calls to other machines while serving and answering; and a process that does call, which must be noticed."""
    with home() as folder:
        await with_embedding_model(folder)
        watcher = folder / "watcher"
        watcher.mkdir()
        (watcher / "sitecustomize.py").write_text(WATCHER)
        called = folder / "called"
        more = {"PYTHONPATH": str(watcher), "BENCH_CALLED": str(called)}
        for text in TURNS:
            await twinning(folder, "ask", text, **more)
        port = free_port()
        process = await serving(folder, port, **more)
        try:
            await until_ready(port, process, folder)
            async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
                for path in ("/", "/welcome", "/login"):
                    await client.get(f"http://127.0.0.1:{port}{path}")
            await asyncio.sleep(3)
        finally:
            await stop(process)
        outside = _outside(called)
        await _call_out(folder, more)
        noticed = _outside(called)[len(outside) :]
    if noticed != ["192.0.2.1"]:
        raise RuntimeError(f"the watcher did not see the call that was made on purpose: {noticed}")
    note = "names and addresses; a call made on purpose was seen"
    return [Row("outside", f"hosts called by `serve` and {len(TURNS)} turns", len(outside), "", 0, note=note)]


async def _call_out(folder: Path, more: dict[str, str]) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CALLS_OUT, env={**environment(folder), **more}, cwd=folder
    )
    await asyncio.wait_for(process.wait(), 30)


def _outside(called: Path) -> list[str]:
    lines = called.read_text().split() if called.exists() else []
    return [line for line in lines if not is_this_machine(line)]


def is_this_machine(where: str) -> bool:
    """Whether a name or an address is this machine itself."""
    if where in ("localhost", ""):
        return True
    try:
        return ipaddress.ip_address(where.partition("%")[0]).is_loopback
    except ValueError:
        return False
