"""GitHub's client against a GitHub in miniature (`tests/integration/github_shaped.py`, in the process, no port)."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from github_faults import Fault
from github_shaped import TOKEN, GitHubShaped
from github_shapes import label

from assistant.errors import (
    AuthFailed,
    BadInput,
    BadResponse,
    ConfigurationError,
    NoAnswer,
    NotFound,
    RateLimited,
    Refused,
    ServiceError,
    ServiceUnavailable,
    TwinningError,
)
from integrations import github_api
from integrations.github import GitHubClient

REPO = "ada/house"
NOW = dt.datetime(2026, 11, 22, 9, 0, tzinfo=dt.UTC)


@pytest.fixture
def service() -> GitHubShaped:
    service = GitHubShaped(clock=lambda: NOW)
    service.add_repository(REPO)
    return service


@pytest.fixture
def client(service: GitHubShaped) -> GitHubClient:
    return GitHubClient(service.http(), token=TOKEN, timeout_s=2)


def answering(content: bytes | str, status: int = 200, **headers: str) -> GitHubClient:
    """A client whose every request gets this answer."""
    said = {"content-type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    transport = httpx.MockTransport(lambda _: httpx.Response(status, content=content, headers=said))
    return GitHubClient(httpx.AsyncClient(transport=transport), token=TOKEN)


# Who and where


async def test_me_says_whose_token_it_is_and_when_it_ends(client: GitHubClient) -> None:
    me = await client.me()
    assert (me.login, me.fine_grained, me.scopes) == ("ada", True, ())
    assert me.token_expires_at == dt.datetime(2027, 3, 1, 10, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        ("2027-03-01 10:00:00 +0500", dt.datetime(2027, 3, 1, 5, tzinfo=dt.UTC)),
        ("2026-11-22 09:00:00 UTC", None),
        ("soon", None),
        (None, None),
    ],
)
async def test_an_expiry_that_says_nothing_is_not_known(
    service: GitHubShaped, client: GitHubClient, told: str | None, meant: dt.datetime | None
) -> None:
    service.expires = told
    assert (await client.me()).token_expires_at == meant


async def test_a_classic_tokens_scopes_are_told() -> None:
    service = GitHubShaped(token="ghp_classic1234", scopes="repo, notifications", expires=None)
    me = await GitHubClient(service.http(), token="ghp_classic1234").me()
    assert (me.fine_grained, me.scopes, me.token_expires_at) == (False, ("repo", "notifications"), None)


@pytest.mark.parametrize("token", ["", "short", "with space inside", "line\nbreak12345", "emoji😀12345"])
def test_what_cannot_be_a_token_is_refused_before_it_is_sent(token: str) -> None:
    with pytest.raises(ConfigurationError, match="reconnect GitHub"):
        GitHubClient(httpx.AsyncClient(), token=token)


@pytest.mark.parametrize(
    "address",
    [
        "http://api.github.com",
        "https://ada:secret@api.github.com",
        "https://api.github.com?x=1",
        "ftp://a.b",
        "",
        "//a",
    ],
)
def test_the_token_does_not_travel_in_the_clear(address: str) -> None:
    with pytest.raises(ConfigurationError, match=r"https://api\.github\.com"):
        GitHubClient(httpx.AsyncClient(), token=TOKEN, base_url=address)


async def test_a_github_of_ones_own_is_asked_below_its_path() -> None:
    asked: list[httpx.URL] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url)
        return httpx.Response(404, json={"message": "Not Found"})

    http = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    with pytest.raises(NotFound):
        await GitHubClient(http, token=TOKEN, base_url="https://git.example/api/v3").repository(REPO)
    assert str(asked[0]) == "https://git.example/api/v3/repos/ada/house"


@pytest.mark.parametrize("private", [True, False])
async def test_a_repository_says_whether_it_is_public(
    service: GitHubShaped, client: GitHubClient, private: bool
) -> None:
    service.add_repository("ada/Shop", private=private)
    repository = await client.repository("ada/shop")
    assert repository.is_public is not private
    assert repository.visibility == ("private" if private else "public")
    assert (repository.full_name, repository.default_branch, repository.archived) == ("ada/Shop", "main", False)
    assert repository.permissions == {"push", "triage", "pull"}


async def test_another_repository_than_was_asked_for_is_not_believed(
    service: GitHubShaped, client: GitHubClient
) -> None:
    service.repos["ada/mine"] = service.add_repository("eve/public", private=False)
    with pytest.raises(BadResponse, match="full_name"):
        await client.repository("ada/mine")


# What may be sent


@pytest.mark.parametrize(
    "repo",
    [
        "house",
        "ada/",
        "/house",
        "ada/house/issues",
        "ada/..",
        "ada/.",
        "ada/house.git",
        "-ada/house",
        "ada-/house",
        "a--b/house",
        "ada/ho use",
        "ada/house?x=1",
        "ada/house#1",
        "ada/house\n",
        "ada/%2e%2e",
        "àda/house",
        "a" * 40 + "/house",
        "ada/" + "a" * 101,
        "https://github.com/ada/house",
    ],
)
async def test_what_is_no_repository_is_never_asked_for(service: GitHubShaped, client: GitHubClient, repo: str) -> None:
    with pytest.raises(BadInput, match="owner/name"):
        await client.create_issue(repo, "A")
    assert service.requests == []


@pytest.mark.parametrize("repo", ["ada/house", "a/b", "ada-b/House_2.x", "ada_acme/-x", "ada/.github", "a1-b2-c3/_"])
async def test_github_itself_is_asked_about_what_can_be_a_repository(client: GitHubClient, repo: str) -> None:
    service_says = client.repository(repo)
    if repo == REPO:
        assert (await service_says).full_name == REPO
    else:
        with pytest.raises(NotFound):
            await service_says


Verb = Callable[[GitHubClient], Awaitable[Any]]
WRONG: list[Verb] = [
    lambda c: c.issue(REPO, 0),
    lambda c: c.issue(REPO, -1),
    lambda c: c.issue(REPO, True),
    lambda c: c.issue(REPO, 2**53),
    lambda c: c.issues(REPO, state="shut"),
    lambda c: c.issues(REPO, limit=0),
    lambda c: c.issues(REPO, limit=101),
    lambda c: c.issues(REPO, labels=["a,b"]),
    lambda c: c.pull_requests(REPO, state="merged"),
    lambda c: c.search_issues("  "),
    lambda c: c.search_issues("a" * 257),
    lambda c: c.file_contents(REPO, "../secrets"),
    lambda c: c.file_contents(REPO, "docs/../../secrets"),
    lambda c: c.file_contents(REPO, "/etc/passwd"),
    lambda c: c.file_contents(REPO, "docs//a"),
    lambda c: c.file_contents(REPO, "."),
    lambda c: c.file_contents(REPO, ""),
    lambda c: c.file_contents(REPO, "a\nb"),
    lambda c: c.file_contents(REPO, "a", ref="main..evil"),
    lambda c: c.file_contents(REPO, "a", ref="a b"),
    lambda c: c.file_contents(REPO, "a", ref=""),
    lambda c: c.file_contents(REPO, "a", max_bytes=0),
    lambda c: c.workflow_runs(REPO, branch="-x"),
    lambda c: c.create_issue(REPO, ""),
    lambda c: c.create_issue(REPO, "a\nb"),
    lambda c: c.create_issue(REPO, "a" * 257),
    lambda c: c.create_issue(REPO, "\ud800"),
    lambda c: c.create_issue(REPO, "a", body="a" * 65_537),
    lambda c: c.create_issue(REPO, "a", labels="bug"),
    lambda c: c.create_issue(REPO, "a", labels=["a" * 51]),
    lambda c: c.comment(REPO, 1, body=" \n"),
    lambda c: c.add_labels(REPO, 1, labels=[]),
    lambda c: c.remove_label(REPO, 1, label=""),
    lambda c: c.remove_label(REPO, 1, label="."),
    lambda c: c.remove_label(REPO, 1, label=".."),
    lambda c: c.close(REPO, 1, reason="bored"),
    lambda c: c.delete_comment(REPO, 0),
]


@pytest.mark.parametrize("verb", WRONG)
async def test_wrong_input_is_refused_in_words_and_never_sent(
    service: GitHubShaped, client: GitHubClient, verb: Verb
) -> None:
    with pytest.raises(BadInput) as refusal:
        await verb(client)
    assert str(refusal.value).endswith(".")
    assert service.requests == []


# Reading


async def test_issues_leave_pull_requests_out_and_say_when_there_are_more(
    service: GitHubShaped, client: GitHubClient
) -> None:
    repo = service.repos[REPO]
    for number in range(130):
        service.add_issue(repo, f"Issue {number}", pull=number % 2 == 1)
    page = await client.issues(REPO, limit=30)
    assert (len(page.items), page.cut, page.items[0].title) == (30, True, "Issue 128")
    whole = await client.issues(REPO, limit=65)
    assert (len(whole.items), whole.cut) == (65, False)
    assert not any(issue.is_pull_request for issue in whole.items)
    pulls = await client.pull_requests(REPO, limit=65)
    assert (len(pulls.items), pulls.cut) == (65, False)
    assert (pulls.items[0].head, pulls.items[0].base, pulls.items[0].draft) == ("mend-the-pump", "main", False)


async def test_listing_stops_after_five_pages_and_says_so(service: GitHubShaped, client: GitHubClient) -> None:
    repo = service.repos[REPO]
    for number in range(620):
        service.add_issue(repo, f"Pull {number}", pull=True)
    page = await client.issues(REPO)
    assert (page.items, page.cut, len(service.requests)) == ((), True, 5)


async def test_labels_and_states_are_asked_for(service: GitHubShaped, client: GitHubClient) -> None:
    repo = service.repos[REPO]
    service.add_issue(repo, "Tagged")["labels"] = [label("bug"), label("home/door & more")]
    service.add_issue(repo, "Bare", body=None)
    service.add_issue(repo, "Done")["state"] = "closed"
    assert [issue.title for issue in (await client.issues(REPO)).items] == ["Bare", "Tagged"]
    assert (await client.issues(REPO)).items[0].body == ""
    assert [issue.title for issue in (await client.issues(REPO, state="closed")).items] == ["Done"]
    (tagged,) = (await client.issues(REPO, labels=["bug", "home/door & more"])).items
    assert tagged.labels == ("bug", "home/door & more")


async def test_an_issue_comes_with_its_comments(service: GitHubShaped, client: GitHubClient) -> None:
    repo = service.repos[REPO]
    service.add_issue(repo, "The pump drips", author="bob")["user"] = None
    assert (await client.issue(REPO, 1)).comments.items == ()
    for number in range(4):
        service.add_comment(repo, 1, f"Comment {number}", author="bob")
    found = await client.issue(REPO, 1, comments=3)
    assert (found.issue.author, found.issue.author_id, found.issue.comment_count) == ("ghost", None, 4)
    assert [said.body for said in found.comments.items] == ["Comment 0", "Comment 1", "Comment 2"]
    assert found.comments.cut
    assert found.comments.items[0].number == 1


async def test_search_says_where_and_how_many(service: GitHubShaped, client: GitHubClient) -> None:
    other = service.add_repository("bob/garden", private=False)
    for repo in (service.repos[REPO], other):
        service.add_issue(repo, "The pump drips")
    page = await client.search_issues("pump", limit=1)
    assert (page.items[0].repository, page.cut, page.total) == (REPO, True, 2)
    (only,) = (await client.search_issues("pump repo:bob/garden")).items
    assert only.repository == "bob/garden"


async def test_a_search_that_github_did_not_finish_is_cut() -> None:
    page = await answering(json.dumps({"total_count": 0, "incomplete_results": True, "items": []})).search_issues("a")
    assert page.cut


async def test_notifications_want_a_classic_token(service: GitHubShaped, client: GitHubClient) -> None:
    with pytest.raises(Refused, match="classic"):
        await client.notifications()
    assert service.requests == []
    service.token = "ghp_classic1234"
    service.add_notification(service.repos[REPO], "Read", number=1, unread=False)
    service.add_notification(service.repos[REPO], "The pump drips", number=7)
    classic = GitHubClient(service.http(), token="ghp_classic1234")
    (found,) = (await classic.notifications()).items
    assert (found.title, found.number, found.repository, found.private) == ("The pump drips", 7, REPO, True)
    assert len((await classic.notifications(unread_only=False)).items) == 2


async def test_files_are_text_or_said_to_be_none(service: GitHubShaped, client: GitHubClient) -> None:
    service.repos[REPO].files |= {
        "a b/ü?#%41.md": "Grüße\n".encode(),
        "photo": b"\xff\xd8\xff",
        "zeros": b"a\0b",
        "large": b"a" * 1_000_001,
        "long": "aé".encode() * 10,
    }
    odd = await client.file_contents(REPO, "a b/ü?#%41.md")
    assert (odd.text, odd.binary, odd.cut, odd.size_bytes) == ("Grüße\n", False, False, 8)
    for path in ("photo", "zeros"):
        found = await client.file_contents(REPO, path)
        assert (found.text, found.binary, found.cut) == (None, True, False)
    large = await client.file_contents(REPO, "large")
    assert (large.text, large.binary, large.cut, large.size_bytes) == (None, False, True, 1_000_001)
    cut = await client.file_contents(REPO, "long", max_bytes=5)
    assert (cut.text, cut.cut) == ("aéa", True)
    with pytest.raises(BadInput, match=r"folder; name a file in it \(ü\?#%41\.md\)"):
        await client.file_contents(REPO, "a b")
    with pytest.raises(NotFound):
        await client.file_contents(REPO, "nothing")


async def test_runs_say_how_they_ended(service: GitHubShaped, client: GitHubClient) -> None:
    service.add_run(service.repos[REPO], "CI", conclusion="failure")
    service.add_run(service.repos[REPO], "CI", conclusion=None)
    page = await client.workflow_runs(REPO, branch="main")
    assert [(run.status, run.conclusion) for run in page.items] == [("in_progress", None), ("completed", "failure")]
    assert page.total == 2


# Writing


async def test_an_issue_is_opened_as_it_was_approved(service: GitHubShaped, client: GitHubClient) -> None:
    made = await client.create_issue(REPO, "The pump drips", body="Since\r\nMonday 💧.", labels=["bug", "bug"])
    assert (made.number, made.state, made.labels) == (1, "open", ("bug",))
    assert made.html_url == "https://github.com/ada/house/issues/1"
    assert service.sent("POST") == [{"title": "The pump drips", "body": "Since\r\nMonday 💧.", "labels": ["bug"]}]


async def test_each_change_can_be_undone(service: GitHubShaped, client: GitHubClient) -> None:
    repo = service.repos[REPO]
    service.add_issue(repo, "The pump drips")["labels"] = [label("Bug")]
    closed = await client.close(REPO, 1, reason="not_planned")
    assert (closed.state, closed.state_reason) == ("closed", "not_planned")
    assert (await client.reopen(REPO, 1)).state == "open"

    change = await client.add_labels(REPO, 1, labels=["bug", "home/door"])
    assert (change.labels, change.added) == (("Bug", "home/door"), ("home/door",))
    assert (change.html_url, change.state) == ("https://github.com/ada/house/issues/1", "open")
    back = await client.remove_label(REPO, 1, label="home/door")
    assert (back.labels, back.removed) == (("Bug",), ("home/door",))
    with pytest.raises(NotFound, match="Label does not exist"):
        await client.remove_label(REPO, 1, label="home/door")

    said = await client.comment(REPO, 1, body="Done.")
    assert said.html_url == f"https://github.com/ada/house/issues/1#issuecomment-{said.id}"
    assert (await client.delete_comment(REPO, said.id)).id == said.id
    assert repo.comments == []
    with pytest.raises(NotFound):
        await client.delete_comment(REPO, said.id)


async def test_a_state_that_did_not_change_is_not_called_done(service: GitHubShaped, client: GitHubClient) -> None:
    service.add_issue(service.repos[REPO], "A")
    unchanged = json.dumps(service.repos[REPO].issues[0])
    with pytest.raises(BadResponse, match="state"):
        await answering(unchanged).close(REPO, 1)
    with pytest.raises(BadResponse, match="number"):
        await answering(unchanged).reopen(REPO, 2)
    with pytest.raises(BadResponse, match="title"):
        await answering(unchanged, 201).create_issue(REPO, "B")


@pytest.mark.parametrize("spoil", ["id", "number", "title", "state", "html_url", "labels", "created_at", "locked"])
async def test_an_answer_of_another_shape_is_not_a_receipt(
    service: GitHubShaped, client: GitHubClient, spoil: str
) -> None:
    issue = service.add_issue(service.repos[REPO], "A")
    wrongs: list[Any] = ["javascript:alert(1)" if spoil == "html_url" else None, {"a": 1}, [[]]]
    for wrong in wrongs:
        with pytest.raises(BadResponse) as failure:
            await answering(json.dumps({**issue, spoil: wrong}), 201).create_issue(REPO, "A")
        assert failure.value.may_have_acted


# Failing

REFUSALS: list[tuple[Any, type[TwinningError], str]] = [
    ("401", AuthFailed, r"refuses the access \(Bad credentials\); reconnect GitHub\.$"),
    ("403", AuthFailed, r"reconnect GitHub with a token that has issues=write\.$"),
    ("403 primary", RateLimited, "slow down"),
    ("403 secondary", RateLimited, "slow down"),
    ("403 secondary without a time", RateLimited, "slow down"),
    ("429", RateLimited, "slow down"),
    ("404", NotFound, "does not share it with Twinning"),
    ("410", NotFound, "disabled"),
    ("422", Refused, "Validation Failed for 'title'"),
    ("moved", Refused, "has moved"),
]


@pytest.mark.parametrize(("fault", "kind", "words"), REFUSALS)
async def test_a_refusal_says_what_to_do_and_that_nothing_was_done(
    service: GitHubShaped, client: GitHubClient, fault: Fault, kind: type[TwinningError], words: str
) -> None:
    service.fail(fault)
    with pytest.raises(kind, match=words) as failure:
        await client.create_issue(REPO, "A")
    assert not getattr(failure.value, "may_have_acted", False)
    assert service.repos[REPO].issues == []
    assert len(service.requests) == 1
    assert TOKEN not in f"{failure.value!r} {failure.value.__cause__!r}"


@pytest.mark.parametrize(
    ("fault", "seconds"),
    [("429", 7), ("403 secondary", 45), ("403 secondary without a time", 60)],
)
async def test_how_long_to_wait_is_told(
    service: GitHubShaped, client: GitHubClient, fault: Fault, seconds: float
) -> None:
    service.fail(fault)
    with pytest.raises(RateLimited) as failure:
        await client.me()
    assert failure.value.retry_after_s == seconds


async def test_a_spent_hour_is_waited_for_by_githubs_clock(service: GitHubShaped, client: GitHubClient) -> None:
    service.clock = lambda: dt.datetime.now(dt.UTC) + dt.timedelta(seconds=30)
    service.fail("403 primary")
    with pytest.raises(RateLimited) as failure:
        await client.me()
    assert failure.value.retry_after_s == pytest.approx(60, abs=5)


@pytest.mark.parametrize(("change", "words"), [("archived", "read-only"), ("locked", "locked")])
async def test_a_403_that_no_token_would_change_does_not_ask_for_one(
    service: GitHubShaped, client: GitHubClient, change: str, words: str
) -> None:
    repo = service.repos[REPO]
    issue = service.add_issue(repo, "A")
    if change == "archived":
        repo.archived = True
    else:
        issue["locked"] = True
    with pytest.raises(Refused, match=words):
        await client.comment(REPO, 1, body="B")


@pytest.mark.parametrize(
    ("fault", "kind", "done"),
    [
        ("500", NoAnswer, 0),
        ("520", NoAnswer, 0),
        ("500 after doing it", NoAnswer, 1),
        ("silence", NoAnswer, 0),
        ("silence after doing it", NoAnswer, 1),
        ("invalid JSON", BadResponse, 0),
        ("invalid JSON after doing it", BadResponse, 1),
        ("HTML", BadResponse, 0),
    ],
)
async def test_what_cannot_be_told_is_looked_up(service: GitHubShaped, fault: Fault, kind: type, done: int) -> None:
    client = GitHubClient(service.http(), token=TOKEN, timeout_s=0.2)
    service.clock = lambda: dt.datetime.now(dt.UTC)
    since = dt.datetime.now(dt.UTC)
    service.fail(fault, method="POST")
    with pytest.raises(kind, match="look there") as failure:
        await client.create_issue(REPO, "A", body="B")
    assert isinstance(failure.value, ServiceError)
    assert failure.value.may_have_acted
    found = await client.find_created_issue(REPO, "A", body="B", since=since)
    assert (found is not None) == bool(done) == bool(service.repos[REPO].issues)

    service.fail(fault, method="POST")
    service.add_issue(service.repos[REPO], "Below which is commented")
    number = len(service.repos[REPO].issues)
    with pytest.raises(kind):
        await client.comment(REPO, number, body="B")
    said = await client.find_comment(REPO, number, body="B", since=since)
    assert (said is not None) == bool(done) == bool(service.repos[REPO].comments)
    assert len(service.sent("POST")) == 2


async def test_a_failed_look_before_a_change_is_not_called_ambiguous(service: GitHubShaped) -> None:
    service.add_issue(service.repos[REPO], "A")
    faults: list[Fault] = ["500", "invalid JSON", "HTML", "silence"]
    client = GitHubClient(service.http(), token=TOKEN, timeout_s=0.2)
    for fault in faults:
        service.fail(fault)
        with pytest.raises(ServiceError) as failure:
            await client.add_labels(REPO, 1, labels=["bug"])
        assert not failure.value.may_have_acted
    assert service.sent("POST") == []


@pytest.mark.parametrize("error", [httpx.ConnectError("no"), httpx.ConnectTimeout("no"), httpx.PoolTimeout("no")])
async def test_what_never_left_is_said_to_have_never_left(error: httpx.HTTPError) -> None:
    def refuse(_: httpx.Request) -> httpx.Response:
        raise error

    client = GitHubClient(httpx.AsyncClient(transport=httpx.MockTransport(refuse)), token=TOKEN)
    with pytest.raises(ServiceUnavailable, match="online") as failure:
        await client.create_issue(REPO, "A")
    assert not failure.value.may_have_acted


@pytest.mark.parametrize(
    ("status", "content", "headers", "kind"),
    [
        (401, b"{broken", {}, AuthFailed),
        (503, b"\xff\xfe", {"content_type": "application/json; charset=utf-8"}, NoAnswer),
        (422, b'{"errors": [1, {"code": "custom", "message": "no"}]}', {}, Refused),
        (422, b'{"errors": "nothing fits"}', {}, Refused),
        (418, b"", {}, Refused),
        (304, b"", {}, BadResponse),
        (205, b"", {}, BadResponse),
        (200, b"", {}, BadResponse),
        (200, b"null", {}, BadResponse),
        (200, b"[" * 100_000, {}, BadResponse),
        (200, b"{}", {"content_type": "application/json; charset=nonsense"}, BadResponse),
        (200, b"{}", {"x_ratelimit_limit": "a", "x_ratelimit_remaining": "b", "x_ratelimit_reset": "c"}, BadResponse),
        (403, b"{}", {"x_ratelimit_remaining": "0", "x_ratelimit_reset": "never"}, RateLimited),
    ],
)
async def test_whatever_comes_is_one_of_our_errors(
    status: int, content: bytes, headers: dict[str, str], kind: type[TwinningError]
) -> None:
    with pytest.raises(kind) as failure:
        await answering(content, status, **headers).me()
    assert str(failure.value).endswith(".")


async def test_an_answer_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(github_api, "MAX_ANSWER_BYTES", 1000)
    with pytest.raises(BadResponse, match="more than can be read"):
        await answering(b" " * 1001).me()


async def test_no_address_from_an_answer_is_ever_fetched(service: GitHubShaped) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        evil = "https://evil.example/next"
        if len(asked) == 1:
            return httpx.Response(302, headers={"location": evil}, json={"url": evil})
        return httpx.Response(200, json=[], headers={"link": f'<{evil}>; rel="next"'})

    # A client that would follow, were it not told otherwise.
    http = httpx.AsyncClient(transport=httpx.MockTransport(answer), follow_redirects=True)
    client = GitHubClient(http, token=TOKEN)
    with pytest.raises(Refused, match="moved"):
        await client.repository(REPO)
    assert (await client.issues(REPO)).cut
    assert set(asked) == {"api.github.com"}


# Finding what was done


async def test_only_the_very_same_by_oneself_since_then_is_found(service: GitHubShaped, client: GitHubClient) -> None:
    repo = service.repos[REPO]
    service.clock = lambda: dt.datetime.now(dt.UTC)
    since = dt.datetime.now(dt.UTC)
    service.add_issue(repo, "A", body="B")["created_at"] = "2026-01-01T00:00:00Z"
    service.add_issue(repo, "A", body="B", author="eve")
    service.add_issue(repo, "A", body="b")
    service.add_issue(repo, "a", body="B")
    service.add_issue(repo, "A", body="B", pull=True)
    assert await client.find_created_issue(REPO, "A", body="B", since=since) is None
    service.add_issue(repo, "A", body="B\r\n")
    service.add_issue(repo, "A", body="B")
    found = await client.find_created_issue(REPO, "A", body="B", since=since)
    assert found is not None
    assert found.number == 6

    service.add_comment(repo, 1, "C")["created_at"] = "2026-01-01T00:00:00Z"
    service.add_comment(repo, 1, "C", author="eve")
    service.add_comment(repo, 2, "C")
    assert await client.find_comment(REPO, 1, body="C", since=since) is None
    ours = service.add_comment(repo, 1, "C")
    said = await client.find_comment(REPO, 1, body="C", since=since)
    assert said is not None
    assert said.id == ours["id"]


@pytest.mark.parametrize("ahead", [dt.timedelta(hours=-2), dt.timedelta(minutes=9)])
async def test_a_clock_that_is_wrong_neither_hides_nor_invents(
    service: GitHubShaped, client: GitHubClient, ahead: dt.timedelta
) -> None:
    repo = service.repos[REPO]
    service.clock = lambda: dt.datetime.now(dt.UTC) + ahead - dt.timedelta(seconds=30)
    service.add_issue(repo, "A", body="half a minute before")
    service.add_comment(repo, 1, "half a minute before")
    service.clock = lambda: dt.datetime.now(dt.UTC) + ahead
    since = dt.datetime.now(dt.UTC)
    service.add_issue(repo, "A", body="now")
    service.add_comment(repo, 1, "now")
    assert await client.find_created_issue(REPO, "A", body="half a minute before", since=since) is None
    assert await client.find_comment(REPO, 1, body="half a minute before", since=since) is None
    assert await client.find_created_issue(REPO, "A", body="now", since=since) is not None
    assert await client.find_comment(REPO, 1, body="now", since=since) is not None


async def test_one_that_was_made_twice_is_found_once(service: GitHubShaped, client: GitHubClient) -> None:
    service.clock = lambda: dt.datetime.now(dt.UTC)
    since = dt.datetime.now(dt.UTC)
    service.fail("done twice")
    made = await client.create_issue(REPO, "A")
    assert (made.number, len(service.repos[REPO].issues)) == (2, 2)
    found = await client.find_created_issue(REPO, "A", since=since)
    assert found is not None
    assert found.number == 1


async def test_behind_many_others_it_is_still_found_and_never_guessed(
    service: GitHubShaped, client: GitHubClient
) -> None:
    repo = service.repos[REPO]
    service.clock = lambda: dt.datetime.now(dt.UTC)
    since = dt.datetime.now(dt.UTC)
    service.add_issue(repo, "A")
    for number in range(250):
        service.add_issue(repo, f"Other {number}")
        service.add_comment(repo, 1, f"Other {number}")
    service.add_comment(repo, 1, "C")
    assert await client.find_created_issue(REPO, "A", since=since) is not None
    assert await client.find_comment(REPO, 1, body="C", since=since) is not None
    for number in range(800):
        service.add_issue(repo, f"Yet another {number}")
        service.add_comment(repo, 1, f"Yet another {number}")
    with pytest.raises(NoAnswer, match="too many"):
        await client.find_created_issue(REPO, "A", since=since)
    with pytest.raises(NoAnswer, match="too many"):
        await client.find_comment(REPO, 1, body="D", since=since)


async def test_leaving_off_is_not_mistaken_for_a_failure(service: GitHubShaped, client: GitHubClient) -> None:
    service.fail("silence")
    asking = asyncio.create_task(client.me())
    await asyncio.sleep(0.05)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
