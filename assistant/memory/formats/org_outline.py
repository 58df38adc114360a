"""Org: outlines of Emacs.

orgparse was looked at and is not used: it finds headings, properties and time stamps, yet hands bodies back as raw
lines, and lists, tables, blocks and drawers are what has to be read here.
Source of the format: https://orgmode.org/worg/org-syntax.html
"""

from __future__ import annotations

import re
import textwrap
from urllib.parse import unquote

from assistant.memory.formats.document import (
    Block,
    Document,
    Json,
    Kind,
    heading,
    indent,
    lines_within,
    list_item,
    table,
    taking_title,
    unwrapped,
    with_newlines,
)

_HEADLINE = re.compile(r"(\*+)[ \t]+(.*?)(?:[ \t]+:([\w@#%:]+):)?[ \t]*")
_KEYWORD = re.compile(r"[ \t]*#\+([\w-]+)(?:\[[^\]]*\])?:[ \t]*(.*)")
_BEGIN = re.compile(r"[ \t]*#\+begin_(\w+)[ \t]*(.*)", re.IGNORECASE)
_DYNAMIC = re.compile(r"[ \t]*#\+(?:begin|end):.*", re.IGNORECASE)
_DRAWER = re.compile(r"[ \t]*:([\w-]+):[ \t]*")
_PROPERTY = re.compile(r"[ \t]*:([^:\s][^:]*?)\+?:(?:[ \t]+(.*))?")
_PLANNING = re.compile(
    r"[ \t]*(?:(?:SCHEDULED|DEADLINE|CLOSED):[ \t]*[<\[][^>\]]*[>\]](?:--[<\[][^>\]]*[>\]])?[ \t]*)+"
)
_CLOCK = re.compile(r"[ \t]*CLOCK:.*")
_ITEM = re.compile(r"([ \t]*)(?:[-+]|(?<=[ \t])\*|(\d+)[.)])(?:[ \t]+(?:\[@\d+\][ \t]*)?|$)")
_FIXED = re.compile(r"[ \t]*:(?:[ \t](.*)|$)")
_ROW = re.compile(r"[ \t]*\|")
_RULE_ROW = re.compile(r"[ \t]*\|-[-+|]*[ \t]*")
_EDITOR = re.compile(
    r"[ \t]*#(?:[ \t]*-\*-.*|[ \t]+(?:Local Variables:|LocalWords:|End:|eval:|fill-column:|org-[\w-]+:|mode:).*|[ \t]*)"
)
"""Comments that speak to the editor."""

_QUIET_KEYWORDS = tuple(
    """
    startup options export attr_ latex html setup tblfm bind exclude select property seq_todo todo typ_todo
    archive columns link macro header results name call include bibliography cite print texinfo odt beamer infojs
    language priorities drawers hugo roam_key plot index toc category constants tags
    """.split()
)
"""What these keywords begin with says something to programs only."""
_BEFORE, _AFTER = r"(?<![^\s\-({'\"*/_+])", r"(?=$|[\s\-.,;:!?'\")}\[*/_+])"
_MARKUP = tuple(
    re.compile(rf"(?<![\w{mark}]){_BEFORE}{mark}(\S(?:[^\n]{{0,300}}?\S)??){mark}{_AFTER}")
    for mark in (r"\*", "/", "_")
)
_VERBATIM = re.compile(r"(?<![^\s\-({'\"])([=~])(\S(?:[^\n]{0,400}?\S)??)\1(?=$|[\s\-.,;:!?'\")}\[])")
_STRIKE = re.compile(r"(?<![^\s\-({'\"])\+([^\s+](?:[^\n+]{0,300}?[^\s+])??)\+(?=$|[\s\-.,;:!?'\")}\[])")
_LINK = re.compile(r"\[\[([^\[\]\n]+)\](?:\[([^\n]+?)\])?\]")
_TARGET = re.compile(r"<<<?([^<>\n]+)>>>?")
_STAMP = re.compile(r"[<\[](\d{4}-\d\d-\d\d[^\]>\n]{0,40})[>\]]")
_ANGLE_LINK = re.compile(r"<((?:https?|mailto|file|ftp):[^<>\s]+)>")
"""An angle link's text is its address."""
_PICTURE = re.compile(r"\.(?:png|jpe?g|gif|svg|webp|bmp)$", re.IGNORECASE)
_QUIET_PROPERTIES = re.compile(
    r"(?i)id|custom_id|created|modified|visibility|style|last_repeat|archive_.*|header-args.*|export_.*|hugo_.*|"
    r"unnumbered|ordered|columns|category|drill_.*|roam_.*|interleave_.*|noter_.*|dir|attach_.*|logging|repeat_.*|effort"
)
_CODE_BLOCKS = {"src", "example", "export"}
_DEEPEST = 40


def read(text: str, *, name: str) -> Document:
    """An Org file.

    Args:
        text: Decoded, any line ends.
        name: From the file's name; it is the title if the file gives none.
    """
    body = _Body(with_newlines(text).expandtabs(8).split("\n"))
    blocks = body.blocks()
    properties = body.properties
    title = str(properties.get("title", ""))
    if not title:
        title, blocks = taking_title(blocks, name=name)
    return Document.told_by(properties, title=title or name, blocks=blocks, links=body.links)


