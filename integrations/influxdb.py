"""InfluxDB: readings are written there as line protocol, and read from there by InfluxQL. VictoriaMetrics takes them.

https://docs.influxdata.com/influxdb/v1/tools/api/ and, for InfluxDB 2, its `/api/v2/write` and the compatible `/query`
(https://docs.influxdata.com/influxdb/v2/api-guide/influxdb-1x/query/). No Flux. Writing a point again changes nothing.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import httpx

from assistant.errors import (
    AuthFailed,
    BadInput,
    BadResponse,
    NoAnswer,
    NotFound,
    Refused,
    ServiceError,
    ServiceUnavailable,
)
from integrations import Question, Service
from integrations.answers import QUOTED_CHARACTERS, decoded
from integrations.influxdb_lines import Wanted, identifier, read_wanted

SERVICE = "InfluxDB"
ADDRESS = "http://127.0.0.1:8086"
CALL_S = 60.0
ANSWER_BYTES = 64_000_000
OWN_TAG = "via"
OWN = "twinning"
"""What is written from here carries this tag, so that reading never takes our own points for somebody else's."""
_DROPPED = "partial write"
_NOTHING_TO_WRITE = "writing requires points"
"""InfluxDB 2's answer to an empty body, which is how its key is tried."""


@dataclass(frozen=True)
class Series:
    """Rows of an answer that have the same tags.

    Attributes:
        rows: (milliseconds since 1970, value), by time; values that are no numbers are left out.
        last_ms: The time of the last value of any kind.
        more: The server stopped before the end.
    """

    tags: Mapping[str, str]
    rows: Sequence[tuple[int, float]]
    last_ms: int
    more: bool


