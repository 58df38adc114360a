"""The audit: who did what, from where, approved where, and how it ended. Entries are chained; none can go unnoticed.

Each entry's mac is HMAC-SHA256(key, mac of the entry before || body), the body canonical JSON. The key and, beside it,
the latest mac are files outside the database: who can change the tables cannot forge an entry, and entries cut off at
the end are missed. An entry is written in the transaction of the change that it tells: never one without the other.
"""

from __future__ import annotations

import datetime as dt
import hmac
import json
import os
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import rfc8785
from sqlalchemy.ext.asyncio import AsyncSession

from assistant.db import ledgers
from assistant.db.database import Database
from assistant.keys import own_key
from assistant.settings import make_folder


@dataclass(frozen=True)
class Verified:
    """What a check of the chain found.

    Attributes:
        entries: How many were read.
        trouble: The first thing that is wrong, for the person; None when all of it is as it was written.
    """

    entries: int
    trouble: str | None = None


class Audit:
    """Writes and checks the audits of the house.

    Args:
        keys_dir: Folder of the key and of the latest macs, outside the database.
        clock: The present instant.
    """

    def __init__(self, database: Database, *, keys_dir: Path, clock: Callable[[], dt.datetime]) -> None:
        self._database = database
        self._clock = clock
        self._heads_dir = make_folder(keys_dir / "audit", mode=0o700)
        self._key = own_key(keys_dir / "audit.key")
        self._last: dict[UUID, ledgers.Head] = {}
        """What this process wrote last, by person. Perhaps it was rolled back, or another process wrote since: it is
        a guess, which the database checks."""

    async def note(self, session: AsyncSession, owner: UUID, what: str, **facts: Any) -> ledgers.Head:
        """Adds an entry in the transaction of what it tells. Call `sealed` with the result once that is committed."""
        body = rfc8785.dumps({"at": self._clock().astimezone(dt.UTC).isoformat(), "what": what, **facts})
        before = self._last.get(owner)
        if before is None or not await ledgers.append_after(
            session, owner, before, body=body, mac=self._mac(before.mac, body)
        ):
            before = await ledgers.locked_head(session, owner)
            await ledgers.append(session, owner, seq=before.seq + 1, body=body, mac=self._mac(before.mac, body))
        self._last[owner] = ledgers.Head(before.seq + 1, self._mac(before.mac, body))
        return self._last[owner]

    def sealed(self, owner: UUID, head: ledgers.Head) -> None:
        """Keeps the latest mac outside the database. Killed before, we keep an older one: the check allows that.

        Two places take turns, so that one of them is whole whenever the machine stops.
        """
        line = f"{head.seq:020d} {head.mac.hex()}".encode("ascii")
        line += b" %08x\n" % zlib.crc32(line)
        fd = os.open(self._heads_dir / f"{owner}.heads", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if _newest(os.pread(fd, 2 * len(line), 0)).seq < head.seq:
                os.pwrite(fd, line, head.seq % 2 * len(line))
        finally:
            os.close(fd)

    async def verify(self, owner: UUID) -> Verified:
        """Reads all of a person's audit and checks every mac, the numbering and the end."""
        before, count = b"", 0
        kept = self._kept(owner)
        async with self._database.session(owner) as session:
            async for seq, body, mac in ledgers.entries(session, owner):
                count += 1
                if seq != count:
                    return Verified(count, f"Entry {count} is missing; the next one there is number {seq}.")
                if not hmac.compare_digest(mac, self._mac(before, body)):
                    return Verified(count, f"Entry {seq} is not as it was written, or one before it is gone.")
                if seq == kept.seq and not hmac.compare_digest(mac, kept.mac):
                    return Verified(count, f"Entry {seq} is not the one that was noted outside the database.")
                before = mac
        if count < kept.seq:
            return Verified(count, f"The audit ends at entry {count}, but entry {kept.seq} was written once.")
        return Verified(count)

    async def latest(self, owner: UUID, *, limit: int) -> list[tuple[int, Mapping[str, Any]]]:
        """The newest entries with their numbers, the newest first."""
        async with self._database.session(owner) as session:
            return [(seq, json.loads(body)) for seq, body in await ledgers.latest(session, owner, limit=limit)]

    def _kept(self, owner: UUID) -> ledgers.Head:
        try:
            return _newest((self._heads_dir / f"{owner}.heads").read_bytes())
        except FileNotFoundError:
            return ledgers.Head()

    def _mac(self, before: bytes, body: bytes) -> bytes:
        return hmac.digest(self._key, before + body, "sha256")


def _newest(lines: bytes) -> ledgers.Head:
    """The later of the two that were written whole."""
    heads = [ledgers.Head()]
    for line in lines.split(b"\n"):
        words, _, check = line.lstrip(b"\0").rpartition(b" ")
        if words and check == b"%08x" % zlib.crc32(words):
            seq, _, mac = words.decode("ascii").partition(" ")
            heads.append(ledgers.Head(int(seq), bytes.fromhex(mac)))
    return max(heads, key=lambda head: head.seq)
