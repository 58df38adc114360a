"""What the executor does at GitHub after an approval, how each is found again after a lost answer, and taken back."""

from __future__ import annotations

from dataclasses import replace

from assistant.actions.effects import Attempt, Effect, Inverse, Receipt, Repeat, Undo
from assistant.errors import NotFound, RateLimited, Refused
from integrations.github import GitHubClient, same_text
from integrations.github_values import Comment, Issue
from tools import performs


async def _as_approved(client: GitHubClient, repository: str, *, public: bool) -> None:
    """Nothing goes to a repository that more people can read by now than the approval said.

    Raises:
        Refused: it has become public, or takes nothing any more.
    """
    found = await client.repository(repository)
    if found.is_public and not public:
        raise Refused(f"{repository} is public, and that was not approved; nothing was sent. Ask for it again.")
    if found.archived:
        raise Refused(f"{repository} is archived and takes no changes; nothing was sent.")


def _but(differs: list[str]) -> str:
    """What is not as it was approved, in our own words: what stands there may be somebody else's text."""
    return f" Read again, it is not as it was approved: {', '.join(differs)}." if differs else ""


def _may_ask(client: GitHubClient) -> None:
    """Raises RateLimited where GitHub's hour is used up: whoever goes on asking is shut out for longer."""
    if client.spent:
        raise RateLimited("GitHub takes no more questions for now.")


async def _now(client: GitHubClient, repository: str, number: int) -> Issue:
    _may_ask(client)
    return await client.issue_now(repository, number)


def _missing(issue: Issue, labels: list[str]) -> list[str]:
    there = {each.casefold() for each in issue.labels}
    return [each for each in labels if each.casefold() not in there]


def _opened(issue: Issue, wanted: list[str], *, public: bool, read_back: bool = False, differs: str = "") -> Receipt:
    dropped = _missing(issue, wanted)
    # https://docs.github.com/en/rest/issues/issues#create-an-issue: labels are dropped silently without push access.
    told = f" GitHub left out the label {', '.join(dropped)}: only who may push sets labels." if dropped else ""
    inverse = {"repository": issue.repository, "number": issue.number, "reason": "not_planned", "public": public}
    return Receipt(
        f"opened issue #{issue.number} in {issue.repository}.{told}{differs}",
        id=str(issue.number),
        link=issue.html_url,
        read_back=read_back and not dropped and not differs,
        undo=Inverse("github_close_issue", inverse),
    )


async def _read_issue(
    client: GitHubClient,
    attempt: Attempt,
    receipt: Receipt,
    *,
    repository: str,
    title: str,
    body: str,
    labels: list[str],
    public: bool,
) -> Receipt:
    issue = await _now(client, repository, int(receipt.id))
    differs = [] if same_text(issue.title, title) else ["its title"]
    differs += [] if same_text(issue.body, body) else ["its text"]
    differs += [] if issue.state == "open" else ["it is closed"]
    return _opened(issue, labels, public=public, read_back=True, differs=_but(differs))


async def _find_issue(
    client: GitHubClient, attempt: Attempt, *, repository: str, title: str, body: str, labels: list[str], public: bool
) -> Receipt | None:
    found = await client.find_created_issue(repository, title, body=body, since=attempt.approved_at)
    return None if found is None else _opened(found, labels, public=public, read_back=True)


@performs(
    "github_create_issue",
    service="github",
    effect=Effect.WRITE,
    label="Open an issue on GitHub",
    repeat=Repeat.LOOKED_UP,
    undo=Undo.REVERSIBLE,
    lookup=_find_issue,
    read_again=_read_issue,
)
async def create_issue(
    client: GitHubClient, attempt: Attempt, *, repository: str, title: str, body: str, labels: list[str], public: bool
) -> Receipt:
    """Opens an issue. Taken back, it is closed: GitHub deletes none for a token."""
    await _as_approved(client, repository, public=public)
    return _opened(await client.create_issue(repository, title, body=body, labels=labels), labels, public=public)


