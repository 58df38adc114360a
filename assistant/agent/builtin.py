"""The built-in language model: llama.cpp in a process of our own tree, shared by all processes of one data folder.

    server = BuiltinServer(settings, store)
    endpoint = await server.endpoint()      # started when nobody runs it yet, started again when it died
    ...                                     # an OpenAI-compatible server at endpoint.base_url
    await server.aclose()

Whoever starts it writes `<data_dir>/run/model.json` (readable by this account only): port, key, process and the digest
of the weights. Another process with the same data folder finds it there and uses the same model.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import secrets
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx
import psutil
from filelock import AsyncFileLock, Timeout

from assistant.errors import ConfigurationError, ModelUnavailable
from assistant.settings import CONTEXT_TOKENS, Settings
from assistant.weights import DEFAULT_CHAT_MODEL, ModelStore

log = logging.getLogger(__name__)

_START_TIMEOUT_S = 180.0
_STOP_TIMEOUT_S = 5.0
_ALIVE_TIMEOUT_S = 5.0


@dataclass(frozen=True)
class Endpoint:
    """Where a running model is.

    Attributes:
        base_url: With `/v1`.
        api_key: New with every start, so that other accounts of this machine cannot use it.
        started_at: The process's own start time (seconds since 1970): a process id alone may be another's by now.
        digest: SHA-256 of the weights.
    """

    base_url: str
    api_key: str
    pid: int
    started_at: float
    digest: str
    context_tokens: int


@dataclass(frozen=True)
class StartProgress:
    """The model is being loaded since `elapsed_s` seconds."""

    model: str
    elapsed_s: float


class BuiltinServer:
    """Starts the model when it is first needed, finds one that runs, starts it again when it died.

    Args:
        model: A chat model of the manifest.
        on_progress: Called about once a second while the model is being loaded.
    """

    def __init__(
        self,
        settings: Settings,
        store: ModelStore,
        *,
        model: str = DEFAULT_CHAT_MODEL,
        on_progress: Callable[[StartProgress], None] | None = None,
    ) -> None:
        entry = store.entry(model)
        if entry.kind != "chat":
            raise ConfigurationError(
                f"{model} is not a language model; set TWINNING_MODEL=builtin:{DEFAULT_CHAT_MODEL}."
            )
        self.model = model
        self.digest = entry.digest
        self._store = store
        self._threads = settings.model_threads
        self._run_dir = settings.data_dir / "run"
        self._on_progress = on_progress or (lambda _: None)
        self._child: asyncio.subprocess.Process | None = None
        self._endpoint: Endpoint | None = None
        self._turn = asyncio.Lock()

    @property
    def state_path(self) -> Path:
        """Where the running model is written down."""
        return self._run_dir / "model.json"

    @property
    def log_path(self) -> Path:
        """What llama.cpp said since the last start."""
        return self._run_dir / "model.log"

    async def endpoint(self) -> Endpoint:
        """Where the model listens; it is started when it does not run.

        Raises:
            ModelUnavailable: the weights are not there, or it could not be started.
        """
        async with self._turn:
            if self._endpoint is None or not await asyncio.to_thread(_is_alive, self._endpoint):
                self._endpoint = await self._find() or await self._start_alone()
            return self._endpoint

    async def aclose(self) -> None:
        """Stop the model, if this object started it."""
        child, self._child, self._endpoint = self._child, None, None
        if child is None:
            return
        await asyncio.to_thread(self._withdraw, child.pid)
        assert child.stdin is not None
        child.stdin.close()  # the child ends when this pipe does
        try:
            await asyncio.wait_for(child.wait(), _STOP_TIMEOUT_S)
        except TimeoutError:
            child.kill()
            await child.wait()

    async def _find(self) -> Endpoint | None:
        """A model that another process of this data folder runs, when it is the same one and answers."""
        endpoint = await asyncio.to_thread(_read_state, self.state_path)
        if endpoint is None or (endpoint.digest, endpoint.context_tokens) != (self.digest, CONTEXT_TOKENS):
            return None
        if not await asyncio.to_thread(_is_alive, endpoint):
            return None
        headers = {"Authorization": f"Bearer {endpoint.api_key}"}
        try:
            # Never through a proxy: it is on this machine.
            async with httpx.AsyncClient(trust_env=False, timeout=_ALIVE_TIMEOUT_S) as client:
                answer = await client.get(f"{endpoint.base_url}/models", headers=headers)
        except httpx.TransportError:
            return None
        return endpoint if answer.is_success else None

    async def _start_alone(self) -> Endpoint:
        """Start it, unless another process is just doing so."""
        if not await asyncio.to_thread(self._store.installed, self.model):
            raise ModelUnavailable(f"The built-in model is not here yet; run `twinning model pull {self.model}`.")
        await asyncio.to_thread(self._run_dir.mkdir, mode=0o700, parents=True, exist_ok=True)
        lock = AsyncFileLock(self._run_dir / "model.lock")
        try:
            await lock.acquire(timeout=_START_TIMEOUT_S)
        except Timeout as error:
            raise ModelUnavailable(
                "Another process has been starting the built-in model for minutes; stop it and try again."
            ) from error
        try:
            return await self._find() or await self._start()
        finally:
            await lock.release()

    async def _start(self) -> Endpoint:
        key = secrets.token_urlsafe(32)
        config = {
            "parent_pid": os.getpid(),
            "model_path": str(self._store.path(self.model)),
            "model_name": self.model,
            "api_key": key,
            "context_tokens": CONTEXT_TOKENS,
            "threads": self._threads,
        }
        began = time.monotonic()
        child = await self._spawn()
        try:
            assert child.stdin is not None
            child.stdin.write(json.dumps(config).encode() + b"\n")
            await child.stdin.drain()
            address = await self._await_address(child, began)
            endpoint = Endpoint(
                base_url=f"{address}/v1",
                api_key=key,
                pid=child.pid,
                started_at=psutil.Process(child.pid).create_time(),
                digest=self.digest,
                context_tokens=CONTEXT_TOKENS,
            )
        except (ConnectionError, psutil.NoSuchProcess) as error:
            raise self._did_not_start("it ended at once") from error
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            raise
        await asyncio.to_thread(self._publish, endpoint)
        self._child = child
        seconds = time.monotonic() - began
        log.info("Built-in model started", extra={"model": self.model, "seconds": round(seconds, 2)})
        return endpoint

    async def _spawn(self) -> asyncio.subprocess.Process:
        descriptor = os.open(self.log_path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            return await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "assistant.agent.builtin_server",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=descriptor,
                # Threads that wait for each other sleep. Spinning, as OpenMP does by default, takes the processor from
                # the very thread that is waited for as soon as anything else runs: 37 tokens/s read instead of 130.
                env={"OMP_WAIT_POLICY": "PASSIVE", **os.environ},
                # Ctrl-C in the terminal is for the parent, which ends the child in its own time.
                start_new_session=True,
            )
        finally:
            os.close(descriptor)

    async def _await_address(self, child: asyncio.subprocess.Process, began: float) -> str:
        assert child.stdout is not None
        line = asyncio.ensure_future(child.stdout.readline())
        try:
            while not (await asyncio.wait({line}, timeout=1.0))[0]:
                elapsed = time.monotonic() - began
                self._on_progress(StartProgress(self.model, elapsed))
                if elapsed > _START_TIMEOUT_S:
                    raise self._did_not_start(f"it was not ready after {_START_TIMEOUT_S:.0f} seconds")
        finally:
            line.cancel()
        try:
            answer = json.loads(line.result() or b"null")
            return str(answer["address"])
        except (ValueError, KeyError, TypeError) as error:
            raise self._did_not_start("it could not load the weights") from error

    def _did_not_start(self, why: str) -> ModelUnavailable:
        return ModelUnavailable(
            f"The built-in model {self.model} did not start: {why}; run `twinning model check {self.model}` "
            f"and see {self.log_path}."
        )

    def _publish(self, endpoint: Endpoint) -> None:
        temporary = self.state_path.with_suffix(f".{os.getpid()}")
        temporary.unlink(missing_ok=True)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
            json.dump(asdict(endpoint), handle)
        temporary.replace(self.state_path)

    def _withdraw(self, pid: int) -> None:
        published = _read_state(self.state_path)
        if published and published.pid == pid:
            self.state_path.unlink(missing_ok=True)


def _read_state(path: Path) -> Endpoint | None:
    """What is written down, when it is ours and nobody else could have read or written it."""
    try:
        stat = path.stat()
        if stat.st_uid != os.getuid() or stat.st_mode & 0o077:
            log.warning("The model's state file is open to others and is not used", extra={"file": path.name})
            return None
        return Endpoint(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as error:  # half written, or by another version
        log.info("The model's state file is not readable", extra={"error": str(error)})
        return None


def _is_alive(endpoint: Endpoint) -> bool:
    """Whether exactly that process still runs, so that its port is still its own."""
    try:
        process = psutil.Process(endpoint.pid)
        same = abs(process.create_time() - endpoint.started_at) < 1.0
        return same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
