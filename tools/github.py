"""What the assistant can do at GitHub: open an issue, comment, label, close. Each waits for the person's approval.

What is read there is in `github_reading.py`; what is done after the approval in `github_calls.py`.
"""

from __future__ import annotations

import re

from assistant.context import Context, Result
from assistant.errors import BadInput, ToolFailed
from assistant.labels import Labels
from integrations import github_input as checked
from tools import Effect, tool
from tools.github_proposing import issue_at, labels_of, place_meant, propose, propose_labels
from tools.github_words import (
    IN,
    IN_OWNED,
    IT,
    SAYING,
    Said,
    about,
    content_meant,
    is_it,
    labels_named,
    origin,
    rules,
    unquoted,
)

_NEW = r"(?:new|open|create|file|raise|report|make|add|start|log|submit)"
_ISSUE = r"(?:git ?hub )?(?:issue|bug(?: report)?|ticket|feature request)"
_AN_ISSUE = rf"(?: me| up)?(?: an?| one)?(?: new| another)? {_ISSUE}"
_TITLED = (
    r"(?:\s*[:,–—-]\s*|[?.]\s+|\s+(?=[\"“])| (?:titled|entitled|called|named|saying(?: that)?|that says|about"
    r"|because|with(?: the)? title)"
    r"(?:\s*:\s*| ))"
)
_LABELS = r"(?:[,;]? with(?: the)? labels? (?P<labels>[\w:.-]+(?:(?:,| and|, and) ?[\w:.-]+)*))?"
_BODY = (
    r"(?:(?:[.;,]? (?:and |with |and with )(?:the |a )?(?:body|description|text)"
    r"(?:\s*:| saying| that says|(?= [\"“']))\s*|[.;,]? (?:body|description|details)\s*:\s*|[^\S\n]*\n\s*)"
    r"(?P<body>.+))"
)
_IT_BODY = (
    rf"(?:,? (?:with|using|and (?:use|put|add|include|attach)) (?P<body>{IT})(?: (?:as|for|in|into|to)(?: the| its)? "
    r"(?:body|description|text|issue|it))?[?.! ]*)"
)
_PLAIN_COMMAND = re.compile(
    # The whole command, which a small model takes for the content: in quotation marks it is content all the same.
    rf"(?:{_NEW}(?: me)? (?:an?|one) (?:new )?{_ISSUE}|(?:comment|reply|answer) (?:on|to) (?:#|{_ISSUE} ?#?)\d+)\b.*"
    rf"|(?:{_ISSUE} ?#?|#)\d+|\W*(?:{_NEW}{_AN_ISSUE}|(?:an?|the|new)? ?{_ISSUE}|(?:a )?(?:comment|reply)|answer)"
    r"(?:\W| (?:in|on|to|at)\b.*)*",
    re.IGNORECASE | re.DOTALL,
)
_PLAIN_LABEL = re.compile(rf"(?:an? |the )?(?:labels?|tags?)|(?:{_ISSUE} ?)?#?\d+", re.IGNORECASE)
_REASON = (
    r"(?:[,;.:]? (?:(?:as|because|since)(?: it(?:'?s| is))?|it(?:'?s| is)) "
    r"(?P<reason>not planned|won'?t ?fix|a duplicate|duplicate|completed?|done|fixed|resolved|solved|invalid|stale))?"
)
_NOT_PLANNED = {"not planned", "wont fix", "wontfix", "a duplicate", "duplicate", "invalid", "stale", "not_planned"}


