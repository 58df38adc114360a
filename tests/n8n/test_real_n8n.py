"""The client and the shipped workflows with a real n8n, end to end; `make test-n8n`."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import time
import uuid
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from install_n8n import N8nInstallation
from jsonschema import Draft202012Validator
from lane import SIGNING_KEY, WEBHOOK_SECRET, Lane
from real_n8n import RealN8n
from stand_ins import github_issue, notion_page

from assistant.errors import AuthFailed, BadInput, NoAnswer, NotFound, ServiceError, ServiceUnavailable
from integrations.n8n import KEY_HEADER, SECRET_HEADER, Execution, N8nClient, TriggerAnswer, trigger_body
from integrations.n8n_deliveries import SIGNATURE_HEADER, Finished, MailArrived, MemoryOffered, SummaryRequested, sign
from integrations.n8n_workflows import AllowedWorkflow

NOTION_CONTRACT = Path(__file__).parents[3] / "shared" / "contracts" / "notion" / "QueryDataSourceParameters.json"
if not os.environ.get("N8N_LANE"):
    pytest.skip("a real n8n is 2.7 GB; run it with `make test-n8n`", allow_module_level=True)

NEW_WORKFLOW: dict[str, Any] = {"name": "Mine", "nodes": [], "connections": {}, "settings": {}}


def new_key() -> str:
    return uuid.uuid4().hex


async def test_a_workflow_with_typed_inputs_runs_and_answers_with_its_result(lane: Lane, client: N8nClient) -> None:
    inputs = {"folder": "Kamera “Süd”", "album": "Sömmer", "newest": 10}
    answer = await client.trigger(lane.workflows.named("photo_import"), inputs, idempotency_key=new_key())
    assert answer.finished
    assert not answer.repeated
    assert answer.execution is not None
    assert answer.execution.isdigit()
    assert answer.result["folder"] == "Kamera “Süd”"
    assert lane.outside.imports[-1] == inputs


async def test_the_same_key_twice_is_one_effect_and_the_same_answer(lane: Lane, client: N8nClient) -> None:
    before, key = len(lane.outside.imports), new_key()
    first, second = [
        await client.trigger(lane.workflows.named("photo_import"), {"folder": "A"}, idempotency_key=key) for _ in "12"
    ]
    assert len(lane.outside.imports) == before + 1
    assert (first.repeated, second.repeated) == (False, True)
    assert second.result == first.result
    assert second.execution == first.execution
    await client.trigger(lane.workflows.named("photo_import"), {"folder": "A"}, idempotency_key=new_key())
    assert len(lane.outside.imports) == before + 2


async def test_the_same_key_eight_times_at_once_is_one_effect(lane: Lane, client: N8nClient) -> None:
    before, key = len(lane.outside.imports), new_key()
    workflow = lane.workflows.named("photo_import")
    tries = [client.trigger(workflow, {"folder": "slow"}, idempotency_key=key) for _ in range(8)]
    answers = await asyncio.gather(*tries, return_exceptions=True)
    assert len(lane.outside.imports) == before + 1
    assert sum(isinstance(each, TriggerAnswer) and not each.repeated for each in answers) == 1
    # The others came while it ran: nobody tells them that it is done.
    assert all(isinstance(each, NoAnswer | TriggerAnswer) for each in answers)


async def test_a_failure_behind_n8n_is_no_success_and_is_not_repeated(lane: Lane, client: N8nClient) -> None:
    before, key = len(lane.outside.imports), new_key()
    for _ in range(2):
        with pytest.raises(NoAnswer, match="look"):
            await client.trigger(lane.workflows.named("photo_import"), {"folder": "broken"}, idempotency_key=key)
    assert len(lane.outside.imports) == before + 1


async def test_a_wrong_webhook_secret_is_refused(lane: Lane, http: httpx.AsyncClient) -> None:
    before = len(lane.outside.imports)
    stranger = N8nClient(http, base_url=lane.n8n.url, webhook_secret="guess", signing_key=SIGNING_KEY)
    with pytest.raises(AuthFailed, match="secret"):
        await stranger.trigger(lane.workflows.named("photo_import"), {"folder": "A"}, idempotency_key=new_key())
    assert len(lane.outside.imports) == before


async def test_a_wrong_signing_key_is_refused(lane: Lane, http: httpx.AsyncClient) -> None:
    before = len(lane.outside.imports)
    stranger = N8nClient(http, base_url=lane.n8n.url, webhook_secret=WEBHOOK_SECRET, signing_key="guess")
    with pytest.raises(AuthFailed, match="signature"):
        await stranger.trigger(lane.workflows.named("photo_import"), {"folder": "A"}, idempotency_key=new_key())
    assert len(lane.outside.imports) == before


@pytest.mark.parametrize("off", [timedelta(minutes=-6), timedelta(minutes=6)])
async def test_an_old_or_future_signature_is_refused(lane: Lane, http: httpx.AsyncClient, off: timedelta) -> None:
    before = len(lane.outside.imports)
    late = N8nClient(
        http, base_url=lane.n8n.url, webhook_secret=WEBHOOK_SECRET, signing_key=SIGNING_KEY,
        clock=lambda: datetime.now(UTC) + off,
    )  # fmt: skip
    with pytest.raises(AuthFailed):
        await late.trigger(lane.workflows.named("photo_import"), {"folder": "A"}, idempotency_key=new_key())
    assert len(lane.outside.imports) == before


@pytest.mark.parametrize("purpose", ["trigger", "deliver"])
async def test_changed_bytes_or_another_purpose_do_not_pass(lane: Lane, http: httpx.AsyncClient, purpose: Any) -> None:
    before, key = len(lane.outside.imports), new_key()
    body = trigger_body(lane.workflows.named("photo_import"), {"folder": "A"}, idempotency_key=key, callback_url=None)
    headers = {
        SECRET_HEADER: WEBHOOK_SECRET,
        KEY_HEADER: key,
        SIGNATURE_HEADER: sign(body, key=SIGNING_KEY, purpose=purpose, now=datetime.now(UTC)),
        "Content-Type": "application/json",
    }
    sent = body.replace(b'"A"', b'"B"') if purpose == "trigger" else body
    answer = await http.post(f"{lane.n8n.url}/webhook/twinning/photo-import", content=sent, headers=headers)
    assert answer.status_code == 401
    assert len(lane.outside.imports) == before


async def test_wrong_inputs_never_leave(lane: Lane, client: N8nClient) -> None:
    before = len(lane.outside.imports)
    with pytest.raises(BadInput, match="newest"):
        await client.trigger(
            lane.workflows.named("photo_import"), {"folder": "A", "newest": "all"}, idempotency_key=new_key()
        )
    assert len(lane.outside.imports) == before


async def test_a_workflow_that_is_not_active_says_so(lane: Lane, client: N8nClient) -> None:
    known = lane.workflows.named("photo_import")
    gone = type(known)(**{**known.__dict__, "path": "twinning/nowhere", "label": "Nowhere"})
    with pytest.raises(NotFound, match="activate “Nowhere” in n8n"):
        await client.trigger(gone, {"folder": "A"}, idempotency_key=new_key())


async def test_the_callback_comes_signed_and_once(lane: Lane, client: N8nClient) -> None:
    before, key = len(lane.outside.archives), new_key()
    workflow = lane.workflows.named("photo_archive")
    accepted = await client.trigger(workflow, {"album": "Sömmer"}, idempotency_key=key, callback_url=lane.hook)
    assert not accepted.finished
    (said,) = await lane.outside.delivered(lambda each: isinstance(each, Finished) and each.idempotency_key == key)
    assert isinstance(said, Finished)
    assert (said.ok, said.workflow, said.execution) == (True, "photo_archive", accepted.execution)
    assert said.result == {"archived": 7, "album": "Sömmer"}
    again = await client.trigger(workflow, {"album": "Sömmer"}, idempotency_key=key, callback_url=lane.hook)
    assert (again.finished, again.repeated, again.result) == (True, True, said.result)
    assert len(lane.outside.archives) == before + 1
    assert lane.outside.refused == []


async def test_the_callback_tells_a_failure(lane: Lane, client: N8nClient) -> None:
    key = new_key()
    workflow = lane.workflows.named("photo_archive")
    await client.trigger(workflow, {"album": "broken"}, idempotency_key=key, callback_url=lane.hook)
    (said,) = await lane.outside.delivered(lambda each: isinstance(each, Finished) and each.idempotency_key == key)
    assert isinstance(said, Finished)
    assert not said.ok
    assert "507" in said.error


async def test_a_memory_event_reaches_the_receiver_once(lane: Lane, client: N8nClient) -> None:
    key = new_key()
    event = {
        "event": "corrected",
        "memory_id": "m-7",
        "happened_at": "2026-11-22T10:00:00+01:00",
        "text": "Tea, not coffee.",
    }
    for _ in range(2):
        answer = await client.trigger(lane.workflows.named("memory_event"), event, idempotency_key=key)
        assert answer.result == {"status": 204}
    assert [each for each in lane.outside.forwarded if each["idempotency_key"] == key] == [
        {"idempotency_key": key, **event}
    ]


def of_source(source: str) -> Any:
    return lambda each: isinstance(each, MemoryOffered) and each.source == source


async def test_changed_notion_pages_become_memories_and_later_only_what_changed(lane: Lane) -> None:
    lane.outside.pages[:] = [notion_page(number, f"2026-11-22T10:0{number}:00.000Z") for number in range(5)]
    found = await lane.outside.delivered(of_source("notion"), count=5)
    assert {each.source_id: each.text for each in found if isinstance(each, MemoryOffered)} == {
        f"page-{number}": f"Page {number}\n\nThe text of page-{number}." for number in range(5)
    }
    # Wait until the cursor has moved: then the first five are asked for no more.
    asked = lane.outside.notion_asked
    await _until(lambda: asked[-1]["filter"]["last_edited_time"]["on_or_after"] == "2026-11-22T10:04:00.000Z")
    lane.outside.pages[1] = notion_page(1, "2026-11-22T11:00:00.000Z")
    found = await lane.outside.delivered(of_source("notion"), count=6)
    assert len(found) == 6
    assert isinstance(found[-1], MemoryOffered)
    assert (found[-1].source_id, found[-1].happened_at.hour) == ("page-1", 11)


def test_what_asks_notion_keeps_to_its_contract(lane: Lane) -> None:
    if not NOTION_CONTRACT.exists():
        pytest.skip("../shared is not beside this clone")
    contract = Draft202012Validator(json.loads(NOTION_CONTRACT.read_text("utf-8")))
    asked = lane.outside.notion_asked
    assert asked
    for each in asked:
        assert [error.message for error in contract.iter_errors({"data_source_id": "source-1", **each})] == []
    wrong = {"data_source_id": "source-1", **asked[0], "page_size": "many"}
    assert list(contract.iter_errors(wrong))


async def test_github_activity_becomes_memories(lane: Lane) -> None:
    now = datetime.now(UTC)
    lane.outside.issues[:] = [github_issue(n, f"{now - timedelta(hours=n):%Y-%m-%dT%H:%M:%SZ}") for n in range(1, 4)]
    lane.outside.pulls[:] = [github_issue(9, f"{now - timedelta(days=2):%Y-%m-%dT%H:%M:%SZ}", pull_request=True)]
    found = await lane.outside.delivered(of_source("github"), count=4)
    assert {each.link for each in found if isinstance(each, MemoryOffered)} == {
        f"https://github.com/ana/garden/{path}" for path in ("issues/1", "issues/2", "issues/3", "pull/9")
    }
    texts = [each.text for each in found if isinstance(each, MemoryOffered)]
    assert "ana/garden #1: Thing 1 (open)\n\nÜmlaut, “quotes” and a\nsecond line." in texts
    assert {word for asked in lane.outside.github_asked for word in asked.split() if word.startswith("is:")} == {
        "is:issue",
        "is:pull-request",
    }


async def test_the_daily_summary_is_asked_for_once_a_day(lane: Lane) -> None:
    (said,) = await lane.outside.delivered(lambda each: isinstance(each, SummaryRequested))
    assert said.id.startswith("summary:20")


async def test_a_mail_comes_to_triage(lane: Lane) -> None:
    lane.mailbox.deliver(
        sender="Bo <bo@example.org>", subject="Grüße", text="See you at 5 – Bo", message_id="<m1@example.org>"
    )
    (said,) = await lane.outside.delivered(lambda each: isinstance(each, MailArrived), limit_s=120)
    assert isinstance(said, MailArrived)
    assert said.subject == "Grüße"
    assert "bo@example.org" in said.sender
    assert said.text.strip() == "See you at 5 – Bo"
    assert said.message_id == "<m1@example.org>"
    assert said.received_at == datetime(2026, 11, 22, 10, tzinfo=UTC)


async def test_workflows_and_executions_are_listed_with_an_api_key_that_may_do_nothing_else(
    lane: Lane, http: httpx.AsyncClient
) -> None:
    key = lane.n8n.api_key()
    client = N8nClient(http, base_url=lane.n8n.url, webhook_secret=WEBHOOK_SECRET, signing_key=SIGNING_KEY, api_key=key)
    listed = {each.id: each for each in await client.list_workflows()}
    assert len(listed) == 10
    assert listed["twinning-photo-import"].active
    assert listed["twinning-photo-import"].name == "Twinning: photo import"
    answer = await client.trigger(lane.workflows.named("photo_import"), {"folder": "A"}, idempotency_key=new_key())
    assert answer.execution is not None
    runs: dict[str, Execution] = {}
    deadline = time.monotonic() + 30
    while answer.execution not in runs:  # n8n answers first and writes the execution's end after
        assert time.monotonic() < deadline
        runs = {each.id: each for each in await client.executions(last=100)}
    assert runs[answer.execution].workflow_id == "twinning-photo-import"
    assert runs[answer.execution].status == "success"
    assert len(await client.executions(last=3)) == 3
    made = await http.post(f"{lane.n8n.url}/api/v1/workflows", headers={"X-N8N-API-KEY": key}, json=NEW_WORKFLOW)
    assert made.status_code == 403
    stranger = N8nClient(
        http, base_url=lane.n8n.url, webhook_secret=WEBHOOK_SECRET, signing_key=SIGNING_KEY, api_key="guess"
    )
    with pytest.raises(AuthFailed, match="API key"):
        await stranger.list_workflows()


async def test_an_n8n_that_boots_is_never_taken_for_one_that_acted(
    lane: Lane, installation: N8nInstallation, http: httpx.AsyncClient, tmp_path: Path
) -> None:
    booting = RealN8n(installation, tmp_path)
    client = N8nClient(http, base_url=booting.url, webhook_secret=WEBHOOK_SECRET, signing_key=SIGNING_KEY)
    said: list[ServiceError] = []
    booting.start()
    try:
        deadline = time.monotonic() + 300
        while time.monotonic() < deadline and not any("activate" in str(each) for each in said):
            try:
                await client.trigger(lane.workflows.named("photo_import"), {"folder": "A"}, idempotency_key="boot")
                pytest.fail("a booting n8n was taken for one that acted")
            except ServiceError as error:
                said.append(error)
            except NotFound as error:  # up, with no workflow at all, or with its routes not laid yet
                if "activate" in str(error):
                    break
            await asyncio.sleep(0.02)
    finally:
        booting.stop()
    assert any("still starting up" in str(each) for each in said)
    assert all(isinstance(each, ServiceUnavailable) for each in said), {str(each) for each in said}


async def test_a_key_is_remembered_over_a_restart_and_for_thirty_days(lane: Lane, client: N8nClient) -> None:
    before, key, old = len(lane.outside.imports), new_key(), new_key()
    workflow = lane.workflows.named("photo_import")
    first = await client.trigger(workflow, {"folder": "A"}, idempotency_key=key)
    await client.trigger(workflow, {"folder": "B"}, idempotency_key=old)
    await asyncio.to_thread(lane.n8n.stop)
    with pytest.raises(ServiceUnavailable):
        await client.trigger(workflow, {"folder": "A"}, idempotency_key=key)
    age_key(lane.n8n.folder / ".n8n" / "database.sqlite", f"photo_import {old}", days=31)
    lane.n8n.start()
    await asyncio.to_thread(lane.n8n.wait)
    again = await until_active(client, workflow, {"folder": "A"}, key)
    assert (again.repeated, again.result) == (True, first.result)
    assert len(lane.outside.imports) == before + 2
    await _until(lambda: not keys(lane.n8n.folder / ".n8n" / "database.sqlite", f"photo_import {old}"))
    assert keys(lane.n8n.folder / ".n8n" / "database.sqlite", f"photo_import {key}")


async def until_active(client: N8nClient, workflow: AllowedWorkflow, inputs: dict[str, Any], key: str) -> TriggerAnswer:
    deadline = time.monotonic() + 60
    while True:
        try:
            return await client.trigger(workflow, inputs, idempotency_key=key)
        except NotFound:  # n8n activates after it says that it is ready
            assert time.monotonic() < deadline
            await asyncio.sleep(0.2)


def keys_table(database: sqlite3.Connection) -> str:
    (found,) = database.execute("SELECT id FROM data_table WHERE name = 'twinning_keys'").fetchone()
    return f"data_table_user_{found}"


def age_key(path: Path, key: str, *, days: int) -> None:
    """Makes an idempotency key older, in the database of an n8n that is stopped."""
    with closing(sqlite3.connect(path)) as database:
        older = f"UPDATE {keys_table(database)} SET createdAt = datetime(createdAt, ?) WHERE key = ?"
        changed = database.execute(older, (f"-{days} days", key))
        assert changed.rowcount == 1
        database.commit()


def keys(path: Path, key: str) -> list[Any]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        return database.execute(f"SELECT key FROM {keys_table(database)} WHERE key = ?", (key,)).fetchall()


async def _until(true: Any, limit_s: float = 60.0) -> None:
    deadline = time.monotonic() + limit_s
    while not true():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.1)
