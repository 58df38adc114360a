"""What the assistant can read at GitHub: issues, pull requests, notifications, files, workflow runs."""

from __future__ import annotations

import re

from assistant.actions.effects import Item, Receipt
from assistant.context import Context, Result
from assistant.errors import BadInput
from assistant.rendering import plain
from tools import Effect, tool
from tools.github_words import (
    IN,
    IN_OWNED,
    Said,
    about,
    anyhow,
    connected,
    labels_named,
    repository_meant,
    rules,
    unquoted,
)

_SHOW = (
    r"(?:(?:(?:show|list|give|get|fetch|see|display|read|check)(?: me| us)?|what(?:'?s| is| are)?|which(?: are| of)?"
    r"|are there|is there|do (?:i|we) have|have (?:i|we) got|how many) )?"
)
_OF_THEM = r"(?:(?:all|any|the|my|our|new|newest|current|latest|last|recent|unread|some|of|\d+) )*"
_NOW = (
    r"(?: (?:are there|are|do (?:i|we) have|have (?:i|we)(?: got)?|there|right now|now|currently|at the moment|today"
    r"|still|left|exist))*"
)
_ISSUES = r"(?:issues|tickets|bugs|bug reports)"
_STATE = r"(?P<state>open|closed)"
_WITH_LABEL = r"(?:,? (?:that are |which are )?(?:labell?ed|tagged|with(?: the)? labels?)(?: as)? (?P<label>[^,?]+?))?"
_PULLS = r"(?:pull requests?|prs?|merge requests?)"
_PATH = r"(?:[\w.-]+/[\w./-]*[\w-]|[\w-]*\.[\w.-]*[\w-]|readme|makefile|dockerfile|license|changelog)"
_FARING = r"(?: (?:doing|green|red|passing|failing|broken|ok|okay|fine|going))"
_DID = r"(?:did|has|have)(?: the| my| our)?(?: last| latest)?"
_ENDED = (
    r" (?:pass|passed|fail|failed|succeed|succeeded|work|run|go through|gone through|break|broken)"
    r"(?: or (?:not|fail|pass))?"
)
_IS = r"(?:is|are|how(?:'s| is| are))(?: the| my| our)?(?: last| latest)?"
_CI = r"(?:ci|builds?|pipelines?|git ?hub (?:actions|workflows?)(?: runs?)?)"
_CHECKS = r"(?:ci|builds?|pipelines?|checks|tests?|actions|workflows?(?: runs?)?)"


@tool(
    effect=Effect.READ,
    service="github",
    label="Search issues on GitHub",
    examples=[
        "search GitHub for memory leak",
        "find issues about dark mode in acme/site",
        "is there already an issue about the login page?",
        "search the issues for timeout",
        "look for tickets that mention the heater",
        "which issues on GitHub mention Safari?",
        "find bug reports about printing",
        "has anybody reported the broken link on GitHub?",
    ],
    rules=rules(
        rf"(?:search|look)(?: through| in)?(?: the)?(?: git ?hub| {_ISSUES}| git ?hub {_ISSUES}){IN}?(?: for| about) "
        r"(?P<query>.+?)",
        rf"(?:search|look){IN_OWNED} for (?P<query>.+?)",
        r"search (?P<repository>[a-z0-9][\w.-]*/[\w.-]+) for (?P<query>.+?)",
        rf"(?:find|search for|look for|show(?: me)?|open(?= the))(?: all| any| the| an?)? (?:git ?hub )?"
        rf"(?:issues?|tickets?|bugs?|bug reports?)(?: on git ?hub)? (?:about|mentioning|that mentions?|which mentions?"
        rf"|regarding|with the words?) (?P<query>.+?){IN_OWNED}?",
        rf"(?:is there|are there|do we have)(?: already)?(?: an?| any)? (?:git ?hub )?(?:issues?|tickets?|bug reports?)"
        rf"(?: already)?(?: on git ?hub)? (?:about|for|mentioning|on) (?P<query>.+?){IN_OWNED}?",
        rf"(?:which|what) (?:git ?hub )?{_ISSUES}(?: on git ?hub)? (?:mention|are about|talk about) (?P<query>.+?)"
        rf"{IN_OWNED}?",
        rf"(?:has|did) (?:anybody|anyone|somebody|someone)(?: else)?(?: already)? (?:reported?|filed?|opened?|raised?)"
        rf"(?: an? (?:issue|bug|ticket)(?: about| for| on)?)? (?P<query>.+?){IN}",
    ),
)
async def search_issues(context: Context, *, repository: str = "", query: Said) -> Result:
    """Searches the issues of a GitHub repository.

    Args:
        repository: As owner/name; nothing is the person's default one.
        query: The words to look for.
    """
    repo, _ = await repository_meant(context, repository)
    words = unquoted(query)
    if re.search(r"\b(?:repo|org|user):", words, re.IGNORECASE):
        raise BadInput("Name the repository as owner/name in the sentence, and only the words to look for after it.")
    return _listed(await context.read("github_search", repository=repo, words=words))


