"""How one quote is written."""

import datetime as dt
import uuid

import pytest

from assistant.events import Citation
from assistant.memory.showing import shown, whereabouts

TABLE = "| Release | Leader |\n| 2.0 | Ian Jackson |\n| 3.0 | Bdale Garbee, who also looked after the archive |\n"


def citation(quote: str, *, passage: str = "", source: str = "", title: str = "", own: bool = False) -> Citation:
    day = dt.date(2026, 5, 3)
    passage = passage or quote
    return Citation(1, uuid.uuid4(), source, title, day, text=quote, passage=passage, quote=quote, own=own)


def test_a_quoted_row_comes_with_the_head_of_its_table() -> None:
    row = "| 2.0 | Ian Jackson |"
    said = shown(citation(row, passage=f"Leaders.\n\n{TABLE}", source="a.md", title="a"))
    assert said == (
        "> | Release | Leader      |\n> | ------- | ----------- |\n> | 2.0     | Ian Jackson |\n\n— a, 2026-05-03 [1]"
    )


def test_a_table_amid_words_is_drawn_as_a_table() -> None:
    said = shown(citation(f"Leaders:\n{TABLE}And others.", source="a.md", title="a")).splitlines()
    assert said[:6] == [
        "> Leaders:",
        ">",
        "> | Release | Leader      |",
        "> | ------- | ----------- |",
        "> | 2.0     | Ian Jackson |",
        "> | 3.0     | Bdale Garbee, who also looked after the archive |",
    ]


def test_rows_of_unequal_length_and_a_table_before_another_one_stay_apart() -> None:
    passage = "| old | head |\n\nWords.\n\n| A | B |\n| 1 |\n"
    assert "> | A   | B   |\n> | --- | --- |\n> | 1   |     |" in shown(citation("| 1 |", passage=passage, title="a"))


def test_a_bar_that_is_part_of_a_cell_parts_nothing() -> None:
    said = shown(citation("| a \\| b | c |\n| d | e |", title="a"))
    assert "> | a \\| b | c   |\n> | ------ | --- |\n> | d      | e   |" in said


def test_code_that_looks_like_a_table_stays_code() -> None:
    code = "```\n| not | a table |\n```"
    assert shown(citation(code, title="a")).startswith("> ```\n> | not | a table |\n> ```\n")
    inside = shown(citation("| not | a table |", passage=code, title="a"))
    assert inside.startswith("> ```\n> | not | a table |\n> ```\n")


@pytest.mark.parametrize(
    ("title", "source", "said"),
    [
        ("Chapter 2. Leadership", "/books/debian-history/leaders.en.html", "(debian-history/leaders.en.html)"),
        ("Sourdough > Rest", "/notes/Sourdough.md", ""),
        ("The Garage, 2026 > Code", "/notes/2026-the_garage.md", ""),
        ("Chapter 1", "upload:manual.pdf", "(manual.pdf)"),
        ("", "said on web", ""),
    ],
)
def test_the_file_is_named_where_the_title_does_not_say_it(title: str, source: str, said: str) -> None:
    where = whereabouts(citation("x", source=source, title=title))
    assert where == f"{title} {said}".strip() if title else where == source


def test_a_number_in_a_title_is_no_citation() -> None:
    assert whereabouts(citation("x", source="/notes/rfc 2.md", title="RFC [2]")) == "RFC (2)"


def test_what_the_person_said_needs_no_file() -> None:
    assert whereabouts(citation("x", source="said on web", title="The garage", own=True)) == "The garage"
