"""An export read by a program of its own (`apple_child`), while we store what it has read before.

Reading takes as long as storing. In a thread the two would take turns all the same, for Python runs one thread at a
time, and whoever chats meanwhile would wait for both. The program gets no environment and so no keys, is at most two
pieces ahead, and ends when nobody takes its pieces any more.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import assistant
from assistant.errors import Unavailable
from assistant.figures.health.apple_pieces import Ended, Piece, received

log = logging.getLogger(__name__)

WAIT_S = 600.0
"""So long a piece may take; the slowest disk reads `apple_pieces.LOOK_BYTES` in a tenth of that."""
_CHILD = "assistant.figures.health.apple_child"
_HELD_BYTES = 1 << 20
_HOME = Path(assistant.__file__).parent.parent


@asynccontextmanager
async def reading(
    path: Path, *, time_zone: str, batch: int, chunk_bytes: int
) -> AsyncIterator[AsyncIterator[Piece | Ended]]:
    """The pieces of a file as `apple_pieces.read` gives them, the next one always on its way.

    Raises:
        Unavailable: while they are taken: the program that reads them has died or hangs.
    """
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", _CHILD,
        path, path.name.encode(errors="replace").decode(), time_zone, str(batch), str(chunk_bytes),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        limit=_HELD_BYTES,
        # One thread, or numpy takes address space for each.
        env={"PATH": os.defpath, "PYTHONPATH": str(_HOME), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    )  # fmt: skip
    try:
        async with aclosing(_pieces(child, path.name)) as pieces:
            yield pieces
    finally:
        if child.returncode is None:
            child.kill()
        await child.wait()


async def _pieces(child: asyncio.subprocess.Process, name: str) -> AsyncGenerator[Piece | Ended, None]:
    ahead = asyncio.create_task(_next(child, name))
    try:
        while isinstance(piece := await ahead, Piece):
            ahead = asyncio.create_task(_next(child, name))
            yield piece
        yield piece
    finally:
        ahead.cancel()
        await asyncio.wait([ahead])


async def _next(child: asyncio.subprocess.Process, name: str) -> Piece | Ended:
    assert child.stdout is not None
    try:
        async with asyncio.timeout(WAIT_S):
            return await received(child.stdout.readexactly)
    except (asyncio.IncompleteReadError, TimeoutError) as error:
        log.warning("Reading an export ended early", extra={"code": child.returncode, "why": type(error).__name__})
        raise Unavailable(
            f"Reading {name} stopped before its end, as happens when memory or a disk gives out; what was read is "
            "stored. Import it again: nothing will be there twice."
        ) from error
