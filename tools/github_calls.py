"""What the executor does at GitHub after an approval, how each is found again after a lost answer, and taken back."""

from __future__ import annotations

from assistant.actions.effects import Attempt, Effect, Inverse, Receipt, Repeat, Undo
from assistant.errors import NotFound, Refused, ServiceError
from integrations.github import GitHubClient
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


def _opened(issue: Issue, wanted: list[str], *, public: bool, read_back: bool = False) -> Receipt:
    there = {each.casefold() for each in issue.labels}
    dropped = [each for each in wanted if each.casefold() not in there]
    # https://docs.github.com/en/rest/issues/issues#create-an-issue: labels are dropped silently without push access.
    told = f" GitHub left out the label {', '.join(dropped)}: only who may push sets labels." if dropped else ""
    inverse = {"repository": issue.repository, "number": issue.number, "reason": "not_planned", "public": public}
    return Receipt(
        f"opened issue #{issue.number} in {issue.repository}.{told}",
        id=str(issue.number),
        link=issue.html_url,
        read_back=read_back,
        undo=Inverse("github_close_issue", inverse),
    )


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
)
async def create_issue(
    client: GitHubClient, attempt: Attempt, *, repository: str, title: str, body: str, labels: list[str], public: bool
) -> Receipt:
    """Opens an issue. Taken back, it is closed: GitHub deletes none for a token."""
    await _as_approved(client, repository, public=public)
    return _opened(await client.create_issue(repository, title, body=body, labels=labels), labels, public=public)


def _commented(said: Comment, *, read_back: bool = False) -> Receipt:
    return Receipt(
        f"commented on #{said.number} in {said.repository}.",
        id=str(said.id),
        link=said.html_url,
        read_back=read_back,
        undo=Inverse("github_delete_comment", {"repository": said.repository, "comment_id": said.id}),
    )


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
)
async def comment(
    client: GitHubClient, attempt: Attempt, *, repository: str, number: int, body: str, public: bool
) -> Receipt:
    """Comments on an issue or a pull request."""
    await _as_approved(client, repository, public=public)
    return _commented(await client.comment(repository, number, body=body))


@performs(
    "github_delete_comment",
    service="github",
    effect=Effect.DESTRUCTIVE,
    label="Delete a comment on GitHub",
    repeat=Repeat.IDEMPOTENT,
)
async def delete_comment(client: GitHubClient, attempt: Attempt, *, repository: str, comment_id: int) -> Receipt:
    """Deletes a comment for good."""
    try:
        await client.delete_comment(repository, comment_id)
    except NotFound:
        await client.repository(repository)  # raises where it is the repository that is not seen
        return Receipt(f"comment {comment_id} is not in {repository} any more.", id=str(comment_id), read_back=True)
    return Receipt(f"deleted comment {comment_id} in {repository}.", id=str(comment_id))


@performs(
    "github_add_labels",
    service="github",
    effect=Effect.WRITE,
    label="Label an issue on GitHub",
    repeat=Repeat.IDEMPOTENT,
    undo=Undo.REVERSIBLE,
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
        read_back=await _is(client, repository, number, labelled=labels),
        undo=Inverse("github_remove_labels", _labelling(repository, number, added, public=public)),
    )


@performs(
    "github_remove_labels",
    service="github",
    effect=Effect.WRITE,
    label="Take labels off an issue on GitHub",
    repeat=Repeat.IDEMPOTENT,
    undo=Undo.REVERSIBLE,
)
async def remove_labels(
    client: GitHubClient, attempt: Attempt, *, repository: str, number: int, labels: list[str], public: bool
) -> Receipt:
    """Takes labels off; one that is not on it (any more) is no failure."""
    await _as_approved(client, repository, public=public)
    for label in labels:
        try:
            await client.remove_label(repository, number, label=label)
        except NotFound:
            there = (await client.issue(repository, number, comments=1)).issue.labels
            if label.casefold() in {each.casefold() for each in there}:
                raise
    issue = (await client.issue(repository, number, comments=1)).issue
    return Receipt(
        f"took off #{number} in {repository}: {', '.join(labels)}.",
        id=str(number),
        link=issue.html_url,
        read_back=not {each.casefold() for each in labels} & {each.casefold() for each in issue.labels},
        undo=Inverse("github_add_labels", _labelling(repository, number, labels, public=public)),
    )


def _labelling(repository: str, number: int, labels: list[str], *, public: bool) -> dict[str, object]:
    return {"repository": repository, "number": number, "labels": labels, "public": public}


@performs(
    "github_close_issue",
    service="github",
    effect=Effect.WRITE,
    label="Close an issue on GitHub",
    repeat=Repeat.IDEMPOTENT,
    undo=Undo.REVERSIBLE,
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
        read_back=await _is(client, repository, number, state="closed"),
        undo=Inverse("github_reopen_issue", {"repository": repository, "number": number, "public": public}),
    )


@performs(
    "github_reopen_issue",
    service="github",
    effect=Effect.WRITE,
    label="Open a closed issue again on GitHub",
    repeat=Repeat.IDEMPOTENT,
    undo=Undo.REVERSIBLE,
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
        read_back=await _is(client, repository, number, state="open"),
        undo=Inverse("github_close_issue", inverse),
    )


async def _is(
    client: GitHubClient, repository: str, number: int, *, state: str = "", labelled: list[str] | None = None
) -> bool:
    """Whether an issue, read again, is as the receipt says. Not being able to look takes nothing from the receipt."""
    try:
        issue = (await client.issue(repository, number, comments=1)).issue
    except (ServiceError, NotFound):
        return False
    there = {each.casefold() for each in issue.labels}
    return state in ("", issue.state) and {each.casefold() for each in labelled or ()} <= there