@tool(
    effect=Effect.WRITE,
    service="github",
    outside=True,
    label="Open an issue on GitHub",
    examples=[
        "open an issue in acme/site: the footer overlaps on mobile",
        "file a bug in ada/house about the squeaking door",
        "create a GitHub issue titled Add dark mode",
        "report a bug on GitHub: login fails with an empty password",
        "make a new ticket in acme/api saying the export is slow",
        "raise an issue on GitHub because the link is broken",
        "add a feature request to the repo: export as CSV",
        "can you log a GitHub issue with that answer as the body?",
        "I want to open an issue",
    ],
    rules=[
        *rules(
            rf"{_NEW}{_AN_ISSUE}{IN}? with(?: the)? title (?P<title>.+?),? and(?: the| with| with the)? "
            r"(?:body|description|text) (?P<body>.+)",
            tail="",
        ),
        *rules(
            *(
                rf"{_NEW}{_AN_ISSUE}{there}{_TITLED}(?P<title>.+?){_LABELS}{at_the_end}{body}"
                for there, at_the_end in ((IN, ""), ("", rf"{IN_OWNED}?"))
                for body in (_IT_BODY, f"{_BODY}?")
            ),
            tail="",
        ),
        # No title: the words "an issue" take its place, and the tool asks for one.
        *rules(rf"{_NEW}(?: me| up)? (?P<title>(?:an?|one|the)(?: new| another)? {_ISSUE}){IN}?"),
    ],
)
async def open_issue(
    context: Context, *, repository: str = "", title: Said, body: str = "", labels: str = ""
) -> Result:
    """Opens an issue in a GitHub repository, after the person's approval.

    Args:
        repository: As owner/name; nothing is the person's default one.
        title: One line.
        body: Its text; "that" stands for the last answer.
        labels: Names of labels, with commas.
    """
    place = await place_meant(context, repository)
    named = checked.title_text(" ".join(_something(title, "the issue", "open an issue in owner/name: TITLE").split()))
    content = ("", Labels(), "")
    if body.strip():
        content = await content_meant(context, body)
    text, carried, whence = content
    tags = labels_named(labels)
    said = origin(context)
    return await propose(
        context,
        "github_create_issue",
        place,
        {"title": named, "body": checked.body_text(text), "labels": tags},
        labels=context.own_words(" ".join([named, *tags])).join(carried),
        origins={"title": said} | ({"body": whence} if text else {}) | ({"labels": said} if tags else {}),
    )


@tool(
    effect=Effect.WRITE,
    service="github",
    outside=True,
    label="Comment on an issue on GitHub",
    examples=[
        "comment on issue 5: I can reproduce this",
        "reply to acme/site#12 saying it is fixed in the next release",
        "add a comment to #7 in ada/house: thanks for the report",
        "post that as a comment on issue 3",
        "leave a comment on pull request 8 that it looks good",
        "answer issue 42 with we are working on it",
        "put this answer under issue 19 on GitHub",
        "comment on the GitHub issue",
    ],
    rules=[
        *about(
            rf"(?:post|put|add|say|use|leave|comment|reply)(?: with)?(?:(?: an?| the| this)? comment)?"
            rf" (?P<text>{IT}|\"[^\"]+\"|“[^”]+”|'[^']+')"
            r"(?: as (?:a |the )?(?:comment|reply))?(?: on| to| under| in| at| below| for) {ref}"
            r"(?: as (?:a |the )?(?:comment|reply))?"
        ),
        *about(
            rf"(?:add|leave|post|put|make|drop)(?: an?| the| this| my)?(?: new)? (?:comments?|reply)(?: on| to| at"
            rf"| under| below| in| for) {{ref}}(?: that |{SAYING})(?P<text>\S.*)",
            rf"(?:comment|reply|answer|respond)(?: on| to| under| in| at)? {{ref}}(?: with(?=\s)| that(?=\s))?{SAYING}"
            r"(?P<text>\S.*)",
            tail="",
        ),
        *about(
            r"comment (?P<text>(?!on\b|to\b|under\b).+?) (?:on|to|under) {ref}",
            r"(?:add |leave |post |put )?(?:an? )?(?P<text>comment|reply)(?: on| to| under| in) {ref}",
        ),
    ],
)
async def comment_on_issue(context: Context, *, repository: str = "", number: int, text: Said) -> Result:
    """Comments on a GitHub issue or pull request, after the person's approval.

    Args:
        repository: As owner/name; nothing is the person's default one.
        number: Its number.
        text: What to say; "that" stands for the last answer.
    """
    place = await place_meant(context, repository)
    example = f"comment on #{number}: TEXT"
    if not is_it(text):
        _something(text, "the comment", example)
    body, carried, whence = await content_meant(context, text)
    issue = await issue_at(context, place, number)
    if "locked" in issue.facts:
        raise ToolFailed(f"#{number} in {place.name} is locked; GitHub takes no comments there.")
    return await propose(
        context,
        "github_comment",
        place,
        {"number": number, "body": checked.comment_text(body)},
        labels=carried,
        origins={"number": origin(context), "body": whence},
    )


