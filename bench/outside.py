"""Whom our processes call: every name they look up and every address they connect to is written down.

Python's audit hooks see the names, but no library of C or Rust that opens its own connection; strace, where it is
installed, sees what every process and thread asks of the kernel.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import shutil
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
STRACE = ("strace", "-D", "-f", "-qq", "-A", "-e", "trace=connect,sendto,sendmsg,sendmmsg", "-e", "signal=none", "-o")
_TRACED = re.compile(r'inet_(?:addr\(|pton\(AF_INET6, )"([^"]+)"')
# The kernel's own tool reads no Python: a call that the audit hooks cannot see.
CALLS_OUT_UNSEEN = "exec 3<>/dev/udp/192.0.2.2/9 && echo >&3"
TURNS = ("remember that the garage code is 8812", "What is the garage code?", "hi")


async def measure() -> list[Row]:
    """Calls to other machines while serving and answering; and calls made on purpose, which must be noticed."""
    with home() as folder:
        await with_embedding_model(folder)
        watcher = folder / "watcher"
        watcher.mkdir()
        (watcher / "sitecustomize.py").write_text(WATCHER)
        called = folder / "called"
        more = {"PYTHONPATH": str(watcher), "BENCH_CALLED": str(called)}
        traced = folder / "traced" if shutil.which("strace") and shutil.which("bash") else None
        under = (*STRACE, str(traced)) if traced else ()
        for text in TURNS:
            await twinning(folder, "ask", text, under=under, **more)
        port = free_port()
        process = await serving(folder, port, under=under, **more)
        try:
            await until_ready(port, process, folder)
            async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
                for path in ("/", "/welcome", "/login"):
                    await client.get(f"http://127.0.0.1:{port}{path}")
            await asyncio.sleep(3)
        finally:
            await stop(process)
        outside = await _settled(called, traced)
        await _call_out(folder, more, sys.executable, "-c", CALLS_OUT)
        if traced:
            await _call_out(folder, more, *under, "bash", "-c", CALLS_OUT_UNSEEN)
        noticed = set(await _settled(called, traced)) - set(outside)
    if noticed != {"192.0.2.1", *(["192.0.2.2"] if traced else [])}:
        raise RuntimeError(f"the watchers did not see the calls that were made on purpose: {noticed}")
    who = "names and addresses, of native code too" if traced else "names and addresses, Python's own (no strace here)"
    note = f"{who}; calls made on purpose were seen"
    return [Row("outside", f"hosts called by `serve` and {len(TURNS)} turns", len(outside), "", 0, note=note)]


async def _call_out(folder: Path, more: dict[str, str], *command: str) -> None:
    process = await asyncio.create_subprocess_exec(*command, env={**environment(folder), **more}, cwd=folder)
    await asyncio.wait_for(process.wait(), 30)


async def _settled(called: Path, traced: Path | None) -> list[str]:
    """All calls to other machines so far; strace may write its last lines after the traced process has ended."""
    await asyncio.sleep(1 if traced else 0)
    return _outside(called) + (_outside_traced(traced) if traced else [])


def _outside_traced(traced: Path) -> list[str]:
    found = _TRACED.findall(traced.read_text()) if traced.exists() else []
    return [where for where in found if not is_this_machine(where)]


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
