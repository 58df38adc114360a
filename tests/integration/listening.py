"""Stand-ins and our own application on a real port of the loopback."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette

WAIT_S = 60.0


@asynccontextmanager
async def listening(app: Any, **config: Any) -> AsyncIterator[str]:
    """Serves an ASGI application in this event loop; yields its address."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        server = uvicorn.Server(uvicorn.Config(app, **{"log_level": "error", "lifespan": "off"} | config))
        task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            async with asyncio.timeout(WAIT_S):
                while not server.started:
                    await asyncio.sleep(0.01)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = server.force_exit = True
            await asyncio.wait_for(task, WAIT_S)


class Thread:
    """Serves a Starlette application in a thread of its own, for tests that have no event loop or block theirs.

    Attributes:
        url: Where it listens, from the start on.
    """

    def __init__(self, app: Starlette, **config: Any) -> None:
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._server = uvicorn.Server(uvicorn.Config(app, **{"log_level": "error", "lifespan": "off"} | config))
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._listener]}, daemon=True)

    def start(self) -> None:
        """Returns as soon as it answers."""
        self._thread.start()
        deadline = time.monotonic() + WAIT_S
        while not self._server.started:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.url} was not served within {WAIT_S:.0f} seconds")
            time.sleep(0.01)

    def stop(self) -> None:
        """Ends it, whatever connections are open."""
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(10)
        self._listener.close()
