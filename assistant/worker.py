"""Work that goes on by itself: giving vectors to what was imported, in this process or in one of its own."""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from assistant import auth
from assistant.errors import TwinningError
from assistant.memory.ingest import embed_pending
from assistant.memory.memory import Omac
from assistant.memory.opening import open_omac
from assistant.settings import Settings, make_folder

log = logging.getLogger(__name__)

LOOK_AGAIN_S = 20


@contextmanager
def only_worker(settings: Settings) -> Iterator[bool]:
    """True for the one process that makes vectors; the kernel drops the lock with the process."""
    run = make_folder(settings.data_dir / "run")
    fd = os.open(run / "worker.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(fd)


async def embed_here(omac: Omac, *, report: Callable[[int, int], None] = lambda _done, _all: None) -> int:
    """Gives everybody's memories their vectors until none is left; returns how many it made.

    Where another process is at it, two work side by side: a vector that is made twice is the same.
    """
    made = 0
    for person in await auth.people(omac.database):
        made += await embed_pending(omac, person, report=report)
    return made


async def embed_forever(omac: Omac, settings: Settings) -> None:
    """The same, again and again; for `serve`. What fails is tried again at the next look."""
    while True:
        with only_worker(settings) as mine:
            if mine:
                try:
                    await embed_here(omac)
                except TwinningError as error:
                    log.warning("Vectors could not be made: %s", error, extra={"action": "embedding_failed"})
        await asyncio.sleep(LOOK_AGAIN_S)


def embed_in_background(settings: Settings) -> None:
    """Starts a process that makes all missing vectors and ends; a running one is enough."""
    with only_worker(settings) as free:
        if not free:
            return
    subprocess.Popen(
        [sys.executable, "-m", "assistant.worker"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env={**os.environ, "TWINNING_DATA_DIR": str(settings.data_dir)},
    )


async def _main() -> None:
    settings = Settings()
    with only_worker(settings) as mine:
        if mine:
            with suppress(OSError):
                os.nice(10)  # the person's own work goes first
            async with open_omac(settings) as omac:
                await embed_here(omac)


if __name__ == "__main__":
    asyncio.run(_main())
