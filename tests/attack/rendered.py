"""What a person sees of an answer, on the web and in the terminal, judged by a parser that is not the renderer's."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

from markdown_it import MarkdownIt

from assistant.channels.web import markup
from assistant.channels.web.rendering import safe_markdown
from assistant.events import Answer
from assistant.rendering import plain

_parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
# What clients make a link of by themselves, as GitHub's Markdown does (its extended autolinks).
_BARE = re.compile(r"(?:https?://|www\.)[^\s<>()]+", re.IGNORECASE)
_IGNORABLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff]"
)


def invisible(each: str) -> bool:
    """Whether a character shows nothing, or changes how others are shown."""
    return unicodedata.category(each) in ("Cc", "Cf", "Zl", "Zp", "Co", "Cs", "Cn") or bool(_IGNORABLE.match(each))


def trouble(answer: Answer) -> list[str]:
    """What of an answer could load, act, hide or mislead."""
    found = web(markup.answer(answer.text, answer.citations)) + terminal(plain(answer.text))
    # A text can be drawn while it comes: every beginning of it is drawn too.
    for end in range(0, min(len(answer.text), 400), 7):
        found += web(safe_markdown(answer.text[:end]))
    return list(dict.fromkeys(found))


def terminal(text: str) -> list[str]:
    """What a terminal would carry out."""
    # Two joiners belong to the spelling of several scripts, and move nothing.
    harmful = [
        each for each in text if each not in "\n\t\u200c\u200d" and invisible(each) and not _IGNORABLE.match(each)
    ]
    return [f"a terminal gets U+{ord(each):04X}" for each in dict.fromkeys(harmful)]


def web(markdown: str) -> list[str]:
    """What a browser would load or show wrongly."""
    found: list[str] = []
    for block in _parser.parse(markdown):
        for token in [block, *(block.children or [])]:
            if token.type in ("html_block", "html_inline"):
                found.append("HTML")
            if token.type == "image":
                found.append(f"a picture from {token.attrGet('src')}")
        children = block.children or []
        for n, token in enumerate(children):
            if token.type == "link_open":
                end = next(m for m in range(n, len(children)) if children[m].type == "link_close")
                shown = "".join(each.content for each in children[n:end])
                found += _link(str(token.attrGet("href")), shown)
            if token.type == "text":
                found += [
                    f"a host that is not plain: {each}" for each in _BARE.findall(token.content) if not _plain(each)
                ]
    return found


def _link(address: str, shown: str) -> list[str]:
    if address.startswith("/passage/"):
        return []
    try:
        host = urlsplit(address).hostname or ""
    except ValueError:
        return [f"a link that leads nowhere: {address}"]
    if "@" in urlsplit(address).netloc:
        return [f"a link with a name before its host: {address}"]
    return [] if host and host in shown else [f"a link that hides its host: {address}"]


def _plain(address: str) -> bool:
    """Whether a bare address shows its host as it is called."""
    authority = re.sub(r"^https?://", "", address, flags=re.IGNORECASE).split("/")[0]
    return authority.isascii() and "@" not in authority
