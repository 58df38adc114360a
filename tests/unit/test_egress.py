"""The one way out of the house: what may be called, where names lead, and what is written down before it is sent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast
from uuid import UUID, uuid4

import httpcore
import httpx
import pytest

from assistant import egress
from assistant.db.database import Database
from assistant.egress import Address, Egress, Reason, reachable
from assistant.errors import BadInput, DatabaseUnavailable, NotAllowed, ServiceUnavailable
from integrations.answers import call

PUBLIC, OTHER = "93.184.215.14", "8.8.8.8"
WELL = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
REASON = Reason(UUID(int=1), "test_tool")


class Ledger(Egress):
    """Keeps the ledger's lines in a list, and answers every connection from a table by IP address."""

    def __init__(self, names: dict[str, Any], answers: dict[str, bytes] | None = None) -> None:
        self.names = names
        self.looked_up: list[str] = []
        self.connected: list[tuple[str, int]] = []
        self.lines: list[dict[str, Any]] = []
        self.answers = answers or {}
        self.full = False
        super().__init__(
            cast(Database, None), clock=lambda: dt.datetime.now(dt.UTC), journal=Path("none"), lookup=self._lookup
        )

    async def _lookup(self, host: str, port: int) -> list[str]:
        self.looked_up.append(host)
        found = self.names[host]
        return list(found.pop(0) if isinstance(found[0], list) else found)

    async def leaving(self, reason: Reason, *, host: str, method: str, bytes_out: int) -> UUID:
        if self.full:
            raise DatabaseUnavailable("The disk is full; nothing was changed.")
        self.lines.append({"id": uuid4(), "host": host, "method": method, "out": bytes_out, "purpose": reason.purpose})
        return cast(UUID, self.lines[-1]["id"])

    async def left(self, reason: Reason, line: UUID, *, bytes_in: int, outcome: str) -> None:
        (found,) = [each for each in self.lines if each["id"] == line]
        found |= {"in": bytes_in, "outcome": outcome}

    def client(self, allowed: Sequence[Address], reason: Reason = REASON) -> httpx.AsyncClient:
        made = super().client(allowed, reason)
        backend = cast(Any, made)._transport._transport._pool._network_backend
        backend._inner = _Network(self.connected, self.answers)
        return made


class _Network(httpcore.AsyncMockBackend):
    def __init__(self, connected: list[tuple[str, int]], answers: dict[str, bytes]) -> None:
        super().__init__([])
        self._connected = connected
        self._answers = answers

    async def connect_tcp(self, host: str, port: int, **_: Any) -> httpcore.AsyncNetworkStream:
        self._connected.append((host, port))
        return httpcore.AsyncMockStream([self._answers.get(host, WELL)])


def moved(to: str) -> bytes:
    return f"HTTP/1.1 307 Temporary Redirect\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n".encode()


NEVER = (
    "169.254.169.254", "169.254.1.1", "fe80::1", "fe80::1%eth0", "fd00:ec2::254", "100.100.100.200", "192.0.0.192",
    "fd00:ec2::23", "fd20:ce::254", "168.63.129.16", "::ffff:168.63.129.16",
    "::ffff:169.254.169.254", "::ffff:a9fe:a9fe", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a9fe:a9fe", "2002:a9fe:a9fe::1",
    "2001:0:4136:e378:8000:63bf:5601:5601", "0.0.0.0", "0.1.2.3", "::", "::ffff:0.0.0.0", "224.0.0.1", "ff02::1",
    "255.255.255.255", "240.0.0.1", "::127.0.0.1",
)  # fmt: skip
"""Not even where the owner wrote it down."""
OWN = (
    "127.0.0.1", "127.8.8.8", "::1", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fd12:3456::1",
    "fc00::1", "fec0::1", "100.64.0.1", "100.127.255.254", "192.0.0.8", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "64:ff9b::7f00:1", "2002:7f00:1::", "2002:c0a8:101::1", "2001:0:4136:e378:8000:63bf:80ff:fffe", "198.18.0.1",
)  # fmt: skip
"""Only where the owner wrote it down."""
ANYWHERE = (PUBLIC, OTHER, "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1", "172.32.0.1")


@pytest.mark.parametrize("address", NEVER)
def test_what_is_never_called(address: str) -> None:
    assert (reachable(address, private=False), reachable(address, private=True)) == (False, False)


@pytest.mark.parametrize("address", OWN)
def test_what_is_called_only_when_the_owner_wrote_it_down(address: str) -> None:
    assert (reachable(address, private=False), reachable(address, private=True)) == (False, True)


