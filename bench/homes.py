"""A temporary data folder for a measurement, and our commands as processes in it."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from assistant.settings import Settings
from assistant.weights import DEFAULT_CHAT_MODEL, EMBEDDING_MODEL, ModelStore

CODE = Path(__file__).parent.parent


@contextmanager
def home() -> Iterator[Path]:
    """A new data folder, removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="twinning-bench-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def with_embedding_model(folder: Path) -> None:
    """Puts the embedding model there (from the account's cache when it was fetched before)."""
    await ModelStore(folder / "models").pull(EMBEDDING_MODEL)


async def with_chat_model(folder: Path) -> bool:
    """Puts the default language model there if this account has it; fetching 491 MB is not ours to decide."""
    store = ModelStore(folder / "models")
    if not store.cached(DEFAULT_CHAT_MODEL):
        return False
    await store.pull(DEFAULT_CHAT_MODEL)
    return True


def settings(folder: Path, **changed: object) -> Settings:
    """Settings for `folder`; nothing of this account's own gets in."""
    return Settings.model_validate({"data_dir": folder, "model": "none", "time_zone": "Europe/Berlin", **changed})


def environment(folder: Path, **more: str) -> dict[str, str]:
    """The same for a process."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("TWINNING_", "CHAINLIT_"))}
    return {**kept, "TWINNING_DATA_DIR": str(folder), "TWINNING_MODEL": "none", **more}


async def twinning(folder: Path, *arguments: str, under: Sequence[str] = (), **more: str) -> str:
    """Runs a command to its end, behind the words of `under`; returns what it printed."""
    process = await asyncio.create_subprocess_exec(
        *under, sys.executable, "-m", "assistant", *arguments,
        cwd=folder, env=environment(folder, PYTHONPATH=_path(more), **more),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    out, _ = await asyncio.wait_for(process.communicate(), 120)
    if process.returncode:
        raise RuntimeError(f"twinning {' '.join(arguments)} ended with {process.returncode}: {out.decode()[-600:]}")
    return out.decode()


async def serving(folder: Path, port: int, *, under: Sequence[str] = (), **more: str) -> asyncio.subprocess.Process:
    """Starts `twinning serve`, behind the words of `under`; what it says goes to `serve.log` in `folder`."""
    with (folder / "serve.log").open("wb") as said:
        return await asyncio.create_subprocess_exec(
            *under, sys.executable, "-m", "assistant", "serve", "--port", str(port),
            cwd=folder, env=environment(folder, PYTHONPATH=_path(more), **more), stdout=said, stderr=said,
        )  # fmt: skip


async def stop(process: asyncio.subprocess.Process) -> None:
    """Ends what was started, unless it has ended by itself."""
    if process.returncode is None:
        process.terminate()
        await asyncio.wait_for(process.wait(), 30)


def free_port() -> int:
    """A port that nobody has just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _path(more: dict[str, str]) -> str:
    return os.pathsep.join(filter(None, [more.pop("PYTHONPATH", ""), str(CODE)]))
