"""One quote as Markdown, as a person reads it: its tables with their heads, its code between fences, its source."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import PurePath

from assistant.events import Citation

_FENCE = re.compile(r"^[ \t]*```", re.MULTILINE)
_BAR = re.compile(r"(?<!\\)\|")
_WIDEST = 40
"""Characters. A wider cell is not lined up with those above it: in a terminal the row would only wrap."""
_BRACKETED = re.compile(r"\[(\d+)\]")
_WORD = re.compile(r"[^\W_]+")


def shown(citation: Citation) -> str:
    """One quote as Markdown, with its number, title, file and date."""
    quoted = "\n".join(f"> {line}".rstrip() for line in _fenced(citation).splitlines())
    return f"{quoted}\n\n— {whereabouts(citation)}{dated(citation)} [{citation.n}]"


def dated(citation: Citation) -> str:
    """What is said of the date, if there is one."""
    return f", {citation.date.isoformat()}" if citation.date else ""


def whereabouts(citation: Citation) -> str:
    """The title, and the file with its folder where the title does not say them already.

    A page of a book is called "Chapter 2"; which book it is of only its folder says.
    """
    # A title with a number in brackets would pass for a citation.
    title, source = _BRACKETED.sub(r"(\1)", citation.title), citation.source
    if citation.own or not title:
        return title or source
    path = PurePath(source.removeprefix("upload:"))
    if _words(path.stem) <= _words(title):
        return title
    name = path.name if source.startswith("upload:") or not path.parent.name else f"{path.parent.name}/{path.name}"
    return f"{title} ({name})"


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.casefold()))


def _fenced(citation: Citation) -> str:
    """The quote with its code between fences, also where it begins or ends in the middle of the code."""
    before = citation.passage[: max(citation.passage.find(citation.quote), 0)]
    inside = len(_FENCE.findall(before)) % 2
    text = f"```\n{citation.quote}" if inside else _with_tables(citation.quote, before)
    return f"{text}\n```" if len(_FENCE.findall(text)) % 2 else text


def _with_tables(quote: str, before: str) -> str:
    """The quote with each table's head row and the line below it, which make it a table for whoever draws it.

    Passages hold a table as its rows, the head row first (`formats.document.table`); a quote may begin below it.
    """
    found: list[str] = []
    code = False
    for is_row, lines in groupby(quote.split("\n"), key=lambda line: line.startswith("| ")):
        stretch = list(lines)
        if not is_row or code:
            code ^= sum(bool(_FENCE.match(line)) for line in stretch) % 2 == 1
            found += stretch
            continue
        head = [] if found else _head(before)
        found += ["", *_table([*head, *stretch])] if found and found[-1].strip() else _table([*head, *stretch])
    return "\n".join(found)


def _head(before: str) -> list[str]:
    """The head row of the table that the text before a quote ends with."""
    rows: list[str] = []
    for line in reversed(before.rstrip("\n").split("\n")):
        if not line.startswith("| "):
            break
        rows.append(line)
    return rows[-1:]


def _table(rows: Sequence[str]) -> Iterator[str]:
    """The rows lined up, with a line below the first one."""
    cells = [[cell.strip() for cell in _BAR.split(row.strip().removeprefix("|").removesuffix("|"))] for row in rows]
    columns = max(map(len, cells))
    cells = [[*row, *[""] * (columns - len(row))] for row in cells]
    widths = [max(3, *(len(row[n]) for row in cells if len(row[n]) <= _WIDEST), 3) for n in range(columns)]
    for number, row in enumerate(cells):
        yield "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        if number == 0:
            yield "| " + " | ".join("-" * width for width in widths) + " |"
