"""Small parts of the web chat: file names, foreign requests, passages, the words for an import."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import pytest
from starlette.datastructures import Headers

from assistant.channels.web import markup
from assistant.channels.web.guard import comes_from_elsewhere
from assistant.db.tables import Memory
from assistant.events import Citation, Mode
from assistant.memory.ingest import Summary
from assistant.settings import Settings


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ana\\Boiler notes.md", "Boiler notes.md"),
        (".bashrc", "bashrc"),
        ("..", "file"),
        ("a\x00b\n\u202ecod.exe", "a b cod.exe"),
        ("x" * 300 + ".docx", "x" * 115 + ".docx"),
        ("Rezept für Brötchen.org", "Rezept für Brötchen.org"),
        ("ü" * 100 + ".pdf", "ü" * 58 + ".pdf"),
        ("no suffix " + "x" * 200, "no suffix " + "x" * 109),
    ],
)
def test_a_files_name_is_made_safe(name: str, safe: str) -> None:
    assert markup.safe_name(name) == safe


@pytest.mark.parametrize(
    ("method", "headers", "foreign"),
    [
        ("POST", {"host": "a:1", "origin": "http://a:1"}, False),
        ("POST", {"host": "A:1", "origin": "https://a:1"}, False),
        ("POST", {"host": "a:1", "origin": "http://a:2"}, True),
        ("POST", {"host": "a:1", "origin": "null"}, True),
        ("DELETE", {"host": "a:1", "origin": "http://b"}, True),
        ("POST", {"host": "a:1"}, False),
        ("POST", {"host": "a:1", "sec-fetch-site": "cross-site"}, True),
        ("POST", {"host": "a:1", "sec-fetch-site": "same-site"}, True),
        ("GET", {"host": "a:1", "origin": "http://b"}, False),
        ("websocket", {"host": "a:1", "origin": "http://b"}, True),
        ("websocket", {"host": "a:1", "origin": "http://a:1"}, False),
    ],
)
def test_what_comes_from_elsewhere(method: str, headers: dict[str, str], foreign: bool) -> None:
    scope = {"type": "websocket"} if method == "websocket" else {"type": "http", "method": method}
    assert comes_from_elsewhere(scope, Headers(headers)) is foreign


def _citation(text: str, passage: str) -> Citation:
    return Citation(1, UUID(int=7), "notes/car.md", 'Car "old" \\ <x> [y]', dt.date(2026, 5, 3), text, passage)


def test_a_citation_opens_its_passage_with_the_quote_marked() -> None:
    made = markup.link(_citation("the oil", "Change the oil."))
    assert made == f'[1](/passage/{UUID(int=7)}?mark=7-14 "Car old  x> y, 3 May 2026")'
    assert "mark" not in markup.address(_citation("elsewhere", "Change the oil."))


def test_marks_are_put_around_exactly_what_was_quoted_and_everything_is_escaped() -> None:
    memory = Memory(
        id=UUID(int=7), kind="passage", text="a <b> & c", context="T <i>", source="n.md", said_by="document",
        dated_on=dt.date(2026, 5, 3), valid_until=None,
    )  # fmt: skip
    before = Memory(id=UUID(int=6), text="<before>")
    html = markup.passage_html(memory, [before, memory], [(2, 5), (100, 200), (5, 2)])
    assert "a <mark>&lt;b&gt;</mark> &amp; c</blockquote>" in html
    assert "<h1>T &lt;i&gt;</h1>" in html
    assert "n.md · 3 May 2026" in html
    assert '<div class="neighbour">&lt;before&gt;</div>' in html
    undated = Memory(
        kind="passage", text="a", context="", source="n.txt", created_at=dt.datetime(2026, 5, 4, tzinfo=dt.UTC)
    )
    assert "n.txt · bears no date; taken in on 4 May 2026" in markup.passage_html(undated, [], [])


def test_an_import_is_told_in_sentences() -> None:
    assert markup.imported(Summary(added=1, passages=12))[0] == "Read into memory: 12 new passages."
    assert "replacing what was there" in markup.imported(Summary(changed=1, passages=2))[0]
    assert markup.imported(Summary(unchanged=1)) == ["Known already, and nothing has changed in it."]
    assert markup.imported(Summary(duplicates=[("upload:a.md", "upload:b.md")])) == [
        "Left out: the same content is in memory as b.md."
    ]
    assert markup.imported(Summary(skipped=[("a.png", "it is a picture")])) == ["Not read: it is a picture"]
    assert markup.imported(Summary()) == ["There was nothing in it to remember."]


def test_a_model_that_is_still_being_prepared_is_told_as_that() -> None:
    lines = dict(markup.status_lines(None, Settings(model="none")))
    assert lines["Model"] == "being prepared ..."
    assert set(markup.MODES) == set(Mode)
    assert markup.progress(3210, 20000) == "3,210 of 20,000 (16 %); the others are found by their words"
    assert markup.progress(0, 0) == "nothing to embed yet"
