"""What the house itself sends out, beside the actions: models are fetched or asked elsewhere, when the owner says so.

A fetch may come before there is a database, so it is a file: one JSON line a request. `Egress` takes the lines into the
ledger.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4


@dataclass(frozen=True)
class Sent:
    """One request that left the house.

    Attributes:
        host: Where it went; for a package client that does not tell, what it is.
        outcome: How it ended, in a word or two.
    """

    host: str
    purpose: str
    bytes_out: int
    bytes_in: int
    outcome: str
    classes: tuple[str, ...] = ()
    at: str = field(default_factory=lambda: dt.datetime.now(dt.UTC).isoformat())
    id: str = field(default_factory=lambda: str(uuid4()))


def journal_of(data_dir: Path) -> Path:
    """Where the lines of a data folder are."""
    return data_dir / "egress.jsonl"


def outside_host(url: str) -> str | None:
    """The host of an address; None for one on this machine, to which nothing leaves."""
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return None
    try:
        return None if ipaddress.ip_address(host).is_loopback else host
    except ValueError:
        return host or None


def note(journal: Path, sent: Sent) -> None:
    """Adds a line; whole or not at all, whoever else writes."""
    journal.parent.mkdir(parents=True, exist_ok=True)
    fd = os.open(journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(fd, (json.dumps(asdict(sent)) + "\n").encode())
    finally:
        os.close(fd)


def lines(journal: Path) -> Iterator[Sent]:
    """The lines that are there; one that was cut off by a full disk is left out."""
    if not journal.exists():
        return
    for line in journal.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            stored = json.loads(line)
            yield Sent(**{**stored, "classes": tuple(stored["classes"])})
        except (ValueError, TypeError, KeyError):
            continue
