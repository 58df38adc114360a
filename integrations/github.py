"""GitHub: issues and comments are written, and looked for. What is only asked is in `github_reader.py`.

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

from assistant.errors import BadInput, NoAnswer
from integrations import github_input as checked
from integrations.github_api import PER_PAGE
from integrations.github_reader import (
    COMMENT,
    COMMENTS,
    ISSUE,
    ISSUES,
    GitHubReader,
    address_of,
    numbered,
)
from integrations.github_reading import comment_of, issue_of, label_names, rows, unexpected
from integrations.github_values import Comment, DeletedComment, Issue, LabelChange

CLOSE_REASONS = ("completed", "not_planned")
MAX_LOOKUP_PAGES = 10
CLOCK_MARGIN = dt.timedelta(seconds=2)
"""GitHub tells its clock, and when something was made, in whole seconds."""

LABELS = ISSUE + "/labels"


class GitHubClient(GitHubReader):
    """What the assistant does at GitHub, in the name of one token; raises what `GitHubReader` says."""

    async def create_issue(self, repo: str, title: str, *, body: str = "", labels: Sequence[str] = ()) -> Issue:
        """Opens an issue. Not repeatable: after `may_have_acted`, ask `find_created_issue`.

        Returns:
            The issue as GitHub has it. Without push access GitHub drops labels silently: compare `labels`.
        """
        content = {"title": checked.title_text(title), "body": checked.body_text(body)}
        names = checked.label_list(labels)
        data, _ = await self._api.send(
            "POST", ISSUES, address_of(repo), data=content | ({"labels": names} if names else {})
        )
        issue = issue_of(data, repo)
        if not same_text(issue.title, title):
            raise unexpected("title")
        return issue

    async def comment(self, repo: str, number: int, *, body: str) -> Comment:
        """Comments an issue or a pull request. Not repeatable: after `may_have_acted`, ask `find_comment`."""
        data, _ = await self._api.send(
            "POST", COMMENTS, address_of(repo, number), data={"body": checked.comment_text(body)}
        )
        said = comment_of(data, repo, number=number)
        if not same_text(said.body, body):
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
        data, _ = await self._api.send("POST", LABELS, address_of(repo, number), data={"labels": names})
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
        data, _ = await self._api.send("DELETE", LABELS + "/{label}", address_of(repo, number) | {"label": name})
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
        where = address_of(repo) | {"comment_id": checked.positive(comment_id, "comment")}
        _, status = await self._api.send("DELETE", COMMENT, where)
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
        where = address_of(repo)
        account = await self.me()
        earliest = self._by_their_clock(since)
        found: list[Issue] = []
        where |= {"state": "all", "creator": account.login, "sort": "created", "direction": "desc"}
        url = ISSUES + "{?state,creator,sort,direction,per_page,page}"
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
                and same_text(issue.title, title)
                and same_text(issue.body, body)
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
        where = address_of(repo, number)
        account = await self.me()
        earliest = self._by_their_clock(since)
        where |= {"since": earliest.strftime("%Y-%m-%dT%H:%M:%SZ"), "per_page": PER_PAGE}
        for page in range(1, MAX_LOOKUP_PAGES + 1):
            listed, more = await self._api.ask(
                COMMENTS + "{?since,per_page,page}",
                where | {"page": page},
                read=lambda data: [comment_of(row, repo, number=number) for row in rows(data)],
            )
            for said in listed:
                if said.author_id == account.id and said.created_at >= earliest and same_text(said.body, body):
                    return said
            if not (more or len(listed) == PER_PAGE):
                return None
        raise NoAnswer("GitHub holds too many new comments to tell whether it was done; look there.")

    def _by_their_clock(self, since: dt.datetime) -> dt.datetime:
        """`since` as GitHub's clock has it, and a little earlier; call it after an answer."""
        return since.astimezone(dt.UTC) + dt.timedelta(seconds=self._api.ahead_s) - CLOCK_MARGIN

    async def _set_state(self, repo: str, number: int, wanted: Mapping[str, str]) -> Issue:
        data, _ = await self._api.send("PATCH", ISSUE, address_of(repo, number), data=wanted)
        issue = numbered(issue_of(data, repo), number)
        if issue.state != wanted["state"]:
            raise unexpected("state")
        return issue


def _folded(labels: Sequence[str]) -> set[str]:
    """Labels as GitHub tells them apart: without regard to case."""
    return {label.casefold() for label in labels}


def same_text(one: str, other: str) -> bool:
    """Whether a title or a body is the same, but for line ends and space around it, which GitHub may change."""
    return one.replace("\r\n", "\n").strip() == other.replace("\r\n", "\n").strip()
