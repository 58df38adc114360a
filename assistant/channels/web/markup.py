"""The Markdown that the chat shows and the HTML of our own pages. Everything from outside is escaped here."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from string import Template
from typing import Any
from uuid import UUID

from assistant.channels.web.rendering import literal, safe_markdown
from assistant.db.tables import Memory
from assistant.events import Citation, Mode
from assistant.house import Status
from assistant.memory.ingest import Summary
from assistant.settings import Settings

STOPPED = "_(stopped)_"
NAME_BYTES = 120
MODES = {
    Mode.FULL: "full: it chooses tools itself",
    Mode.GUIDED: "guided: Twinning chooses, the model fills in and writes",
    Mode.WRITER: "writer: Twinning decides, the model puts it into words",
    Mode.EXTRACTIVE: "no model: your notes are quoted word for word",
}


def day(date: dt.date) -> str:
    """The day as a person writes it: 3 May 2026."""
    return f"{date.day} {date:%B %Y}"


def answer(text: str, citations: Sequence[Citation] = ()) -> str:
    """An answer, made safe, in which every `[n]` opens its passage."""
    links = {each.n: link(each) for each in citations}
    return safe_markdown(text, cite=links.get)


def link(citation: Citation) -> str:
    """A citation's number as a Markdown link to the passage, with title and date to hover over."""
    where = citation.title or origin(citation.source)
    when = f", {day(citation.date)}" if citation.date else ""
    hint = "".join(each for each in where + when if each not in '"\\<`[]' and each.isprintable())[:200]
    return f'[{citation.n}]({address(citation)} "{hint}")'


def address(citation: Citation) -> str:
    """Where the passage opens, with the quoted part marked."""
    start = citation.passage.find(citation.text)
    marked = f"?mark={start}-{start + len(citation.text)}" if start >= 0 and citation.text else ""
    return f"/passage/{citation.memory_id}{marked}"


def citations_of(details: Mapping[str, Any]) -> list[Citation]:
    """The citations that are stored beside a message."""
    return [
        Citation(
            n=each["n"],
            memory_id=UUID(each["memory_id"]),
            source=each["source"],
            title=each["title"],
            date=dt.date.fromisoformat(each["date"]) if each["date"] else None,
            text=each["text"],
            passage=each["passage"],
        )
        for each in details.get("citations", [])
    ]


def arguments(given: Mapping[str, Any]) -> str:
    """What a step was asked, for the person."""
    return "\n\n".join(f"**{literal(name)}:** {literal(str(value))}" for name, value in given.items())


def attached(names: Iterable[str]) -> str:
    """How a message with files reads."""
    return "\n".join(f"File: {name}" for name in names)


def safe_name(name: str) -> str:
    """The file's name without folders, invisible characters or a leading dot; the suffix stays."""
    name = re.split(r"[/\\]", name)[-1]
    name = "".join(each if each.isprintable() else " " for each in name).strip(" .")
    name = " ".join(name.split()) or "file"
    stem, dot, suffix = name.rpartition(".")
    if not dot or len(suffix.encode()) > 10:
        stem, dot, suffix = name, "", ""
    # A file system counts bytes.
    return stem.encode()[: NAME_BYTES - len(suffix) - 1].decode(errors="ignore") + dot + suffix


def imported(summary: Summary) -> list[str]:
    """What came of one uploaded file, a sentence a line."""
    said = [sentence for _, sentences in summary.figures for sentence in sentences]
    if summary.added or summary.changed:
        again = ", replacing what was there under this name" if summary.changed else ""
        said.append(f"Read into memory{again}: {_passages(summary.passages, 'new ')}.")
    if summary.passages:
        said.append("Found by its words from now on, and by its meaning as soon as the embedding has come to it.")
    if summary.unchanged:
        said.append("Known already, and nothing has changed in it.")
    said += [
        f"Left out: the same content is in memory as {other.removeprefix('upload:')}."
        for _, other in summary.duplicates
    ]
    if summary.forgotten:
        said.append(f"{_passages(summary.forgotten)} stayed out, because you had them forgotten.")
    said += [f"Not read: {why}" for _, why in summary.skipped]
    return said or ["There was nothing in it to remember."]


def status_lines(status: Status | None, settings: Settings) -> list[tuple[str, str]]:
    """(what, value) for the settings page and the chat; None while the model is still being prepared."""
    lines = [
        ("Model", (status.model or "none") if status else "being prepared ..."),
        ("Mode", MODES[status.mode] if status else "known when the model is there"),
        ("Why", status.why if status else "The model is being fetched, started or tried out."),
    ]
    if status:
        lines.append(("Documents", f"{status.documents:,}"))
        lines.append(("Memories", f"{status.memories:,}"))
        lines.append(("Found by meaning", progress(status.embedded, status.memories)))
    lines.append(("Embedding model", settings.embedding_model))
    lines.append(("Your data", str(settings.data_dir)))
    lines.append(("Time zone", settings.time_zone))
    return lines


def progress(embedded: int, total: int) -> str:
    """How many memories have their vector."""
    if embedded >= total:
        return "all" if total else "nothing to embed yet"
    return f"{embedded:,} of {total:,} ({100 * embedded // total} %); the others are found by their words"


def status_markdown(status: Status | None, settings: Settings) -> str:
    """The settings as a chat message."""
    return "\n".join(f"- **{name}:** {value}" for name, value in status_lines(status, settings))


