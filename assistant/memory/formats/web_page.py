"""HTML: the reading text of a page, without its navigation."""

from __future__ import annotations

import re
import warnings
from itertools import islice

from bs4 import BeautifulSoup, MarkupResemblesLocatorWarning, XMLParsedAsHTMLWarning
from bs4.element import Comment, Doctype, NavigableString, PageElement, ProcessingInstruction, Tag

from assistant.memory.formats.document import (
    Block,
    Document,
    Json,
    heading,
    lines_within,
    linked_note,
    list_item,
    table,
    taking_title,
)

# XHTML is read as HTML, and a line of text may look like a file's name: both are meant.
warnings.filterwarnings("ignore", category=XMLParsedAsHTMLWarning)
warnings.filterwarnings("ignore", category=MarkupResemblesLocatorWarning)

_DEEPEST = 120
"""Elements within elements; what lies deeper is read as one run of text."""
_TOO_DEEP = 400
"""Elements within elements. No page is so; read by its structure, it would take minutes."""
_LARGE = 300
"""Nodes; what has more is no row of links."""
_NOT_READ = [
    "script",
    "style",
    "noscript",
    "template",
    "svg",
    "iframe",
    "object",
    "canvas",
    "head",
    "button",
    "select",
]
_NAVIGATION = ["nav", "header", "footer", "aside", "form", "dialog"]
_NAVIGATION_ROLES = {"navigation", "banner", "contentinfo", "search", "menu", "menubar", "complementary"}
_NAVIGATION_NAME = re.compile(
    r"(?:^|[-_\s])(?:(?:doc)?nav-?(?:header|footer|bar|links?|tree|top|bottom|next|prev)?|navigation|sidebar|"
    r"side-?nav|breadcrumbs?|menu|cookies?|skip-?links?|sphinxsidebar(?:wrapper)?|related|toc|tocwrapper|"
    r"table-of-contents|page-?footer|site-?(?:footer|header)|footer|headerlink|pager|pagination|share|social|"
    r"edit-?page|searchbox|toctree-wrapper|MSearch\w*)(?:$|[-_\s])",
    re.IGNORECASE,
)
_LEADS_ON = re.compile(
    r"(?i)(?:<+|«|‹|←|→|prev(?:ious)?\b|next\b|prev\w|next\w|up\b|home\b|top\b|contents\b|index\b|skip to\b)"
)
_MAIN = (
    "main",
    "article",
    "[role=main]",
    "#content",
    "#main",
    "div.body",
    "div.document",
    "#mw-content-text",
)
_HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
_FLOW = {
    "address", "article", "aside", "blockquote", "body", "center", "dd", "details", "div", "dl", "dt",
    "fieldset", "figcaption", "figure", "footer", "form", "header", "hr", "html", "li", "main", "nav", "ol", "p", "pre",
    "section", "summary", "table", "ul", *_HEADINGS,
}  # fmt: skip
_BREAK = "\x00"
"""Stands for <br> until white space has been folded."""


def read(data: bytes | str, *, name: str) -> Document:
    """A saved page. Bytes are decoded by what the page says of its charset.

    Args:
        data: The file.
        name: From the file's name; it is the title if the page gives none.
    """
    soup = BeautifulSoup(data, "lxml")
    properties = _properties(soup)
    if _depth(soup) > _TOO_DEEP:
        lines = (" ".join(line.split()) for line in soup.get_text("\n").split("\n"))
        return Document(title=name, blocks=tuple(Block("paragraph", line) for line in lines if line))
    page_title = " ".join(soup.title.get_text(" ").split()) if soup.title else ""
    _strip(soup)
    main = _main_part(soup)
    _strip_links(main)
    walk = _Walk()
    walk.element(main, depth=0)
    walk.flush()
    first_heading, rest = taking_title(walk.found)
    # A page's <title> often carries the site's name; its own first heading says it shorter.
    if first_heading and (not page_title or first_heading in page_title):
        title, blocks = first_heading, rest
    else:
        title, blocks = page_title, walk.found
    return Document.told_by(properties, title=title or name, blocks=blocks, links=walk.links)


def blocks_of(fragment: str) -> list[Block]:
    """The blocks of a piece of HTML that stands in another text."""
    soup = BeautifulSoup(fragment, "lxml")
    for part in soup(_NOT_READ):
        part.decompose()
    walk = _Walk()
    walk.element(soup, depth=0)
    walk.flush()
    return walk.found


