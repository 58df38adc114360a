"""The client with a server that answers like n8n; the same with a real n8n is `make test-n8n`."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import httpx
import pytest
from n8n_shaped import API_KEY, SIGNING_KEY, WEBHOOK_SECRET, N8nShaped

from assistant.errors import (
    AuthFailed,
    BadInput,
    BadResponse,
    ConfigurationError,
    NoAnswer,
    NotFound,
    RateLimited,
    Refused,
    ServiceUnavailable,
    TwinningError,
)
from integrations.n8n import N8nClient
from integrations.n8n_workflows import AllowedWorkflow

PHOTOS = AllowedWorkflow(
    name="photo_import",
    label="Photo import",
    path="twinning/photo-import",
    inputs={"type": "object", "additionalProperties": False, "properties": {"folder": {"type": "string"}}},
    examples=("run the photo import",),
    answers="sync",
    idempotent=True,
    effect="write",
    undo="Delete the album.",
)


@pytest.fixture
def n8n() -> Iterator[N8nShaped]:
    with N8nShaped() as server:
        yield server


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=3, trust_env=False) as client:
        yield client


@pytest.fixture
def client(n8n: N8nShaped, http: httpx.AsyncClient) -> N8nClient:
    return N8nClient(
        http, base_url=n8n.url + "/", webhook_secret=WEBHOOK_SECRET, signing_key=SIGNING_KEY, api_key=API_KEY
    )


async def test_a_trigger_comes_back_with_its_receipt(n8n: N8nShaped, client: N8nClient) -> None:
    answer = await client.trigger(PHOTOS, {"folder": "Süd"}, idempotency_key="k1")
    assert (answer.finished, answer.repeated, answer.execution) == (True, False, "1")
    assert answer.result == {"imported": 4}
    assert n8n.effects == [{"folder": "Süd"}]


async def test_a_second_try_with_the_key_does_nothing_anew(n8n: N8nShaped, client: N8nClient) -> None:
    await client.trigger(PHOTOS, {"folder": "A"}, idempotency_key="k1")
    again = await client.trigger(PHOTOS, {"folder": "A"}, idempotency_key="k1")
    assert again.repeated
    assert len(n8n.effects) == 1


@pytest.mark.parametrize("fault", ["silence", "fails after"])
async def test_after_no_answer_the_same_key_brings_the_first_result(
    n8n: N8nShaped, client: N8nClient, fault: str
) -> None:
    n8n.fault = fault
    with pytest.raises(NoAnswer) as unknown:
        await client.trigger(PHOTOS, {"folder": "A"}, idempotency_key="k1")
    assert unknown.value.may_have_acted
    n8n.fault = ""
    assert (await client.trigger(PHOTOS, {"folder": "A"}, idempotency_key="k1")).repeated
    assert len(n8n.effects) == 1


@pytest.mark.parametrize(
    ("fault", "error", "says"),
    [
        ("starting", ServiceUnavailable, "still starting up"),
        ("database", NoAnswer, "503"),
        ("workflow failed", NoAnswer, "look there whether it was done"),
        ("page", BadResponse, "no JSON"),
        ("empty", BadResponse, "did not say what came of it"),
        ("started only", BadResponse, "respond when the last node finishes"),
        ("busy", RateLimited, "slow down"),
        ("too large", Refused, "request entity too large"),
        ("elsewhere", BadResponse, "does not follow"),
        ("said 404", NotFound, "no such album"),
    ],
)
async def test_each_failure_is_told_as_what_it_is(
    n8n: N8nShaped, client: N8nClient, fault: str, error: type[TwinningError], says: str
) -> None:
    n8n.fault = fault
    with pytest.raises(error, match=says) as failure:
        await client.trigger(PHOTOS, {"folder": "A"}, idempotency_key="k1")
    assert type(failure.value) is error
    assert n8n.effects == []
    assert len(n8n.asked) == 1


async def test_a_started_workflow_is_accepted_when_a_callback_follows(n8n: N8nShaped, client: N8nClient) -> None:
    n8n.fault = "started only"
    answer = await client.trigger(
        replace(PHOTOS, answers="callback"), {"folder": "A"}, idempotency_key="k1", callback_url="http://127.0.0.1/x"
    )
    assert not answer.finished
    assert answer.result is None


async def test_a_workflow_that_is_not_active_says_what_to_do(client: N8nClient) -> None:
    with pytest.raises(NotFound, match="activate “Photo import” in n8n"):
        await client.trigger(replace(PHOTOS, path="twinning/other"), {"folder": "A"}, idempotency_key="k1")


async def test_an_n8n_that_is_down_was_not_asked(http: httpx.AsyncClient) -> None:
    client = N8nClient(http, base_url="http://127.0.0.1:9", webhook_secret="w", signing_key="s")
    with pytest.raises(ServiceUnavailable, match="look whether it is up"):
        await client.trigger(PHOTOS, {"folder": "A"}, idempotency_key="k1")


@pytest.mark.parametrize(("secret", "key"), [("guess", SIGNING_KEY), (WEBHOOK_SECRET, "guess")])
async def test_wrong_secrets_are_refused_and_said(
    n8n: N8nShaped, http: httpx.AsyncClient, secret: str, key: str
) -> None:
    client = N8nClient(http, base_url=n8n.url, webhook_secret=secret, signing_key=key)
    with pytest.raises(AuthFailed, match="secret or signature") as refused:
        await client.trigger(PHOTOS, {"folder": "A"}, idempotency_key="k1")
    assert "guess" not in str(refused.value)
    assert n8n.effects == []


@pytest.mark.parametrize(("secret", "key"), [("", "s"), ("w", "")])
async def test_a_client_without_its_secrets_is_not_made(http: httpx.AsyncClient, secret: str, key: str) -> None:
    with pytest.raises(ConfigurationError, match="webhook secret and a signing key"):
        N8nClient(http, base_url="http://127.0.0.1:9", webhook_secret=secret, signing_key=key)


async def test_wrong_inputs_are_not_sent(n8n: N8nShaped, client: N8nClient) -> None:
    with pytest.raises(BadInput, match="folder"):
        await client.trigger(PHOTOS, {"folder": 7}, idempotency_key="k1")
    assert n8n.asked == []


async def test_all_pages_of_workflows_are_listed(n8n: N8nShaped, client: N8nClient) -> None:
    n8n.workflows = 230
    listed = await client.list_workflows()
    assert [each.id for each in listed] == [f"w{number}" for number in range(230)]
    assert [each.active for each in listed[:2]] == [True, False]
    assert len(n8n.asked) == 3


async def test_the_last_executions_are_listed_without_their_data(n8n: N8nShaped, client: N8nClient) -> None:
    listed = await client.executions(last=2)
    assert [each.id for each in listed] == ["5", "4"]
    assert {(each.workflow_id, each.status, each.stopped_at) for each in listed} == {("w1", "success", None)}
    assert n8n.asked == [("GET", "/api/v1/executions?limit=2&includeData=false")]


@pytest.mark.parametrize("last", [0, 101])
async def test_more_executions_than_a_page_are_not_asked_for(n8n: N8nShaped, client: N8nClient, last: int) -> None:
    with pytest.raises(BadInput, match="1 to 100"):
        await client.executions(last=last)
    assert n8n.asked == []


async def test_lists_need_a_key_and_say_so(n8n: N8nShaped, http: httpx.AsyncClient) -> None:
    without = N8nClient(http, base_url=n8n.url, webhook_secret=WEBHOOK_SECRET, signing_key=SIGNING_KEY)
    for listing in (without.list_workflows, without.executions):
        with pytest.raises(ConfigurationError, match="API key"):
            await listing()
    assert n8n.asked == []
    wrong = N8nClient(http, base_url=n8n.url, webhook_secret=WEBHOOK_SECRET, signing_key=SIGNING_KEY, api_key="guess")
    with pytest.raises(AuthFailed, match="make a new one"):
        await wrong.list_workflows()


@pytest.mark.parametrize(
    ("fault", "error"), [("starting", ServiceUnavailable), ("wrong list", BadResponse), ("empty", BadResponse)]
)
async def test_a_list_that_is_none_is_not_taken_for_an_empty_one(
    n8n: N8nShaped, client: N8nClient, fault: str, error: type[TwinningError]
) -> None:
    n8n.fault = fault
    for listing in (client.list_workflows, client.executions):
        with pytest.raises(error):
            await listing()


async def test_the_client_has_no_verb_that_changes_a_workflow() -> None:
    verbs = {name for name in vars(N8nClient) if not name.startswith("_")}
    assert verbs == {"trigger", "ready", "list_workflows", "executions"}


async def test_what_is_sent_is_the_signed_canonical_body(http: httpx.AsyncClient) -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"fine": True})

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as mocked:
        client = N8nClient(mocked, base_url="http://n8n.test", webhook_secret="w", signing_key="s")
        said = await client.trigger(PHOTOS, {"folder": "A"}, idempotency_key="k1")
    # A workflow of the person's own, which answers what it likes: the whole answer is the result.
    assert (said.result, said.execution, said.repeated) == ({"fine": True}, None, False)
    (request,) = seen
    assert json.loads(request.content) == {
        "idempotency_key": "k1",
        "inputs": {"folder": "A"},
        "workflow": "photo_import",
    }
    assert request.headers["idempotency-key"] == "k1"
    assert request.headers["x-twinning-secret"] == "w"
    assert request.headers["twinning-signature"].startswith("t=")
