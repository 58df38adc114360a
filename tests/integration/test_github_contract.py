"""What our client sends to GitHub, and what the GitHub-shaped service answers, held against GitHub's own OpenAPI.

The contract is `../shared/contracts/github-subset.json`; without it these tests are skipped in words. Ten paths are in
it; `OUTSIDE` names the four verbs of ours that are not.
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import datetime as dt
import json
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import httpx
import pytest
from github_shaped import TOKEN, GitHubShaped
from jsonschema import Draft202012Validator, FormatChecker, ValidationError

from assistant.errors import NoAnswer, NotFound, RateLimited, Refused
from integrations.github import GitHubClient

CONTRACT = Path(__file__).parents[3] / "shared" / "contracts" / "github-subset.json"
OUTSIDE = {
    ("POST", "/repos/{owner}/{repo}/issues/{issue_number}/labels"),
    ("DELETE", "/repos/{owner}/{repo}/issues/{issue_number}/labels/{name}"),
    ("GET", "/repos/{owner}/{repo}/issues/comments/{comment_id}"),
    ("DELETE", "/repos/{owner}/{repo}/issues/comments/{comment_id}"),
}
SINCE = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)

formats = FormatChecker(formats=())


@formats.checks("date-time", ValueError)
def _is_instant(value: object) -> bool:
    return not isinstance(value, str) or dt.datetime.fromisoformat(value).tzinfo is not None


@formats.checks("uri", ValueError)
def _is_uri(value: object) -> bool:
    return not isinstance(value, str) or bool(urlsplit(value).scheme)


class NotInContract(AssertionError):
    """The contract knows no such operation, parameter, status or body."""


def modern(schema: Any) -> Any:
    """OpenAPI 3.0's `nullable` in JSON Schema's own words, which do not know it and would refuse every null."""
    if isinstance(schema, list):
        return [modern(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {name: modern(value) for name, value in schema.items() if name not in ("nullable", "example", "examples")}
    return {"anyOf": [kept, {"type": "null"}]} if schema.get("nullable") is True else kept


@dataclass
class Contract:
    """GitHub's OpenAPI, asked about one exchange at a time."""

    spec: dict[str, Any]
    seen: set[tuple[str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.spec = {**self.spec, "components": modern(self.spec["components"])}

    def operation(self, method: str, path: str) -> tuple[str, dict[str, Any]]:
        """The template that a path fits, and what is agreed there."""
        for template, operations in self.spec["paths"].items():
            # Only `{path}` may hold slashes: "x-multi-segment" says so.
            pattern = re.sub(r"\{(\w+)\}", lambda name: "(.+)" if name[1] == "path" else "([^/]+)", template)
            if re.fullmatch(pattern, path) and method.lower() in operations:
                return template, operations[method.lower()]
        raise NotInContract(f"{method} {path}")

    def check(self, value: Any, schema: Any) -> None:
        whole = {**modern(schema), "components": self.spec["components"]}
        Draft202012Validator.check_schema(whole)
        Draft202012Validator(whole, format_checker=formats).validate(value)

    def resolved(self, part: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in part:
            found: Any = self.spec
            for name in part["$ref"].removeprefix("#/").split("/"):
                found = found[name]
            part = found
        return part

    def request(self, method: str, url: str, body: Any) -> None:
        """Raises unless GitHub agreed to take this; names that it does not know are refused, not passed over."""
        address = urlsplit(url)
        template, operation = self.operation(method, address.path)
        self.seen.add((method, template))
        known = {(each["in"], each["name"]): each for each in map(self.resolved, operation.get("parameters", []))}
        for name, value in parse_qsl(address.query, keep_blank_values=True):
            parameter = known.get(("query", name))
            if parameter is None:
                raise NotInContract(f"{name}= at {template}")
            self.check(_typed(value, parameter["schema"]), parameter["schema"])
        for name, value in _path_values(template, address.path).items():
            schema = known["path", name]["schema"]
            self.check(_typed(value, schema), schema)
        if "requestBody" not in operation:
            if body is not None:
                raise NotInContract(f"a body at {template}")
            return
        schema = self.resolved(operation["requestBody"]["content"]["application/json"]["schema"])
        self.check(body, {**schema, "additionalProperties": False})

    def answer(self, method: str, path: str, *, status: int, body: Any, accept: str) -> None:
        """Raises unless GitHub agreed to answer this."""
        template, operation = self.operation(method, path)
        response = operation["responses"].get(str(status))
        if response is None:
            raise NotInContract(f"{status} at {template}")
        content = self.resolved(response).get("content", {})
        kind = accept.removesuffix("+json") if accept.removesuffix("+json") in content else "application/json"
        self.check(body, content[kind]["schema"])


def _typed(value: str, schema: dict[str, Any]) -> Any:
    """A piece of an address as the type that it stands for; what does not read as it stays text, and is refused."""
    if schema.get("type") == "integer" and re.fullmatch(r"-?[0-9]+", value):
        return int(value)
    return {"true": True, "false": False}.get(value, value) if schema.get("type") == "boolean" else value


def _path_values(template: str, path: str) -> dict[str, str]:
    names = re.findall(r"\{(\w+)\}", template)
    pattern = re.sub(r"\{(\w+)\}", lambda name: "(.+)" if name[1] == "path" else "([^/]+)", template)
    found = re.fullmatch(pattern, path)
    assert found is not None
    return dict(zip(names, map(unquote, found.groups()), strict=True))


@dataclass(frozen=True)
class Exchange:
    """One request and its answer, as they went over the wire."""

    method: str
    url: str
    path: str
    body: Any
    accept: str
    status: int
    answer: Any


class Recording(httpx.AsyncBaseTransport):
    """Passes on, and keeps what was said."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self.inner = inner
        self.exchanges: list[Exchange] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        response = await self.inner.handle_async_request(request)
        answer = await response.aread()
        self.exchanges.append(
            Exchange(
                method=request.method,
                url=str(request.url),
                path=request.url.raw_path.decode().split("?")[0],
                body=json.loads(body) if body else None,
                accept=request.headers["accept"],
                status=response.status_code,
                answer=json.loads(answer) if answer else None,
            )
        )
        return response


@pytest.fixture(scope="module")
def contract() -> Contract:
    if not CONTRACT.exists():
        pytest.skip("the contracts are not beside this clone (../shared/contracts)")
    return Contract(json.loads(CONTRACT.read_text()))


@pytest.fixture
def service() -> GitHubShaped:
    service = GitHubShaped(clock=lambda: dt.datetime(2026, 11, 22, 9, 0, tzinfo=dt.UTC))
    repo = service.add_repository("ada/house")
    service.add_issue(repo, "The pump drips", body="Since Monday.")
    service.add_issue(repo, "Mend the pump", pull=True)
    service.add_comment(repo, 1, "I saw it too.", author="bob")
    service.add_run(repo, "CI")
    service.add_run(repo, "CI", conclusion=None)
    service.add_notification(repo, "The pump drips", number=1)
    repo.files |= {"docs/readme.md": "Grüße\n".encode(), "photo.jpg": b"\xff\xd8\x00", "big.txt": b"a" * 1_000_001}
    return service


async def walk(client: GitHubClient, classic: GitHubClient) -> None:
    """Every verb, the ways that a person would go."""
    await client.me()
    await client.repository("ada/house")
    made = await client.create_issue("ada/house", "A door squeaks", body="Oil it.", labels=["bug", "home/door"])
    await client.issues("ada/house", state="all", labels=["bug"])
    said = await client.comment("ada/house", made.number, body="Done.")
    await client.issue("ada/house", made.number)
    assert await client.issue_now("ada/house", made.number) == replace(made, comment_count=1)
    assert await client.comment_now("ada/house", made.number, said.id) == said
    await client.find_created_issue("ada/house", "A door squeaks", body="Oil it.", since=SINCE)
    await client.find_comment("ada/house", made.number, body="Done.", since=SINCE)
    await client.add_labels("ada/house", made.number, labels=["later"])
    await client.remove_label("ada/house", made.number, label="home/door")
    await client.close("ada/house", made.number, reason="not_planned")
    await client.reopen("ada/house", made.number)
    await client.delete_comment("ada/house", said.id)
    assert not await client.has_comment("ada/house", said.id)
    await client.pull_requests("ada/house", state="all")
    await client.search_issues("pump repo:ada/house")
    for path in ("docs/readme.md", "photo.jpg", "big.txt"):
        await client.file_contents("ada/house", path, ref="main")
    await client.workflow_runs("ada/house", branch="main")
    await classic.notifications(unread_only=False)


@pytest.fixture
async def exchanges(service: GitHubShaped) -> AsyncIterator[list[Exchange]]:
    """Everything that is said on a walk through all verbs."""
    recording = Recording(httpx.ASGITransport(service.app))
    async with httpx.AsyncClient(transport=recording) as http:
        client = GitHubClient(http, token=TOKEN)
        classic_service = GitHubShaped(token="ghp_classic1234", threads=service.threads)
        classic_recording = Recording(httpx.ASGITransport(classic_service.app))
        async with httpx.AsyncClient(transport=classic_recording) as classic_http:
            await walk(client, GitHubClient(classic_http, token="ghp_classic1234"))
        yield recording.exchanges + classic_recording.exchanges


def inside(contract: Contract, exchanges: list[Exchange]) -> Iterator[tuple[str, Exchange]]:
    """The exchanges that the contract is about, with their path's template."""
    for exchange in exchanges:
        try:
            template, _ = contract.operation(exchange.method, exchange.path)
        except NotInContract:
            continue
        yield template, exchange


async def test_every_request_and_every_answer_is_in_githubs_contract(
    contract: Contract, exchanges: list[Exchange]
) -> None:
    visited = set()
    for template, exchange in inside(contract, exchanges):
        contract.request(exchange.method, exchange.url, exchange.body)
        contract.answer(
            exchange.method, exchange.path, status=exchange.status, body=exchange.answer, accept=exchange.accept
        )
        visited.add(template)
    assert visited == set(contract.spec["paths"])


async def test_only_four_verbs_are_outside_of_the_contract(contract: Contract, exchanges: list[Exchange]) -> None:
    covered = {id(exchange) for _, exchange in inside(contract, exchanges)}
    outside = [exchange for exchange in exchanges if id(exchange) not in covered]
    patterns = {(method, re.sub(r"\{\w+\}", "[^/]+", path)) for method, path in OUTSIDE}
    fits = [
        [pattern for pattern in patterns if pattern[0] == each.method and re.fullmatch(pattern[1], each.path)]
        for each in outside
    ]
    assert all(len(fit) == 1 for fit in fits)
    assert {fit[0] for fit in fits} == patterns


async def test_labels_outside_of_the_contract_have_the_shape_of_an_issues_labels(
    contract: Contract, exchanges: list[Exchange]
) -> None:
    labels = contract.spec["components"]["schemas"]["issue"]["properties"]["labels"]
    answers = [exchange.answer for exchange in exchanges if "/labels" in exchange.path]
    assert len(answers) == 2
    for answer in answers:
        contract.check(answer, labels)
    with pytest.raises(ValidationError):
        contract.check([{"name": 1}], labels)
    (sent,) = [exchange.body for exchange in exchanges if exchange.method == "POST" and "/labels" in exchange.path]
    assert sent == {"labels": ["later"]}


async def test_a_comment_that_is_read_again_has_the_shape_of_a_comment_in_a_list(
    contract: Contract, exchanges: list[Exchange]
) -> None:
    listed = contract.spec["paths"]["/repos/{owner}/{repo}/issues/{issue_number}/comments"]["get"]["responses"]["200"]
    comment = listed["content"]["application/json"]["schema"]["items"]
    answers = [
        (each.status, each.answer)
        for each in exchanges
        if each.method == "GET" and re.search(r"/issues/comments/\d+$", each.path)
    ]
    assert [status for status, _ in answers] == [200, 404]
    contract.check(answers[0][1], comment)
    for spoilt in spoiled(answers[0][1], {"id", "html_url", "created_at"}):
        with pytest.raises(ValidationError):
            contract.check(spoilt, comment)


def spoiled(answer: Any, required: set[str]) -> Iterator[Any]:
    """The answer with one required field gone, and with one of a wrong type; of a list, its first row."""
    for name in required:
        for wrong in ("gone", {"not": "this"}):
            copied = copy.deepcopy(answer)
            row = copied[0] if isinstance(copied, list) else copied
            if wrong == "gone":
                del row[name]
            else:
                row[name] = [wrong]
            yield copied


async def test_a_spoiled_answer_is_refused_on_every_path(contract: Contract, exchanges: list[Exchange]) -> None:
    needed = {"id", "number", "title", "login", "full_name", "sha", "total_count", "html_url", "subject", "created_at"}
    refused: dict[str, int] = dict.fromkeys(contract.spec["paths"], 0)
    for template, exchange in inside(contract, exchanges):
        row = exchange.answer[0] if isinstance(exchange.answer, list) else exchange.answer
        for answer in spoiled(exchange.answer, needed & set(row)):
            with pytest.raises(ValidationError):
                contract.answer(
                    exchange.method, exchange.path, status=exchange.status, body=answer, accept=exchange.accept
                )
            refused[template] += 1
    assert min(refused.values()) >= 2, refused


async def test_a_row_deep_inside_is_looked_at_too(contract: Contract, exchanges: list[Exchange]) -> None:
    """In lists under a name (search, runs), and behind `nullable`: the places where validators skip silently."""
    spoilt = 0
    for template, exchange in inside(contract, exchanges):
        answer = copy.deepcopy(exchange.answer)
        if template == "/search/issues":
            answer["items"][0]["user"]["id"] = "one"
        elif template.endswith("/actions/runs"):
            answer["workflow_runs"][0]["repository"]["owner"]["site_admin"] = "no"
        elif template.endswith("/{issue_number}") and exchange.method == "GET":
            answer["user"]["html_url"] = "not an address"
        elif template == "/notifications":
            answer[0]["repository"]["private"] = None
        else:
            continue
        with pytest.raises(ValidationError):
            contract.answer(exchange.method, exchange.path, status=200, body=answer, accept=exchange.accept)
        spoilt += 1
    assert spoilt >= 4


async def test_a_wrong_query_is_refused_on_every_path(contract: Contract, exchanges: list[Exchange]) -> None:
    refused = set()
    for template, exchange in inside(contract, exchanges):
        joint = "&" if "?" in exchange.url else "?"
        with pytest.raises(NotInContract):
            contract.request(exchange.method, f"{exchange.url}{joint}everything=1", exchange.body)
        if "per_page=" in exchange.url:
            with pytest.raises(ValidationError):
                contract.request(exchange.method, re.sub(r"per_page=\d+", "per_page=many", exchange.url), exchange.body)
        refused.add(template)
    assert refused == set(contract.spec["paths"])


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/repos/ada/house/issues", {"body": "no title"}),
        ("POST", "/repos/ada/house/issues", {"title": "a", "labels": "bug"}),
        ("POST", "/repos/ada/house/issues", {"title": "a", "label": ["bug"]}),
        ("POST", "/repos/ada/house/issues", None),
        ("PATCH", "/repos/ada/house/issues/1", {"state": "shut"}),
        ("PATCH", "/repos/ada/house/issues/1", {"state": "closed", "state_reason": "bored"}),
        ("POST", "/repos/ada/house/issues/1/comments", {"body": None}),
        ("POST", "/repos/ada/house/issues/1/comments", {}),
    ],
)
def test_a_body_that_github_did_not_agree_to_is_refused(contract: Contract, method: str, path: str, body: Any) -> None:
    with pytest.raises(ValidationError):
        contract.request(method, f"https://api.github.com{path}", body)


@pytest.mark.parametrize(("method", "path"), [("POST", "/user"), ("GET", "/users"), ("GET", "/repos/ada")])
def test_an_operation_that_github_does_not_have_is_refused(contract: Contract, method: str, path: str) -> None:
    with pytest.raises(NotInContract):
        contract.request(method, f"https://api.github.com{path}", None)


async def test_refusals_are_in_the_contract_too(contract: Contract, service: GitHubShaped) -> None:
    recording = Recording(httpx.ASGITransport(service.app))
    service.add_repository("ada/shop", has_issues=False)
    async with httpx.AsyncClient(transport=recording) as http:
        client = GitHubClient(http, token=TOKEN)
        with pytest.raises(NotFound):
            await client.issue("ada/house", 404)
        with pytest.raises(NotFound, match="disabled"):
            await client.create_issue("ada/shop", "A")
        service.fail("422")
        with pytest.raises(Refused):
            await client.create_issue("ada/house", "A")
    assert [exchange.status for exchange in recording.exchanges] == [404, 410, 422]
    for exchange in recording.exchanges:
        contract.answer(
            exchange.method, exchange.path, status=exchange.status, body=exchange.answer, accept=exchange.accept
        )
    with pytest.raises(ValidationError):
        contract.answer("POST", "/repos/ada/house/issues", status=422, body={"message": 1}, accept="application/json")


async def test_over_a_real_port_a_silence_ends_and_what_was_done_is_found(service: GitHubShaped) -> None:
    service.silence_s = 5.0
    service.clock = lambda: dt.datetime.now(dt.UTC) + dt.timedelta(minutes=7)
    with service:
        async with httpx.AsyncClient(timeout=httpx.Timeout(0.3)) as http:
            client = GitHubClient(http, token=TOKEN, base_url=service.url)
            sent_at = dt.datetime.now(dt.UTC)
            service.fail("silence after doing it", method="POST")
            with pytest.raises(NoAnswer) as failure:
                await client.create_issue("ada/house", "A door squeaks", body="Oil it.")
            assert failure.value.may_have_acted
            found = await client.find_created_issue("ada/house", "A door squeaks", body="Oil it.", since=sent_at)
            assert found is not None
            assert found.number == 3
            service.fail("429")
            with pytest.raises(RateLimited):
                await client.me()
    assert len(service.sent("POST", "/issues")) == 1


async def test_an_answer_that_comes_twice_is_not_taken_for_the_next_one(service: GitHubShaped) -> None:
    """A server that says 201 twice to one request, on a connection that stays open."""
    repo = service.repos["ada/house"]
    first, second = (json.dumps(service.add_issue(repo, title)).encode() for title in ("First", "Second"))

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = re.search(rb"(?i)content-length: (\d+)", head)
                content = await reader.readexactly(int(length[1]) if length else 0)
                body = first if b"First" in content else second
                answer = b"HTTP/1.1 201 Created\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s"
                writer.write(answer % (len(body), body) * 2)
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with httpx.AsyncClient() as http:
        client = GitHubClient(http, token=TOKEN, base_url=f"http://127.0.0.1:{port}", timeout_s=60)
        for title in ("First", "Second"):
            assert (await client.create_issue("ada/house", title)).title == title
    server.close()
    await server.wait_closed()