def _commented(said: Comment, *, read_back: bool = False, differs: str = "") -> Receipt:
    return Receipt(
        f"commented on #{said.number} in {said.repository}.{differs}",
        id=str(said.id),
        link=said.html_url,
        read_back=read_back and not differs,
        undo=Inverse("github_delete_comment", {"repository": said.repository, "comment_id": said.id}),
    )


async def _read_comment(
    client: GitHubClient, attempt: Attempt, receipt: Receipt, *, repository: str, number: int, body: str, public: bool
) -> Receipt:
    _may_ask(client)
    said = await client.comment_now(repository, number, int(receipt.id))
    return _commented(said, read_back=True, differs=_but([] if same_text(said.body, body) else ["its text"]))


async def _find_comment(
    client: GitHubClient, attempt: Attempt, *, repository: str, number: int, body: str, public: bool
) -> Receipt | None:
    found = await client.find_comment(repository, number, body=body, since=attempt.approved_at)
    return None if found is None else _commented(found, read_back=True)


@performs(
    "github_comment",
    service="github",
    effect=Effect.WRITE,
    label="Comment on GitHub",
    repeat=Repeat.LOOKED_UP,
    undo=Undo.REVERSIBLE,
    lookup=_find_comment,
    read_again=_read_comment,
)
async def comment(
    client: GitHubClient, attempt: Attempt, *, repository: str, number: int, body: str, public: bool
) -> Receipt:
    """Comments on an issue or a pull request."""
    await _as_approved(client, repository, public=public)
    return _commented(await client.comment(repository, number, body=body))


async def _read_deleted(
    client: GitHubClient, attempt: Attempt, receipt: Receipt, *, repository: str, comment_id: int
) -> Receipt:
    _may_ask(client)
    if await client.has_comment(repository, comment_id):
        return replace(receipt, text=receipt.text + _but(["it is still there"]))
    return replace(receipt, read_back=True)


@performs(
    "github_delete_comment",
    service="github",
    effect=Effect.DESTRUCTIVE,
    label="Delete a comment on GitHub",
    repeat=Repeat.IDEMPOTENT,
    read_again=_read_deleted,
)
async def delete_comment(client: GitHubClient, attempt: Attempt, *, repository: str, comment_id: int) -> Receipt:
    """Deletes a comment for good."""
    try:
        await client.delete_comment(repository, comment_id)
    except NotFound:
        await client.repository(repository)  # raises where it is the repository that is not seen
        return Receipt(f"comment {comment_id} is not in {repository} any more.", id=str(comment_id), read_back=True)
    return Receipt(f"deleted comment {comment_id} in {repository}.", id=str(comment_id))


async def _read_added(
    client: GitHubClient,
    attempt: Attempt,
    receipt: Receipt,
    *,
    repository: str,
    number: int,
    labels: list[str],
    public: bool,
) -> Receipt:
    missing = _missing(await _now(client, repository, number), labels)
    return _read(receipt, [f"the label {each} is missing" for each in missing])


def _read(receipt: Receipt, differs: list[str]) -> Receipt:
    return replace(receipt, text=receipt.text + _but(differs), read_back=not differs)


@performs(
    "github_add_labels",
    service="github",
    effect=Effect.WRITE,
    label="Label an issue on GitHub",
    repeat=Repeat.IDEMPOTENT,
    undo=Undo.REVERSIBLE,
    read_again=_read_added,
)
async def add_labels(
    client: GitHubClient, attempt: Attempt, *, repository: str, number: int, labels: list[str], public: bool
) -> Receipt:
    """Adds labels that were not on an issue when it was proposed."""
    await _as_approved(client, repository, public=public)
    changed = await client.add_labels(repository, number, labels=labels)
    # An earlier attempt whose answer was lost may have added them; taking back is for all that were approved then.
    added = list(changed.added or labels)
    return Receipt(
        f"labelled #{number} in {repository}: {', '.join(labels)}.",
        id=str(number),
        link=changed.html_url,
        undo=Inverse("github_remove_labels", _labelling(repository, number, added, public=public)),
    )


