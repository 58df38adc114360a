"""How people speak of GitHub: the patterns of the rules, and what a word like "it" or "the repo" stands for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NewType

from assistant.context import Context
from assistant.errors import BadInput, ToolFailed
from assistant.labels import Labels
from assistant.rendering import plain
from integrations import github_input as checked

Said = NewType("Said", str)
"""A part of the message. Not `str`, because the whole message would be taken for that where no rule finds it."""

ASKED = (
    r"(?:hey,? |hi,? |ok,? |and |please |pls |plz |can (?:yo)?u |could you |would you |i(?:'d| would) like (?:you )?to "
    r"|i want (?:you )?to |i need to |let'?s |twinning,? )*"
)
TAIL = r"(?:,? (?:please|thanks|thank you))?[?.! ]*"

_OWNED = r"[a-z0-9][\w.-]*/[\w.-]*\w"
_WEB = r"(?:https?://)?(?:www\.)?github\.com/"
_BEFORE = r"(?:in|on|at|for|from|of|against|to|into|under|over at|over in|with)"
_REPO = r"repo(?:sitory)?"
_NO_NAME = rf"(?!(?:{_REPO}|git ?hub|the|my|our|your|this|that|which|a|an)\b)"
_NAME = rf"(?P<repository>(?:{_WEB})?{_OWNED}|{_NO_NAME}[\w.-]+(?=\s*:| {_REPO}\b))"
IN = (
    rf"(?: {_BEFORE}(?: (?:my|the|our|your))?(?: git ?hub)?(?: {_REPO})? {_NAME}(?: {_REPO})?(?: on git ?hub)?"
    rf"| {_BEFORE} (?:(?:my|the|our|this|that)(?: default)? {_REPO}|git ?hub))"
)
"""Where; a bare name counts before a colon and before "repo"."""
IN_OWNED = rf"(?: {_BEFORE}(?: (?:my|the|our|your))?(?: {_REPO})? (?P<repository>(?:{_WEB})?{_OWNED})(?: {_REPO})?)"
"""Where, as owner/name."""

_KIND = r"(?:git ?hub )?(?:issue|ticket|bug|pr|pull request)"
_REFERENCES = (
    rf"(?:(?:the )?(?:{_KIND} )?(?:{_WEB})?(?P<repository>{_OWNED})"
    rf"(?: ?#|/(?:issues|pull)/|(?:'s)? {_KIND}(?: number| no\.?| nr\.?)? ?#?)(?P<number>\d{{1,9}}))",
    rf"(?:(?:the |my |our |this |that )?(?:{_KIND}(?: number| no\.?| nr\.?)? ?#?|#) ?(?P<number>\d{{1,9}})\b{IN}?)",
    rf"(?:(?P<number>\d{{1,9}}){IN_OWNED})",
)
IT = (
    r"(?:it|this|that|(?:this|that|the|your)(?: last| previous| above)? (?:answer|reply|response|text|list|summary)"
    r"|what you (?:just )?(?:said|wrote|found))"
)
_IT = re.compile(IT, re.IGNORECASE)
SAYING = r"(?:\s*[:,–—-]\s*| saying(?: that)?[: ]\s*| that says[: ]\s*| with the text[: ]\s*|\s+)"


def about(*patterns: str, tail: str = TAIL) -> list[str]:
    """Rules with `{ref}` replaced by each way to name an issue: "acme/site#5", "issue 5 in acme/site", "5 in a/b"."""
    return rules(*(pattern.replace("{ref}", each) for pattern in patterns for each in _REFERENCES), tail=tail)


def rules(*patterns: str, tail: str = TAIL) -> list[str]:
    """Rules, with what people put before and after a wish.

    Args:
        tail: Nothing where the sentence ends with a text that is written as it was said, full stop and all.
    """
    return [ASKED + pattern + tail for pattern in patterns]


_PLACE = rf"(?<![\w.@/-])(?!and/or\b)(?:{_WEB})?{_OWNED}"
_NOT_OTHERS = (
    r"(?!.*\b(?:notes?|noted|wrote|write|written|documents?|remember|forget|memory|told|know|notion|n8n|correct)\b)"
)
"""What the person keeps elsewhere is not asked of GitHub."""


def anyhow(words: str) -> list[str]:
    """Rules for a question in any wording that holds `words`, and a repository or the name of GitHub.

    The state and a label are read from where they stand.
    """
    asking = (
        r"(?:what(?:'?s)?|which|who|how many|how(?:'s| is| are)|any|anything|is|are|was|were|did|do|does|has|have|show"
        rf"|list|give me|tell me|check|see|display|get)\b{_NOT_OTHERS}(?!.*(?:#|/)\d)"
    )
    facts = r"(?=(?:.*?\b(?P<state>open|closed)\b)?)(?=(?:.*?\b(?:labell?ed|label|tagged) (?P<label>[\w-]+))?)"
    holding = rf"(?=.*\b{words}\b){facts}"
    return [
        rf"{ASKED}{asking}(?=.*?(?P<repository>{_PLACE})){holding}.*",
        rf"{ASKED}{asking}(?!.*{_PLACE})(?=.*?\b(?:git ?hub|(?:the|my|our) {_REPO})\b){holding}.*",
    ]


def anything() -> list[str]:
    """A rule for whatever names a repository and something that a repository has."""
    about_it = rf"(?=.*(?:\b{_KIND}s?\b|\bgit ?hub\b|#\d|\blabels?\b|\bcomments?\b|\brepo\b))"
    number = rf"(?=(?:.*?(?:\b{_KIND}(?: number| no\.?| nr\.?)? ?#?|#)(?P<number>\d{{1,9}})\b)?)"
    # The first look keeps it from being tried again at every blank of a message that begins with many.
    return [rf"(?!\s){_NOT_OTHERS}(?=.*?(?P<repository>{_PLACE})){about_it}{number}.*"]


async def connected(context: Context) -> Mapping[str, Any]:
    """The settings of the person's connection.

    Raises:
        ToolFailed: GitHub is not connected.
    """
    found = await context.actions.connections.get(context.person.id, "github") if context.actions else None
    if found is None:
        raise ToolFailed("GitHub is not connected; `twinning connect github` does that.")
    return found.settings


async def repository_meant(context: Context, said: str) -> tuple[str, str]:
    """The repository as owner/name, and where that comes from, for the person.

    Args:
        said: "owner/name", its address, the bare name of the default repository, or nothing. A sentence counts for the
            repository that it names.

    Raises:
        ToolFailed: GitHub is not connected.
        BadInput: it is not clear which one is meant; the sentence asks.
    """
    settings = await connected(context)
    named = re.search(rf"(?<![\w.@/-])(?:{_WEB})?({_OWNED})", said, re.IGNORECASE)
    if named:
        owner, _, name = named[1].partition("/")
        return "/".join(checked.repository_parts(f"{owner}/{name.partition('/')[0].removesuffix('.git')}")), origin(
            context
        )
    default = str(settings.get("repository") or "")
    bare = said.strip(" \"'“”?!.,:")
    known = default.casefold().partition("/")[2]
    if " " not in bare and bare and bare.casefold() not in {known, default.casefold()}:
        raise BadInput(f"Which repository is “{plain(bare)}”? Say it again with owner/name, like acme/website.")
    if not default:
        raise BadInput(
            "Which repository on GitHub? Say it again with owner/name; `twinning connect github` sets one that is "
            "always meant when you name none."
        )
    return "/".join(checked.repository_parts(default)), "your default repository"


async def content_meant(context: Context, said: str) -> tuple[str, Labels, str]:
    """A text with its labels and where it comes from; "it" and "that answer" are the thread's latest answer.

    Raises:
        BadInput: there is no answer yet.
    """
    if not _IT.fullmatch(said.strip(" .!")):
        return unquoted(said), context.own_words(said), origin(context)
    last = await context.last_answer()
    if last is None:
        raise BadInput("There is no answer in this conversation yet that I could take; say the text itself.")
    text, labels = last
    quoted = f", which quotes {', '.join(sorted(labels.sources))}" if labels.sources else ""
    return text, labels, f"the last answer{quoted}"


def is_it(said: str) -> bool:
    """Whether a word only points at something."""
    return bool(_IT.fullmatch(said.strip(" .!?")))


def origin(context: Context) -> str:
    """Where an argument comes from: the person, or a model that has read something."""
    if not context.model_written:
        return "your words"
    read = ", ".join(sorted(context.labels.sources))
    return f"the model, which has read {read}" if read else "the model"


def unquoted(said: str) -> str:
    """A text without the quotation marks around it."""
    text = said.strip()
    for opening, closing in ('""', "“”", "''", "‘’", "``"):
        if len(text) > 1 and text.startswith(opening) and text.endswith(closing) and opening not in text[1:-1]:
            return text[1:-1].strip()
    return text


def labels_named(said: str) -> list[str]:
    """Labels in a sentence: "bug", "bug and urgent", "“help wanted”, docs".

    Raises:
        BadInput: one of them cannot be a label.
    """
    parts = re.split(r"\s*,\s*(?:and\s+)?|\s+and\s+", said.strip(" .!?"))
    return checked.label_list([unquoted(each) for each in parts if each.strip()])
