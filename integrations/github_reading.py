"""Reads GitHub's answers into values; anything that does not have the documented shape is a `BadResponse`.

Shapes: https://docs.github.com/en/rest?apiVersion=2022-11-28 . Only fields are read that version 2026-03-10 has too.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from assistant.errors import BadInput, BadResponse
from integrations.github_values import (
    Comment,
    FileContent,
    Issue,
    Notification,
    PullRequest,
    Repository,
    WorkflowRun,
)

T = TypeVar("T")

_PLACE = re.compile(r"/repos/([^/?#]+/[^/?#]+)$")
_NUMBERED = re.compile(r"/(?:issues|pulls)/([0-9]{1,12})$")


def unexpected(what: str) -> BadResponse:
    """The error for an answer that is not in the contract; `what` is a field, never its content."""
    return BadResponse(f"GitHub answered something unexpected ({what}); look there what happened.")


class Fields:
    """One JSON object of an answer; each getter says what it must be."""

    def __init__(self, data: Any, what: str = "no object") -> None:
        if not isinstance(data, Mapping):
            raise unexpected(what)
        self._data = data

    def has(self, name: str) -> bool:
        return self._data.get(name) is not None

    def text(self, name: str) -> str:
        value = self._data.get(name)
        if not isinstance(value, str):
            raise unexpected(name)
        return value

    def text_or_none(self, name: str) -> str | None:
        return self.text(name) if self.has(name) else None

    def whole(self, name: str) -> int:
        value = self._data.get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise unexpected(name)
        return value

    def flag(self, name: str) -> bool:
        value = self._data.get(name)
        if not isinstance(value, bool):
            raise unexpected(name)
        return value

    def link(self, name: str) -> str:
        """An address to show; GitHub's are always web addresses."""
        value = self.text(name)
        if not value.startswith(("https://", "http://")):
            raise unexpected(name)
        return value

    def instant(self, name: str) -> dt.datetime:
        try:
            value = dt.datetime.fromisoformat(self.text(name))
        except ValueError as error:
            raise unexpected(name) from error
        if value.tzinfo is None:
            raise unexpected(name)
        return value

    def instant_or_none(self, name: str) -> dt.datetime | None:
        return self.instant(name) if self.has(name) else None

    def inner(self, name: str) -> Fields:
        return Fields(self._data.get(name), name)

    def rows(self, name: str) -> list[Any]:
        return rows(self._data.get(name), name)

    def who(self) -> tuple[str, int | None]:
        """Login and id of the author; GitHub shows a deleted account as "ghost"."""
        if not self.has("user"):
            return "ghost", None
        user = self.inner("user")
        return user.text("login"), user.whole("id")

    def labels(self) -> tuple[str, ...]:
        return label_names(self.rows("labels"))


def rows(data: Any, what: str = "no list") -> list[Any]:
    """`data`, which has to be a list."""
    if not isinstance(data, list):
        raise unexpected(what)
    return data


@dataclass(frozen=True)
class Part(Generic[T]):
    """One page of a list, as GitHub gives it."""

    values: tuple[T, ...]
    total: int | None
    unfinished: bool


def part_of(data: Any, read: Callable[[Any], T | None], listed_under: str | None) -> Part[T]:
    """One page of a list; what `read` makes None is left out.

    Args:
        listed_under: The field that the list is in, where the answer is more than the list.
    """
    total, unfinished = None, False
    if listed_under is None:
        listed = rows(data)
    else:
        answer = Fields(data)
        total, listed = answer.whole("total_count"), answer.rows(listed_under)
        unfinished = answer.has("incomplete_results") and answer.flag("incomplete_results")
    return Part(tuple(value for value in map(read, listed) if value is not None), total, unfinished)


def label_names(data: list[Any]) -> tuple[str, ...]:
    """The names of labels, which come as objects or as bare names."""
    return tuple(label if isinstance(label, str) else Fields(label, "labels").text("name") for label in data)


def repository_of(data: Any, asked: str) -> Repository:
    """A repository, from `GET /repos/{owner}/{repo}`; what is said of another than was `asked` for is not believed."""
    it = Fields(data)
    if it.text("full_name").lower() != asked.lower():
        raise unexpected("full_name")
    private = it.flag("private")
    granted = it.inner("permissions") if it.has("permissions") else Fields({})
    names = ("pull", "triage", "push", "maintain", "admin")
    return Repository(
        full_name=it.text("full_name"),
        id=it.whole("id"),
        private=private,
        visibility=it.text_or_none("visibility") or ("private" if private else "public"),
        html_url=it.link("html_url"),
        description=it.text_or_none("description") or "",
        default_branch=it.text("default_branch"),
        archived=it.flag("archived"),
        has_issues=it.flag("has_issues"),
        permissions=frozenset(name for name in names if granted.has(name) and granted.flag(name)),
    )


