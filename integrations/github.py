"""GitHub: issues, pull requests, notifications, search, files and workflow runs; issues and comments are written.

The service: https://docs.github.com/en/rest?apiVersion=2022-11-28 . The token: a fine-grained one
(https://github.com/settings/personal-access-tokens) for the repositories that the assistant is for, with "Issues: read
and write", "Contents", "Pull requests" and "Actions: read-only".

On gidgethub 6.0.0 (2026-09-25, Apache-2.0; 124 KB with uritemplate, nine modules that import in about 25 ms), whose
abstract client takes our own httpx client as it is. githubkit 0.16.1 (MIT) makes clients of its own and takes only a
transport, is 30 MB with its schemas, takes 310 to 560 ms and 22 to 33 MB of memory to import, and does not import at
all with hishel 2.0.0, to which its own requirements resolve.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from assistant.errors import BadInput, NoAnswer, Refused
from integrations import github_input as checked
from integrations.github_api import ACCEPT_OBJECT, PER_PAGE, TIMEOUT_S, GitHubApi
from integrations.github_reading import (
    Fields,
    comment_of,
    file_content_of,
    issue_of,
    label_names,
    notification_of,
    pull_request_of,
    repository_of,
    rows,
    unexpected,
    workflow_run_of,
)
from integrations.github_values import (
    Account,
    Comment,
    DeletedComment,
    FileContent,
    Issue,
    IssueWithComments,
    LabelChange,
    Notification,
    Page,
    PullRequest,
    Repository,
    WorkflowRun,
)

BASE_URL = "https://api.github.com"
STATES = ("open", "closed", "all")
CLOSE_REASONS = ("completed", "not_planned")
MAX_FILE_BYTES = 1_000_000
"""GitHub hands out no larger text this way."""
MAX_LOOKUP_PAGES = 10
NOTIFICATIONS_PER_PAGE = 50
CLOCK_MARGIN = dt.timedelta(seconds=2)
"""GitHub tells its clock, and when something was made, in whole seconds."""

_REPOSITORY = "/repos/{owner}/{repo}"
_ISSUES = _REPOSITORY + "/issues"
_ISSUE = _ISSUES + "/{number}"
_COMMENTS = _ISSUE + "/comments"
_LABELS = _ISSUE + "/labels"


class GitHubClient:
    """What the assistant does at GitHub, in the name of one token.

    Every verb raises, besides what it names:
        BadInput: a name, number or text is not what GitHub takes; nothing was sent.
        ServiceUnavailable: GitHub cannot be reached; nothing was sent.
        AuthFailed, RateLimited, Refused, NotFound: GitHub said no; nothing was done.
        NoAnswer, BadResponse: of a change, nobody can tell whether it was done (`may_have_acted`); ask `find_...`.
    Nothing is tried twice.
    """

    def __init__(
        self, http: httpx.AsyncClient, *, token: str, base_url: str = BASE_URL, timeout_s: float = TIMEOUT_S
    ) -> None:
        """Keeps the client; nothing is sent yet.

        Args:
            http: Made and closed by the caller.
            timeout_s: Seconds for one request from first to last byte, whatever `http` allows between two bytes.

        Raises:
            ConfigurationError: the token or the address cannot be one.
        """
        self._api = GitHubApi(http, token=token, base_url=base_url, timeout_s=timeout_s)

    async def me(self) -> Account:
        """Whose token this is, and what can be told of it."""
        account, _ = await self._api.ask("/user", {}, read=self._account)
        return account

    async def repository(self, repo: str) -> Repository:
        """What a repository is; ask before private content goes there (`is_public`)."""
        found, _ = await self._api.ask(_REPOSITORY, _at(repo), read=lambda data: repository_of(data, repo))
        return found

    async def issues(
        self, repo: str, *, state: str = "open", labels: Sequence[str] = (), limit: int = 30
    ) -> Page[Issue]:
        """Issues with all of `labels`, newest first; pull requests are left out."""
        names = checked.label_list(labels)
        if any("," in name for name in names):
            raise BadInput("GitHub cannot look for a label with a comma; name another one.")
        where = _at(repo) | {"state": checked.one_of(state, STATES, "state"), "labels": ",".join(names) or None}
        return await self._api.pages(
            _ISSUES + "{?state,labels,per_page,page}", where, limit=limit, read=lambda row: _unless_pull(row, repo)
        )

    async def issue(self, repo: str, number: int, *, comments: int = 30) -> IssueWithComments:
        """An issue (or a pull request seen as one) with its oldest comments.

        Args:
            comments: How many of them at most.
        """
        where = _at(repo, number)
        issue = await self._issue(repo, number)
        said: Page[Comment] = Page((), cut=False)
        if issue.comment_count:
            said = await self._api.pages(
                _COMMENTS + "{?per_page,page}",
                where,
                limit=comments,
                read=lambda row: comment_of(row, repo, number=number),
                per_page=min(comments + 1, PER_PAGE),
            )
        return IssueWithComments(issue, said)

    async def pull_requests(self, repo: str, *, state: str = "open", limit: int = 30) -> Page[PullRequest]:
        """Pull requests, newest first."""
        where = _at(repo) | {"state": checked.one_of(state, STATES, "state")}
        return await self._api.pages(
            _REPOSITORY + "/pulls{?state,per_page,page}",
            where,
            limit=limit,
            read=lambda row: pull_request_of(row, repo),
            per_page=min(limit + 1, PER_PAGE),
        )

    async def notifications(self, *, unread_only: bool = True, limit: int = 30) -> Page[Notification]:
        """Where the person is asked to look, latest first.

        Raises:
            Refused: the token is fine-grained; GitHub gives notifications to classic tokens only.
        """
        if self._api.fine_grained:
            # https://docs.github.com/en/rest/activity/notifications#list-notifications-for-the-authenticated-user
            raise Refused("GitHub gives notifications to classic tokens only; look at github.com/notifications.")
        return await self._api.pages(
            "/notifications{?all,per_page,page}",
            {"all": None if unread_only else "true"},
            limit=limit,
            read=notification_of,
            per_page=min(limit + 1, NOTIFICATIONS_PER_PAGE),
        )

    async def search_issues(self, query: str, *, limit: int = 30) -> Page[Issue]:
        """Issues and pull requests wherever the token can read, best first.

        Args:
            query: GitHub's own language: "pump is:issue is:open repo:owner/name".
        """
        return await self._api.pages(
            "/search/issues{?q,per_page,page}",
            {"q": checked.search_text(query)},
            limit=limit,
            read=issue_of,
            per_page=min(limit + 1, PER_PAGE),
            listed_under="items",
        )

    async def file_contents(
        self, repo: str, path: str, *, ref: str | None = None, max_bytes: int = MAX_FILE_BYTES
    ) -> FileContent:
        """A file's text at a branch, tag or commit; without `ref` at the default branch.

        Args:
            max_bytes: A longer text is cut there, and says so.

        Raises:
            BadInput: there is a folder, a submodule or a link out of the repository.
        """
        where = _at(repo) | {"path": checked.path_parts(path), "ref": None if ref is None else checked.ref_name(ref)}
        if not 0 < max_bytes <= MAX_FILE_BYTES:
            raise BadInput(f"A file can be read up to {MAX_FILE_BYTES} bytes; ask for 1 to {MAX_FILE_BYTES}.")
        found, _ = await self._api.ask(
            _REPOSITORY + "/contents{/path*}{?ref}",
            where,
            read=lambda data: file_content_of(data, repo, ref=ref, max_bytes=max_bytes),
            accept=ACCEPT_OBJECT,
        )
        return found

    async def workflow_runs(self, repo: str, *, branch: str | None = None, limit: int = 30) -> Page[WorkflowRun]:
        """Runs of GitHub Actions, latest first."""
        where = _at(repo) | {"branch": None if branch is None else checked.ref_name(branch)}
        return await self._api.pages(
            _REPOSITORY + "/actions/runs{?branch,per_page,page}",
            where,
            limit=limit,
            read=lambda row: workflow_run_of(row, repo),
            per_page=min(limit + 1, PER_PAGE),
            listed_under="workflow_runs",
        )

    async def create_issue(self, repo: str, title: str, *, body: str = "", labels: Sequence[str] = ()) -> Issue:
        """Opens an issue. Not repeatable: after `may_have_acted`, ask `find_created_issue`.

        Returns:
            The issue as GitHub has it. Without push access GitHub drops labels silently: compare `labels`.
        """
        content = {"title": checked.title_text(title), "body": checked.body_text(body)}
        names = checked.label_list(labels)
        data, _ = await self._api.send("POST", _ISSUES, _at(repo), data=content | ({"labels": names} if names else {}))
        issue = issue_of(data, repo)
        if not _same(issue.title, title):
            raise unexpected("title")
        return issue

    async def comment(self, repo: str, number: int, *, body: str) -> Comment:
        """Comments an issue or a pull request. Not repeatable: after `may_have_acted`, ask `find_comment`."""
        data, _ = await self._api.send("POST", _COMMENTS, _at(repo, number), data={"body": checked.comment_text(body)})
        said = comment_of(data, repo, number=number)
        if not _same(said.body, body):
            raise unexpected("body")
        return said

    async def add_labels(self, repo: str, number: int, *, labels: Sequence[str]) -> LabelChange:
        """Adds labels; GitHub makes those that the repository does not have yet. Repeatable.

        Returns:
            `added` holds only what was not there before, which is what `remove_label` has to take back.
        """
        names = checked.label_list(labels)
        if not names:
            raise BadInput("There is no label to add; name one.")
        before = await self._issue(repo, number)
        data, _ = await self._api.send("POST", _LABELS, _at(repo, number), data={"labels": names})
        now = label_names(rows(data))
        had, has = _folded(before.labels), _folded(now)
        if not _folded(names) <= has:
            raise unexpected("labels")
        added = tuple(name for name in names if name.casefold() not in had)
        return LabelChange(repo, number, html_url=before.html_url, state=before.state, labels=now, added=added)

    async def remove_label(self, repo: str, number: int, *, label: str) -> LabelChange:
        """Takes a label off. Repeatable: the second time GitHub does not know it (`NotFound`)."""
        (name,) = checked.label_list([label])
        before = await self._issue(repo, number)
        data, _ = await self._api.send("DELETE", _LABELS + "/{label}", _at(repo, number) | {"label": name})
        now = label_names(rows(data))
        if name.casefold() in _folded(now):
            raise unexpected("labels")
        return LabelChange(repo, number, html_url=before.html_url, state=before.state, labels=now, removed=(name,))

    async def close(self, repo: str, number: int, *, reason: str = "completed") -> Issue:
        """Closes an issue, or a pull request without merging it. Repeatable; `reopen` undoes it.

        Args:
            reason: "completed" or "not_planned".
        """
        wanted = {"state": "closed", "state_reason": checked.one_of(reason, CLOSE_REASONS, "reason")}
        return await self._set_state(repo, number, wanted)

    async def reopen(self, repo: str, number: int) -> Issue:
        """Opens a closed issue again. Repeatable."""
        return await self._set_state(repo, number, {"state": "open", "state_reason": "reopened"})

    async def delete_comment(self, repo: str, comment_id: int) -> DeletedComment:
        """Deletes a comment for good. Repeatable: the second time GitHub does not know it (`NotFound`)."""
        where = _at(repo) | {"comment_id": checked.positive(comment_id, "comment")}
        _, status = await self._api.send("DELETE", _ISSUES + "/comments/{comment_id}", where)
        if status != 204:
            raise unexpected(f"status {status}")
        return DeletedComment(repo, comment_id)

    async def find_created_issue(self, repo: str, title: str, *, body: str = "", since: dt.datetime) -> Issue | None:
        """The first issue with this very content that the token's user opened since `since`; None: it was not made.

        Title and body are compared exactly, but for line ends and space around them, which GitHub may change.

        Args:
            since: When it was sent, by our real clock; the difference to GitHub's is measured and made up for.

        Raises:
            NoAnswer: there are too many to tell.
        """
        where = _at(repo)
        account = await self.me()
        earliest = self._by_their_clock(since)
        found: list[Issue] = []
        where |= {"state": "all", "creator": account.login, "sort": "created", "direction": "desc"}
        url = _ISSUES + "{?state,creator,sort,direction,per_page,page}"
        for page in range(1, MAX_LOOKUP_PAGES + 1):
            made, more = await self._api.ask(
                url,
                where | {"per_page": PER_PAGE, "page": page},
                read=lambda data: [issue_of(row, repo) for row in rows(data)],
            )
            late = [issue for issue in made if issue.created_at >= earliest]
            found += [
                issue
                for issue in late
                if issue.author_id == account.id
                and not issue.is_pull_request
                and _same(issue.title, title)
                and _same(issue.body, body)
            ]
            # A full page counts as one with a next, whatever is said: a wrong None would do the thing twice.
            if len(late) < len(made) or not (more or len(made) == PER_PAGE):
                return min(found, key=lambda issue: issue.number, default=None)
        raise NoAnswer("GitHub holds too many new issues to tell whether it was done; look there.")

    async def find_comment(self, repo: str, number: int, *, body: str, since: dt.datetime) -> Comment | None:
        """The first comment with this very content by the token's user since `since`; None: it was not made.

        See `find_created_issue`.

        Raises:
            NoAnswer: there are too many to tell.
        """
        where = _at(repo, number)
        account = await self.me()
        earliest = self._by_their_clock(since)
        where |= {"since": earliest.strftime("%Y-%m-%dT%H:%M:%SZ"), "per_page": PER_PAGE}
        for page in range(1, MAX_LOOKUP_PAGES + 1):
            listed, more = await self._api.ask(
                _COMMENTS + "{?since,per_page,page}",
                where | {"page": page},
                read=lambda data: [comment_of(row, repo, number=number) for row in rows(data)],
            )
            for said in listed:
                if said.author_id == account.id and said.created_at >= earliest and _same(said.body, body):
                    return said
            if not (more or len(listed) == PER_PAGE):
                return None
        raise NoAnswer("GitHub holds too many new comments to tell whether it was done; look there.")

    def _by_their_clock(self, since: dt.datetime) -> dt.datetime:
        """`since` as GitHub's clock has it, and a little earlier; call it after an answer."""
        return since.astimezone(dt.UTC) + dt.timedelta(seconds=self._api.ahead_s) - CLOCK_MARGIN

    async def _issue(self, repo: str, number: int) -> Issue:
        issue, _ = await self._api.ask(
            _ISSUE, _at(repo, number), read=lambda data: _numbered(issue_of(data, repo), number)
        )
        return issue

    def _account(self, data: Any) -> Account:
        user = Fields(data)
        return Account(
            login=user.text("login"),
            id=user.whole("id"),
            html_url=user.link("html_url"),
            fine_grained=self._api.fine_grained,
            scopes=self._api.scopes,
            token_expires_at=self._api.token_expires_at,
        )

    async def _set_state(self, repo: str, number: int, wanted: Mapping[str, str]) -> Issue:
        data, _ = await self._api.send("PATCH", _ISSUE, _at(repo, number), data=wanted)
        issue = _numbered(issue_of(data, repo), number)
        if issue.state != wanted["state"]:
            raise unexpected("state")
        return issue


def _at(repo: str, number: int | None = None) -> dict[str, Any]:
    """The parts of an address."""
    owner, name = checked.repository_parts(repo)
    where: dict[str, Any] = {"owner": owner, "repo": name}
    return where if number is None else where | {"number": checked.positive(number, "issue")}


def _unless_pull(row: Any, repo: str) -> Issue | None:
    issue = issue_of(row, repo)
    return None if issue.is_pull_request else issue


def _numbered(issue: Issue, number: int) -> Issue:
    if issue.number != number:
        raise unexpected("number")
    return issue


def _folded(labels: Sequence[str]) -> set[str]:
    """Labels as GitHub tells them apart: without regard to case."""
    return {label.casefold() for label in labels}


def _same(one: str, other: str) -> bool:
    return one.replace("\r\n", "\n").strip() == other.replace("\r\n", "\n").strip()
