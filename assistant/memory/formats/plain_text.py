"""Text files: paragraphs, lists, headings and code are told apart by how their lines stand."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable

from assistant.memory.formats import markdown_note
from assistant.memory.formats.document import (
    COLUMNS,
    Block,
    Document,
    Json,
    Kind,
    heading,
    indent,
    table,
    taking_title,
    unwrapped,
    with_newlines,
)
from assistant.memory.formats.flavours import RESTRUCTURED, WIKI, Flavour, flavour_of, is_markdown

_UNDERLINE = re.compile(r"([=\-~^\"'#*+.`:])\1{2,}[ \t]*")
_ITEM = re.compile(r"([ \t]*)([-*+•·]|\(?\d{1,3}[.)]|[a-z]\))[ \t]+(?=\S)")
_RULE = re.compile(r"[ \t]*([-=_*~#.+])(?:[ \t]*\1){4,}[ \t]*")
_BOX = re.compile(r"[ \t]*[|+\u2500-\u257f]")
_FIELD = re.compile(r":([\w -]{1,40}):[ \t]*(.*)")
_NUMBERED = re.compile(r"(?:\d{1,2}\.){1,4}\d{0,2}\.?[ \t]+\S.{0,70}")

_RST_DIRECTIVE = re.compile(r"[ \t]*\.\.[ \t]+(?:\|[^|]+\|[ \t]+)?([\w-]+)::[ \t]*(.*)")
_RST_CODE = {"code", "code-block", "sourcecode", "parsed-literal", "literalinclude", "doctest", "prompt", "highlight"}
_RST_SILENT = {
    "toctree", "image", "figure", "contents", "index", "highlight", "include", "literalinclude", "module",
    "currentmodule", "raw", "meta", "only", "default-role", "role", "sectnum", "tabularcolumns", "class",
}  # fmt: skip
_RST_TARGET = re.compile(r"[ \t]*\.\.[ \t]+(?:_[^:]*:.*|\[[^\]]+\][ \t].*)?$|[ \t]*\.\.$")
_SHELL = re.compile(r"(?:[$%>#][ \t]|//[ \t]|sudo[ \t]).*\S|.*(?:[;{}\\]|&&)[ \t]*")
_ENDS = (".", "!", "?", ":", ",", ";")
"""What prose has at the end of some line; what is indented and has none of them is a command or an example."""
_LEADERS = re.compile(r"(?:[ \t]?\.){4,}[ \t]*\d*[ \t]*$")


def read(text: str, *, name: str, flavour: Flavour | None = None) -> Document:
    """A text file.

    Args:
        text: Decoded, any line ends.
        name: From the file's name; it is the title if the text has no heading of its own.
        flavour: The markup it is written in; found out if it is not given.
    """
    text = with_newlines(text).expandtabs(8)
    flavour = flavour or flavour_of(text)
    if flavour is not WIKI and flavour is not RESTRUCTURED and is_markdown(text):
        return markdown_note.read(text, name=name)
    reader = _Lines(text.split("\n"), flavour=flavour)
    own_title, rest = taking_title(reader.blocks(), name=name)
    return Document.told_by(reader.properties, title=own_title or name, blocks=rest)


class _Lines:
    """Groups lines into blocks. What is not understood stays a paragraph: nothing is lost."""

    def __init__(self, lines: list[str], *, flavour: Flavour) -> None:
        self._lines = lines
        self._flavour = flavour
        self._levels: list[str] = []
        self._found: list[Block] = []
        self._literal_follows = False
        self._commented = False
        self.properties: dict[str, Json] = {}

    def blocks(self) -> list[Block]:
        """All blocks, in order."""
        at = 0
        while at < len(self._lines):
            line = self._lines[at]
            if not line.strip() or (self._flavour.silent and self._flavour.silent.fullmatch(line)):
                at += 1
            else:
                at = self._block(at)
        return self._found

    def _add(self, kind: Kind, text: str, *, info: str = "") -> None:
        if text.strip():
            self._found.append(Block(kind, text, info=info))

    def _block(self, at: int) -> int:
        """Read the block that begins at a line; returns the line after it."""
        line = self._lines[at]
        if end := self._fenced(at) or self._heading(at):
            return end
        if self._flavour is RESTRUCTURED and line.lstrip().startswith(".."):
            return self._markup(at)
        literal, self._literal_follows = self._literal_follows, False
        if literal and indent(line):
            return self._literal(at)
        if _RULE.fullmatch(line):
            return at + 1
        if _ITEM.match(line):
            return self._items(at)
        end = at + 1
        while end < len(self._lines) and self._lines[end].strip() and not self._heading(end, only_look=True):
            if self._flavour.fence and self._flavour.fence.fullmatch(self._lines[end]):
                break
            end += 1
        run = self._lines[at:end]
        if self._found and min(map(indent, run)) >= 4 and not any(each.rstrip().endswith(_ENDS) for each in run):
            self._add("code", textwrap.dedent("\n".join(run)))
        else:
            self._paragraph(run)
        return end

    def _fenced(self, at: int) -> int:
        """The line after code between fences; 0 if there is none."""
        line = self._lines[at]
        fence = self._flavour.fence
        if not (fence and fence.fullmatch(line)):
            return 0
        ends = self._flavour.fence_ends
        for end in range(at + 1, len(self._lines)):
            if ends.fullmatch(self._lines[end]) if ends else self._lines[end].rstrip() == line.rstrip():
                self._add("code", textwrap.dedent("\n".join(self._lines[at + 1 : end])).strip("\n"))
                return end + 1
        return 0

    def _paragraph(self, run: list[str]) -> None:
        dedented = textwrap.dedent("\n".join(run))
        lines = [line for line in dedented.split("\n") if not (_LEADERS.search(line) or _RULE.fullmatch(line))]
        if silent := self._flavour.silent:
            lines = [line for line in lines if not silent.fullmatch(line)]
        first_item = next((n for n, line in enumerate(lines) if n and _ITEM.match(line)), 0)
        if self._flavour is WIKI and all(line.startswith("||") for line in lines):
            rows = [re.split(r"(?:\|\|)+", line.strip().strip("|")) for line in lines]
            if made := table([[self._flavour.plain(cell).replace("\n", " ") for cell in row] for row in rows]):
                self._found.append(made)
        elif self._is_code(lines):
            self._add_code("\n".join(lines))
        elif first_item and all(_ITEM.match(line) or line[:1] == " " for line in lines[first_item:]):
            self._paragraph(lines[:first_item])
            self._add("list", "\n".join(_as_list(lines[first_item:], self._flavour.plain)))
        elif self._flavour is RESTRUCTURED and lines and _FIELD.fullmatch(lines[0]) and not self._found:
            for each in filter(None, map(_FIELD.fullmatch, lines)):
                self.properties[each[1].strip().lower()] = each[2].strip()
        elif lines:
            text = unwrapped("\n".join(line.strip() for line in lines))
            if self._flavour is RESTRUCTURED and text.endswith("::"):
                self._literal_follows = True
                text = text[:-2].rstrip() + (":" if text[:-2].strip() and not text.endswith(" ::") else "")
            self._add("paragraph", self._flavour.plain(text))

    def _is_code(self, lines: list[str]) -> bool:
        """Whether the line breaks and spaces of a paragraph matter: columns, drawings, commands."""
        aligned = sum(bool(COLUMNS.search(line) or _BOX.match(line)) for line in lines)
        if len(lines) > 1 and aligned * 2 > len(lines):
            return True
        commands = sum(bool(_SHELL.fullmatch(line)) for line in lines)
        commented = bool(lines) and lines[0].startswith("# ")
        if commented and len(lines) > 1 and not lines[-1].startswith("#"):
            self._commented = True  # a comment and its command: it goes on like this
        return commands * 2 > len(lines) or (commented and self._commented)

    def _add_code(self, code: str) -> None:
        if self._commented and self._found and self._found[-1].kind == "code":
            code = self._found.pop().text + "\n\n" + code
        self._add("code", code)

    def _heading(self, at: int, *, only_look: bool = False) -> int:
        """The line after a heading that is marked, underlined, numbered or in capitals; 0 if there is none."""
        line = self._lines[at]
        above = self._lines[at - 1].strip() if at else ""
        below = self._lines[at + 1] if at + 1 < len(self._lines) else ""
        marked = self._flavour.heading.fullmatch(line) if self._flavour.heading else None
        if marked:
            return at + 1 if only_look else self._headed(marked["words"], len(marked["marks"]), at + 1)
        over = _UNDERLINE.fullmatch(line)
        if over and below.strip() and at + 2 < len(self._lines):
            under = _UNDERLINE.fullmatch(self._lines[at + 2])
            if under and under[1] == over[1] and not _UNDERLINE.fullmatch(below):
                return at + 3 if only_look else self._headed(below, "over" + over[1], at + 3)
        if _UNDERLINE.fullmatch(below) and not over and len(line.strip()) <= 100 and not _BOX.match(line):
            width = len(line.rstrip())
            if not line[:1].isspace() and width - 8 <= len(below.rstrip()) <= max(width + 20, 79) and width > 1:
                return at + 2 if only_look else self._headed(line, below[0], at + 2)
        alone = not above and not below.strip() and not line[:1].isspace()
        if alone and (_capitals(line) or (_NUMBERED.fullmatch(line.rstrip()) and line.rstrip()[-1] not in ".,;:")):
            depth = len(re.findall(r"\d+", line.partition(" ")[0]))
            return at + 1 if only_look else self._headed(line, f"numbered {depth}", at + 1)
        return 0

    def _headed(self, text: str, style: str | int, after: int) -> int:
        if isinstance(style, str) and style not in self._levels:
            self._levels.append(style)
        level = style if isinstance(style, int) else self._levels.index(style) + 1
        if words := self._flavour.plain(text).replace("\n", " "):
            self._found.append(heading(words, level))
        return after

    def _items(self, at: int) -> int:
        """A list: items, what is indented below them, and blank lines between."""
        base = indent(self._lines[at])
        end, last = at, at
        while end < len(self._lines):
            line = self._lines[end]
            if line.strip():
                depth = indent(line)
                blank_before = end > at and not self._lines[end - 1].strip()
                is_item = depth >= base and _ITEM.match(line)
                headed = bool(self._heading(end, only_look=True))
                if headed or depth < base or (depth == base and not is_item and blank_before):
                    break
                last = end
            elif end + 1 < len(self._lines) and not self._lines[end + 1].strip():
                break
            end += 1
        self._add("list", "\n".join(_as_list(self._lines[at : last + 1], self._flavour.plain)))
        return last + 1

    def _literal(self, at: int) -> int:
        """What is indented, with its blank lines."""
        base, end, last = indent(self._lines[at]), at, at
        while end < len(self._lines) and (not self._lines[end].strip() or indent(self._lines[end]) >= min(base, 1)):
            if self._lines[end].strip():
                last = end
            end += 1
        self._add("code", textwrap.dedent("\n".join(self._lines[at : last + 1])))
        return last + 1

    def _markup(self, at: int) -> int:
        """A directive or comment of reStructuredText."""
        line = self._lines[at]
        end = at + 1
        while end < len(self._lines) and (not self._lines[end].strip() or indent(self._lines[end]) > indent(line)):
            end += 1
        body = textwrap.dedent("\n".join(self._lines[at + 1 : end])).split("\n")
        found = _RST_DIRECTIVE.match(line)
        if not found:
            if not _RST_TARGET.fullmatch(line) or re.match(r"[ \t]*\.\.[ \t]+\[", line):
                self._add("paragraph", self._flavour.plain(line.strip()[2:].strip()))
            return end if _RST_TARGET.fullmatch(line) else at + 1
        while body and (not body[0].strip() or _FIELD.match(body[0])):
            body.pop(0)
        name, argument = found[1], found[2].strip()
        if name in _RST_CODE:
            self._add("code", "\n".join(body).strip("\n"), info=argument if name != "parsed-literal" else "")
        elif name not in _RST_SILENT or name in {"figure", "only"}:
            if argument and name != "figure":
                self._add("paragraph", self._flavour.plain(argument))
            inner = _Lines(body, flavour=RESTRUCTURED)
            self._found += inner.blocks()
        return end


def _capitals(line: str) -> bool:
    words = line.strip()
    return 3 < len(words) <= 60 and words.upper() == words and sum(map(str.isalpha, words)) > len(words) * 0.6


def _as_list(lines: list[str], plain: Callable[[str], str]) -> list[str]:
    """List items as "- " or "1. ", two spaces deeper per level, their continuation lines joined."""
    found: list[str] = []
    depths: list[int] = []
    numbers: dict[int, int] = {}
    for line in lines:
        if not line.strip():
            continue
        if item := _ITEM.match(line):
            deep = len(item[1])
            while depths and depths[-1] > deep:
                depths.pop()
            if not depths or depths[-1] < deep:
                depths.append(deep)
            depth = len(depths) - 1
            number = re.match(r"\(?(\d+)[.)]|([a-z])\)", item[2])
            if number and number[1]:
                # Some number every item 1 and leave the counting to a program.
                numbers[depth] = max(int(number[1]), numbers.get(depth, 0) + 1 if int(number[1]) == 1 else 0)
                marker = f"{numbers[depth]}. "
            else:
                marker = f"- {item[2]} " if number else "- "
            numbers = {level: last for level, last in numbers.items() if level <= depth}
            found.append("  " * depth + marker + plain(line[item.end() :].strip()))
        elif found:
            found[-1] = found[-1] + " " + plain(line.strip())
        else:
            found.append(plain(line.strip()))
    return found