def issue_of(data: Any, repository: str | None = None) -> Issue:
    """An issue; without `repository` (in a search) the answer says which one it is in."""
    it = Fields(data)
    author, author_id = it.who()
    return Issue(
        repository=repository or _place(it.text("repository_url")),
        number=it.whole("number"),
        id=it.whole("id"),
        title=it.text("title"),
        body=it.text_or_none("body") or "",
        state=it.text("state"),
        state_reason=it.text_or_none("state_reason"),
        author=author,
        author_id=author_id,
        labels=it.labels(),
        html_url=it.link("html_url"),
        comment_count=it.whole("comments"),
        is_pull_request=it.has("pull_request"),
        locked=it.flag("locked"),
        created_at=it.instant("created_at"),
        updated_at=it.instant("updated_at"),
        closed_at=it.instant_or_none("closed_at"),
    )


def _place(url: str) -> str:
    found = _PLACE.search(url)
    if found is None:
        raise unexpected("repository_url")
    return found[1]


def comment_of(data: Any, repository: str, *, number: int) -> Comment:
    """A comment below issue `number`."""
    it = Fields(data)
    author, author_id = it.who()
    return Comment(
        repository=repository,
        number=number,
        id=it.whole("id"),
        body=it.text_or_none("body") or "",
        author=author,
        author_id=author_id,
        html_url=it.link("html_url"),
        created_at=it.instant("created_at"),
        updated_at=it.instant("updated_at"),
    )


def pull_request_of(data: Any, repository: str) -> PullRequest:
    """A pull request, from a list of them."""
    it = Fields(data)
    return PullRequest(
        repository=repository,
        number=it.whole("number"),
        id=it.whole("id"),
        title=it.text("title"),
        body=it.text_or_none("body") or "",
        state=it.text("state"),
        draft=it.has("draft") and it.flag("draft"),
        author=it.who()[0],
        labels=it.labels(),
        head=it.inner("head").text("ref"),
        base=it.inner("base").text("ref"),
        html_url=it.link("html_url"),
        created_at=it.instant("created_at"),
        updated_at=it.instant("updated_at"),
        merged_at=it.instant_or_none("merged_at"),
    )


def notification_of(data: Any) -> Notification:
    """A notification, which GitHub calls a thread."""
    it = Fields(data)
    subject, repository = it.inner("subject"), it.inner("repository")
    numbered = _NUMBERED.search(subject.text_or_none("url") or "")
    return Notification(
        id=it.text("id"),
        repository=repository.text("full_name"),
        private=repository.flag("private"),
        title=subject.text("title"),
        kind=subject.text("type"),
        number=int(numbered[1]) if numbered else None,
        reason=it.text("reason"),
        unread=it.flag("unread"),
        updated_at=it.instant("updated_at"),
    )


def workflow_run_of(data: Any, repository: str) -> WorkflowRun:
    """A run of a workflow."""
    it = Fields(data)
    return WorkflowRun(
        repository=repository,
        id=it.whole("id"),
        name=it.text_or_none("name") or it.text("path"),
        title=it.text("display_title"),
        run_number=it.whole("run_number"),
        event=it.text("event"),
        status=it.text_or_none("status") or "unknown",
        conclusion=it.text_or_none("conclusion"),
        branch=it.text_or_none("head_branch"),
        sha=it.text("head_sha"),
        html_url=it.link("html_url"),
        created_at=it.instant("created_at"),
        updated_at=it.instant("updated_at"),
    )


def file_content_of(data: Any, repository: str, *, ref: str | None, max_bytes: int) -> FileContent:
    """A file, from `GET .../contents/{path}` in the "object" media type.

    Raises:
        BadInput: a folder, a link out of the repository or a submodule is there.
    """
    it = Fields(data)
    kind, path = it.text("type"), it.text("path")
    if kind == "dir":
        inside = ", ".join(Fields(entry, "entries").text("name") for entry in it.rows("entries")[:20])
        raise BadInput(f"{path} is a folder; name a file in it ({inside}).")
    if kind != "file":
        raise BadInput(f"{path} is a {kind}, which has no content of its own; name a file.")
    size, encoding = it.whole("size"), it.text("encoding")
    text, binary, cut = None, False, True
    if encoding == "base64":
        try:
            content = base64.b64decode("".join(it.text("content").split()), validate=True)
        except (binascii.Error, ValueError) as error:
            raise unexpected("content") from error
        text, binary, cut = _text_of(content, max_bytes)
    elif encoding != "none":
        raise unexpected("encoding")
    return FileContent(
        repository=repository,
        path=path,
        ref=ref,
        sha=it.text("sha"),
        size_bytes=size,
        text=text,
        binary=binary,
        cut=cut,
        html_url=it.link("html_url") if it.has("html_url") else None,
    )


def _text_of(content: bytes, max_bytes: int) -> tuple[str | None, bool, bool]:
    """The text of a file (None: binary), whether it is binary, whether the text is cut."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return None, True, False
    if "\0" in text:
        return None, True, False
    if len(content) <= max_bytes:
        return text, False, False
    # A character that the cut goes through is left out.
    return content[:max_bytes].decode(errors="ignore"), False, True
