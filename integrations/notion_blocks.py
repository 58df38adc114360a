"""Markdown as Notion's blocks, within the limits of one request.

Blocks: https://developers.notion.com/reference/block. Limits: https://developers.notion.com/reference/request-limits

Only text is written. An image becomes a link, HTML stays words, a mention cannot be made: what the person approved as
text is what stands on the page, nothing is fetched and nobody is notified. (The service has a Markdown of its own,
which makes mentions, embeds and pages out of tags in the text; it is not used for that reason.)
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

import httpx
from markdown_it import MarkdownIt
from markdown_it.rules_block.table import escapedSplit
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

from assistant.errors import BadInput
from integrations.notion_text import TEXT_ITEMS, TEXT_UNITS, Run, items, merged, runs_of, shares, units

Block = dict[str, Any]
"""One block as JSON: `{"type": kind, kind: {...}}`, its children in `[kind]["children"]`."""

CHILDREN = 100
"""The most blocks of one array."""
NESTING = 2
"""How many levels of children one request may hold."""
REQUEST_BLOCKS = 1_000
"""The most blocks of one request, nested ones counted."""
REQUEST_BYTES = 480_000
"""The most bytes of one request that we send; the service takes 500 KB."""

LANGUAGES = frozenset(
    "abap abc agda arduino assembly bash basic bnf c c# c++ clojure coffeescript coq css dart dhall diff docker ebnf "
    "elixir elm erlang f# flow fortran gherkin glsl go graphql groovy haskell hcl html idris java javascript json "
    "julia kotlin latex less lisp livescript lua makefile markdown markup matlab mathematica mermaid nix objective-c "
    "ocaml pascal perl php powershell prolog protobuf purescript python r racket reason ruby rust sass scala scheme "
    "scss shell smalltalk solidity sql swift toml typescript vb.net verilog vhdl webassembly xml yaml".split()
)
_ALIASES = {
    "console": "shell",
    "cpp": "c++",
    "dockerfile": "docker",
    "js": "javascript",
    "md": "markdown",
    "py": "python",
    "rb": "ruby",
    "rs": "rust",
    "sh": "shell",
    "ts": "typescript",
    "yml": "yaml",
}
_DEEPEST = 100
"""The parser drops what is nested deeper, so that is refused."""
_STYLED = {"strong": "bold", "em": "italic", "s": "strikethrough"}

# Without references: a line such as "[a]: b" would vanish from the text.
_parser = MarkdownIt("commonmark", {"html": False, "maxNesting": _DEEPEST}).enable(["table", "strikethrough"])
_parser.disable("reference")
_without_tables = MarkdownIt("commonmark", {"html": False, "maxNesting": _DEEPEST}).enable("strikethrough")
_without_tables.disable("reference")


def blocks_from(markdown: str) -> list[Block]:
    """The Markdown as top-level blocks, each of which fits into a request.

    No word is dropped. What does not fit goes on: a long text in further blocks of its kind, a list that is nested
    deeper than the service takes on its deepest level, the 101st child behind its parent.

    Raises:
        BadInput: nested a hundred deep, a table row that is too long, a broken character.
    """
    units(markdown)
    tokens = _parser.parse(markdown)
    if _drops_cells(tokens, markdown):
        tokens = _without_tables.parse(markdown)
    if any(token.level >= _DEEPEST - 1 for token in tokens):
        raise BadInput("The text is nested too deeply for Notion; make its lists flatter.")
    return _fitted(_blocks(SyntaxTreeNode(tokens).children, nested=False))


def batches(blocks: Sequence[Block], *, first_bytes: int = REQUEST_BYTES) -> list[list[Block]]:
    """The blocks in order, in as few requests as the limits allow.

    Args:
        first_bytes: Room in the first request, which may hold other things too; its batch may be empty.
    """
    done: list[list[Block]] = [[]]
    room_bytes, room_blocks = first_bytes, REQUEST_BLOCKS
    for block in blocks:
        size, count = size_of(block), count_of(block)
        if len(done[-1]) == CHILDREN or size > room_bytes or count > room_blocks:
            done.append([])
            room_bytes, room_blocks = REQUEST_BYTES, REQUEST_BLOCKS
        done[-1].append(block)
        room_bytes -= size
        room_blocks -= count
    return done


def children_of(block: Mapping[str, Any]) -> list[Block]:
    """The blocks inside a block."""
    children: list[Block] = block[block["type"]].get("children") or []
    return children


def count_of(block: Mapping[str, Any]) -> int:
    """The block and all inside it."""
    return 1 + sum(count_of(child) for child in children_of(block))


def size_of(value: Any) -> int:
    """Bytes on the wire, with the comma."""
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()) + 1


def content_of(block: Mapping[str, Any], *, deep: bool = True) -> tuple[Any, ...]:
    """What a block says, of a request or of an answer: equal for what was sent and what stands there."""
    kind = block["type"]
    body = block[kind]
    return (
        kind,
        runs_of(body.get("rich_text") or ()),
        tuple(runs_of(cell) for cell in body.get("cells") or ()),
        bool(body.get("checked")),
        body.get("language"),
        runs_of(body.get("caption") or ()),
        tuple(content_of(child) for child in children_of(block)) if deep else (),
    )


def _drops_cells(tokens: Iterable[Token], markdown: str) -> bool:
    """Whether a row of a table has more cells than its heading: the parser would leave them out."""
    lines = re.split(r"\r\n?|\n", markdown)
    for token in tokens:
        if token.type == "table_open" and token.map:
            head, _, *rows = (
                len(escapedSplit(re.sub(r"^[\s>]*\|?|\|?\s*$", "", line)))
                for line in lines[token.map[0] : token.map[1]]
            )
            if any(row > head for row in rows):
                return True
    return False


def _block(kind: str, rich_text: list[dict[str, Any]], **more: Any) -> Block:
    return {"type": kind, kind: {"rich_text": rich_text, **more}}


def _with(block: Block, children: Sequence[Block]) -> Block:
    kind = block["type"]
    body = {name: value for name, value in block[kind].items() if name != "children"}
    return {"type": kind, kind: {**body, "children": list(children)} if children else body}


def _fitted(blocks: Iterable[Block], depth: int = 0) -> list[Block]:
    """The blocks with children that a request takes; the others are lifted behind their parent."""
    fitted: list[Block] = []
    for block in blocks:
        if block["type"] == "table":
            fitted.append(block)
            continue
        children = _fitted(children_of(block), depth + 1)
        kept, lifted = ([], children) if depth >= NESTING else (children[:CHILDREN], children[CHILDREN:])
        whole = _with(block, kept)
        if depth == 0 and (count_of(whole) > REQUEST_BLOCKS or size_of(whole) > REQUEST_BYTES):
            whole, lifted = _with(block, ()), children
        fitted += [whole, *lifted]
    return fitted


def _blocks(nodes: Iterable[SyntaxTreeNode], *, nested: bool) -> Iterator[Block]:
    for node in nodes:
        if node.type == "heading":
            yield from _texts(f"heading_{min(int(node.tag[1:]), 4)}", _inline(node))
        elif node.type in ("bullet_list", "ordered_list"):
            yield from _list(node)
        elif node.type == "blockquote":
            yield _holder("quote", list(_blocks(node.children, nested=True)))
        elif node.type in ("fence", "code_block"):
            yield from _code(node)
        elif node.type == "hr":
            yield {"type": "divider", "divider": {}}
        elif node.type == "table":
            yield from _table_as_text(node) if nested else _tables(node)
        else:
            yield from _texts("paragraph", _inline(node))


def _texts(kind: str, runs: Iterable[Run]) -> Iterator[Block]:
    """A text as one block, and as paragraphs behind it where it is too long for one."""
    first, *others = shares(runs)
    yield _block(kind, first)
    for share in others:
        yield _block("paragraph", share)


def _holder(kind: str, inside: list[Block], **more: Any) -> Block:
    """A list item or a quote: its first paragraph is its own text, all else its children."""
    text: list[dict[str, Any]] = []
    if inside and inside[0]["type"] == "paragraph":
        text = inside[0]["paragraph"]["rich_text"]
        inside = [*children_of(inside[0]), *inside[1:]]
    return _with(_block(kind, text, **more), inside)


def _list(node: SyntaxTreeNode) -> Iterator[Block]:
    ordered = node.type == "ordered_list"
    # Notion counts from one. A list that does not ("2026. A good year") keeps its numbers as words.
    start = int(node.attrs.get("start", 1)) if ordered else 1
    for number, item in enumerate(node.children, start):
        inside = list(_blocks(item.children, nested=True))
        if start != 1:
            label = f"{number}{node.markup or '.'} "
            yield _holder("paragraph", [*_labelled(inside, label)])
        elif ordered:
            yield _holder("numbered_list_item", inside)
        elif (task := _task(inside)) is not None:
            yield _holder("to_do", task[1], checked=task[0])
        else:
            yield _holder("bulleted_list_item", inside)


def _labelled(inside: list[Block], label: str) -> list[Block]:
    if inside and inside[0]["type"] == "paragraph":
        runs = (Run(label), *runs_of(inside[0]["paragraph"]["rich_text"]))
        return [*_texts("paragraph", runs), *children_of(inside[0]), *inside[1:]]
    return [_block("paragraph", items([Run(label)])), *inside]


def _task(inside: list[Block]) -> tuple[bool, list[Block]] | None:
    """A to-do item's state and content ("[ ] milk"); None for other items."""
    if not inside or inside[0]["type"] != "paragraph" or not inside[0]["paragraph"]["rich_text"]:
        return None
    first, *others = inside[0]["paragraph"]["rich_text"]
    said = first["text"]["content"]
    box = re.match(r"\[([ xX])\](?: |$)", said)
    if box is None or first.get("annotations"):
        return None
    rest = {**first, "text": {**first["text"], "content": said[box.end() :]}}
    text = [item for item in (rest, *others) if item["text"]["content"]]
    return box[1] != " ", [_with(_block("paragraph", text), children_of(inside[0])), *inside[1:]]