@tool(
    effect=Effect.READ,
    service="github",
    label="List issues on GitHub",
    examples=[
        "which issues are open on GitHub?",
        "show me the open issues in acme/site",
        "list the GitHub issues",
        "what bugs are still open in the repo?",
        "any open tickets in ada/house?",
        "give me the closed issues of acme/site",
        "open issues labelled bug in the repository",
        "what is left to do on GitHub?",
        "how many issues do we have in acme/api?",
    ],
    rules=[
        *rules(
            rf"{_SHOW}{_OF_THEM}{_STATE}(?: git ?hub)? {_ISSUES}{_WITH_LABEL}{IN}{_NOW}",
            rf"{_SHOW}{_OF_THEM}{_STATE}(?: git ?hub)? {_ISSUES}{_NOW}{IN}?{_WITH_LABEL}{_NOW}",
            rf"{_SHOW}{_OF_THEM}git ?hub {_ISSUES}{_NOW}{IN}?{_WITH_LABEL}{_NOW}",
            rf"{_SHOW}{_OF_THEM}{_ISSUES}{_NOW}(?: {_STATE})?{IN}{_WITH_LABEL}{_NOW}",
            rf"{_SHOW}{_OF_THEM}{_ISSUES} (?:(?:are|is|still|that are) )*{_STATE}{IN}?{_WITH_LABEL}{_NOW}",
            rf"what(?:'?s| is) (?:still )?{_STATE}{IN_OWNED}{_NOW}",
        ),
        *anyhow(r"(?:issues|tickets|bugs)"),
    ],
)
async def list_issues(context: Context, *, repository: str = "", state: str = "open", label: str = "") -> Result:
    """Lists the issues of a GitHub repository, newest first.

    Args:
        repository: As owner/name; nothing is the person's default one.
        state: "open", "closed" or "all".
        label: Only those with this label.
    """
    repo, _ = await repository_meant(context, repository)
    labels = labels_named(label)
    found = await context.read("github_issues", repository=repo, state=state.lower(), labels=labels)
    return _listed(found)


@tool(
    effect=Effect.READ,
    service="github",
    label="Read an issue on GitHub",
    examples=[
        "show me issue 12 in acme/site",
        "read issue #5",
        "what does acme/site#7 say?",
        "what is issue 42 about?",
        "show pull request 8 with its comments",
        "what was said on issue 3?",
        "open #19 and show me the discussion",
        "what is the status of bug 11 on GitHub?",
    ],
    rules=about(
        r"(?:show|read|display|get|see|open|view|pull up|look at|look up|summari[sz]e|check)(?: me| us)?"
        r"(?: (?:the )?(?:comments|discussion|text) (?:on|of|in))? {ref}"
        r"(?:,? (?:with|and|including)(?: all)?(?: its| the)? (?:comments|discussion|thread))?",
        r"what(?:'?s| is| does| did| was)?(?: (?:said|written|the status of|the state of|happening|going on|new))?"
        r"(?: (?:on|in|with|under))? {ref}(?: about| say| says)?",
        r"(?:is|was) {ref} (?:still )?(?:open|closed|fixed|done|resolved)",
        r"who (?:opened|wrote|reported|created) {ref}",
    ),
)
async def show_issue(context: Context, *, repository: str = "", number: int) -> Result:
    """Shows a GitHub issue or pull request with its comments.

    Args:
        repository: As owner/name; nothing is the person's default one.
        number: Its number.
    """
    repo, _ = await repository_meant(context, repository)
    found = await context.read("github_issue", repository=repo, number=number)
    parts = [f"{found.text}, as it stands on GitHub:"]
    parts += [_entry(each) + (f"\n\n{_quoted(each.text)}" if each.text.strip() else "") for each in found.items]
    return _result(found, "\n\n".join(parts))