@pytest.mark.parametrize("address", ANYWHERE)
def test_what_may_be_called(address: str) -> None:
    assert (reachable(address, private=False), reachable(address, private=True)) == (True, True)


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://example.org", Address("https", "example.org", 443)),
        ("HTTPS://EXAMPLE.org/a?b#c", Address("https", "example.org", 443)),
        ("http://example.org:8080", Address("http", "example.org", 8080)),
        ("https://bücher.example", Address("https", "xn--bcher-kva.example", 443)),
        ("https://xn--bcher-kva.example", Address("https", "xn--bcher-kva.example", 443)),
        ("https://github.com@evil.example", Address("https", "evil.example", 443)),
        ("https://[2606:4700::1111]:444", Address("https", "2606:4700::1111", 444)),
        ("https://example.org.", Address("https", "example.org.", 443)),
    ],
)
def test_an_address_is_scheme_host_and_port(url: str, address: Address) -> None:
    assert Address.of(url) == address


@pytest.mark.parametrize(
    "url", ["", "example.org", "ftp://example.org", "file:///etc/passwd", "https://", "https:///x", "javascript:x",
            "http://0177.0.0.1", "https://example.org:99999", "gopher://x", "https://\u202e.example"]
)  # fmt: skip
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(BadInput, match="is no web address"):
        Address.of(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org", "HTTPS://EXAMPLE.ORG/x", "https://example.org:443/", "https://a:b@example.org/",
    ],
)  # fmt: skip
async def test_the_listed_address_is_called_however_it_is_written(url: str) -> None:
    ledger = Ledger({"example.org": [PUBLIC]})
    async with ledger.client([Address.of("https://example.org")]) as http:
        assert (await http.get(url)).status_code == 200
    assert ledger.connected == [(PUBLIC, 443)]


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/", "https://example.org:8443/", "https://example.org./", "https://www.example.org/",
        "https://example.org@evil.example/", "https://example.org:443@evil.example/", "https://evil.example#example.org",
        "https://evil.example/example.org", "https://evil.example?example.org", "https://exаmple.org/",
        "https://example.org.evil.example/", "https://example.org%2eevil.example/", "https://93.184.215.14/",
        "https://127.0.0.1/", "https://2130706433/", "https://0x7f000001/", "https://0177.0.0.1/", "https://127.1/",
        "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://localhost/", "https://169.254.169.254/latest",
        "https://example.org\uff0eevil.example/", "https://еxample.org/", "https://ⓔxample.org.evil/",
    ],
)  # fmt: skip
async def test_what_is_not_on_the_list_is_not_even_looked_up(url: str) -> None:
    ledger = Ledger({})
    async with ledger.client([Address.of("https://example.org")]) as http:
        with pytest.raises((NotAllowed, httpx.InvalidURL)):
            await http.post(url, content=b"everything")
    assert (ledger.looked_up, ledger.connected, ledger.lines) == ([], [], [])


@pytest.mark.parametrize(
    "host", ["2130706433", "0x7f000001", "127.1", "0", "017700000001", "0x7f.1", "[::1]", "localhost",
             "[::ffff:127.0.0.1]"]
)  # fmt: skip
async def test_a_listed_number_that_means_this_machine_is_refused_after_it_was_looked_up(host: str) -> None:
    ledger = Ledger({})
    ledger.resolve = egress.resolve  # the machine's own, for numbers and `localhost`; it asks nobody
    async with ledger.client([Address.of(f"http://{host}")]) as http:
        with pytest.raises(NotAllowed, match="never calls"):
            await http.get(f"http://{host}/")
    assert ledger.connected == []
    assert [each["outcome"] for each in ledger.lines] == ["NotAllowed"]


@pytest.mark.parametrize("hidden", [*NEVER, *OWN])
async def test_a_name_that_leads_inside_is_refused_even_among_others(hidden: str) -> None:
    for found in ([hidden], [PUBLIC, hidden], [hidden, PUBLIC]):
        ledger = Ledger({"example.org": found})
        async with ledger.client([Address.of("https://example.org")]) as http:
            with pytest.raises(NotAllowed, match=r"example\.org leads to"):
                await http.get("https://example.org/")
        assert ledger.connected == []


async def test_a_name_that_leads_elsewhere_a_moment_later_gains_nothing() -> None:
    ledger = Ledger({"example.org": [[PUBLIC], ["127.0.0.1"], [OTHER]]})
    async with ledger.client([Address.of("https://example.org")]) as http:
        await http.get("https://example.org/")
        assert (ledger.looked_up, ledger.connected) == (["example.org"], [(PUBLIC, 443)])
        with pytest.raises(NotAllowed, match=r"leads to 127\.0\.0\.1"):
            await http.get("https://example.org/")
        await http.get("https://example.org/")
    assert ledger.connected == [(PUBLIC, 443), (OTHER, 443)]


async def test_the_owners_own_network_is_for_the_one_address_that_they_wrote_down() -> None:
    ledger = Ledger({"nas.lan": ["192.168.1.5"], "other.lan": ["192.168.1.6"]})
    allowed = [
        Address.of("http://nas.lan:5678", private=True),
        Address.of("http://nas.lan"),
        Address.of("http://other.lan:5678"),
    ]
    async with ledger.client(allowed) as http:
        assert (await http.get("http://NAS.lan:5678/")).status_code == 200
        for url in ("http://nas.lan/", "http://other.lan:5678/"):
            with pytest.raises(NotAllowed, match="leads to 192"):
                await http.get(url)
    assert ledger.connected == [("192.168.1.5", 5678)]