@tool(
    effect=Effect.WRITE,
    service="github",
    outside=True,
    label="Label an issue on GitHub",
    examples=[
        "label issue 5 as bug",
        "add the label urgent to #12 in acme/site",
        "tag acme/site#7 with help wanted",
        "put the labels bug and docs on issue 3",
        "give issue 8 the label question",
        "set the label wontfix on #19",
        "mark issue 4 with the bug label",
        "label the GitHub issue",
    ],
    rules=about(
        r"(?:add|put|set|apply|use)(?: the)? (?P<labels>.+?) as (?:an? |the )?(?:labels?|tags?)"
        r" (?:to|on|for|onto|of) {ref}",
        r"(?:add|put|set|apply|attach|stick)(?: the| an?)? (?:labels?|tags?) (?P<labels>.+?) (?:to|on|for|onto) {ref}",
        r"(?:add|put|set|apply|attach|stick)(?: the| an?)? (?P<labels>(?!labels?\b|tags?\b)[\w:., “”\"'-]+?) "
        r"(?:labels?|tags?) (?:to|on|for|onto) {ref}",
        r"(?:label|tag) {ref}(?: as| with|:|,)? (?P<labels>.+?)",
        r"(?:give|mark) {ref}(?: with)?(?: the| an?)? (?:labels?|tags?) (?P<labels>.+?)",
        r"(?:give|mark) {ref}(?: with)?(?: the| an?)? (?P<labels>(?!labels?\b|tags?\b)[\w:.-]+) (?:labels?|tags?)",
        r"mark {ref} as (?:an? )?(?P<labels>bug|feature|enhancement|question|docs|documentation|help wanted"
        r"|urgent|blocked)",
        r"(?:add |put |set )?(?:an? |the )?(?P<labels>labels?|tags?)(?: to| on)? {ref}",
    ),
)
async def label_issue(context: Context, *, repository: str = "", number: int, labels: Said) -> Result:
    """Adds labels to a GitHub issue, after the person's approval.

    Args:
        repository: As owner/name; nothing is the person's default one.
        number: Its number.
        labels: Names of labels, with commas.
    """
    tags = labels_named(_something(labels, "the label", f"label #{number} as LABEL", nothing=_PLAIN_LABEL))
    place = await place_meant(context, repository)
    there = labels_of(await issue_at(context, place, number))
    new = [each for each in tags if each.casefold() not in there]
    if not new:
        return Result(f"I looked: #{number} in {place.name} is labelled {', '.join(tags)} already. Nothing to do.")
    return await propose_labels(context, "github_add_labels", place, number, new)


@tool(
    effect=Effect.WRITE,
    service="github",
    outside=True,
    label="Take a label off an issue on GitHub",
    examples=[
        "remove the label bug from issue 5",
        "take the urgent label off #12 in acme/site",
        "unlabel acme/site#7: wontfix",
        "delete the label docs from issue 3",
        "drop the question label of issue 8",
        "take the labels bug and urgent off #19",
        "issue 4 should not have the label stale any more",
        "remove the tag help wanted from the GitHub issue",
    ],
    rules=about(
        r"(?:remove|take|delete|drop|strip|clear)(?: off)?(?: the)? (?:labels?|tags?) (?P<labels>.+?) "
        r"(?:from|off|off of|of) {ref}",
        r"(?:remove|take|delete|drop|strip|clear)(?: off)?(?: the)? (?P<labels>(?!labels?\b|tags?\b)[\w:., -]+?) "
        r"(?:labels?|tags?) (?:from|off|off of|of) {ref}",
        r"(?:remove|take|drop|strip) (?P<labels>(?!labels?\b|tags?\b|comments?\b)[\w:-]+) (?:from|off|off of) {ref}",
        r"(?:unlabel|untag) {ref}(?::| from| as)? (?P<labels>.+?)",
    ),
)
async def unlabel_issue(context: Context, *, repository: str = "", number: int, labels: Said) -> Result:
    """Takes labels off a GitHub issue, after the person's approval.

    Args:
        repository: As owner/name; nothing is the person's default one.
        number: Its number.
        labels: Names of labels, with commas.
    """
    tags = labels_named(_something(labels, "the label", f"remove the label LABEL from #{number}", nothing=_PLAIN_LABEL))
    place = await place_meant(context, repository)
    there = labels_of(await issue_at(context, place, number))
    old = [there[each.casefold()] for each in tags if each.casefold() in there]
    if not old:
        return Result(f"I looked: #{number} in {place.name} is not labelled {', '.join(tags)}. Nothing to do.")
    return await propose_labels(context, "github_remove_labels", place, number, old)


