"""What a phone posts over HTTP: with a key, bounded, and answered in sentences."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import AsyncIterator
from typing import Any

import health_made as made
import httpx
import pytest
from click.testing import CliRunner
from listening import listening
from sqlalchemy import text

from assistant import auth
from assistant.__main__ import main
from assistant.app import create_app
from assistant.channels import health_ingest
from assistant.events import Person
from assistant.figures.health import ingest_tokens
from assistant.house import House
from assistant.limits import Limit

DAY = dt.date(2026, 1, 10)
STEPS = {"name": "step_count", "units": "count", "data": [{"date": "2026-01-10 10:00:00 +0100", "qty": 42}]}
BODY = json.dumps({"data": {"metrics": [STEPS]}}).encode()


@pytest.fixture
async def key(house: House, ana: Person) -> str:
    return await ingest_tokens.add(house.database, ana.id, "iPhone")


@pytest.fixture
async def web(house: House) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_app(house), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as web:
        yield web


async def send(web: httpx.AsyncClient, body: bytes, **headers: str) -> httpx.Response:
    return await web.post("/ingest/health", content=body, headers=headers)


async def stored(house: House, person: Person) -> int:
    async with house.database.session(person.id) as session:
        count: int = (await session.execute(text("SELECT count(*) FROM health_samples"))).scalar_one()
        return count


# Who may post --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("header", ["authorization", "api-key", "x-my-own-word"])
@pytest.mark.parametrize("before", ["", "Bearer ", "Token  "])
async def test_the_key_may_stand_in_any_header(
    house: House, ana: Person, web: httpx.AsyncClient, key: str, header: str, before: str
) -> None:
    answer = await send(web, BODY, **{header: before + key})
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "taken", "added": 1, "changed": 0, "unchanged": 0, "marked": 0, "unknown_metrics": [],
        "complaints": [],
    }  # fmt: skip
    assert await stored(house, ana) == 1


async def test_without_a_good_key_nothing_is_stored_and_all_answers_are_the_same(
    house: House, ana: Person, web: httpx.AsyncClient, key: str
) -> None:
    await ingest_tokens.add(house.database, ana.id, "old phone")
    removed = await ingest_tokens.add(house.database, ana.id, "older phone")
    await ingest_tokens.remove(house.database, ana.id, "older phone")
    answers = [
        await send(web, BODY),
        await send(web, BODY, authorization=f"Bearer {key[:-1]}"),
        await send(web, BODY, authorization=f"Bearer {removed}"),
        await send(web, BODY, authorization=f"Basic {ana.id}"),
        await send(web, BODY, authorization=f"x{key}"),
        await send(web, b"not json", authorization="Bearer twinning_"),
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.text for answer in answers}) == 1
    assert "twinning token add" in answers[0].json()["detail"]
    assert await stored(house, ana) == 0


async def test_only_a_hash_of_the_key_is_stored_and_when_it_was_used(
    house: House, ana: Person, web: httpx.AsyncClient, key: str
) -> None:
    async with house.database.session(None) as session:
        rows = (await session.execute(text("SELECT * FROM ingest_tokens"))).all()
    assert key not in repr(rows)
    assert key.removeprefix("twinning_") not in repr(rows)
    [(name, _, used)] = await ingest_tokens.listed(house.database, ana.id)
    assert (name, used) == ("iPhone", None)
    await send(web, BODY, authorization=key)
    [(_, made_at, used)] = await ingest_tokens.listed(house.database, ana.id)
    assert used is not None
    assert used >= made_at


async def test_each_person_has_a_key_and_figures_of_their_own(
    house: House, ana: Person, web: httpx.AsyncClient, key: str
) -> None:
    code = await auth.invite(house.database)
    ben = await auth.sign_up(house.database, house.settings, code=code, name="Ben", password="correct horse")
    bens = await ingest_tokens.add(house.database, ben.id, "iPhone")
    await send(web, BODY, authorization=key)
    await send(web, made.body(made.day_rows(DAY)), authorization=bens)
    assert await stored(house, ana) == 1
    assert await stored(house, ben) > 100


async def test_tries_with_wrong_keys_and_posts_have_a_limit(
    house: House, web: httpx.AsyncClient, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health_ingest, "WRONG_KEYS", Limit("health_wrong_key", 2, 300, "Too many wrong keys"))
    monkeypatch.setattr(health_ingest, "FOR_ONE_PERSON", Limit("health", 3, 60, "That is a lot"))
    assert [(await send(web, BODY)).status_code for _ in range(3)] == [401, 401, 429]
    # A neighbour's wrong key does not keep the right one out.
    answers = [await send(web, BODY, authorization=key) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[-1].json()["detail"].startswith("That is a lot; wait ")


# What may be posted --------------------------------------------------------------------------------------------------


async def test_a_post_tells_what_became_of_each_part(
    house: House, ana: Person, web: httpx.AsyncClient, key: str
) -> None:
    rows: list[made.Row] = [
        ("heart_rate", "bpm", {"date": made.written(made.local(DAY, 8)), "qty": 900}),
        ("step_count", "count", {"date": "soon", "qty": 4}),
        ("Florp Index", "florps", {"date": "2026-01-10", "qty": 4}),
    ]
    sent = made.body([*made.day_rows(DAY), *rows], workouts=[made.workout(DAY)])
    answer = (await send(web, sent, authorization=key)).json()
    assert answer["added"] == await stored(house, ana) + 1
    assert answer["marked"] == 1
    assert answer["unknown_metrics"] == ["florp_index"]
    assert answer["complaints"] == ["step_count, row 49: “soon” is no date."]
    again = (await send(web, sent, authorization=key)).json()
    assert (again["added"], again["changed"], again["unchanged"]) == (0, 0, answer["added"])


@pytest.mark.parametrize("body", [b'{"data": {}}', b'{"data": {"metrics": []}}', b'{"data": {"workouts": []}}'])
async def test_an_empty_post_is_taken(web: httpx.AsyncClient, key: str, body: bytes) -> None:
    answer = await send(web, body, authorization=key)
    assert (answer.status_code, answer.json()["added"]) == (200, 0)


@pytest.mark.parametrize("body", [b"", b"steps,42", b'{"data":', b"[]", b'{"hello": 1}', b"\x00\xff" * 1000])
async def test_what_is_no_post_is_refused_in_a_sentence(
    house: House, ana: Person, web: httpx.AsyncClient, key: str, body: bytes
) -> None:
    answer = await send(web, body, authorization=key)
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith("This ")
    assert await stored(house, ana) == 0


async def test_dates_without_an_offset_are_in_the_persons_time_zone(
    house: House, ana: Person, web: httpx.AsyncClient, key: str
) -> None:
    row = {"date": "2026-01-10 00:30:00", "qty": 7}
    await send(web, made.body([("step_count", "count", row)]), authorization=key)
    async with house.database.session(ana.id) as session:
        [(at, day)] = (await session.execute(text("SELECT at, day FROM health_samples"))).all()
    assert (at, day) == (dt.datetime(2026, 1, 9, 23, 30, tzinfo=dt.UTC), DAY)


async def test_a_body_that_says_that_it_is_too_long_is_not_read(web: httpx.AsyncClient, key: str) -> None:
    async def never() -> AsyncIterator[bytes]:
        raise AssertionError("the body was read")
        yield b""

    answer = await web.post(
        "/ingest/health", content=never(), headers={"authorization": key, "content-length": "50000000"}
    )
    assert answer.status_code == 413
    assert "twinning import" in answer.json()["detail"]


async def test_a_body_that_becomes_too_long_is_given_up(
    web: httpx.AsyncClient, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def parsed(*_: Any, **__: Any) -> None:
        raise AssertionError("it was parsed")

    monkeypatch.setattr(health_ingest.health_post, "parse", parsed)
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 500_000_000:
            sent += 1_000_000
            yield b" " * 1_000_000

    answer = await web.post("/ingest/health", content=endless(), headers={"authorization": key})
    assert answer.status_code == 413
    assert sent <= health_ingest.BODY_BYTES + 2_000_000


async def test_a_real_server_answers_a_body_of_50_mb_with_413(house: House, key: str) -> None:
    async with listening(create_app(house)) as address, httpx.AsyncClient(base_url=address, timeout=60) as web:
        answer = await send(web, b" " * 50_000_000, authorization=key)
        assert answer.status_code == 413
        assert (await send(web, BODY, authorization=key)).status_code == 200


async def test_looking_at_the_door_says_what_it_is_for(web: httpx.AsyncClient) -> None:
    answer = await web.get("/ingest/health")
    assert answer.status_code == 405
    assert "posted here" in answer.json()["detail"]


async def test_five_megabytes_are_taken_new_again_and_corrected(
    house: House, ana: Person, web: httpx.AsyncClient, key: str
) -> None:
    start = dt.datetime(2025, 11, 1, tzinfo=dt.UTC)
    rows: list[made.Row] = []
    size = 0
    minute = 0
    while size < 5_000_000:
        at = made.written(start + dt.timedelta(minutes=minute))
        row = {"date": at, "qty": 60 + minute % 41, "source": "Watch"}
        size += len(json.dumps(row)) + 2
        rows.append(("heart_rate", "count/min", row))
        minute += 1
    sent = made.body(rows)
    assert 5_000_000 <= len(sent) < 5_100_000
    for qty in (0, 1):
        # The second time every reading is corrected. One in between re-sends it unchanged.
        body = sent if not qty else made.body([(n, u, {**row, "qty": row["qty"] + 1}) for n, u, row in rows])
        for _ in range(2 - qty):
            answer = await send(web, body, authorization=key)
            assert answer.status_code == 200
    assert await stored(house, ana) == len(rows)


# Keys on the command line --------------------------------------------------------------------------------------------


def test_a_key_is_printed_once_and_taken_away_by_name(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWINNING_DATABASE_URL", database_url)
    runner = CliRunner()
    added = runner.invoke(main, ["token", "add", "Ana's  iPhone"])
    assert added.exit_code == 0
    key = added.stdout.strip()
    assert key.startswith("twinning_")
    assert len(key) > 45
    listed = runner.invoke(main, ["token", "list"])
    assert listed.stdout.startswith("Ana's iPhone   made ")
    assert "not used yet" in listed.stdout
    assert key not in listed.output
    twice = runner.invoke(main, ["token", "add", "Ana's iPhone"])
    assert (twice.exit_code, "choose another name" in twice.output) == (1, True)
    assert runner.invoke(main, ["token", "remove", "Ana's iPhone"]).exit_code == 0
    gone = runner.invoke(main, ["token", "remove", "Ana's iPhone"])
    assert (gone.exit_code, "known: none" in gone.output) == (1, True)
    assert runner.invoke(main, ["token", "add", "\x1b[2J"]).exit_code == 1
