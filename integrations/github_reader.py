"""What is asked of GitHub: issues, pull requests, notifications, search, files, workflow runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx

from assistant.errors import BadInput, NotFound, Refused
from integrations import github_input as checked
from integrations.github_api import ACCEPT_OBJECT, PER_PAGE, TIMEOUT_S, GitHubApi
from integrations.github_reading import (
    Fields,
    comment_of,
    file_content_of,
    issue_of,
    notification_of,
    pull_request_of,
    repository_of,
    unexpected,
    workflow_run_of,
)
from integrations.github_values import (
    Account,
    Comment,
    FileContent,
    Issue,
    IssueWithComments,
    Notification,
    Page,
    PullRequest,
    Repository,
    WorkflowRun,
)

BASE_URL = "https://api.github.com"
STATES = ("open", "closed", "all")
MAX_FILE_BYTES = 1_000_000
"""GitHub hands out no larger text this way."""
NOTIFICATIONS_PER_PAGE = 50

REPOSITORY = "/repos/{owner}/{repo}"
ISSUES = REPOSITORY + "/issues"
ISSUE = ISSUES + "/{number}"
COMMENTS = ISSUE + "/comments"
COMMENT = ISSUES + "/comments/{comment_id}"


class GitHubReader:
    """What the assistant asks GitHub, in the name of one token.

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
        found, _ = await self._api.ask(REPOSITORY, address_of(repo), read=lambda data: repository_of(data, repo))
        return found

    async def issues(
        self, repo: str, *, state: str = "open", labels: Sequence[str] = (), limit: int = 30
    ) -> Page[Issue]:
        """Issues with all of `labels`, newest first; pull requests are left out."""
        names = checked.label_list(labels)
        if any("," in name for name in names):
            raise BadInput("GitHub cannot look for a label with a comma; name another one.")
        where = address_of(repo) | {"state": checked.one_of(state, STATES, "state"), "labels": ",".join(names) or None}
        return await self._api.pages(
            ISSUES + "{?state,labels,per_page,page}", where, limit=limit, read=lambda row: _unless_pull(row, repo)
        )

    async def issue(self, repo: str, number: int, *, comments: int = 30) -> IssueWithComments:
        """An issue (or a pull request seen as one) with its oldest comments.

        Args:
            comments: How many of them at most.
        """
        where = address_of(repo, number)
        issue = await self._issue(repo, number)
        said: Page[Comment] = Page((), cut=False)
        if issue.comment_count:
            said = await self._api.pages(
                COMMENTS + "{?per_page,page}",
                where,
                limit=comments,
                read=lambda row: comment_of(row, repo, number=number),
                per_page=min(comments + 1, PER_PAGE),
            )
        return IssueWithComments(issue, said)

    async def pull_requests(self, repo: str, *, state: str = "open", limit: int = 30) -> Page[PullRequest]:
        """Pull requests, newest first."""
        where = address_of(repo) | {"state": checked.one_of(state, STATES, "state")}
        return await self._api.pages(
            REPOSITORY + "/pulls{?state,per_page,page}",
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
        where = address_of(repo) | {
            "path": checked.path_parts(path),
            "ref": None if ref is None else checked.ref_name(ref),
        }
        if not 0 < max_bytes <= MAX_FILE_BYTES:
            raise BadInput(f"A file can be read up to {MAX_FILE_BYTES} bytes; ask for 1 to {MAX_FILE_BYTES}.")
        found, _ = await self._api.ask(
            REPOSITORY + "/contents{/path*}{?ref}",
            where,
            read=lambda data: file_content_of(data, repo, ref=ref, max_bytes=max_bytes),
            accept=ACCEPT_OBJECT,
        )
        return found

    async def workflow_runs(self, repo: str, *, branch: str | None = None, limit: int = 30) -> Page[WorkflowRun]:
        """Runs of GitHub Actions, latest first."""
        where = address_of(repo) | {"branch": None if branch is None else checked.ref_name(branch)}
        return await self._api.pages(
            REPOSITORY + "/actions/runs{?branch,per_page,page}",
            where,
            limit=limit,
            read=lambda row: workflow_run_of(row, repo),
            per_page=min(limit + 1, PER_PAGE),
            listed_under="workflow_runs",
        )

    async def issue_now(self, repo: str, number: int) -> Issue:
        """An issue (or a pull request seen as one) as it stands now, in one request."""
        return await self._issue(repo, number)

    async def comment_now(self, repo: str, number: int, comment_id: int) -> Comment:
        """A comment as it stands now, in one request.

        Args:
            number: Of the issue or pull request below which it stands.
        """
        where = address_of(repo) | {"comment_id": checked.positive(comment_id, "comment")}
        said, _ = await self._api.ask(COMMENT, where, read=lambda data: comment_of(data, repo, number=number))
        return said

    async def has_comment(self, repo: str, comment_id: int) -> bool:
        """Whether there is a comment; False too where the token does not see its repository (any more)."""
        where = address_of(repo) | {"comment_id": checked.positive(comment_id, "comment")}
        try:
            await self._api.ask(COMMENT, where, read=lambda data: Fields(data).whole("id"))
        except NotFound:
            return False
        return True

    @property
    def spent(self) -> bool:
        """Whether GitHub said in its last answer that nothing more may be asked for a while."""
        return self._api.left == 0

    async def _issue(self, repo: str, number: int) -> Issue:
        issue, _ = await self._api.ask(
            ISSUE, address_of(repo, number), read=lambda data: numbered(issue_of(data, repo), number)
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


def address_of(repo: str, number: int | None = None) -> dict[str, Any]:
    """The parts of an address."""
    owner, name = checked.repository_parts(repo)
    where: dict[str, Any] = {"owner": owner, "repo": name}
    return where if number is None else where | {"number": checked.positive(number, "issue")}


def _unless_pull(row: Any, repo: str) -> Issue | None:
    issue = issue_of(row, repo)
    return None if issue.is_pull_request else issue


def numbered(issue: Issue, number: int) -> Issue:
    if issue.number != number:
        raise unexpected("number")
    return issue
