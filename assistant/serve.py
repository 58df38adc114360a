"""`twinning serve`: the web chat with everything behind it, in one process."""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn

from assistant import auth
from assistant.agent.models import choose_model
from assistant.app import create_app
from assistant.errors import InUse, TwinningError
from assistant.house import House, open_house
from assistant.jobs import in_step, influx_sync, insights, workflow_events
from assistant.settings import Settings, make_folder
from assistant.weights import DEFAULT_CHAT_MODEL, ModelStore, by_tenths
from assistant.worker import embed_forever

log = logging.getLogger(__name__)

Tell = Callable[[str], None]


async def serve(settings: Settings, *, tell: Tell) -> None:
    """Runs until it is stopped.

    Raises:
        InUse: the port or the data folder is taken.
    """
    with only_server(settings), listening(settings) as listener:
        async with open_house(settings, tell=tell) as house:
            app = create_app(house)
            config = uvicorn.Config(app, log_level="warning", lifespan="on", timeout_graceful_shutdown=5)
            server = _Server(config)
            for stop in (signal.SIGINT, signal.SIGTERM):
                asyncio.get_running_loop().add_signal_handler(stop, server.stop)
            port = listener.getsockname()[1]
            await _welcome(house, f"http://{settings.host}:{port}", tell=tell)
            background = [
                asyncio.create_task(embed_forever(house.omac, settings)),
                asyncio.create_task(_wake_model(house, tell=tell)),
                asyncio.create_task(workflow_events.run_forever(house)),
                asyncio.create_task(insights.run_forever(house)),
                asyncio.create_task(in_step.run_forever(house)),
            ]
            if not settings.executor_apart:
                background.append(asyncio.create_task(house.outside.carry_out()))
                background.append(asyncio.create_task(influx_sync.run_forever(house.outside)))
            try:
                await server.serve(sockets=[listener])
            finally:
                for task in background:
                    task.cancel()
                await asyncio.gather(*background, return_exceptions=True)
        tell("Stopped.")


class _Server(uvicorn.Server):
    """Leaves the signals to us: uvicorn raises them again at its end, and a wanted stop would look like a failure."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Captures none."""
        yield

    def stop(self) -> None:
        """Ends when the open requests are answered; at the second call at once."""
        self.force_exit = self.should_exit
        self.should_exit = True


async def _welcome(house: House, address: str, *, tell: Tell) -> None:
    tell(f"\nTwinning is at {address}")
    if await auth.needs_first_account(house.database):
        code = await auth.first_code(house.database, house.settings)
        tell(f"Make your account at {address}/welcome#code={code}")
        tell(f"or open {address} and type this code: {code}")
        tell("(It works once, for 24 hours; `twinning user code` prints a new one.)")
    tell("Ctrl-C stops it.\n")


async def _wake_model(house: House, *, tell: Tell) -> None:
    """Fetches the language model if there is none, loads it and tests it, while people can already ask."""
    store = ModelStore(house.settings.models_dir)
    try:
        if house.settings.model is None and (await choose_model(house.settings, store=store)).model is None:
            tell(f"Fetching the language model {DEFAULT_CHAT_MODEL}; until it is here, notes are quoted without it ...")
            await store.pull(DEFAULT_CHAT_MODEL, progress=by_tenths(tell))
        status = await house.brain.probe()
        tell(f"Language model: {status.model or 'none'}, mode {status.mode.value}. {status.why}")
    except TwinningError as error:
        tell(f"Without a language model for now: {error}")


@contextmanager
def only_server(settings: Settings) -> Iterator[None]:
    """Holds the data folder for one `serve`; the kernel lets it go with the process.

    Raises:
        InUse: another one has it.
    """
    run = make_folder(settings.data_dir / "run")
    fd = os.open(run / "serve.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InUse(
                f"Another `twinning serve` already uses {settings.data_dir}; stop it, or set TWINNING_DATA_DIR."
            ) from None
        yield
    finally:
        os.close(fd)


@contextmanager
def listening(settings: Settings) -> Iterator[socket.socket]:
    """The socket of the web chat, taken before anything slow begins.

    Raises:
        InUse: another program has the port.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((settings.host, settings.port))
            # Two sockets may both be bound to a port; only one may listen on it.
            listener.listen()
        except OSError as error:
            raise InUse(
                f"{settings.host}:{settings.port} cannot be used ({error.strerror}); "
                "set TWINNING_PORT to a free port, for example TWINNING_PORT=8001."
            ) from error
        yield listener