@dataclass(frozen=True)
class InfluxConnection:
    """A client for one connection, with what the person wants done.

    Attributes:
        writes: What is measured goes there.
        wanted: What is read from there.
        target: Which database on which server this is.
    """

    http: httpx.AsyncClient
    address: str
    version: Literal["1", "2"]
    database: str
    organisation: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    writes: bool = True
    wanted: tuple[Wanted, ...] = ()

    @property
    def target(self) -> str:
        return f"{self.address}/{self.organisation}/{self.database}"

    async def write(self, body: bytes) -> str:
        """Writes lines with times in milliseconds, all of which the server takes, or says why it left some out.

        Returns:
            The server's words on points that it will never take, as of another type than it has; else nothing.

        Raises:
            AuthFailed, NotFound, Refused, RateLimited, ServiceUnavailable: nothing was written.
            NoAnswer, BadResponse: perhaps it was; write it again.
        """
        if self.version == "2":
            path, params = "/api/v2/write", {"org": self.organisation, "bucket": self.database, "precision": "ms"}
        else:
            path, params = "/write", {"db": self.database, "precision": "ms"}
        response = await self._request("POST", path, params=params, content=body)
        said = _said(response)
        if response.status_code in (400, 422) and _DROPPED in said:
            return said
        if response.status_code == 400 and _NOTHING_TO_WRITE in said and not body:
            return ""
        self._check(response, said)
        if response.status_code == 204 or not response.content.strip():
            return ""
        # 200 with words: servers before 1.0 meant "understood, and not done"; something between may mean anything.
        if said:
            raise Refused(f"{SERVICE} refuses: {said}.")
        raise BadResponse("What answers at this address is no InfluxDB; look at the address.")

    async def values(self, wanted: Wanted, *, since_ms: int, limit: int) -> list[Series]:
        """Values of one field after an instant, the oldest first, for each combination of tags; none of our own.

        Args:
            since_ms: Milliseconds since 1970, not included.
            limit: At most so many of each combination.

        Raises:
            ServiceError, NotFound: it cannot be read; the text says why.
        """
        asked = (
            f"SELECT {identifier(wanted.field)} FROM {identifier(wanted.measurement)} "  # noqa: S608 - InfluxQL, quoted
            f"WHERE time > {since_ms}ms AND {identifier(OWN_TAG)} != '{OWN}' "
            f"GROUP BY * ORDER BY time ASC LIMIT {limit}"
        )
        return [_series(each, limit=limit) for each in await self.ask(asked)]

    async def ask(self, query: str) -> list[dict[str, Any]]:
        """The series that an InfluxQL statement answers.

        Raises:
            ServiceError, NotFound: it cannot be read; the text says why.
        """
        response = await self._request("GET", "/query", params={"db": self.database, "epoch": "ms", "q": query})
        said = _said(response)
        self._check(response, said)
        body = decoded(response, service=SERVICE)
        try:
            result = body["results"][0]
            if "error" in result:
                raise _refused(str(result["error"]))
            found = list(result.get("series", ()))
            names = [each.get("name") for each in found]
        except (TypeError, KeyError, IndexError, AttributeError) as error:
            raise BadResponse("InfluxDB's answer is not what its API promises; look at the address.") from error
        if "databases" in names:
            raise BadResponse(
                "This server takes points but does not answer InfluxQL (VictoriaMetrics does not); leave `read` empty."
            )
        return found

    async def try_it(self) -> str:
        """Tries what the person wants done there; returns the database's name with its server.

        Raises:
            ServiceError, NotFound: it does not work; the text says why.
        """
        if self.writes:
            await self.write(b"")
        if self.wanted:
            await self.ask("SHOW MEASUREMENTS LIMIT 1")
        return f"{self.database} on {httpx.URL(self.address).netloc.decode()}"

    def _check(self, response: httpx.Response, said: str) -> None:
        status = response.status_code
        if status in (401, 403):
            kind = "token" if self.version == "2" else "user or password"
            raise AuthFailed(f"{SERVICE} refuses the {kind} ({said or status}); reconnect {SERVICE}.")
        if status == 404:
            raise NotFound(_not_there(self, said))
        if 400 <= status < 500 and status != 429:
            raise _refused(said or str(status))
        if status >= 300 or status < 200:
            decoded(response, service=SERVICE)

    async def _request(
        self, method: str, path: str, *, params: Mapping[str, str], content: bytes | None = None
    ) -> httpx.Response:
        """One request, bounded in time and size."""
        headers = {"Content-Type": "text/plain; charset=utf-8", **self._key()}
        url = self.address.rstrip("/") + path
        try:
            async with (
                asyncio.timeout(CALL_S),
                self.http.stream(method, url, params=params, headers=headers, content=content) as response,
            ):
                held = bytearray()
                async for chunk in response.aiter_bytes():
                    held += chunk
                    if len(held) > ANSWER_BYTES:
                        raise BadResponse("InfluxDB's answer is too large; read fewer series.")
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol) as error:
            raise ServiceUnavailable(f"{SERVICE} cannot be reached; look whether it is up.") from error
        except (httpx.HTTPError, TimeoutError) as error:
            raise NoAnswer(f"{SERVICE} was asked and did not answer in time; look whether it is well.") from error
        # Decompressed by now; the headers would have it done again.
        kept = {name: value for name, value in response.headers.items() if name not in ("content-encoding",)}
        return httpx.Response(response.status_code, headers=kept, content=bytes(held), request=response.request)

    def _key(self) -> dict[str, str]:
        if self.version == "2":
            return {"Authorization": f"Token {self.password}"} if self.password else {}
        if not self.user and not self.password:
            return {}
        both = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        return {"Authorization": f"Basic {both}"}


def _said(response: httpx.Response) -> str:
    """The server's own words: 1.x calls them `error`, 2 `message`."""
    try:
        body = json.loads(response.content)
    except ValueError:
        return ""
    found = (body.get("error") or body.get("message")) if isinstance(body, dict) else None
    return str(found)[:QUOTED_CHARACTERS].rstrip(".") if found else ""


