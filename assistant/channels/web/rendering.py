"""The renderer. Text that a model wrote, or that came from a document, becomes Markdown that can do no harm.

What stays: paragraphs, emphasis, lists, headings, quotes, tables, code and all letters of a quoted passage. What goes:
HTML, images (a picture's address can carry a secret away without a click), reference links, invisible and
direction-changing characters. A link keeps its address only when it is http, https or mailto, and shows its host.

The result is parsed again before it is handed out; if anything but harmless tokens is found, the text is shown as it
is, with all markup taken away.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

Cite = Callable[[int], str | None]
"""Turns the number in `[n]` into Markdown; None leaves it as it stands."""

_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters
    "\u00ad\u061c\u180e\u200b\u2028\u2029\u2060-\u2064\ufeff"  # zero width and line separators
    "\u202a-\u202e\u2066-\u206f"  # changes of direction
    "\U000e0000-\U000e007f]"  # tag characters: text that only machines read
)
_PUNCTUATION = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
_LABEL = r"\[((?:[^\[\]\\`<>\n]|\\[^\n]){0,500})\]"
_ADDRESS = r"\([ \t]*<?([^\s<>()\\]{1,2000})>?(?:[ \t]+(?:\"[^\"\n]*\"|'[^'\n]*'))?[ \t]*\)"
_LINK = re.compile(_LABEL + _ADDRESS)
_IMAGE = re.compile("!" + _LABEL + _ADDRESS)
_CITATION = re.compile(r"\[(\d{1,3})\]")
_AUTOLINK = re.compile(r"<([A-Za-z][A-Za-z0-9+.-]{1,31}:[^\s<>]*)>")
_BARE_LINK = re.compile(r"https?://[A-Za-z0-9\-._~:/?#@$&'()*+,;=%]+")
_DISGUISED_LINK = re.compile(r"(?:https?://|www\.)[^\s<>()\[\]\\`\"']*[^\x00-\x7f][^\s<>()\[\]\\`\"']*", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_HTML = re.compile(r"<[A-Za-z/!?]")
_TICKS = re.compile("`+")

_parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def safe_markdown(text: str, *, cite: Cite = lambda _: None) -> str:
    """`text` as Markdown without HTML, images or hidden addresses. Any prefix of a text is safe too, so it can stream.

    Args:
        text: Markdown from a model, a document or a tool.
        cite: Makes a link of `[n]`; its result is trusted. Not in a quote, whose `[n]` is of its own.
    """
    text = _INVISIBLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    for code_spans in (True, False):
        writer = _Writer(cite, code_spans=code_spans)
        rendered = writer.markdown(text)
        if _harmless(rendered, writer.links):
            return rendered
    return literal(text)


def literal(text: str) -> str:
    """Markdown that shows `text` letter by letter."""
    text = _INVISIBLE.sub("", text)
    return "\n".join(_literal_line(line) for line in text.split("\n"))


def _literal_line(line: str) -> str:
    body = line.lstrip(" \t")
    # Four spaces would begin a code block; a no-break space keeps the indent and begins nothing.
    indent = "\u00a0" * len(line[: len(line) - len(body)].expandtabs(4))
    return indent + "".join("\\" + each if each in _PUNCTUATION else each for each in body)


def host_of(address: str) -> str | None:
    """The host to show for a link, or None when it may not be one.

    Args:
        address: http, https or mailto; an address with a user name before the host is refused, for it deceives.
    """
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme == "mailto":
        return parts.path if re.fullmatch(r"[\w.+-]+@[\w.-]+", parts.path) else None
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc:
        return None
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return None


@dataclass
class _Writer:
    """Writes Markdown anew, region by region; remembers which addresses it let through."""

    cite: Cite
    code_spans: bool

    def __post_init__(self) -> None:
        self.links: set[str] = set()
        self._quoting = False

    def markdown(self, text: str) -> str:
        lines = text.split("\n")
        written: list[str] = []
        for start, end, kind, self._quoting in _regions(text, len(lines)):
            region = "\n".join(lines[start:end])
            written.append(region if kind == "code" else self._text(region, spans=kind == "inline"))
        return "\n".join(written)

    def _text(self, text: str, *, spans: bool) -> str:
        out: list[str] = []
        at = 0
        while at < len(text):
            piece, at = self._next(text, at, spans=spans and self.code_spans)
            out.append(piece)
        return "".join(out)

    def _next(self, text: str, at: int, *, spans: bool) -> tuple[str, int]:
        """What to write for the text at `at`, and where to go on."""
        char = text[at]
        following = text[at + 1 : at + 2]
        if char == "\\":
            return (char + following, at + 2) if following in _PUNCTUATION and following else ("\\\\", at + 1)
        if char == "`":
            return _code_span(text, at) if spans else _escaped_run(text, at)
        if char == "<":
            return self._angle(text, at)
        if char == "!" and following == "[":
            return self._image(text, at)
        if char == "[":
            return self._bracket(text, at)
        if char == "&" and _ENTITY.match(text, at):
            return "\\&", at + 1
        if char in "hHwW" and not text[at - 1 : at].isalnum() and (disguised := _DISGUISED_LINK.match(text, at)):
            return literal(_plain_address(disguised.group(0))), disguised.end()
        if char == "h" and (bare := _BARE_LINK.match(text, at)):
            return _bare_link(bare)
        # `:word` is a directive in some renderers, and a single ~ strikes out: both would eat letters of a quote.
        if char == ":" and following.isalpha():
            return "\\:", at + 1
        if char == "~" and following != "~" and text[at - 1 : at] != "~":
            return "\\~", at + 1
        return char, at + 1

    def _angle(self, text: str, at: int) -> tuple[str, int]:
        auto = _AUTOLINK.match(text, at)
        if auto:
            bare = _BARE_LINK.fullmatch(auto.group(1))
            return (_bare_link(bare)[0] if bare else literal(_plain_address(auto.group(1)))), auto.end()
        return ("\\<" if _HTML.match(text, at) else "<"), at + 1

    def _image(self, text: str, at: int) -> tuple[str, int]:
        image = _IMAGE.match(text, at)
        if not image:
            return "\\!", at + 1
        where = host_of(image.group(2))
        said = self._text(image.group(1), spans=False).strip() or "picture"
        return f"{said} (picture{f' from {literal(where)}' if where else ''}, not shown)", image.end()

    def _bracket(self, text: str, at: int) -> tuple[str, int]:
        citation = _CITATION.match(text, at)
        if citation:
            return self._citation(citation)
        link = _LINK.match(text, at)
        if not link:
            return "\\[", at + 1
        label = self._text(link.group(1), spans=False)
        host = host_of(link.group(2))
        if host is None:
            return label, link.end()
        self.links.add(link.group(2))
        shown = f"{label} ({literal(host)})" if label.strip() else literal(host)
        return f"[{shown}]({link.group(2)})", link.end()

    def _citation(self, citation: re.Match[str]) -> tuple[str, int]:
        made = None if self._quoting else self.cite(int(citation.group(1)))
        if made is not None:
            self.links.update(re.findall(r"\]\((\S+?)[ )]", made))
        follows = citation.string[citation.end() : citation.end() + 1]
        # What follows must not make a link or a definition of it.
        tail = "\\" + follows if follows in ("(", ":") else ""
        return (made or citation.group(0)) + tail, citation.end() + bool(tail)


def _bare_link(bare: re.Match[str]) -> tuple[str, int]:
    address = bare.group(0)
    return (address if host_of(address) else literal(_plain_address(address))), bare.end()


def _plain_address(address: str) -> str:
    """An address that disguises its host, made plain: clients make a link of it, whatever we write."""
    scheme, slashes, rest = address.rpartition("://")
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    path = re.sub("[\u200c\u200d]", "", rest[len(authority) :])
    if authority.isascii() and "@" not in authority:
        return f"{scheme}{slashes}{authority}{path}"
    host = host_of(f"https://{authority}")
    port = re.search(r":\d+$|$", authority)
    # What has no such host leads nowhere; with a space nobody makes a link of it.
    return f"{scheme}{slashes}{host}{port[0] if port else ''}{path}" if host else f"{scheme}{slashes} {rest}"


def _code_span(text: str, at: int) -> tuple[str, int]:
    ticks = _TICKS.match(text, at)
    assert ticks
    for closing in _TICKS.finditer(text, ticks.end()):
        if len(closing.group(0)) == len(ticks.group(0)):
            return text[at : closing.end()], closing.end()
    return _escaped_run(text, at)


def _escaped_run(text: str, at: int) -> tuple[str, int]:
    ticks = _TICKS.match(text, at)
    assert ticks
    return "\\`" * len(ticks.group(0)), ticks.end()


def _regions(text: str, count: int) -> list[tuple[int, int, str, bool]]:
    """(first line, line after, kind, in a quote?) of code, of running text ("inline") and of all between ("other")."""
    kinds = ["other"] * count
    starts = [True] * count
    quoted = [False] * count
    for token in _parser.parse(text):
        if token.type == "blockquote_open" and token.map:
            quoted[slice(*token.map)] = [True] * (min(token.map[1], count) - token.map[0])
        if not token.map or token.type not in ("fence", "code_block", "inline"):
            continue
        first, after = token.map[0], min(token.map[1], count)
        if token.type == "code_block":
            # Its map may take in the blank lines behind it; they are harmless either way.
            after = min(after, first + len(token.content.rstrip("\n").split("\n")))
        for line in range(first, after):
            kinds[line] = "inline" if token.type == "inline" else "code"
            starts[line] = line == first
    found: list[tuple[int, int, str, bool]] = []
    for line in range(count):
        if found and not starts[line] and found[-1][2:] == (kinds[line], quoted[line]):
            found[-1] = (found[-1][0], line + 1, kinds[line], quoted[line])
        else:
            found.append((line, line + 1, kinds[line], quoted[line]))
    return found


def _harmless(rendered: str, links: set[str]) -> bool:
    """True when a Markdown parser finds neither HTML nor images nor links that were not let through."""
    allowed = {_parser.normalizeLink(link) for link in links}
    return all(_token_harmless(token, allowed) for token in _parser.parse(rendered))


def _token_harmless(token: Token, allowed: set[str]) -> bool:
    if token.type in ("html_block", "html_inline", "image"):
        return False
    if token.type == "link_open" and str(token.attrGet("href")) not in allowed:
        return False
    return all(_token_harmless(child, allowed) for child in token.children or [])