@tool(
    effect=Effect.READ,
    service="github",
    label="List pull requests on GitHub",
    examples=[
        "which pull requests are open?",
        "show me the PRs in acme/site",
        "list open pull requests",
        "any PRs waiting in ada/house?",
        "what pull requests do we have on GitHub?",
        "closed PRs of acme/api",
        "are there pull requests to review?",
        "show the latest pull requests of the repo",
    ],
    rules=[
        *rules(
            rf"{_SHOW}{_OF_THEM}(?:{_STATE} )?(?:git ?hub )?{_PULLS}{_NOW}{IN}?{_NOW}",
            rf"(?:what|which) {_PULLS} (?:are|is) (?:still )?{_STATE}{IN}?{_NOW}",
        ),
        *anyhow(r"(?:pull requests|prs|merge requests)"),
    ],
)
async def list_pull_requests(context: Context, *, repository: str = "", state: str = "open") -> Result:
    """Lists the pull requests of a GitHub repository, newest first.

    Args:
        repository: As owner/name; nothing is the person's default one.
        state: "open", "closed" or "all".
    """
    repo, _ = await repository_meant(context, repository)
    return _listed(await context.read("github_pull_requests", repository=repo, state=state.lower()))


@tool(
    effect=Effect.READ,
    service="github",
    label="Read notifications of GitHub",
    examples=[
        "any GitHub notifications?",
        "show my notifications on GitHub",
        "what is new on GitHub?",
        "do I have unread GitHub notifications?",
        "who mentioned me on GitHub?",
        "check my GitHub inbox",
        "what needs my attention on GitHub?",
        "was I asked for a review on GitHub?",
    ],
    rules=[
        *rules(
            rf"{_SHOW}{_OF_THEM}git ?hub (?:notifications|inbox){_NOW}",
            rf"{_SHOW}{_OF_THEM}notifications{_NOW} (?:on|from|in|of|at) git ?hub{_NOW}",
            r"(?:what(?:'?s| is) new|what(?:'s| has)? happened|what needs my attention|who mentioned me|anything new)"
            r"(?: for me)? (?:on|at|in) git ?hub(?: today| lately)?",
        ),
        *anyhow(r"(?:mention(?:s|ed)?|notifications?|inbox|review requests?|asked (?:me )?for a review)"),
    ],
)
async def list_notifications(context: Context) -> Result:
    """Lists the person's unread GitHub notifications, latest first."""
    await connected(context)
    return _listed(await context.read("github_notifications"))


@tool(
    effect=Effect.READ,
    service="github",
    label="Read a file on GitHub",
    examples=[
        "show me README.md from acme/site",
        "what does docs/setup.md in ada/house say?",
        "read the file src/app.py in the GitHub repo",
        "open package.json of acme/api",
        "show the readme of acme/site",
        "print .github/workflows/ci.yml from the repository",
        "get Makefile from acme/site on branch dev",
        "what is in pyproject.toml on GitHub?",
    ],
    rules=rules(
        rf"(?:show|read|open|get|display|print|cat|fetch)(?: me)?(?: the)?(?: contents? of)?(?: the)?(?: file)?"
        rf" (?P<path>{_PATH})(?: file)?{IN}(?:,? (?:on|at|in)(?: the)?(?: branch| tag)?"
        r" (?P<ref>[\w./-]+)(?: branch)?)?",
        rf"what(?:'?s| is| does| stands)(?: written)?(?: in)?(?: the)?(?: file)? (?P<path>{_PATH}){IN}"
        r"(?: say| says| contain)?",
    ),
)
async def show_file(context: Context, *, repository: str = "", path: Said, ref: str = "") -> Result:
    """Shows a text file of a GitHub repository.

    Args:
        repository: As owner/name; nothing is the person's default one.
        path: From the repository's root: "docs/setup.md".
        ref: A branch, tag or commit; nothing is the default branch.
    """
    repo, _ = await repository_meant(context, repository)
    where = "README.md" if path.strip().lower() == "readme" else path.strip(" \"'`")
    found = await context.read("github_file", repository=repo, path=where, ref=ref.strip() or None)
    (file,) = found.items
    if "binary" in file.facts:
        return _result(found, f"{found.text} is no text.\n{file.link}")
    if not file.text:
        return _result(found, f"{found.text} is {'not shown' if found.cut else 'empty'}.\n{file.link}")
    return _result(found, f"{found.text}:\n\n{_fenced(file.text)}\n\n{file.link}")


