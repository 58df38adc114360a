"""Line protocol and InfluxQL: whatever a name holds, it stays one name, and a line stays one line."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from assistant.errors import (
    AuthFailed,
    BadInput,
    BadResponse,
    NoAnswer,
    NotFound,
    RateLimited,
    Refused,
    ServiceUnavailable,
)
from integrations import influxdb
from integrations.influxdb import INFLUXDB, InfluxConnection
from integrations.influxdb_lines import Point, Wanted, identifier, instant, line_of, lines_of, milliseconds, read_wanted

AT = dt.datetime(2026, 1, 10, 7, 30, tzinfo=dt.UTC)
MS = 1_768_030_200_000
STEPS = Wanted("pedometer", "steps", "step_count", "")


def written(name: str = "m", *, tags: Mapping[str, str] | None = None, **fields: float | int | str) -> str:
    return line_of(Point(name, AT, tags or {}, fields or {"value": 1.0}))


def test_a_point_is_one_line_with_its_tags_in_order() -> None:
    line = written("heart_rate", tags={"unit": "bpm", "source": "Watch"}, value=61.5, low=58.0)
    assert line == f"heart_rate,source=Watch,unit=bpm low=58.0,value=61.5 {MS}"


def test_spaces_commas_and_equals_are_escaped_where_the_protocol_wants_it() -> None:
    assert written("a b,c=d") == rf"a\ b\,c=d value=1.0 {MS}"
    assert written(tags={"a b": "c,d=e f"}) == rf"m,a\ b=c\,d\=e\ f value=1.0 {MS}"
    assert written(**{"a b=c,d": 2.0}) == rf"m a\ b\=c\,d=2.0 {MS}"


def test_quotes_are_plain_in_names_and_escaped_in_texts() -> None:
    assert written(tags={"source": 'the "old" one'}) == rf'm,source=the\ "old"\ one value=1.0 {MS}'
    assert written(note='say "hi" \\ there') == rf'm note="say \"hi\" \\ there" {MS}'


def test_a_backslash_stays_but_never_escapes_what_follows_a_name() -> None:
    assert written(tags={"source": r"C:\watch"}) == rf"m,source=C:\watch value=1.0 {MS}"
    assert written(tags={"source": "watch\\"}) == f"m,source=watch\N{FULLWIDTH REVERSE SOLIDUS} value=1.0 {MS}"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\x00", "\u2028", "\x85"])
def test_a_line_break_in_a_name_begins_no_other_point(end: str) -> None:
    line = written(f"m{end}evil", tags={"source": f"a{end}b v=1 1"}, note="one")
    assert line.count("\n") == line.count("\r") == 0
    assert line == rf'm\ evil,source=a\ b\ v\=1\ 1 note="one" {MS}'


def test_a_measurement_is_never_a_comment() -> None:
    assert written("#steps").startswith(r"metric\ #steps ")


def test_unicode_stays() -> None:
    assert written(tags={"source": "Ana’s\u00a0Watch⌚"}) == f"m,source=Ana’s\u00a0Watch⌚ value=1.0 {MS}"


def test_empty_tags_are_left_out() -> None:
    assert written(tags={"source": " ", "unit": "kg"}) == f"m,unit=kg value=1.0 {MS}"


def test_numbers_keep_all_their_digits_and_their_kind() -> None:
    assert written(a=0.1 + 0.2, b=3, c=1e-7, d=-0.0) == f"m a=0.30000000000000004,b=3i,c=1e-07,d=-0.0 {MS}"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_is_never_written(value: float) -> None:
    with pytest.raises(ValueError, match="NaN"):
        written(value=value)


def test_a_point_without_a_field_is_refused() -> None:
    with pytest.raises(ValueError, match="field"):
        line_of(Point("m", AT, {}, {}))


def test_instants_are_exact_to_the_millisecond_also_long_ago() -> None:
    for at in (AT, dt.datetime(1903, 5, 4, 1, 2, 3, 456000, tzinfo=dt.UTC), dt.datetime(9000, 1, 1, tzinfo=dt.UTC)):
        assert instant(milliseconds(at)) == at


def test_lines_are_parted_by_line_breaks() -> None:
    body = lines_of([Point("a", AT, {}, {"value": 1.0}), Point("b", AT, {}, {"value": 2.0})])
    assert body == f"a value=1.0 {MS}\nb value=2.0 {MS}".encode()


def test_a_name_cannot_end_its_quotes_in_a_query() -> None:
    assert identifier('a" OR 1=1 --\\') == r'"a\" OR 1=1 --\\"'


def test_what_to_read_is_understood_with_and_without_quotes() -> None:
    assert read_wanted('body.weight = weight_body_mass kg; "my.heart; rate"."b\\"pm"=heart_rate count/min') == (
        Wanted("body", "weight", "weight_body_mass", "kg"),
        Wanted("my.heart; rate", 'b"pm', "heart_rate", "count/min"),
    )
    assert read_wanted("pedometer.steps=step_count;") == (STEPS,)
    assert read_wanted("  ") == ()


@pytest.mark.parametrize("text", ["weight = kg", "body.weight", "body.weight=Weight kg", "a.b=c kg, d.e=f", "a..b=c"])
def test_what_to_read_is_refused_with_the_place_where_it_goes_wrong(text: str) -> None:
    with pytest.raises(BadInput, match=r"measurement\.field = metric unit"):
        read_wanted(text)


def test_naming_a_series_twice_is_refused() -> None:
    with pytest.raises(BadInput, match="twice"):
        read_wanted("a.b=c; a.b=c")


def answering(status: int, body: Any = None, **headers: str) -> tuple[InfluxConnection, list[httpx.Request]]:
    """A connection to a server that answers this, and what it was asked."""
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return httpx.Response(status, content=content, headers=headers)

    http = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    return InfluxConnection(http, "http://influx.test:8086", "1", "health", user="ana", password="p:w"), asked


async def test_writing_to_1x_names_database_precision_and_user() -> None:
    connection, asked = answering(204)
    assert await connection.write(b"m value=1.0 1") == ""
    (request,) = asked
    assert str(request.url) == "http://influx.test:8086/write?db=health&precision=ms"
    assert (request.content, request.headers["authorization"]) == (b"m value=1.0 1", "Basic YW5hOnA6dw==")


async def test_writing_to_2_names_bucket_organisation_and_token() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(204)

    http = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    settings = {"address": "http://influx.test:8086/", "version": "2", "organisation": "my home", "database": "health"}
    connection = INFLUXDB.client(http, settings, {"password": "token"})
    assert await connection.write(b"m value=1.0 1") == ""
    assert str(asked[0].url) == "http://influx.test:8086/api/v2/write?org=my+home&bucket=health&precision=ms"
    assert asked[0].headers["authorization"] == "Token token"


async def test_a_partial_write_is_told_and_not_taken_for_a_failure() -> None:
    said = 'partial write: field type conflict: input field "value" on measurement "m" is type float dropped=1'
    connection, _ = answering(400, {"error": said})
    assert await connection.write(b"m value=1.0 1") == said


async def test_nothing_written_at_all_is_a_failure() -> None:
    connection, _ = answering(400, {"error": "unable to parse 'm': missing fields"})
    with pytest.raises(Refused, match="missing fields"):
        await connection.write(b"m")


async def test_200_with_an_error_in_it_is_a_failure() -> None:
    connection, _ = answering(200, {"error": "timeout"})
    with pytest.raises(Refused, match="timeout"):
        await connection.write(b"m value=1.0 1")


async def test_200_with_a_page_is_no_influxdb_and_without_words_is_good() -> None:
    connection, _ = answering(200, b"<html>Welcome</html>")
    with pytest.raises(BadResponse, match="no InfluxDB"):
        await connection.write(b"m value=1.0 1")
    connection, _ = answering(200)
    assert await connection.write(b"m value=1.0 1") == ""


@pytest.mark.parametrize("status", [401, 403])
async def test_a_wrong_key_says_what_to_do(status: int) -> None:
    connection, _ = answering(status, {"error": "authorization failed"})
    with pytest.raises(AuthFailed, match=r"user or password \(authorization failed\); reconnect InfluxDB"):
        await connection.write(b"m value=1.0 1")


async def test_a_database_that_is_not_there_is_named() -> None:
    connection, _ = answering(404, {"error": 'database not found: "health"'})
    with pytest.raises(NotFound, match="does not know health"):
        await connection.write(b"m value=1.0 1")
    connection, _ = answering(200, {"results": [{"statement_id": 0, "error": "database not found: health"}]})
    with pytest.raises(NotFound, match="no such database"):
        await connection.values(STEPS, since_ms=0, limit=10)


async def test_the_wrong_version_is_recognised() -> None:
    connection, _ = answering(404, b"404 page not found\n")
    with pytest.raises(NotFound, match="connect with version=2"):
        await connection.write(b"m value=1.0 1")


async def test_overload_failure_and_redirect_are_told_apart() -> None:
    with pytest.raises(RateLimited) as limited:
        await answering(429, {"message": "slow down"}, **{"retry-after": "7"})[0].write(b"m value=1.0 1")
    assert limited.value.retry_after_s == 7.0
    with pytest.raises(NoAnswer):
        await answering(503)[0].write(b"m value=1.0 1")
    with pytest.raises(BadResponse, match="elsewhere"):
        await answering(302, location="http://evil.test/")[0].write(b"m value=1.0 1")


async def test_a_server_that_is_down_or_too_slow_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    def down(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    http = httpx.AsyncClient(transport=httpx.MockTransport(down))
    with pytest.raises(ServiceUnavailable, match="cannot be reached"):
        await InfluxConnection(http, "http://influx.test:8086", "1", "health").write(b"m value=1.0 1")

    async def slow(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(30)
        return httpx.Response(204)

    monkeypatch.setattr(influxdb, "CALL_S", 0.05)
    http = httpx.AsyncClient(transport=httpx.MockTransport(slow))
    with pytest.raises(NoAnswer, match="in time"):
        await InfluxConnection(http, "http://influx.test:8086", "1", "health").write(b"m value=1.0 1")


async def test_an_answer_without_end_is_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(influxdb, "ANSWER_BYTES", 1000)
    connection, _ = answering(200, b"[" * 2000)
    with pytest.raises(BadResponse, match="too large"):
        await connection.values(STEPS, since_ms=0, limit=10)


async def test_values_are_asked_for_by_quoted_names_and_without_our_own() -> None:
    series = {"name": "m", "tags": {"room": "hall", "via": ""}, "columns": ["time", "steps"]}
    rows = [[1, 5], [2, None], [3, "five"], [4, True], [5, 6.5]]
    connection, asked = answering(200, {"results": [{"statement_id": 0, "series": [{**series, "values": rows}]}]})
    (found,) = await connection.values(Wanted('a"b', "c d", "step_count", ""), since_ms=77, limit=10)
    assert (found.tags, found.rows, found.more) == ({"room": "hall"}, [(1, 5.0), (5, 6.5)], False)
    assert asked[0].url.params["q"] == (
        'SELECT "c d" FROM "a\\"b" WHERE time > 77ms AND "via" != \'twinning\' GROUP BY * ORDER BY time ASC LIMIT 10'
    )
    assert (asked[0].url.params["db"], asked[0].url.params["epoch"]) == ("health", "ms")


async def test_a_full_page_and_a_partial_one_have_more() -> None:
    full = {"name": "m", "columns": ["time", "v"], "values": [[1, 1], [2, 2]]}
    for series, limit in ((full, 2), ({**full, "partial": True}, 10)):
        connection, _ = answering(200, {"results": [{"statement_id": 0, "series": [series]}]})
        (found,) = await connection.values(STEPS, since_ms=0, limit=limit)
        assert found.more
    connection, _ = answering(200, {"results": [{"statement_id": 0}]})
    assert await connection.values(STEPS, since_ms=0, limit=2) == []


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'{"results": []}',
        b'{"results": [{"series": 5}]}',
        b'{"results": [{"series": [5]}]}',
        b'{"results": [{"series": [{"values": [[1]]}]}]}',
        b'{"results": [{"series": [{"values": [["now", 5]]}]}]}',
    ],
)
async def test_what_is_no_answer_of_influxdb_is_a_bad_response(body: bytes) -> None:
    connection, _ = answering(200, body)
    with pytest.raises(BadResponse):
        await connection.values(STEPS, since_ms=0, limit=2)


async def test_a_server_without_influxql_is_recognised() -> None:
    series = {"name": "databases", "columns": ["name"], "values": [["_internal"]]}
    connection, _ = answering(200, {"results": [{"statement_id": 0, "series": [series]}]})
    with pytest.raises(BadResponse, match="VictoriaMetrics does not"):
        await connection.values(STEPS, since_ms=0, limit=2)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"version": "3"}, "version=1"),
        ({"version": "2"}, "organisation"),
        ({"write": "maybe"}, "write=yes"),
        ({"write": "no"}, "nothing to do"),
        ({"read": "nonsense"}, "not understood"),
    ],
)
def test_a_connection_that_cannot_work_is_refused(settings: dict[str, str], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        INFLUXDB.client(httpx.AsyncClient(), {"database": "health", **settings}, {})


def test_an_address_is_the_owners_own_and_the_password_is_never_shown() -> None:
    assert INFLUXDB.addresses({}) == [("http://127.0.0.1:8086", True)]
    assert INFLUXDB.addresses({"address": "https://influx.test"}) == [("https://influx.test", True)]
    assert "p:w" not in repr(answering(204)[0])
