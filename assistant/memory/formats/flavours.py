"""Markup that is met in text files, as far as the words read better without it: reStructuredText, AsciiDoc, wikis."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Flavour:
    """How to take one kind of markup out of lines of text.

    Attributes:
        heading: Matches a line that is a heading; group "marks" (its length is the level) and "words".
        silent: Matches a line that says nothing to a reader.
        fence: Matches a line that opens code; what closes it is `fence_ends`, or the same line again.
        inline: Patterns and what to put in their place, in order.
    """

    name: str = ""
    heading: re.Pattern[str] | None = None
    silent: re.Pattern[str] | None = None
    fence: re.Pattern[str] | None = None
    fence_ends: re.Pattern[str] | None = None
    inline: tuple[tuple[re.Pattern[str], str], ...] = ()

    def plain(self, text: str) -> str:
        """The words of a text, white space folded line by line."""
        for pattern, kept in self.inline:
            text = pattern.sub(kept, text)
        return "\n".join(" ".join(line.split()) for line in text.split("\n")).strip()


def _compiled(*pairs: tuple[str, str]) -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(pattern), kept) for pattern, kept in pairs)


PLAIN = Flavour()

RESTRUCTURED = Flavour(
    name="rst",
    inline=_compiled(
        (r"``(.+?)``", r"\1"),
        (r":[\w:+-]+:`~?([^`<]+?)(?:[ \t]*<[^`>]*>)?`", r"\1"),
        (r"`([^`<]+?)[ \t]*<([^`>]*)>`__?", r"\1"),
        (r"`([^`]+)`__?", r"\1"),
        (r"(?<![\w*])\*\*(\S(?:[^*]*\S)?)\*\*(?![\w*])", r"\1"),
        (r"(?<![\w*])\*(\S(?:[^*\n]*\S)?)\*(?![\w*])", r"\1"),
        (r"\|(\w+)\|", r"\1"),
    ),
)

ASCIIDOC = Flavour(
    name="asciidoc",
    heading=re.compile(r"(?P<marks>={1,6})[ \t]+(?P<words>\S.*?)(?:[ \t]+=+)?[ \t]*"),
    silent=re.compile(
        r"\[{1,2}[^\]]*\]{1,2}[ \t]*|//(?!/).*|(?:ifn?def|endif|include|ifeval)::.*|:[\w!-]+:.*|\+[ \t]*"
        r"|'{3,}[ \t]*|[*_=]{4,}[ \t]*"
    ),
    fence=re.compile(r"(-{4,}|\.{4,}|\+{4,})[ \t]*"),
    inline=_compiled(
        (r"link(?:git)?:([^\s\[]+)\[\]", r"\1"),
        (r"linkgit:([\w-]+)\[(\d)\]", r"\1(\2)"),
        (r"(?:link|xref|mailto|https?):[^\s\[]+\[([^\]]+)\]", r"\1"),
        (r"<<[^,>\n]+,([^>\n]+)>>", r"\1"),
        (r"(?<![\w`])`([^`\n]+)`(?![\w`])", r"\1"),
        (r"(?<![\w*])\*(\S(?:[^*\n]*\S)?)\*(?![\w*])", r"\1"),
        (r"(?<![\w_])_(\S(?:[^_\n]*\S)?)_(?![\w_])", r"\1"),
    ),
)

WIKI = Flavour(
    name="wiki",
    heading=re.compile(r"(?P<marks>={1,6})[ \t]*(?P<words>[^=\s].*?)[ \t]*(?P=marks)[ \t]*"),
    silent=re.compile(
        r"##.*|#[ \t]?(?:language|format|acl|pragma|redirect|refresh)\b.*|<<TableOfContents.*|__\w+__|-{4,}"
        r"|~-.*-~[ \t]*(?:##.*)?|(?:\{\{(?:attachment|drawing)[^}]*\}\}[ \t]*)+|\[\[(?:Category|File|Image):[^\]]*\]\]"
    ),
    fence=re.compile(r"[ \t]*\{\{\{(?:#!\w+.*)?[ \t]*"),
    fence_ends=re.compile(r"[ \t]*\}\}\}[ \t]*"),
    inline=_compiled(
        (r"\{\{\{(.*?)\}\}\}", r"\1"),
        (r"\{\{(?:attachment|drawing):[^|}]*(?:\|([^|}]*))?[^}]*\}\}", ""),
        (r"\[\[[^\]|]+\|([^\]|]*)(?:\|[^\]]*)?\]\]", r"\1"),
        (r"\[\[([^\]]+)\]\]", r"\1"),
        (r"<<BR>>|<br ?/?>", "\n"),
        (r"<<[A-Za-z]\w*(?:\([^)]*\))?>>", ""),
        (r"'''''|'''|''", ""),
        (r"(?<![\w`])`([^`\n]+)`", r"\1"),
        (r"(?<!\w)!(?=[A-Z][a-z]+[A-Z])", ""),
        (r"<[a-z]*style=\"[^\">]*\">", ""),
    ),
)


def flavour_of(text: str) -> Flavour:
    """The markup that a text file seems to be written in."""
    if re.search(r"^(={1,6})[ \t]*[^=\s][^\n]*?[ \t]*\1[ \t]*$", text, re.MULTILINE) and not _ATTRIBUTE.search(text):
        return WIKI
    if re.search(r"^={1,5} \S", text, re.MULTILINE) or _ATTRIBUTE.search(text):
        return ASCIIDOC
    return PLAIN


def is_markdown(text: str) -> bool:
    """Whether a text file is Markdown, its name notwithstanding: fences, links, or headings that stand alone."""
    if len(re.findall(r"^```", text, re.MULTILINE)) > 1 or re.search(r"\]\(https?://", text):
        return True
    marked = re.findall(r"^#{1,4} \S.*\n(\n?)", text, re.MULTILINE)
    return len(marked) > 1 and marked.count("\n") > len(marked) * 0.8


_ATTRIBUTE = re.compile(
    r"^\[(?:verse|source|listing|NOTE|TIP|WARNING|quote|options|horizontal)\b|linkgit:\w", re.MULTILINE
)