HOPS = {
    "a.example": ["192.0.66.1"],
    "b.example": ["192.0.66.2"],
    "c.example": ["192.0.66.3"],
    "in.example": ["10.0.0.1"],
}


@pytest.mark.parametrize(
    "last",
    [
        "https://evil.example/", "http://c.example/", "https://c.example:444/", "https://169.254.169.254/latest",
        "https://c.example@evil.example/", "//evil.example/", "https://in.example/", "https://127.0.0.1/",
    ],
)  # fmt: skip
@pytest.mark.parametrize("hop", [1, 2])
async def test_a_redirect_is_looked_at_at_every_hop_even_by_a_client_that_follows(last: str, hop: int) -> None:
    answers = {"192.0.66.1": moved("https://b.example/") if hop == 2 else moved(last), "192.0.66.2": moved(last)}
    ledger = Ledger(dict(HOPS), answers)
    listed = [Address.of(f"https://{name}") for name in HOPS]
    async with ledger.client(listed) as http:
        http.follow_redirects = True
        with pytest.raises(NotAllowed):
            await http.get("https://a.example/")
    assert [host for host, _ in ledger.connected] == ["192.0.66.1", "192.0.66.2"][:hop]
    assert [each["outcome"] for each in ledger.lines[:hop]] == ["307"] * hop


async def test_redirects_to_listed_places_are_all_written_down_and_not_followed_unasked() -> None:
    answers = {"192.0.66.1": moved("https://b.example/x"), "192.0.66.2": moved("https://c.example/y")}
    ledger = Ledger(dict(HOPS), answers)
    async with ledger.client([Address.of(f"https://{name}") for name in HOPS]) as http:
        assert (await http.get("https://a.example/")).status_code == 307
        http.follow_redirects = True
        assert (await http.get("https://a.example/")).status_code == 200
    assert [each["host"] for each in ledger.lines] == ["a.example", "a.example", "b.example", "c.example"]


async def test_what_cannot_be_written_down_is_not_sent() -> None:
    ledger = Ledger({"example.org": [PUBLIC]})
    ledger.full = True
    async with ledger.client([Address.of("https://example.org")]) as http:
        with pytest.raises(DatabaseUnavailable):
            await http.post("https://example.org/", content=b"x")
    assert (ledger.looked_up, ledger.connected) == ([], [])


async def test_the_ledger_counts_what_goes_out_and_comes_in() -> None:
    body = b"y" * 5000
    answer = b"HTTP/1.1 201 Created\r\nContent-Length: 5000\r\n\r\n" + body
    ledger = Ledger({"example.org": [PUBLIC]}, {PUBLIC: answer})
    async with ledger.client([Address.of("https://example.org")]) as http:
        await http.post("https://example.org/path", content=b"x" * 3000)
    (line,) = ledger.lines
    assert (line["method"], line["purpose"], line["outcome"], line["in"]) == ("POST", "test_tool", "201", 5000)
    assert 3000 < line["out"] < 3500


async def test_a_name_that_nobody_knows_is_a_service_that_cannot_be_reached() -> None:
    async def nobody(host: str, port: int) -> list[str]:
        raise OSError("Name or service not known")

    ledger = Ledger({})
    ledger.resolve = nobody
    async with ledger.client([Address.of("https://example.org")]) as http:
        with pytest.raises(ServiceUnavailable, match="cannot be reached"):
            await call(http, "GET", "https://example.org/", service="Example")
    assert [each["outcome"] for each in ledger.lines] == ["ConnectError"]


async def test_no_proxy_of_the_environment_comes_between(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://10.9.8.7:3128")
    ledger = Ledger({"example.org": [PUBLIC]})
    async with ledger.client([Address.of("https://example.org")]) as http:
        await http.get("https://example.org/")
    assert ledger.connected == [(PUBLIC, 443)]


async def test_a_second_answer_that_nobody_asked_for_is_not_taken_for_the_next() -> None:
    twice: Callable[[], bytes] = lambda: WELL + WELL.replace(b"200 OK", b"201 Created")  # noqa: E731
    ledger = Ledger({"example.org": [PUBLIC]}, {PUBLIC: twice()})
    async with ledger.client([Address.of("https://example.org")]) as http:
        assert [(await http.get("https://example.org/")).status_code for _ in range(3)] == [200, 200, 200]
    assert len(ledger.connected) == 3


async def test_sockets_of_this_machine_are_not_called() -> None:
    ledger = Ledger({})
    async with ledger.client([Address.of("https://example.org")]) as http:
        backend = cast(Any, http)._transport._transport._pool._network_backend
        with pytest.raises(NotAllowed, match="no Unix sockets"):
            await backend.connect_unix_socket("/run/docker.sock")
