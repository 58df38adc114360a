"""The one way out of the house: a client that calls only listed addresses, looks where names lead, and writes it down.

What is checked, and where:
- The address (scheme, host, port) of every request is on the client's list, at every redirect too.
- The name is resolved once, every address it leads to is looked at, and the connection goes to one that was looked
  at: a name that leads elsewhere a moment later gains nothing. Private, loopback and link-local addresses and those of
  cloud metadata services are refused, except private and loopback ones where the owner wrote the address down themself.
- A line in the ledger is written before the request is sent. If it cannot be written, nothing is sent.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from uuid import UUID

import httpcore
import httpx
from httpcore._backends.auto import AutoBackend  # the public names leave it out; ours only adds a check before it

from assistant.db import ledgers
from assistant.db.database import Database
from assistant.db.tables import EgressEntry
from assistant.errors import BadInput, NotAllowed
from assistant.journal import lines
from assistant.labels import NOTHING, Labels

TIMEOUT = httpx.Timeout(30.0, connect=10.0)
METADATA = tuple(
    ipaddress.ip_network(each)
    for each in (
        *("169.254.0.0/16", "fe80::/10", "100.100.100.200/32", "192.0.0.192/32", "168.63.129.16/32"),
        *("fd00:ec2::/32", "fd20:ce::254/128"),
    )
)
"""Link-local, and the addresses at which clouds tell a machine its secrets (also Alibaba's, Oracle's, Azure's, Amazon's
and Google's). Never called, whoever lists them."""
_OWN = tuple(ipaddress.ip_network(each) for each in ("100.64.0.0/10", "192.0.0.0/24", "fec0::/10"))
"""Networks of one's own that `ipaddress` does not call private: shared (also Tailscale's), protocols', site-local."""
_HERE = ipaddress.ip_network("0.0.0.0/8")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Lookup = Callable[[str, int], Awaitable[list[str]]]
"""Finds the IP addresses of a name."""


@dataclass(frozen=True)
class Address:
    """A place that may be called.

    Attributes:
        private: True when the owner wrote it down as one of their own network.
    """

    scheme: str
    host: str
    port: int
    private: bool = False

    @classmethod
    def of(cls, url: str, *, private: bool = False) -> Address:
        """The address of a URL.

        Raises:
            BadInput: it is none that can be called.
        """
        try:
            parsed = httpx.URL(url)
        except httpx.InvalidURL as error:
            raise BadInput(f"{url} is no web address; write one such as https://example.org.") from error
        if parsed.scheme not in ("http", "https") or not parsed.host or not 0 < port_of(parsed) < 2**16:
            raise BadInput(f"{url} is no web address; write one such as https://example.org.")
        return cls(parsed.scheme, parsed.raw_host.decode().lower(), port_of(parsed), private=private)


@dataclass(frozen=True)
class Reason:
    """Why something leaves the house; a line of the ledger.

    Attributes:
        owner: For whom; None when the house itself asks.
        purpose: The tool's name, or what is fetched.
    """

    owner: UUID | None
    purpose: str
    labels: Labels = NOTHING
    operation: UUID | None = None


def port_of(url: httpx.URL) -> int:
    """The port that a request to this URL goes to."""
    return url.port or (443 if url.scheme == "https" else 80)


def reachable(address: str, *, private: bool) -> bool:
    """Whether an IP address may be called.

    Args:
        private: Addresses of the owner's own network and machine may be.
    """
    ip = _inner(ipaddress.ip_address(address.partition("%")[0]))
    if any(ip in net for net in (*METADATA, _HERE)):
        return False
    if ip.is_multicast or ip.is_unspecified or (ip.is_reserved and not ip.is_loopback):
        return False
    own = ip.is_private or ip.is_loopback or any(ip in net for net in _OWN)
    return private if own else ip.is_global


def _inner(ip: IPAddress) -> IPAddress:
    """The IPv4 address that an IPv6 address only wraps (mapped, 6to4, Teredo, NAT64)."""
    if isinstance(ip, ipaddress.IPv4Address):
        return ip
    wrapped = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
    if wrapped is None and ip in _NAT64:
        wrapped = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return wrapped or ip


async def resolve(host: str, port: int) -> list[str]:
    """The IP addresses of a name.

    Raises:
        OSError: it has none.
    """
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


class _CheckedBackend(httpcore.AsyncNetworkBackend):
    """Connects to addresses that were looked at."""

    def __init__(self, private: frozenset[tuple[str, int]], lookup: Lookup) -> None:
        self._private = private
        self._lookup = lookup
        self._inner = AutoBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - its signature is httpcore's
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            addresses = await asyncio.wait_for(self._lookup(host, port), timeout)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(f"{host} could not be looked up in time") from error
        except OSError as error:
            raise httpcore.ConnectError(f"{host} is not known") from error
        private = (host.lower(), port) in self._private
        for address in addresses:
            if not reachable(address, private=private):
                raise NotAllowed(f"{host} leads to {address}, which Twinning never calls; nothing was sent.")
        failed: Exception | None = None
        for address in addresses:
            try:
                return await self._inner.connect_tcp(
                    address, port, timeout=timeout, local_address=local_address, socket_options=socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise httpcore.ConnectError(f"{host} does not answer") from failed

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        raise NotAllowed("Twinning calls no Unix sockets.")

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


class _Counted(httpx.AsyncByteStream):
    """An answer whose bytes are counted while it is read."""

    def __init__(self, stream: httpx.AsyncByteStream, done: Callable[[int], Awaitable[None]]) -> None:
        self._stream = stream
        self._done = done
        self._bytes = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._stream:
            self._bytes += len(chunk)
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()
        await self._done(self._bytes)


class _Guarded(httpx.AsyncBaseTransport):
    """Checks a request against the list, writes it into the ledger, sends it."""

    def __init__(self, egress: Egress, allowed: Sequence[Address], reason: Reason) -> None:
        self._egress = egress
        self._allowed = frozenset((each.scheme, each.host, each.port) for each in allowed)
        self._reason = reason
        self._transport = httpx.AsyncHTTPTransport(verify=_tls(), trust_env=False)
        backend = _CheckedBackend(frozenset((each.host, each.port) for each in allowed if each.private), egress.resolve)
        # The transport offers no way to give it a backend; the pool below it does. No connection is used twice: where a
        # server answers once too often, its second answer would be taken for the next request's.
        self._transport._pool = httpcore.AsyncConnectionPool(
            ssl_context=_tls(),
            network_backend=backend,
            max_connections=10,
            max_keepalive_connections=0,
            http1=True,
            http2=False,
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        host = url.raw_host.decode().lower()
        if (url.scheme, host, port_of(url)) not in self._allowed:
            raise NotAllowed(
                f"{host} is not on the list of places that {self._reason.purpose} may call; nothing was sent."
            )
        body = await request.aread()
        sent = len(body) + len(url.raw_path) + sum(len(name) + len(value) + 4 for name, value in request.headers.raw)
        line = await self._egress.leaving(self._reason, host=host, method=request.method, bytes_out=sent)
        try:
            response = await self._transport.handle_async_request(request)
        except (httpx.HTTPError, NotAllowed, asyncio.CancelledError) as error:
            await asyncio.shield(self._egress.left(self._reason, line, bytes_in=0, outcome=type(error).__name__))
            raise
        assert isinstance(response.stream, httpx.AsyncByteStream)

        async def done(bytes_in: int) -> None:
            await self._egress.left(self._reason, line, bytes_in=bytes_in, outcome=str(response.status_code))

        response.stream = _Counted(response.stream, done)
        return response

    async def aclose(self) -> None:
        await self._transport.aclose()


@cache
def _tls() -> ssl.SSLContext:
    """Read once, when something is called for the first time: the authorities' certificates take 20 ms."""
    return httpx.create_ssl_context(trust_env=False)


class Egress:
    """Makes clients, and keeps the ledger.

    Args:
        clock: The present instant.
        journal: Where the house notes what it sends by itself (`assistant.journal`).
        lookup: `async (host, port) -> [IP address]`, for tests.
    """

    def __init__(
        self,
        database: Database,
        *,
        clock: Callable[[], dt.datetime],
        journal: Path,
        lookup: Lookup = resolve,
    ) -> None:
        self._database = database
        self._clock = clock
        self._journal = journal
        self.resolve = lookup

    def client(self, allowed: Sequence[Address], reason: Reason) -> httpx.AsyncClient:
        """A client that calls these addresses and no others, follows no redirects and uses no proxy.

        A request elsewhere raises `NotAllowed`, before anything is sent.
        """
        return httpx.AsyncClient(
            transport=_Guarded(self, allowed, reason), timeout=TIMEOUT, follow_redirects=False, trust_env=False
        )

    async def latest(self, owner: UUID, *, limit: int = 200) -> list[EgressEntry]:
        """What left the house for this person or for the house itself, the newest first."""
        await self.absorb()
        async with self._database.session(owner) as session:
            return await ledgers.egress(session, owner, limit=limit)

    async def totals(self, owner: UUID) -> list[tuple[str, int, int, int]]:
        """(host, requests, bytes out, bytes in) by host, the most first."""
        await self.absorb()
        async with self._database.session(owner) as session:
            return await ledgers.egress_totals(session, owner)

    async def absorb(self) -> int:
        """Takes the journal's lines into the ledger; returns how many. Killed anywhere, none is doubled or lost."""
        journal = self._journal
        taken = journal.with_suffix(".taken")
        if not taken.exists():
            try:
                journal.rename(taken)
            except FileNotFoundError:
                return 0
        async with self._database.session(None) as session:
            count = await ledgers.absorb(session, list(lines(taken)))
        taken.unlink(missing_ok=True)
        return count

    async def leaving(self, reason: Reason, *, host: str, method: str, bytes_out: int) -> UUID:
        """Notes a request before it is sent."""
        async with self._database.session(reason.owner) as session:
            return await ledgers.leaving(
                session,
                reason.owner,
                {
                    "at": self._clock(),
                    "host": host,
                    "method": method,
                    "purpose": reason.purpose,
                    "classes": sorted(reason.labels.classes),
                    "operation_id": reason.operation,
                    "bytes_out": bytes_out,
                },
            )

    async def left(self, reason: Reason, line: UUID, *, bytes_in: int, outcome: str) -> None:
        """Notes what came back."""
        async with self._database.session(reason.owner) as session:
            await ledgers.left(session, line, bytes_in=bytes_in, outcome=outcome)