class _Body:
    """Walks over the lines of a file, or of a list item."""

    def __init__(self, lines: list[str], *, depth: int = 0, links: list[str] | None = None) -> None:
        self._lines = lines
        self._depth = depth
        self._found: list[Block] = []
        self._endless: set[str] = set()
        self.properties: dict[str, Json] = {}
        self.links: list[str] = [] if links is None else links

    def blocks(self) -> list[Block]:
        """All blocks, in order."""
        at = 0
        while at < len(self._lines):
            line = self._lines[at]
            if not line.strip() or _EDITOR.fullmatch(line) or _CLOCK.fullmatch(line):
                at += 1
            elif (headline := _HEADLINE.fullmatch(line)) and not self._depth:
                self._headline(headline)
                at += 1
            else:
                at = self._element(at)
        return self._found

    def _element(self, at: int) -> int:
        """Read what begins at a line; returns the line after it."""
        line = self._lines[at]
        if begin := _BEGIN.match(line):
            return self._block(at, begin[1].lower(), begin[2])
        if keyword := _KEYWORD.match(line):
            self._keyword(keyword[1].lower(), keyword[2].strip())
            return at + 1
        if _DYNAMIC.fullmatch(line) or re.fullmatch(r"[ \t]*-{5,}[ \t]*", line):
            return at + 1
        if (drawer := _DRAWER.fullmatch(line)) and drawer[1].upper() != "END":
            return self._drawer(at, drawer[1].upper())
        if _DRAWER.fullmatch(line):
            return at + 1
        if _PLANNING.fullmatch(line):
            self._add("paragraph", self._inline(line.strip()))
            return at + 1
        if _ROW.match(line):
            return self._table(at)
        if _FIXED.match(line):
            return self._fixed(at)
        if _ITEM.match(line):
            return self._list(at)
        return self._paragraph(at)

    def _add(self, kind: Kind, text: str, *, info: str = "") -> None:
        if text.strip():
            self._found.append(Block(kind, text, info=info))

    def _headline(self, found: re.Match[str]) -> None:
        text = self._inline(found[2].strip())
        if found[3]:
            text += f" ({', '.join(found[3].strip(':').split(':'))})"
        if text.strip():
            self._found.append(heading(text.strip(), len(found[1])))

    def _keyword(self, name: str, value: str) -> None:
        if not value:
            return
        if name == "title":
            given = str(self.properties.get("title", ""))
            self.properties["title"] = f"{given} {self._inline(value)}".strip()
        elif name == "filetags":
            self.properties["tags"] = [tag for tag in re.split(r"[:\s]+", value) if tag]
        elif name in {"date", "author", "description", "subtitle", "created", "keywords", "identifier", "email"}:
            self.properties.setdefault(name, self._inline(value))
        elif not name.startswith(_QUIET_KEYWORDS):
            self._add("paragraph", self._inline(value))

    def _end(self, at: int, pattern: str) -> int:
        """The line that ends what began at a line; -1 if none does."""
        if pattern in self._endless:
            return -1
        ends = re.compile(pattern, re.IGNORECASE)
        for n in range(at + 1, len(self._lines)):
            if ends.fullmatch(self._lines[n]):
                return n
        self._endless.add(pattern)
        return -1

    def _block(self, at: int, name: str, arguments: str) -> int:
        end = self._end(at, rf"[ \t]*#\+end_{re.escape(name)}[ \t]*")
        if end < 0:
            return at + 1  # it is not closed: read on, nothing is lost
        inner = textwrap.dedent("\n".join(self._lines[at + 1 : end])).split("\n")
        if name in _CODE_BLOCKS:
            if name != "export" or not arguments.lower().startswith("html"):
                code = "\n".join(re.sub(r"^(\s*),(?=[*,]|#\+)", r"\1", line) for line in inner)
                self._add("code", code.strip("\n"), info=arguments.split()[0] if name == "src" and arguments else "")
        elif name == "verse":
            self._add("quote", "\n".join(self._inline(line) for line in inner).strip("\n"))
        else:
            within = self._within(inner)
            if name == "quote":
                self._add("quote", "\n".join(lines_within(within)))
            else:
                self._found += within
        return end + 1

    def _within(self, lines: list[str]) -> list[Block]:
        if self._depth >= _DEEPEST:
            return [Block("paragraph", text)] if (text := " ".join(" ".join(lines).split())) else []
        return _Body(lines, depth=self._depth + 1, links=self.links).blocks()

    def _drawer(self, at: int, name: str) -> int:
        end = self._end(at, r"[ \t]*:end:[ \t]*")
        if end < 0:
            return self._paragraph(at)
        inner = self._lines[at + 1 : end]
        if name != "PROPERTIES":
            self._found += self._within(textwrap.dedent("\n".join(inner)).split("\n"))
            return end + 1
        told = []
        for found in filter(None, map(_PROPERTY.fullmatch, inner)):
            key, value = found[1], self._inline((found[2] or "").strip())
            if not self._found:
                aliases = key.lower() in {"roam_aliases", "aliases"}
                self.properties["aliases" if aliases else key.lower()] = _quoted(value) if aliases else value
            elif value and not _QUIET_PROPERTIES.fullmatch(key):
                told.append(f"{key}: {value}")
        self._add("paragraph", "\n".join(told))
        return end + 1

    def _table(self, at: int) -> int:
        end = at
        rows = []
        while end < len(self._lines) and _ROW.match(self._lines[end]):
            if not _RULE_ROW.fullmatch(self._lines[end]):
                cells = self._inline(self._lines[end].strip()).strip("|").split("|")
                if not all(re.fullmatch(r"\s*(?:<[lcr]?\d*>)?\s*", cell) for cell in cells):
                    rows.append(cells)
            end += 1
        if made := table(rows):
            self._found.append(made)
        return end

    def _fixed(self, at: int) -> int:
        end, lines = at, []
        while end < len(self._lines) and (found := _FIXED.match(self._lines[end])):
            lines.append(found[1] or "")
            end += 1
        self._add("code", textwrap.dedent("\n".join(lines)).strip("\n"))
        return end

    def _list(self, at: int) -> int:
        """The items at this depth of indentation, each with what is indented below it."""
        first = _ITEM.match(self._lines[at])
        base = len(first[1]) if first else 0
        lines: list[str] = []
        number = 0
        while at < len(self._lines) and (item := _ITEM.match(self._lines[at])) and len(item[1]) == base:
            end, last = at + 1, at
            while end < len(self._lines):
                line = self._lines[end]
                if not line.strip():
                    if not self._lines[end - 1].strip():
                        break
                elif indent(line) > base:
                    last = end
                else:
                    break
                end += 1
            number += 1
            marker = f"{item[2] or number}. " if item[2] else "- "
            content = [
                self._lines[at][item.end() :],
                *textwrap.dedent("\n".join(self._lines[at + 1 : last + 1])).split("\n"),
            ]
            content[0] = re.sub(r"[ \t]+::(?=[ \t]|$)", ":", content[0], count=1)
            lines += list_item(marker, lines_within(self._within(content)))
            at = last + 1
            following = next((n for n in range(at, len(self._lines)) if self._lines[n].strip()), at)
            at = following if following - at <= 1 else at
        self._add("list", "\n".join(lines))
        return at

    def _paragraph(self, at: int) -> int:
        end = at + 1
        while end < len(self._lines):
            line = self._lines[end]
            if (
                not line.strip()
                or (_HEADLINE.fullmatch(line) and not self._depth)
                or any(pattern.match(line) for pattern in (_BEGIN, _KEYWORD, _ROW, _FIXED, _ITEM))
                or _DRAWER.fullmatch(line)
            ):
                break
            end += 1
        lines = [line.strip().removesuffix("\\\\").rstrip() for line in self._lines[at:end]]
        lines = [re.sub(r"^# ", "", line) for line in lines]
        self._add("paragraph", self._inline(unwrapped("\n".join(lines))))
        return end

    def _inline(self, text: str) -> str:
        """The words of a text, its markup gone; what is verbatim or a link is put aside meanwhile."""
        aside: list[str] = []

        def put_aside(words: str) -> str:
            aside.append(words)
            return f"\x00{len(aside) - 1}\x00"

        text = text.replace("\x00", "")
        text = _LINK.sub(lambda found: put_aside(self._link(found[1], found[2])), text)
        text = _VERBATIM.sub(lambda found: put_aside(found[2]), text)
        text = _ANGLE_LINK.sub(lambda found: put_aside(found[1]), text)
        text = _STAMP.sub(r"\1", text)
        text = _TARGET.sub(r"\1", text)
        for pattern in _MARKUP:
            text = pattern.sub(r"\1", text)
        text = _STRIKE.sub(r"~~\1~~", text)
        while "\x00" in text:
            text = re.sub("\x00(\\d+)\x00", lambda found: aside[int(found[1])], text)
        return "\n".join(" ".join(line.split()) for line in text.split("\n")).strip()

    def _link(self, target: str, words: str | None) -> str:
        kind, colon, rest = target.partition(":")
        if not colon or kind.startswith((".", "/", "~", "*", "#")):
            kind, rest = "", target
        address = unquote(rest.partition("::")[0])
        if kind in {"file", "roam", "attachment", ""} and not rest.startswith(("*", "#")) and address:
            self.links.append(address)
        elif kind in {"id", "denote"}:
            self.links.append(target)
        if words:
            return self._inline(words) if not re.fullmatch(r"(?:file|https?):\S+\.(?:png|jpe?g|gif|svg)", words) else ""
        if _PICTURE.search(address) or kind in {"id", "denote"}:
            return ""
        return (
            target if kind in {"http", "https", "mailto", "ftp"} else address or rest.rpartition("::")[2].lstrip("*#")
        )


def _quoted(value: str) -> list[Json]:
    return [quoted or bare for quoted, bare in re.findall(r'"([^"]*)"|(\S+)', value)]