def _depth(soup: BeautifulSoup) -> int:
    deepest = 0
    todo: list[tuple[Tag, int]] = [(soup, 0)]
    while todo:
        part, depth = todo.pop()
        deepest = max(deepest, depth)
        todo += [(child, depth + 1) for child in part.children if isinstance(child, Tag)]
    return deepest


def _properties(soup: BeautifulSoup) -> dict[str, Json]:
    wanted = {
        "author": "author", "dcterms.creator": "author", "dc.creator": "author", "article:author": "author",
        "description": "description", "og:description": "description", "dc.description": "description",
        "keywords": "tags", "date": "date", "dcterms.date": "date", "dc.date": "date",
        "article:published_time": "published", "dcterms.created": "created", "created": "created",
        "article:modified_time": "modified", "dcterms.modified": "modified", "last-modified": "modified",
    }  # fmt: skip
    found: dict[str, Json] = {}
    for meta in soup("meta"):
        key = wanted.get(str(meta.get("name") or meta.get("property") or "").lower())
        content = " ".join(str(meta.get("content") or "").split())
        if key and content:
            found.setdefault(key, content)
    if isinstance(tags := found.get("tags"), str):
        found["tags"] = [tag.strip() for tag in tags.split(",") if tag.strip()]
    return found


def _strip(soup: BeautifulSoup) -> None:
    """Remove what is not text, and what leads elsewhere."""
    for part in soup(_NOT_READ):
        part.decompose()
    for part in soup(True):
        if part.decomposed or part.name in {"html", "body"}:
            continue
        names = " ".join([*(part.get("class") or ()), str(part.get("id") or "")])
        if (
            (part.name in _NAVIGATION and not _holds_the_text(part))
            or str(part.get("role") or "") in _NAVIGATION_ROLES
            or part.has_attr("hidden")
            or (names and part.name not in _HEADINGS and _NAVIGATION_NAME.search(names) and not _holds_the_text(part))
        ):
            part.decompose()


def _strip_links(part: Tag) -> None:
    """Remove rows of links to other pages: those above the first heading, and "previous, up, next" anywhere."""
    first_heading = part.find(["h1", "h2"])
    above = True
    for piece in part.find_all(["h1", "h2", "p", "ul", "ol", "table", "div", "dl"]):
        if piece is first_heading:
            above = False
        if piece.decomposed or _is_large(piece) or piece.name in _HEADINGS or piece.find(["h1", "h2", "h3"]):
            continue
        text = _letters(piece)
        links = piece("a")
        if not links or len(text) > 400 or sum(len(_letters(link)) for link in links) < len(text) * 0.6:
            continue
        leads_on = sum(_LEADS_ON.match(link.get_text().strip()) is not None for link in links)
        if leads_on > (1 if len(links) > 3 else 0) or (above and first_heading):
            piece.decompose()


def _is_large(part: Tag) -> bool:
    return next(islice(part.descendants, _LARGE, None), None) is not None


def _letters(part: Tag) -> str:
    return "".join(part.get_text().split())


def _holds_the_text(part: Tag) -> bool:
    """Whether a part named like navigation holds the page itself: long paragraphs that are not links."""
    text = sum(len(paragraph.get_text()) for paragraph in part("p"))
    return text > 1_000 and text > 3 * sum(len(link.get_text()) for link in part("a"))


def _main_part(soup: BeautifulSoup) -> Tag:
    whole = soup.body or soup
    size = len(whole.get_text())
    for selector in _MAIN:
        candidates = whole.select(selector)
        if len(candidates) == 1 and len(candidates[0].get_text()) > size * 0.5:
            return candidates[0]
    return whole


