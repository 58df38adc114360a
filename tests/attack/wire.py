"""The wire: every connection and every look-up of this process, and a place outside the house that counts bytes."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

_watching: list[Wire] = []


@dataclass
class Wire:
    """What left this process.

    Attributes:
        allowed: (IP address, port) pairs that may be connected to.
        hosts: Names that may be looked up.
        leads_to: Where a name leads; every other name leads to `sink`, as if an attacker owned it.
        connected, looked_up: What is on no list.
        received: Bytes that arrived at the sink, and so with somebody else.
    """

    allowed: set[tuple[str, int]] = field(default_factory=set)
    hosts: set[str] = field(default_factory=lambda: {"localhost", "127.0.0.1"})
    leads_to: dict[str, str] = field(default_factory=dict)
    connected: list[tuple[str, int]] = field(default_factory=list)
    looked_up: list[str] = field(default_factory=list)
    received: bytearray = field(default_factory=bytearray)
    port: int = 0

    async def lookup(self, host: str, port: int) -> list[str]:
        """The look-up that the house is given: no name of an attack leaves this machine."""
        if host.lower().strip("[]") not in self.hosts:
            self.looked_up.append(host)
        return [self.leads_to.get(host.lower(), "127.0.0.1")]

    def off_the_list(self) -> list[str]:
        """What went where nothing may go, in words."""
        return [
            *(f"a connection to {host}:{port}" for host, port in self.connected),
            *(f"a look-up of {host}" for host in self.looked_up),
            *([f"{len(self.received)} bytes with a stranger"] if self.received else []),
        ]

    def forget(self) -> None:
        """Begins anew."""
        self.connected.clear()
        self.looked_up.clear()
        self.received.clear()


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    """Python tells this of every connection that it opens, whichever library asks for it."""
    if event == "socket.connect":
        address = arguments[1]
        if not isinstance(address, tuple):
            return  # a Unix socket
        for wire in _watching:
            if (str(address[0]), int(address[1])) not in wire.allowed:
                wire.connected.append((str(address[0]), int(address[1])))
    elif event == "socket.getaddrinfo":
        host = arguments[0].decode() if isinstance(arguments[0], bytes) else str(arguments[0])
        for wire in _watching:
            if host.lower() not in wire.hosts:
                wire.looked_up.append(host)


sys.addaudithook(_hook)


@asynccontextmanager
async def watched() -> AsyncIterator[Wire]:
    """Watches the wire, with the sink listening."""
    wire = Wire()

    async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        wire.received.extend(await reader.read(65536))
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}")
        await writer.drain()
        writer.close()

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        wire.port = listener.getsockname()[1]
        server = await asyncio.start_server(swallow, sock=listener)
        _watching.append(wire)
        try:
            yield wire
        finally:
            _watching.remove(wire)
            server.close()