@tool(
    effect=Effect.WRITE,
    service="github",
    outside=True,
    label="Close an issue on GitHub",
    examples=[
        "close issue 5",
        "close #12 in acme/site",
        "please close acme/site#7 as not planned",
        "close the issue number 3",
        "mark issue 8 as done on GitHub",
        "issue 19 is fixed, close it",
        "resolve bug 4 in ada/house",
        "close that pull request",
    ],
    rules=about(
        rf"(?:close|resolve|shut) {{ref}}{_REASON}",
        r"(?:mark|set) {ref}(?: as| to)? (?P<reason>closed|done|fixed|resolved|solved|completed?|not planned"
        r"|won'?t ?fix|a duplicate|duplicate|invalid|stale)",
        r"{ref} (?:is|was|has been) (?P<reason>done|fixed|resolved|solved)[,;.:]? (?:so |and |you can )?(?:please )?"
        r"close it",
    ),
)
async def close_issue(context: Context, *, repository: str = "", number: int, reason: str = "completed") -> Result:
    """Closes a GitHub issue, or a pull request without merging it, after the person's approval.

    Args:
        repository: As owner/name; nothing is the person's default one.
        number: Its number.
        reason: "completed" or "not_planned".
    """
    place = await place_meant(context, repository)
    if "closed" in (await issue_at(context, place, number)).facts:
        return Result(f"I looked: #{number} in {place.name} is closed already. Nothing to do.")
    why = "not_planned" if reason.replace("'", "").strip().lower() in _NOT_PLANNED else "completed"
    arguments = {"number": number, "reason": why}
    return await propose(context, "github_close_issue", place, arguments, labels=context.own_words(""))


@tool(
    effect=Effect.WRITE,
    service="github",
    outside=True,
    label="Open a closed issue again on GitHub",
    examples=[
        "reopen issue 5",
        "re-open #12 in acme/site",
        "reopen acme/site#7 please",
        "open issue 3 again",
        "the bug in issue 8 is back, reopen it",
        "undo closing #19",
        "reopen the pull request 4",
        "reopen that GitHub issue",
    ],
    rules=about(r"re-?open {ref}", r"open {ref} again", r"{ref} is back[,;.:]? (?:so |and )?(?:please )?re-?open it"),
)
async def reopen_issue(context: Context, *, repository: str = "", number: int) -> Result:
    """Opens a closed GitHub issue again, after the person's approval.

    Args:
        repository: As owner/name; nothing is the person's default one.
        number: Its number.
    """
    place = await place_meant(context, repository)
    if "open" in (await issue_at(context, place, number)).facts:
        return Result(f"I looked: #{number} in {place.name} is open. Nothing to do.")
    return await propose(context, "github_reopen_issue", place, {"number": number}, labels=context.own_words(""))


def _something(said: str, what: str, example: str, *, nothing: re.Pattern[str] = _PLAIN_COMMAND) -> str:
    """What was said, unless it is only the command itself, or points at something.

    Raises:
        BadInput: there is nothing to write; the sentence shows how to say it.
    """
    text = unquoted(said)
    if not text or is_it(text) or nothing.fullmatch(said.strip()):
        raise BadInput(f"What shall {what} say? Say it like this: {example}")
    return text