def _refused(said: str) -> ServiceError | NotFound:
    if "database not found" in said or "could not find bucket" in said:
        return NotFound(f"{SERVICE} has no such database ({said}); make it there, or reconnect {SERVICE}.")
    return Refused(f"{SERVICE} refuses: {said}.")


def _not_there(connection: InfluxConnection, said: str) -> str:
    if said:
        return f"{SERVICE} does not know {connection.database} ({said}); make it there, or reconnect {SERVICE}."
    other = "1" if connection.version == "2" else "2"
    return f"There is no InfluxDB {connection.version} at this address; look at it, or connect with version={other}."


def _series(found: dict[str, Any], *, limit: int) -> Series:
    """One series of an answer. InfluxDB keeps texts and booleans too."""
    try:
        values = [(int(at), value) for at, value in found["values"]]
        rows = [
            (at, float(value))
            for at, value in values
            if isinstance(value, (int, float)) and not isinstance(value, bool)
        ]
        tags = {str(name): str(value) for name, value in found.get("tags", {}).items() if value}
        more = bool(found.get("partial")) or len(values) >= limit
        last_ms = values[-1][0]
    except (TypeError, ValueError, AttributeError, LookupError) as error:
        raise BadResponse("InfluxDB's answer is not what its API promises; look at the address.") from error
    return Series(tags, rows, last_ms, more)


class _OwnService(Service):
    """A service that has no address but the owner's."""

    def addresses(self, settings: Mapping[str, Any]) -> Sequence[tuple[str, bool]]:
        """What the owner wrote down; also where it is what was proposed to them."""
        return [(str(settings.get("address") or self.address), True)]


def _make(http: httpx.AsyncClient, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> InfluxConnection:
    version = str(settings.get("version") or "1")
    writes = str(settings.get("write") or "yes").lower()
    wanted = read_wanted(str(settings.get("read") or ""))
    if version not in ("1", "2"):
        raise BadInput("Say version=1 for InfluxDB 1.x and VictoriaMetrics, version=2 for InfluxDB 2.")
    if version == "2" and not settings.get("organisation"):
        raise BadInput("InfluxDB 2 needs organisation: the name of yours there.")
    if writes not in ("yes", "no"):
        raise BadInput("Say write=yes or write=no.")
    if writes == "no" and not wanted:
        raise BadInput("With write=no and nothing to read there is nothing to do; name what to read.")
    return InfluxConnection(
        http,
        address=str(settings.get("address") or ADDRESS).rstrip("/"),
        version="2" if version == "2" else "1",
        database=str(settings.get("database") or ""),
        organisation=str(settings.get("organisation") or ""),
        user=str(settings.get("user") or ""),
        password=secrets.get("password", ""),
        writes=writes == "yes",
        wanted=wanted,
    )


async def _check(connection: InfluxConnection) -> str:
    return await connection.try_it()


INFLUXDB = _OwnService(
    name="influxdb",
    title=SERVICE,
    questions=(
        Question("address", "Where your InfluxDB is.", default=ADDRESS),
        Question("version", "1 for InfluxDB 1.x and VictoriaMetrics, 2 for InfluxDB 2.", default="1"),
        Question("database", "The database; in InfluxDB 2 the bucket. It has to be there.", default="health"),
        Question("organisation", "In InfluxDB 2 your organisation's name, else nothing.", default=""),
        Question("user", "The user, where InfluxDB 1.x asks for one, else nothing.", default=""),
        Question("write", "Write your health readings there as they come in: yes or no.", default="yes"),
        Question(
            "read",
            "What to read from there into your health figures, else nothing: measurement.field = metric unit, with "
            "semicolons between, such as body.weight = weight_body_mass kg; pulse.bpm = heart_rate count/min.",
            default="",
        ),
        Question(
            "password",
            "The password, or in InfluxDB 2 an API token that may write to the bucket and read it; nothing where none "
            "is asked for.",
            secret=True,
            default="",
        ),
    ),
    address=ADDRESS,
    make=_make,
    check=_check,
)