class _Walk:
    """Collects the blocks of an element in reading order."""

    def __init__(self) -> None:
        self.found: list[Block] = []
        self.links: list[str] = []
        self._line: list[str] = []

    def flush(self) -> None:
        """End the paragraph that is being collected."""
        text = _folded("".join(self._line))
        self._line.clear()
        if text:
            self.found.append(Block("paragraph", text))

    def element(self, part: PageElement, *, depth: int) -> None:
        """Read one node with all that is within it."""
        if isinstance(part, NavigableString):
            if not isinstance(part, Comment | Doctype | ProcessingInstruction):
                self._line.append(str(part))
            return
        if not isinstance(part, Tag):
            return
        if depth > _DEEPEST:
            self._line.append(part.get_text(" "))
            return
        if part.name in _FLOW:
            self.flush()
            self._flow(part, depth)
            self.flush()
        else:
            self._inline(part, depth)

    def _flow(self, part: Tag, depth: int) -> None:
        name = part.name
        if name in _HEADINGS:
            if text := self._text(part).replace("\n", " "):
                self.found.append(heading(text, _HEADINGS[name]))
        elif name == "pre":
            if code := part.get_text().strip("\n"):
                self.found.append(Block("code", code, info=_language(part)))
        elif name in {"ul", "ol"}:
            if lines := self._list(part, depth):
                self.found.append(Block("list", "\n".join(lines)))
        elif name == "dl":
            self._definitions(part, depth)
        elif name == "table":
            self._table(part, depth)
        elif name == "blockquote":
            inner = self._within(part, depth)
            if all(block.kind in {"code", "table", "heading"} for block in inner):
                self.found += inner  # only set apart
            else:
                self.found.append(Block("quote", "\n".join(lines_within(inner))))
        else:
            for child in part.children:
                self.element(child, depth=depth + 1)

    def _inline(self, part: Tag, depth: int) -> None:
        if part.name == "br":
            self._line.append(_BREAK)
        elif part.name == "img":
            self._line.append(_alternative(part))
        elif part.name == "input":
            if part.get("type") == "checkbox":
                self._line.append("[x] " if part.has_attr("checked") else "[ ] ")
        else:
            if part.name == "a":
                self._link(str(part.get("href") or ""))
            for child in part.children:
                self.element(child, depth=depth + 1)

    def _link(self, target: str) -> None:
        if note := linked_note(target):
            self.links.append(note)

    def _within(self, part: Tag, depth: int) -> list[Block]:
        """The blocks within an element, on their own."""
        inner = _Walk()
        for child in part.children:
            inner.element(child, depth=depth + 1)
        inner.flush()
        self.links += inner.links
        return inner.found

    def _text(self, part: Tag) -> str:
        return "\n".join(block.text for block in self._within(part, 0))

    def _list(self, part: Tag, depth: int) -> list[str]:
        lines: list[str] = []
        number = int(start) if (start := str(part.get("start") or "1")).isdigit() else 1
        for child in part.children:
            if not isinstance(child, Tag):
                continue
            marker = f"{number}. " if part.name == "ol" else "- "
            text = lines_within(self._within(child, depth))
            if not text:
                continue
            if child.name != "li":
                lines += [f"  {line}" for line in text] if lines else text
                continue
            lines += list_item(marker, text)
            number += 1
        return lines

    def _definitions(self, part: Tag, depth: int) -> None:
        lines: list[str] = []
        for child in part.find_all(["dt", "dd"]):
            if child.find_parent("dl") is not part:
                continue
            text = lines_within(self._within(child, depth))
            if not text:
                continue
            if child.name == "dt":
                lines.append("- " + " ".join(line.strip() for line in text))
            elif lines:
                if not lines[-1].startswith("  ") and not lines[-1].endswith(":"):
                    lines[-1] += ":"
                lines += [f"  {line}" for line in text]
            else:
                lines += list_item("- ", text)
        if lines:
            self.found.append(Block("list", "\n".join(lines)))

    def _table(self, part: Tag, depth: int) -> None:
        rows = [row for row in part.find_all("tr") if row.find_parent("table") is part]
        cells = [list(row.find_all(["td", "th"], recursive=False)) for row in rows]
        noted = len(cells) <= 2 and any(
            cell.find("img") and not cell.get_text().strip() for row in cells for cell in row
        )
        for_layout = (
            noted  # "Warning", with its picture
            or part.find(["table", "h1", "h2", "h3", "pre", "ul"]) is not None
            or max(map(len, cells), default=0) < 2
        )
        if for_layout:
            for child in part.children:
                self.element(child, depth=depth + 1)
                if isinstance(child, Tag):
                    self.flush()
            return
        if caption := part.find("caption"):
            self._line.append(caption.get_text(" "))
            self.flush()
        if made := table([self._text(cell) for cell in row] for row in cells):
            self.found.append(made)


def _language(part: Tag) -> str:
    code = part.find("code")
    for holder in (part, code, part.parent):
        for name in (holder.get("class") or ()) if isinstance(holder, Tag) else ():
            if found := re.fullmatch(r"(?:language|lang|highlight)-([\w+#-]+)", name):
                return found[1]
    return ""


def _alternative(image: Tag) -> str:
    """What an image's alternative text tells; nothing if it is a file's name or a symbol's."""
    text = " ".join(str(image.get("alt") or "").split())
    return f" {text} " if " " in text and not re.search(r"\.\w{3,4}$", text) else ""


def _folded(text: str) -> str:
    text = text.replace("¶", "").replace("\u00ad", "")
    lines = (" ".join(line.split()) for line in text.split(_BREAK))
    return "\n".join(line for line in lines if line)