@tool(
    effect=Effect.READ,
    service="github",
    label="List workflow runs on GitHub",
    examples=[
        "did the last build pass in acme/site?",
        "show the GitHub Actions runs",
        "is CI green?",
        "list the latest workflow runs of acme/site",
        "how is the build doing on GitHub?",
        "which GitHub workflows failed?",
        "is the pipeline of ada/house broken?",
        "did the tests fail on GitHub?",
    ],
    rules=[
        *rules(
            rf"{_SHOW}{_OF_THEM}(?:failed |failing )?git ?hub (?:actions|workflows?)(?: runs?)?{IN}?{_NOW}",
            rf"{_SHOW}{_OF_THEM}(?:failed |failing )?(?:(?:actions|workflow|ci) runs?|builds?|pipelines?){IN}{_NOW}",
            rf"{_DID} {_CI}{_ENDED}{_NOW}",
            rf"{_DID} {_CHECKS}{_ENDED}{IN}{_NOW}",
            rf"{_IS} {_CI}{_FARING}{_NOW}",
            rf"{_IS} {_CHECKS}{_FARING}{IN}{_NOW}",
            rf"{_IS} {_CHECKS}{IN}{_FARING}{_NOW}",
        ),
        *anyhow(r"(?:ci|builds?|pipelines?|workflow runs?|actions)"),
    ],
)
async def list_workflow_runs(context: Context, *, repository: str = "") -> Result:
    """Lists the latest GitHub Actions runs of a repository, with how they ended.

    Args:
        repository: As owner/name; nothing is the person's default one.
    """
    repo, _ = await repository_meant(context, repository)
    return _listed(await context.read("github_workflow_runs", repository=repo))


def _listed(found: Receipt) -> Result:
    """A numbered list; nothing found is said as looked at and empty."""
    if not found.items:
        return Result(f"I looked at GitHub: there are no {found.text}.")
    heading = f"{len(found.items)} {found.text}:" if not found.cut else f"{found.text}:"
    lines = [f"{n}. {_entry(each)}" for n, each in enumerate(found.items, 1)]
    return _result(found, "\n".join([f"{heading[:1].upper()}{heading[1:]}", "", *lines]))


def _result(found: Receipt, text: str) -> Result:
    return Result(plain(f"{text}\n\n{found.cut}" if found.cut else text), labels=found.labels)


def _entry(item: Item) -> str:
    """A title on one line with its facts and its address."""
    facts = f" ({', '.join(_line(each) for each in item.facts)})" if item.facts else ""
    return f"{_line(item.title)}{facts}" + (f"\n   {item.link}" if item.link else "")


def _line(text: str) -> str:
    return " ".join(plain(text).split())


def _quoted(text: str) -> str:
    """Somebody's text, marked as such on every line."""
    return "\n".join(f"> {line}".rstrip() for line in plain(text).strip().split("\n"))


def _fenced(text: str) -> str:
    """A file between marks that it cannot close."""
    longest = max((len(each) for each in re.findall(r"`+", text)), default=0)
    marks = "`" * max(3, longest + 1)
    return f"{marks}\n{plain(text).rstrip()}\n{marks}"
