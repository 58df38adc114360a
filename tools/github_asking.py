"""What the executor reads at GitHub: each answer becomes items of plain text that carry where they come from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from assistant.actions.effects import Attempt, Effect, Item, Receipt
from assistant.labels import Labels, personal
from integrations.github import GitHubClient
from integrations.github_values import Comment, Issue, PullRequest, WorkflowRun
from tools import performs

LISTED = 20
COMMENTS = 10
TEXT_CHARACTERS = 3000
FILE_BYTES = 6000
LABELLED = "labelled "
"""Before a label, among the facts of an issue."""


def _receipt(what: str, items: Sequence[Item], repositories: Iterable[str], *, cut: str = "") -> Receipt:
    """What was found, with the labels of somebody else's text about the person's own things."""
    sources = {f"GitHub: {each}" for each in repositories}
    said = " ".join(f"{each.title} {each.text}" for each in items)
    return Receipt(what, items=tuple(items), labels=personal(said, sources=sources) if items else Labels(), cut=cut)


def _more(cut: bool, total: int | None = None) -> str:
    counted = f" of {total:,}" if total is not None and total > LISTED else ""
    return f"GitHub has more; these are the first {LISTED}{counted}." if cut else ""


@performs("github_repository", service="github", effect=Effect.READ, label="Look at a repository on GitHub")
async def read_repository(client: GitHubClient, attempt: Attempt, *, repository: str) -> Receipt:
    """What a repository is: `id` is its name as GitHub writes it, the facts are "public", "archived", "no issues"."""
    found = await client.repository(repository)
    facts = ["public" if found.is_public else found.visibility]
    facts += ["archived"] if found.archived else []
    facts += [] if found.has_issues else ["no issues"]
    return Receipt(
        f"{found.full_name} is {', '.join(facts)}.",
        id=found.full_name,
        link=found.html_url,
        items=(Item(found.full_name, found.html_url, facts=tuple(facts)),),
    )


@performs("github_issues", service="github", effect=Effect.READ, label="List issues on GitHub")
async def read_issues(
    client: GitHubClient, attempt: Attempt, *, repository: str, state: str, labels: list[str]
) -> Receipt:
    """Issues of a repository, newest first."""
    page = await client.issues(repository, state=state, labels=labels, limit=LISTED)
    what = " ".join(["issues" if state == "all" else f"{state} issues", *(f"labelled {each}" for each in labels)])
    return _receipt(f"{what} in {repository}", [_issue(each) for each in page.items], [repository], cut=_more(page.cut))


@performs("github_issue", service="github", effect=Effect.READ, label="Read an issue on GitHub")
async def read_issue(client: GitHubClient, attempt: Attempt, *, repository: str, number: int) -> Receipt:
    """An issue or pull request, then its comments, oldest first."""
    found = await client.issue(repository, number, comments=COMMENTS)
    items = [_issue(found.issue, whole=True), *(_comment(each) for each in found.comments.items)]
    said = [found.issue.body, *(each.body for each in found.comments.items)]
    cut = []
    if found.comments.cut:
        cut.append(f"these are the first {COMMENTS} of {found.issue.comment_count} comments")
    if any(len(each) > TEXT_CHARACTERS for each in said):
        cut.append("long texts end with …")
    kind = "Pull request" if found.issue.is_pull_request else "Issue"
    return _receipt(
        f"{kind} #{number} in {repository}", items, [repository], cut=f"Not all of it: {'; '.join(cut)}." if cut else ""
    )


@performs("github_pull_requests", service="github", effect=Effect.READ, label="List pull requests on GitHub")
async def read_pull_requests(client: GitHubClient, attempt: Attempt, *, repository: str, state: str) -> Receipt:
    """Pull requests of a repository, newest first."""
    page = await client.pull_requests(repository, state=state, limit=LISTED)
    what = "pull requests" if state == "all" else f"{state} pull requests"
    return _receipt(f"{what} in {repository}", [_pull(each) for each in page.items], [repository], cut=_more(page.cut))


@performs("github_notifications", service="github", effect=Effect.READ, label="Read notifications of GitHub")
async def read_notifications(client: GitHubClient, attempt: Attempt) -> Receipt:
    """What the person has not read yet, latest first."""
    page = await client.notifications(limit=LISTED)
    items = [
        Item(
            f"{each.repository}{f' #{each.number}' if each.number else ''} {each.title}",
            facts=(each.kind, each.reason.replace("_", " "), _day(each.updated_at)),
        )
        for each in page.items
    ]
    return _receipt("unread notifications", items, [each.repository for each in page.items], cut=_more(page.cut))


@performs("github_search", service="github", effect=Effect.READ, label="Search issues on GitHub")
async def read_search(client: GitHubClient, attempt: Attempt, *, repository: str, words: str) -> Receipt:
    """Issues of a repository with these words, best first."""
    page = await client.search_issues(f"{words} is:issue repo:{repository}", limit=LISTED)
    items = [_issue(each, named=True) for each in page.items]
    return _receipt(
        f"issues for “{words}” in {repository}",
        items,
        [each.repository for each in page.items],
        cut=_more(page.cut, page.total),
    )


@performs("github_file", service="github", effect=Effect.READ, label="Read a file on GitHub")
async def read_file(
    client: GitHubClient, attempt: Attempt, *, repository: str, path: str, ref: str | None = None
) -> Receipt:
    """A text file at a branch, tag or commit; nothing named is the default branch."""
    found = await client.file_contents(repository, path, ref=ref, max_bytes=FILE_BYTES)
    at = f" at {ref}" if ref else ""
    facts = ["binary"] if found.binary else []
    item = Item(found.path, found.html_url or "", found.text or "", facts=(*facts, f"{found.size_bytes:,} bytes"))
    cut = "" if not found.cut else f"It is longer: this is its beginning, of {found.size_bytes:,} bytes."
    if found.text is None and not found.binary:
        cut = "It is larger than GitHub hands out."
    return _receipt(f"{found.path} in {repository}{at}", [item], [repository], cut=cut)


@performs("github_workflow_runs", service="github", effect=Effect.READ, label="List workflow runs on GitHub")
async def read_workflow_runs(client: GitHubClient, attempt: Attempt, *, repository: str) -> Receipt:
    """Runs of GitHub Actions on all branches, latest first."""
    page = await client.workflow_runs(repository, limit=LISTED)
    items = [_run(each) for each in page.items]
    return _receipt(f"workflow runs in {repository}", items, [repository], cut=_more(page.cut, page.total))


def _issue(issue: Issue, *, whole: bool = False, named: bool = False) -> Item:
    said = issue.comment_count
    facts = [
        issue.state,
        f"by {issue.author}",
        *(f"{LABELLED}{each}" for each in issue.labels),
        *([f"{said} comment{'s' * (said != 1)}"] if said else []),
        *(["locked"] if issue.locked else []),
        _day(issue.updated_at),
    ]
    where = f"{issue.repository} " if named else ""
    text = _shortened(issue.body) if whole else ""
    return Item(f"{where}#{issue.number} {issue.title}", issue.html_url, text, facts=tuple(facts))


def _comment(comment: Comment) -> Item:
    facts = (_day(comment.created_at),)
    return Item(f"{comment.author} said", comment.html_url, _shortened(comment.body), facts=facts)


def _pull(pull: PullRequest) -> Item:
    state = "merged" if pull.merged_at else "draft" if pull.draft else pull.state
    labels = (f"{LABELLED}{each}" for each in pull.labels)
    facts = (state, f"by {pull.author}", f"{pull.head} into {pull.base}", *labels, _day(pull.updated_at))
    return Item(f"#{pull.number} {pull.title}", pull.html_url, facts=facts)


def _run(run: WorkflowRun) -> Item:
    ended = run.conclusion or run.status
    facts = (ended.replace("_", " "), run.event, *([f"on {run.branch}"] if run.branch else []), _day(run.created_at))
    return Item(f"{run.name} #{run.run_number}: {run.title}", run.html_url, facts=facts)


def _shortened(text: str) -> str:
    return text if len(text) <= TEXT_CHARACTERS else text[: TEXT_CHARACTERS - 1] + "…"


def _day(instant: dt.datetime) -> str:
    return f"{instant:%Y-%m-%d}"