def _code(node: SyntaxTreeNode) -> Iterator[Block]:
    info = node.info.strip()
    language = _ALIASES.get(info.lower(), info.lower())
    # What is said beside the language ("python title=a.py") goes below the code.
    more: dict[str, Any] = {}
    if info and language not in LANGUAGES:
        caption, *too_long = shares([Run(info)])
        if too_long:
            raise BadInput("The line that opens the code is too long for Notion; shorten it.")
        first = info.split()[0].lower()
        language, more = _ALIASES.get(first, first), {"caption": caption}
    for share in shares([Run(node.content.removesuffix("\n"))]):
        yield _block("code", share, language=language if language in LANGUAGES else "plain text", **more)
        more = {}


def _rows(table: SyntaxTreeNode) -> list[list[tuple[Run, ...]]]:
    return [[_inline(cell) for cell in row.children] for part in table.children for row in part.children]


def _table_as_text(table: SyntaxTreeNode) -> Iterator[Block]:
    """A table inside a list: there the service has no room for rows."""
    for row in _rows(table):
        cells = [(Run(" | "), *cell) if column else cell for column, cell in enumerate(row)]
        yield from _texts("paragraph", chain.from_iterable(cells))


def _tables(table: SyntaxTreeNode) -> Iterator[Block]:
    """A table; a long one as several, each with the heading."""
    rows = [_row(cells) for cells in _rows(table)]
    head, body = rows[0], rows[1:]
    width = len(head["table_row"]["cells"])
    part: list[Block] = [head]
    room = REQUEST_BYTES - 2 * size_of(head)
    for row in body:
        size = size_of(row)
        if len(part) > 1 and (len(part) == CHILDREN or size > room):
            yield _table(part, width)
            part, room = [head], REQUEST_BYTES - 2 * size_of(head)
        part.append(row)
        room -= size
    yield _table(part, width)


