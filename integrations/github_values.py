"""What GitHub tells, as frozen values. Addresses in them are to be shown; none of them is ever fetched."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    """A bounded list.

    Attributes:
        cut: True when GitHub has more than is here, or did not finish searching; say so.
        total: How many GitHub counts in all, where it counts.
    """

    items: tuple[T, ...]
    cut: bool
    total: int | None = None


@dataclass(frozen=True)
class Account:
    """Whose token it is, and what can be told of the token.

    Attributes:
        fine_grained: False for a classic token, which may do far more than is needed.
        scopes: What a classic token may do; empty for a fine-grained one, whose permissions GitHub does not list.
        token_expires_at: None when it does not expire or GitHub does not say.
    """

    login: str
    id: int
    html_url: str
    fine_grained: bool
    scopes: tuple[str, ...]
    token_expires_at: dt.datetime | None


@dataclass(frozen=True)
class Repository:
    """A repository.

    Attributes:
        visibility: "public", "private" or "internal" (everyone in an enterprise).
        permissions: What the token's user may do there: "pull", "triage", "push", "maintain", "admin".
    """

    full_name: str
    id: int
    private: bool
    visibility: str
    html_url: str
    description: str
    default_branch: str
    archived: bool
    has_issues: bool
    permissions: frozenset[str]

    @property
    def is_public(self) -> bool:
        """Whether anybody can read what is written there."""
        return not self.private or self.visibility == "public"


@dataclass(frozen=True)
class Issue:
    """An issue, or a pull request seen as one (`is_pull_request`)."""

    repository: str
    number: int
    id: int
    title: str
    body: str
    state: str
    state_reason: str | None
    author: str
    author_id: int | None
    labels: tuple[str, ...]
    html_url: str
    comment_count: int
    is_pull_request: bool
    locked: bool
    created_at: dt.datetime
    updated_at: dt.datetime
    closed_at: dt.datetime | None


@dataclass(frozen=True)
class Comment:
    """A comment below an issue or a pull request."""

    repository: str
    number: int
    id: int
    body: str
    author: str
    author_id: int | None
    html_url: str
    created_at: dt.datetime
    updated_at: dt.datetime


@dataclass(frozen=True)
class IssueWithComments:
    """An issue and what was said below it, oldest first."""

    issue: Issue
    comments: Page[Comment]


@dataclass(frozen=True)
class PullRequest:
    """A pull request: `head` is to go into `base`."""

    repository: str
    number: int
    id: int
    title: str
    body: str
    state: str
    draft: bool
    author: str
    labels: tuple[str, ...]
    head: str
    base: str
    html_url: str
    created_at: dt.datetime
    updated_at: dt.datetime
    merged_at: dt.datetime | None


@dataclass(frozen=True)
class Notification:
    """Something that happened where the person is asked to look.

    Attributes:
        number: Of the issue or pull request, where it is about one.
        reason: Why it came: "assign", "mention", "review_requested" and others.
    """

    id: str
    repository: str
    private: bool
    title: str
    kind: str
    number: int | None
    reason: str
    unread: bool
    updated_at: dt.datetime


@dataclass(frozen=True)
class WorkflowRun:
    """One run of a GitHub Actions workflow; `conclusion` is None until it ends."""

    repository: str
    id: int
    name: str
    title: str
    run_number: int
    event: str
    status: str
    conclusion: str | None
    branch: str | None
    sha: str
    html_url: str
    created_at: dt.datetime
    updated_at: dt.datetime


@dataclass(frozen=True)
class FileContent:
    """A file at a commit.

    Attributes:
        text: None when it is binary, or larger than GitHub hands out this way (1 MB).
        cut: True when `text` is not the whole file.
    """

    repository: str
    path: str
    ref: str | None
    sha: str
    size_bytes: int
    text: str | None
    binary: bool
    cut: bool
    html_url: str | None


@dataclass(frozen=True)
class LabelChange:
    """The labels of an issue after a change; `added` and `removed` are what an undo has to turn back."""

    repository: str
    number: int
    html_url: str
    state: str
    labels: tuple[str, ...]
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


@dataclass(frozen=True)
class DeletedComment:
    """A comment that is no more."""

    repository: str
    id: int