def status_html(status: Status | None, settings: Settings) -> str:
    """The settings as a page's body."""
    rows = "".join(f"<dt>{escape(a)}</dt><dd>{escape(b)}</dd>" for a, b in status_lines(status, settings))
    return f'<h1>Settings</h1><dl class="facts">{rows}</dl>'


def sign_out_html(name: str) -> str:
    """Who is signed in, and the ways out."""
    return f"""<p class="aside">Signed in as {escape(name)}.</p>
<form method="post" action="/logout" class="row"><button class="plain">Sign out</button>
<button class="plain" formaction="/logout/everywhere"
 title="In all browsers on all devices, this one too">Sign out everywhere</button>
</form>"""


def origin(source: str) -> str:
    """Where a passage comes from, for the person."""
    name = source.removeprefix("upload:")
    return source if name == source else f"{name}, dropped into the chat"


def _passages(count: int, kind: str = "") -> str:
    return f"{count:,} {kind}passage{'' if count == 1 else 's'}"


def passage_html(memory: Memory, around: Sequence[Memory], marks: Sequence[tuple[int, int]]) -> str:
    """A passage with its source and date, the quoted part marked, between its neighbours."""
    title = memory.context or ("What you told me" if memory.kind == "fact" else memory.source)
    facts = [origin(memory.source) if memory.kind == "passage" else f"{memory.said_by}, {memory.source}"]
    if memory.dated_on:
        facts.append(day(memory.dated_on))
    else:  # a file's own time is that of its last copy, which says nothing about what stands in it
        facts.append(f"bears no date; taken in on {day(memory.created_at.date())}")
    parts: list[str] = []
    for each in around:
        if each.id == memory.id:
            parts.append(f'<blockquote class="passage">{_marked(each.text, marks)}</blockquote>')
        else:
            parts.append(f'<div class="neighbour">{escape(each.text)}</div>')
    ended = f"<p>Held until {day(memory.valid_until.date())}.</p>" if memory.valid_until else ""
    return f'<h1>{escape(title)}</h1><p class="source">{escape(" · ".join(facts))}</p>{ended}{"".join(parts)}'


def _marked(text: str, marks: Sequence[tuple[int, int]]) -> str:
    out: list[str] = []
    at = 0
    for start, end in sorted(marks):
        start, end = max(start, at), min(end, len(text))
        if start < end:
            out.append(f"{escape(text[at:start])}<mark>{escape(text[start:end])}</mark>")
            at = end
    return "".join(out) + escape(text[at:])


_PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="theme-color" media="(prefers-color-scheme: light)" content="#f6f8f7">
<meta name="theme-color" media="(prefers-color-scheme: dark)" content="#141a19">
<title>$title</title>
<link rel="icon" href="/favicon">
<link rel="apple-touch-icon" href="/public/icon-180.png">
<link rel="manifest" href="/manifest.webmanifest">
<link rel="stylesheet" href="/public/pages.css">
<link rel="stylesheet" href="/public/part.css">
<script src="/public/pages.js" defer></script>
</head>
<body class="$kind">
<header><a href="/"><img src="/public/mark.svg" alt="" width="36" height="36"> Twinning</a></header>
<main>
$body
</main>
</body>
</html>
""")


def page(title: str, body: str, *, kind: str = "paper") -> str:
    """A whole page of ours.

    Args:
        body: HTML, escaped already.
        kind: "paper" for reading, "form" for signing in.
    """
    return _PAGE.substitute(title=escape(title), body=body, kind=kind)


def sign_in_html(*, name: str = "", trouble: str = "") -> str:
    """The sign-in form."""
    return f"""<h1>Sign in</h1>{_trouble(trouble)}
<form method="post" action="/login">
<label>Name<input name="username" value="{escape(name)}" autocomplete="username" autocapitalize="off"
 required maxlength="60"{"" if name else " autofocus"}></label>
<label>Password<input name="password" type="password" autocomplete="current-password" required
 maxlength="1000"{" autofocus" if name else ""}></label>
<button>Sign in</button>
</form>
<p class="aside">Someone gave you a code? <a href="/welcome">Create your account</a>.</p>"""


def welcome_html(*, first: bool, code: str = "", name: str = "", trouble: str = "") -> str:
    """The form that makes an account out of a one-time code."""
    where = (
        "The code stands in the window in which you started Twinning."
        if first
        else "Whoever runs this Twinning can give you a code (<code>twinning user code --new</code>)."
    )
    return f"""<h1>{"Welcome" if first else "Create your account"}</h1>
<p>{where} It works once.</p>{_trouble(trouble)}
<form method="post" action="/welcome">
<label>Code<input name="code" value="{escape(code)}" autocomplete="one-time-code" autocapitalize="characters"
 spellcheck="false" placeholder="XXXX-XXXX-XXXX-XXXX" required maxlength="40"{"" if code else " autofocus"}></label>
<label>Your name<input name="name" value="{escape(name)}" autocomplete="username" required maxlength="60"></label>
<label>Password<input name="password" type="password" autocomplete="new-password" required minlength="10"
 maxlength="1000"><small>At least 10 characters; a few words in a row are fine.</small></label>
<button>Create account</button>
</form>
<p class="aside">{"Nothing leaves this machine." if first else '<a href="/login">I have an account</a>'}</p>"""


def _trouble(sentence: str) -> str:
    return f'<p class="trouble" role="alert">{escape(sentence)}</p>' if sentence else ""