def _table(rows: list[Block], width: int) -> Block:
    body = {"table_width": width, "has_column_header": True, "has_row_header": False, "children": rows}
    return {"type": "table", "table": body}


def _row(cells: list[tuple[Run, ...]]) -> Block:
    filled = [items(cell) for cell in cells]
    row = {"type": "table_row", "table_row": {"cells": filled}}
    # A third, so that the heading and one row always share a request.
    if size_of(row) > REQUEST_BYTES // 3 or any(len(cell) > TEXT_ITEMS for cell in filled):
        raise BadInput("A row of the table is too long for Notion; write it as text.")
    return row


def _inline(node: SyntaxTreeNode) -> tuple[Run, ...]:
    """The runs of a block's text."""
    return merged(_runs(node, frozenset(), None))


def _runs(node: SyntaxTreeNode, styles: frozenset[str], link: str | None) -> Iterator[Run]:
    if node.type in ("softbreak", "hardbreak"):
        yield Run("\n", styles, link)
    elif node.type == "code_inline":
        yield Run(node.content, styles | {"code"}, link)
    elif node.type in ("link", "image"):
        yield from _link(node, styles, link)
    elif node.children:
        inner = styles | {_STYLED[node.type]} if node.type in _STYLED else styles
        for child in node.children:
            yield from _runs(child, inner, link)
    elif node.type not in _STYLED:
        yield Run(node.content, styles, link)


def _link(node: SyntaxTreeNode, styles: frozenset[str], outer: str | None) -> Iterator[Run]:
    """A link, or an image as a link to it. Where the address cannot be a link in Notion, it is written out."""
    address = str(node.attrs.get("href") or node.attrs.get("src") or "")
    target = address if _can_link(address) else None
    if node.type == "image":
        yield Run(node.content or address, styles, target or outer)
    else:
        for child in node.children:
            yield from _runs(child, styles, target or outer)
    title = str(node.attrs.get("title") or "")
    said = ", ".join(part for part in (title, "" if target else address) if part)
    if said:
        yield Run(f" ({said})", styles)


def _can_link(address: str) -> bool:
    if units(address) > TEXT_UNITS:
        return False
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL:
        return False
    return (url.scheme in ("http", "https") and bool(url.host)) or (url.scheme == "mailto" and "@" in url.path)
