"""Markdown: CommonMark with tables, and what Obsidian, Logseq and static sites add to it."""

from __future__ import annotations

import re
import textwrap
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

from assistant.memory.formats import web_page
from assistant.memory.formats.document import (
    Block,
    Document,
    Json,
    as_json,
    heading,
    lines_within,
    linked_note,
    list_item,
    table,
    taking_title,
    unique,
    unwrapped,
    with_newlines,
)

_LONGEST_INLINE = 20_000
"""Characters. Markup within a longer paragraph is left as it is: finding it can take quadratic time."""
_DEEPEST = 100
"""Blocks within blocks, two for each level of a list; what lies deeper the parser leaves out."""
_TOO_DEEP = re.compile(
    r"^(?:(?:[ \t]*>){45}|(?:[ \t]*[-*+][ \t]){45}|(?:\t{45}|[ \t]{90})[ \t]*[-*+][ \t])", re.MULTILINE
)
"""What may be deeper than that is read as paragraphs."""
_MOST_OPENERS = 1_500
_FRONT = re.compile(r"\A(---|\+\+\+)[ \t]*\n(.*?)^(?:\1|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_FRONT_LINE = re.compile(r"^([A-Za-z][\w -]{0,40}):[ \t]+(\S.*)$", re.MULTILINE)
_WIKI = re.compile(r"(!?)\[\[([^\[\]\n|]*)(?:\|([^\[\]\n]*))?\]\]")
_MATH = re.compile(r"\$\$(?:(?!\$\$).){1,2000}\$\$|\$(?![\s$])[^$\n]{0,300}?(?<![\s\\])\$(?!\d)", re.DOTALL)
_DIRECTIVE = re.compile(r"(?<!\\)\[\[!(\w+)(?=[\s\]])((?:[^\[\]]|\[\[[^\[\]\n]{0,200}\]\]){0,2000})\]\]")
_SILENT_DIRECTIVES = {"toc", "inline", "map", "pagestats", "sidebar", "orphans", "brokenlinks", "pagecount", "img"}
_TAGGED_CODE = re.compile(
    r"^[ \t]{0,8}(?:\{\{[<%][ \t]*(code|code-toggle|highlight)\b[^\n]{0,300}?[>%]\}\}"
    r"|\{%-?[ \t]*highlight\b[^\n]{0,300}?%\})[ \t]*\n(.{0,20000}?)\n[ \t]{0,8}"
    r"(?:\{\{[<%][ \t]*/[ \t]*\1[ \t]*[>%]\}\}|\{%-?[ \t]*endhighlight[ \t]*-?%\})[ \t]*$",
    re.MULTILINE | re.DOTALL,
)
"""Code between tags of Hugo or Jekyll."""
_SHORTCODE = re.compile(r"\{\{[<%].{0,600}?[>%]\}\}|\{%.{0,600}?%\}", re.DOTALL)
_TAGGED_LINK = re.compile(r"\]\(\s{0,9}\{[{%].{0,300}?[}%]\}[^)\s]{0,300}\s?\)", re.DOTALL)
_BLOCK_ID = re.compile(r"[ \t]\^[A-Za-z0-9-]+$", re.MULTILINE)
_HIGHLIGHT = re.compile(r"(?<![\w=])==(?=[^\s=])|(?<=[^\s=])==(?![\w=])")
_CALLOUT = re.compile(r"\A\[!([\w-]+)(?:\|[^\]]*)?\][+-]?[ \t]*")
_ANCHOR = re.compile(r"[ \t]*\{[#.:][^{}\n]*\}[ \t]*$")
_LISTED = re.compile(r"[ \t]*(?:[-*+]|\d{1,3}[.)])[ \t]+\S")
_TAG = re.compile(r"</?([A-Za-z][\w-]*)")
_TAGS = frozenset(
    """
    a abbr acronym address article aside audio b big blockquote body br button caption center cite code col
    colgroup dd del details dfn dir div dl dt em embed figcaption figure font footer form h1 h2 h3 h4 h5 h6 head
    header hr html i iframe img input ins kbd label legend li link main map mark meta nav noscript object ol p
    param picture pre q rp rt ruby s samp script section select small source span strike strong style sub summary
    sup svg table tbody td textarea tfoot th thead title tr track tt u ul var video wbr
    """.split()
)
"""Names in angle brackets that are HTML; others (`<your name>`, `Vec<String>`) are the writer's own words."""
_YAML = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_FILE_SUFFIX = re.compile(r"\.(png|jpe?g|gif|svg|webp|bmp|pdf|mp[34]|m4a|mov|webm|wav|heic|excalidraw)$", re.I)


def read(text: str, *, name: str) -> Document:
    """A Markdown note.

    Args:
        text: Decoded, any line ends.
        name: From the file's name; it is the title if the note gives none.
    """
    properties, body = front_matter(with_newlines(text))
    body, told = _directives(body)
    properties = {**told, **properties}
    blocks, links = blocks_of(body)
    properties = {key: _unmarked(value) for key, value in properties.items()}
    own_title, blocks = taking_title(blocks, name=name)
    given = properties.get("title")
    title = " ".join(str(given).split()) if isinstance(given, str | int) and str(given).strip() else own_title
    if own_title and own_title.casefold() != title.casefold():
        blocks = [Block("heading", own_title, level=1), *blocks]
    return Document.told_by(properties, title=title or name, blocks=blocks, links=links)


def front_matter(text: str) -> tuple[Mapping[str, Json], str]:
    """The properties above a note (YAML between `---`, TOML between `+++`), and the rest.

    Front matter that is not valid is read line by line; a rule of dashes above a text that only looks like
    front matter stays in the text.
    """
    found = _FRONT.match(text)
    if not found:
        return {}, text
    inner, rest = found[2], text[found.end() :]
    try:
        loaded: object = tomllib.loads(inner) if found[1] == "+++" else yaml.load(inner, Loader=_YAML)  # noqa: S506
    except (yaml.YAMLError, tomllib.TOMLDecodeError, ValueError, RecursionError):
        loaded = dict(_FRONT_LINE.findall(inner))
    if loaded is None:
        return {}, rest
    if not isinstance(loaded, Mapping) or not loaded:
        return {}, text
    properties = as_json(loaded)
    return (properties if isinstance(properties, dict) else {}), rest


def _unmarked(value: Json) -> Json:
    """A property without markup in its words."""
    if isinstance(value, list):
        return [_unmarked(item) if isinstance(item, str) else item for item in value]
    if isinstance(value, str) and re.search(r"[`*&<]|\]\(|\[\[", value):
        return _Walk().words(value)
    return value


def _directives(text: str) -> tuple[str, dict[str, Json]]:
    """Take ikiwiki's `[[!meta title="..."]]` and `[[!tag a b]]` out of a text, and code blocks out of shortcodes."""
    told: dict[str, Json] = {}
    tags: list[Json] = []

    def take(found: re.Match[str]) -> str:
        name, inner = found[1], found[2].strip()
        if name == "meta":
            told.update(re.findall(r'(\w+)="{1,3}([^"]*)"{1,3}', inner))
        elif name in {"tag", "taglink"}:
            tags.extend(inner.split())
        elif name not in _SILENT_DIRECTIVES:
            return inner if name in {"template", "if"} else f"{name} {inner}".strip()
        return ""

    if "[[!" in text:
        text = _DIRECTIVE.sub(take, text)
        if tags:
            told["tags"] = tags
    if "{" in text:
        text = _TAGGED_CODE.sub("```\n\\2\n```", text)
    return text, told


def blocks_of(text: str) -> tuple[list[Block], tuple[str, ...]]:
    """The blocks of a Markdown text without front matter, and the names of the notes it links to."""
    if _TOO_DEEP.search(text):
        paragraphs = (" ".join(part.split()) for part in re.split(r"\n\s*\n", text))
        return [Block("paragraph", part) for part in paragraphs if part], ()
    walk = _Walk()
    tokens = _MARKDOWN.parse(text, walk.environment)
    notes = walk.notes()
    walk.blocks(tokens)
    walk.found += notes
    return walk.found, unique(walk.links)


def _wiki_rule(state: StateInline, silent: bool) -> bool:
    """`[[Note#Part|words]]` and `![[embedded]]`: the words, or else the note's name."""
    if state.src[state.pos] not in "[!":
        return False
    found = _WIKI.match(state.src, state.pos)
    if not found or not (found[2].strip() or (found[3] or "").strip()):
        return False
    if not silent:
        name, words = found[2].strip(), (found[3] or "").strip()
        if words and _is_address(words) and not _is_address(name):
            name, words = words, name  # ikiwiki and Dendron put the words first
        target, _, part = name.partition("#")
        target, part = target.strip(), part.strip().lstrip("^#").split("#")[-1]
        if target:
            state.env.setdefault("links", []).append(target)
        shown = words
        if found[1] and _FILE_SUFFIX.search(target) and (not shown or shown[0].isdigit()):
            shown = ""
        elif not shown:
            shown = " > ".join(piece for piece in (target.rsplit("/", 1)[-1], part) if piece)
        state.push("wiki", "", 0).content = shown
    state.pos = found.end()
    return True


def _is_address(text: str) -> bool:
    return " " not in text and ("/" in text or "_" in text or re.match(r"\w+:|[\w-]+\.[\w.-]+$", text) is not None)


def _math_rule(state: StateInline, silent: bool) -> bool:
    """`$...$` and `$$...$$` stay as they are: their stars and backslashes are not Markdown."""
    if state.src[state.pos] != "$":
        return False
    found = _MATH.match(state.src, state.pos)
    if not found:
        return False
    if not silent:
        state.push("wiki", "", 0).content = found[0]
    state.pos = found.end()
    return True


def _parser() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": True, "maxNesting": _DEEPEST}).enable(["table", "strikethrough"])
    markdown.inline.ruler.before("link", "wiki", _wiki_rule)
    markdown.inline.ruler.before("escape", "math", _math_rule)
    # Inline markup is parsed by us, paragraph by paragraph, with a bound on their size.
    markdown.core.ruler.disable(["inline", "text_join"])
    return markdown


_MARKDOWN = _parser()


@dataclass
class _Walk:
    """Turns the parser's tokens into blocks."""

    found: list[Block] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    environment: dict[str, Any] = field(default_factory=dict)

    def blocks(self, tokens: Sequence[Token]) -> None:
        """Read the whole token stream of one text."""
        for node in SyntaxTreeNode(tokens).children:
            self._block(node)

    def notes(self) -> list[Block]:
        """Footnotes that the parser took for link definitions (`[^1]: https://...`); they are none any more."""
        references = self.environment.get("references", {})
        labels = [label for label in references if label.startswith("^")]
        found = [(label, references.pop(label)) for label in labels]
        return [Block("paragraph", f"[{label}]: {note['href']} {note['title']}".strip()) for label, note in found]

    def _block(self, node: SyntaxTreeNode) -> None:
        if node.type == "heading":
            if text := _ANCHOR.sub("", self._text(node)).replace("\n", " ").strip():
                self.found.append(heading(text, int(node.tag[1:])))
        elif node.type == "paragraph":
            if text := self._text(node):
                self.found.append(Block("paragraph", text))
        elif node.type in {"bullet_list", "ordered_list"}:
            if lines := self._list(node):
                self.found.append(Block("list", "\n".join(lines)))
        elif node.type in {"fence", "code_block"}:
            self._code(node)
        elif node.type == "blockquote":
            self._quote(node)
        elif node.type == "table":
            rows = [row for part in node.children for row in part.children]
            if made := table([self._text(cell) for cell in row.children] for row in rows):
                self.found.append(made)
        elif node.type == "html_block":
            self._html(node.content)
        elif node.type != "hr":
            for child in node.children:
                self._block(child)

    def _within(self, node: SyntaxTreeNode) -> list[Block]:
        inner = _Walk(links=self.links, environment=self.environment)
        for child in node.children:
            inner._block(child)
        return inner.found

    def _list(self, node: SyntaxTreeNode) -> list[str]:
        lines: list[str] = []
        number = int(node.attrs.get("start", 1))
        for item in node.children:
            marker = f"{number}. " if node.type == "ordered_list" else "- "
            number += 1
            lines += list_item(marker, lines_within(self._within(item)))
        return lines

    def _code(self, node: SyntaxTreeNode) -> None:
        code = node.content.strip("\n").rstrip()
        if node.type == "code_block" and _LISTED.match(code):
            # Indented too far to be a list by the book, yet its writer saw one.
            inner, links = blocks_of(textwrap.dedent(code))
            self.found += inner
            self.links += links
        elif code.strip():
            language = node.info.strip().split()[0] if node.info.strip() else ""
            self.found.append(Block("code", textwrap.dedent(code), info=language.strip("{}.")))

    def _quote(self, node: SyntaxTreeNode) -> None:
        first = next((child for child in node.walk() if child.type == "inline"), None)
        if first and first.token and _CALLOUT.match(first.content):
            first.token.content = first.content.replace("\n", "  \n", 1)  # its first line is its title
        text = "\n".join(lines_within(self._within(node)))
        if callout := _CALLOUT.match(text):
            rest = text[callout.end() :]
            text = rest if rest and not rest.startswith("\n") else callout[1].capitalize() + ":" + rest
        if text.strip():
            self.found.append(Block("quote", text.strip()))

    def _html(self, fragment: str) -> None:
        name = _TAG.match(fragment.lstrip())
        if name and name[1].lower() not in _TAGS:
            self.found.append(Block("paragraph", " ".join(fragment.split())))
        else:
            self.found += web_page.blocks_of(_SHORTCODE.sub(_quoted_words, fragment))

    def _text(self, node: SyntaxTreeNode) -> str:
        """The words of a node's inline content, its markup gone."""
        return self.words("".join(child.content for child in node.children if child.type == "inline"))

    def words(self, raw: str) -> str:
        """A text without its inline markup."""
        if "{" in raw:
            raw = _SHORTCODE.sub(_quoted_words, _TAGGED_LINK.sub("](#)", raw))
        raw = unwrapped(_BLOCK_ID.sub("", raw), kept_break="  \n")
        if len(raw) > _LONGEST_INLINE or sum(map(raw.count, "*_[`<")) > _MOST_OPENERS:
            return " ".join(raw.split())
        tokens: list[Token] = []
        self.environment["links"] = self.links
        _MARKDOWN.inline.parse(raw, _MARKDOWN, self.environment, tokens)
        text = "".join(self._pieces(tokens))
        return "\n".join(" ".join(line.split()) for line in text.split("\n")).strip()

    def _pieces(self, tokens: Sequence[Token]) -> Iterator[str]:
        for n, token in enumerate(tokens):
            if token.type in {"text", "text_special"}:
                yield _HIGHLIGHT.sub("", token.content).replace("%%", "")
            elif token.type in {"code_inline", "wiki"}:
                yield token.content
            elif token.type == "softbreak":
                yield " "
            elif token.type == "hardbreak":
                yield "\n"
            elif token.type in {"s_open", "s_close"}:
                yield "~~"
            elif token.type == "html_inline":
                yield _inline_tag(token.content)
            elif token.type == "image" and tokens[n - 1].type != "link_open":  # else a badge or a button
                yield _alternative("".join(self._pieces(token.children or ())))
            elif token.type == "link_open":
                self._link(str(token.attrs.get("href", "")))

    def _link(self, target: str) -> None:
        if note := linked_note(target):
            self.links.append(note)


def _quoted_words(shortcode: re.Match[str]) -> str:
    """What a shortcode says to a reader: its quoted words, not its settings."""
    return " ".join(words for words in re.findall(r'"([^"]*)"', shortcode[0]) if len(words.split()) > 2)


def _inline_tag(tag: str) -> str:
    name = _TAG.match(tag)
    if tag.startswith("<!--") or (name and name[1].lower() in _TAGS):
        return "\n" if name and name[1].lower() == "br" else ""
    return tag


def _alternative(text: str) -> str:
    """What an image's alternative text tells; nothing if it is a file's name or a size."""
    text = text.strip()
    return text if " " in text and not _FILE_SUFFIX.search(text) else ""