async def _read_removed(
    client: GitHubClient,
    attempt: Attempt,
    receipt: Receipt,
    *,
    repository: str,
    number: int,
    labels: list[str],
    public: bool,
) -> Receipt:
    missing = _missing(await _now(client, repository, number), labels)
    return _read(receipt, [f"the label {each} is still there" for each in labels if each not in missing])


@performs(
    "github_remove_labels",
    service="github",
    effect=Effect.WRITE,
    label="Take labels off an issue on GitHub",
    repeat=Repeat.IDEMPOTENT,
    undo=Undo.REVERSIBLE,
    read_again=_read_removed,
)
async def remove_labels(
    client: GitHubClient, attempt: Attempt, *, repository: str, number: int, labels: list[str], public: bool
) -> Receipt:
    """Takes labels off; one that is not on it (any more) is no failure."""
    await _as_approved(client, repository, public=public)
    link = ""
    for label in labels:
        try:
            link = (await client.remove_label(repository, number, label=label)).html_url
        except NotFound:
            issue = await client.issue_now(repository, number)
            link = issue.html_url
            if not _missing(issue, [label]):
                raise
    return Receipt(
        f"took off #{number} in {repository}: {', '.join(labels)}.",
        id=str(number),
        link=link,
        undo=Inverse("github_add_labels", _labelling(repository, number, labels, public=public)),
    )


def _labelling(repository: str, number: int, labels: list[str], *, public: bool) -> dict[str, object]:
    return {"repository": repository, "number": number, "labels": labels, "public": public}


async def _read_closed(
    client: GitHubClient, attempt: Attempt, receipt: Receipt, *, repository: str, number: int, reason: str, public: bool
) -> Receipt:
    issue = await _now(client, repository, number)
    if issue.state != "closed":
        return _read(receipt, ["it is open"])
    # Of a closed pull request GitHub keeps no reason.
    return _read(receipt, [] if issue.is_pull_request or issue.state_reason == reason else ["its reason is another"])


@performs(
    "github_close_issue",
    service="github",
    effect=Effect.WRITE,
    label="Close an issue on GitHub",
    repeat=Repeat.IDEMPOTENT,
    undo=Undo.REVERSIBLE,
    read_again=_read_closed,
)
async def close_issue(
    client: GitHubClient, attempt: Attempt, *, repository: str, number: int, reason: str, public: bool
) -> Receipt:
    """Closes an issue, or a pull request without merging it."""
    await _as_approved(client, repository, public=public)
    issue = await client.close(repository, number, reason=reason)
    how = "as not planned" if reason == "not_planned" else "as completed"
    return Receipt(
        f"closed #{number} in {repository} {how}.",
        id=str(number),
        link=issue.html_url,
        undo=Inverse("github_reopen_issue", {"repository": repository, "number": number, "public": public}),
    )


async def _read_reopened(
    client: GitHubClient, attempt: Attempt, receipt: Receipt, *, repository: str, number: int, public: bool
) -> Receipt:
    issue = await _now(client, repository, number)
    return _read(receipt, [] if issue.state == "open" else ["it is closed"])


@performs(
    "github_reopen_issue",
    service="github",
    effect=Effect.WRITE,
    label="Open a closed issue again on GitHub",
    repeat=Repeat.IDEMPOTENT,
    undo=Undo.REVERSIBLE,
    read_again=_read_reopened,
)
async def reopen_issue(
    client: GitHubClient, attempt: Attempt, *, repository: str, number: int, public: bool
) -> Receipt:
    """Opens a closed issue again."""
    await _as_approved(client, repository, public=public)
    issue = await client.reopen(repository, number)
    inverse = {"repository": repository, "number": number, "reason": "completed", "public": public}
    return Receipt(
        f"opened #{number} in {repository} again.",
        id=str(number),
        link=issue.html_url,
        undo=Inverse("github_close_issue", inverse),
    )
