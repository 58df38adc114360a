"""Hostile text becomes harmless Markdown, and honest text stays as it is."""

from __future__ import annotations

import random
import re
import time
from html.parser import HTMLParser
from uuid import UUID

import pytest
from markdown_it import MarkdownIt

from assistant.channels.web.rendering import host_of, literal, safe_markdown

MEMORY = UUID(int=7)
browser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
"""Stands for a front end that would even let HTML through."""


class Seen(HTMLParser):
    """What a browser would make of it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [str(value) for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data: str) -> None:
        self.text += data


def seen(text: str) -> Seen:
    return Seen(browser.render(safe_markdown(text)))


HARMLESS = {
    "p", "em", "strong", "code", "pre", "blockquote", "ul", "ol", "li", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "br",
    "table", "thead", "tbody", "tr", "th", "td", "s", "a",
}  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "plain words, 3 < 4 and 5 > 2 & so on; a_b_c * d",
        "> Let the dough rest for **twelve** hours.\n\n— Sourdough > Dough, 2024-03-01",
        "1. one\n2. two\n   - three",
        "### Tyres\n\n| when | what |\n|---|---|\n| May | brakes |",
        "```python\nif a < b: print('<b>')  # :smile: ~x~ ![x](y)\n```",
        "    indented <code>\n    more",
        "Use `<div>` or ``a`b``, then `rm -rf`.",
        "~~gone~~ and _kept_",
    ],
)
def test_honest_text_is_not_touched(text: str) -> None:
    assert safe_markdown(text) == text


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("at 10:30, note:foo, :::info", "at 10:30, note:foo, :::info"),
        ("about ~5 km, then ~6 km", "about ~5 km, then ~6 km"),
        ("a [task] and - [ ] a box [x]", "a [task] and - [ ] a box [x]"),
        ("AT&amp;T &lt;b&gt; &#60;", "AT&amp;T &lt;b&gt; &#60;"),
        ("C:\\Users\\ana and \\[x\\]", "C:\\Users\\ana and [x]"),
        ("[[wiki link]] and [^1]", "[[wiki link]] and [^1]"),
        ("`unclosed and <b>", "`unclosed and <b>"),
    ],
)
def test_every_letter_of_a_quote_is_shown(text: str, reads: str) -> None:
    assert seen(text).text.strip() == reads


@pytest.mark.parametrize(
    "text",
    [
        "<img src=x onerror=alert(1)>",
        "<script>alert(1)</script>",
        "<div\n onclick=alert(1)>x</div>",
        "<!-- x --> <?php ?> <![CDATA[x]]>",
        "> <iframe src='https://evil.test'>",
        "- <b>x</b>\n\n  <svg onload=alert(1)>",
        "`a\n\n<img src=x>`",
        "a `b\n<i>` c ` <u> `",
        "| `a | <b> |\n|---|---|\n| x` | <i>y</i> |",
        "```\ncode\n```\n<b>after</b>",
        "~~~\n<b>in an open fence",
        "\\<b> \\\\<b> \\\\\\<i>",
    ],
)
def test_html_stays_text(text: str) -> None:
    assert set(seen(text).tags) <= HARMLESS
    assert not set(seen(text).tags) & {"b", "i", "u", "img", "script", "iframe", "svg", "div"}


@pytest.mark.parametrize(
    "text",
    [
        "![x](https://evil.test/a.png?q=8812)",
        "![x](<https://evil.test/a.png> 'title')",
        "![x][ref]\n\n[ref]: https://evil.test/a.png",
        "![ref]\n\n[ref]: https://evil.test/a.png",
        "[![x](https://evil.test/a.png)](https://evil.test)",
        "![![a](https://evil.test/b)](https://evil.test/c)",
        "!\\[x](https://evil.test/a.png) ![x\\](https://evil.test/a.png)",
        "![x](data:image/png;base64,AAAA)",
        "> ![x](//evil.test/a.png)",
        "[1]: https://evil.test\n\n[1] [1][1] ![1]",
    ],
)
def test_no_picture_is_loaded(text: str) -> None:
    result = seen(text)
    assert "img" not in result.tags
    assert all(link in ("https://evil.test",) for link in result.links)


def test_a_picture_says_that_it_is_not_shown() -> None:
    assert seen("![my cat](https://evil.test/a.png)").text.strip() == "my cat (picture from evil.test, not shown)"


@pytest.mark.parametrize(
    "text",
    [
        "[x](javascript:alert(1))", "[x](JaVaScRiPt:alert)", "[x](data:text/html,hi)", "[x](vbscript:x)", "[x](file:///etc)",
        "[x](/passage/1)", "[x](//evil.test)", "[x](#a)", "[x](https://bank.test@evil.test/)", "[x](http://)",
        "<javascript:alert(1)>", "<https://bank.test@evil.test/>", "[x][y]\n\n[y]: https://evil.test",
        "[x](https://evil.test\\@bank.test)", "[1](https://evil.test)", "[1]: https://evil.test\n\n[1]",
        "[x](&#106;avascript:alert(1))", "[x](https&#58;//evil.test)",
    ],
)  # fmt: skip
def test_a_link_that_could_deceive_is_none(text: str) -> None:
    assert seen(text).links == []


@pytest.mark.parametrize(
    ("text", "address", "reads"),
    [
        ("[my bank](https://evil.test/login?a=1)", "https://evil.test/login?a=1", "my bank (evil.test)"),
        ("[bank.test](https://evil.test/)", "https://evil.test/", "bank.test (evil.test)"),
        ("[](https://evil.test/)", "https://evil.test/", "evil.test"),
        ("[x](https://пример.test/)", None, "x (xn--e1afmkfd.test)"),
        ("[write](mailto:ana@home.test)", "mailto:ana@home.test", "write (ana@home.test)"),
        ('[x](http://a.test "a title")', "http://a.test", "x (a.test)"),
    ],
)
def test_a_link_shows_where_it_leads(text: str, address: str | None, reads: str) -> None:
    result = seen(text)
    assert result.text.strip() == reads
    assert len(result.links) == 1
    assert address is None or result.links == [address]


def test_a_bare_address_is_left_alone_unless_it_deceives() -> None:
    assert safe_markdown("see https://a.test/x_y?z=1&b=2#c") == "see https://a.test/x_y?z=1&b=2#c"
    assert "https\\:" in safe_markdown("https://bank.test@evil.test/")


def test_invisible_and_direction_changing_characters_go() -> None:
    text = "pay\u200b 10\u202e00 \x1b[31m\ufeffnow" + "".join(chr(0xE0000 + ord(each)) for each in "send it")
    assert seen(text).text.strip() == "pay 1000 [31mnow"


def test_a_citation_becomes_a_link_and_nothing_else_does() -> None:
    made = {1: f'[1](/passage/{MEMORY}?mark=0-5 "Car, 3 May")'}
    cite = made.get
    assert safe_markdown("so [1].", cite=cite) == f"so {made[1]}."
    assert safe_markdown("so [2].", cite=cite) == "so [2]."
    for text in ("[1](https://evil.test)", "[1]: https://evil.test", "`[1]`", "```\n[1]\n```", "\\[1]", "[1][2]"):
        links = Seen(browser.render(safe_markdown(text, cite=cite))).links
        assert all(link.startswith("/passage/") for link in links), text
    for quoted in ("> x[0][1] = 2", "> a\n> b[1]", "> > ['b'][1]", "> - [1]", "> | a[1] |\n> | --- |\n> | b[1] |"):
        assert made[1] not in safe_markdown(quoted, cite=cite), quoted
        assert safe_markdown(f"{quoted}\n\n— Notes [1]", cite=cite).endswith(f"— Notes {made[1]}")
    assert safe_markdown("`[1]`", cite=cite) == "`[1]`"


def test_every_beginning_of_a_hostile_text_is_harmless_too() -> None:
    text = (
        "Well <b>x</b> `a` ![i](https://evil.test/a.png) [l](https://ok.test/) [1] ```\n<i>\n``` [r]: https://evil.test"
    )
    for end in range(len(text) + 1):
        result = seen(text[:end])
        assert set(result.tags) <= HARMLESS, text[:end]
        assert set(result.links) <= {"https://ok.test/"}, text[:end]


def test_a_thousand_random_texts_are_harmless() -> None:
    pieces = [
        "<b>", "<img src=x>", "<", ">", "`", "``", "```", "~~~", "\n", "\n\n", "    ", "> ", "- ", "1. ", "[", "]", "(",
        "![", "[a](", "https://evil.test", "javascript:x", "[r]: https://evil.test", "[r]", "&lt;", "&#60;", "|",
        ")", "\\",
        "|---|---|", "*", "_", "<!--", "-->", "<a href=x>", "[1]", ":a", '"', "'", " ", "word", "#", "\t", "<https://e.test>",
    ]  # fmt: skip
    dice = random.Random(8)
    for _ in range(1_000):
        text = "".join(dice.choice(pieces) for _ in range(dice.randint(1, 14)))
        result = seen(text)
        assert set(result.tags) <= HARMLESS, repr(text)
        assert all(re.match(r"https://(?:evil|e)\.test", link) for link in result.links), repr(text)


def test_a_very_long_text_is_done_in_a_moment() -> None:
    started = time.process_time()
    for text in ("[" * 9_000, "`" * 9_000, "![" * 4_000, "<a" * 4_000, "[a](" * 2_000, "\\" * 9_001, "> " * 3_000):
        assert set(seen(text).tags) <= HARMLESS
    assert time.process_time() - started < 5


def test_literal_text_reads_as_it_is_written() -> None:
    text = "# 1. *a* _b_ <c> [d](e) `f` ~g~ | h & &amp; \\ ---"
    assert Seen(browser.render(literal(text))).text.strip() == text


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://a.test/x", "a.test"),
        ("HTTP://A.test:80", "a.test"),
        ("https://user@a.test", None),
        ("ftp://a.test", None),
        ("https://", None),
        ("https://[::1", None),
        ("mailto:a@b.test", "a@b.test"),
        ("mailto:a@b.test?body=x", "a@b.test"),
        ("mailto:<x>", None),
    ],
)
def test_hosts(address: str, host: str | None) -> None:
    assert host_of(address) == host
