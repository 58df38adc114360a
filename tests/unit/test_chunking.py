"""Documents become passages, passages become the units that are quoted."""

from __future__ import annotations

import datetime
import random
import re
import time
from functools import cache
from itertools import pairwise

import pytest

from assistant.memory.chunking import MAX_TOKENS, Passage, approximate_tokens, passages, sentences
from assistant.memory.formats import markdown_note
from assistant.memory.formats.document import Block, Document

WORDS = (
    "garage code house Anna boiler 3.5 km e.g. Dr. Weber notes, and the of in it was https://a.example/b?c=d. "
    "Really? Yes! etc. foo_bar `x` naïve 2024-03-01 Größe 漢字 (sic) [x] # - | > 100 %"
).split()


def document(*blocks: Block, title: str = "Note", **fields: object) -> Document:
    return Document(title, blocks, **fields)  # type: ignore[arg-type]


def noted(text: str) -> Document:
    return markdown_note.read(text, name="Note")


def paragraph(tokens: int, word: str = "word") -> Block:
    return Block("paragraph", " ".join([word] * (tokens - 1)) + " end.")


def quoted(text: str) -> list[str]:
    return [text[span.start : span.end] for span in sentences(text)]


def random_document(seed: int) -> Document:
    chance = random.Random(seed)

    def text(most: int) -> str:
        return " ".join(chance.choices(WORDS, k=chance.randint(1, most)))

    blocks: list[Block] = []
    for _ in range(chance.randint(0, 40)):
        kind = chance.choice(["heading", "paragraph", "paragraph", "list", "code", "table", "quote"])
        if kind == "heading":
            blocks.append(Block("heading", text(6), level=chance.randint(1, 4)))
        elif kind == "list":
            blocks.append(Block("list", "\n".join(f"- {text(60)}" for _ in range(chance.randint(1, 20)))))
        elif kind == "table":
            rows = (f"| {text(5)} | {text(30)} |" for _ in range(chance.randint(1, 30)))
            blocks.append(Block("table", "\n".join(rows)))
        elif kind == "code":
            blocks.append(Block("code", "\n".join(text(20) for _ in range(chance.randint(1, 60))), info="sh"))
        else:
            blocks.append(Block(kind, text(600)))  # type: ignore[arg-type]
    return document(*blocks, title=text(4))


@cache
def cut(seed: int) -> tuple[Document, list[Passage]]:
    note = random_document(seed)
    return note, passages(note)


# Passages


@pytest.mark.parametrize("seed", range(25))
def test_every_word_is_in_some_passage_and_in_order(seed: int) -> None:
    note, found = cut(seed)

    shown = iter(word for each in found for word in re.findall(r"\S+", f"{each.context} {each.text}"))
    for block in note.blocks:
        for word in re.findall(r"\S+", block.text):
            assert any(word == candidate for candidate in shown), f"{word!r} of {block} is missing"


@pytest.mark.parametrize("seed", range(25))
def test_no_passage_is_too_long(seed: int) -> None:
    for each in cut(seed)[1]:
        # A fence, a head row and the pieces of a sum that is rounded may come on top.
        assert approximate_tokens(each.text) <= MAX_TOKENS * 1.1
        assert each.text.strip() == each.text
        assert each.text


@pytest.mark.parametrize("seed", range(25))
def test_passages_are_numbered_and_the_same_every_time(seed: int) -> None:
    first, second = cut(seed)[1], passages(random_document(seed))

    assert first == second
    assert [each.position for each in first] == list(range(len(first)))


@pytest.mark.parametrize("seed", range(25))
def test_no_passage_is_tiny_if_its_neighbour_has_room(seed: int) -> None:
    sizes = [approximate_tokens(each.text) for each in cut(seed)[1]]

    assert not any(min(pair) < 40 and sum(pair) < 200 for pair in pairwise(sizes))


def test_small_sections_are_put_together_under_their_common_title() -> None:
    text = "# Tools\n\n" + "".join(f"## Tool {n}\n\n{paragraph(40).text}\n\n" for n in range(4))

    (only,) = passages(noted(text))

    assert only.context == "Tools"
    assert only.text.startswith("## Tool 0\n\nword")
    assert "## Tool 3" in only.text


def test_large_sections_stand_alone_and_their_headings_are_the_context() -> None:
    text = "# Tools\n\n" + "\n\n".join(
        f"{mark}\n\n{paragraph(200).text}" for mark in ("## Saw", "### Blades", "## Axe")
    )

    found = passages(noted(text))

    assert [each.context for each in found] == ["Tools > Saw", "Tools > Saw > Blades", "Tools > Axe"]
    assert not any("#" in each.text for each in found)


def test_a_heading_never_stands_at_the_end_of_a_passage() -> None:
    text = "".join(f"## Part {n}\n\n{paragraph(90 + 37 * n % 120).text}\n\n" for n in range(12))

    for each in passages(noted(text)):
        assert not each.text.splitlines()[-1].startswith("#")


def test_a_long_paragraph_is_cut_at_the_ends_of_sentences() -> None:
    text = " ".join(f"This is the sentence with the number {n} of many more." for n in range(80))

    found = passages(document(Block("paragraph", text)))

    assert len(found) > 3
    assert all(each.text.endswith("more.") and each.text.startswith("This") for each in found)


def test_list_items_stay_whole() -> None:
    items = [f"- item {n}: " + "word " * 50 + f"end{n}\n  more of {n}" for n in range(20)]

    found = passages(document(Block("list", "\n".join(items))))

    for item in items:
        assert sum(item in each.text for each in found) == 1


def test_a_long_table_keeps_its_head_in_every_piece() -> None:
    rows = ["| Key | Where |", *(f"| key {n} | " + "word " * 20 + "|" for n in range(40))]

    found = passages(document(Block("table", "\n".join(rows))))

    assert len(found) > 3
    assert all(each.text.splitlines()[0] == "| Key | Where |" for each in found)
    assert sum(each.text.count("| Key | Where |") for each in found) == len(found)


def test_long_code_is_cut_between_lines_and_fenced_again() -> None:
    code = "\n".join(f"command --number {n}    # what it does {n}" for n in range(80))

    found = passages(document(Block("code", code, info="sh")))

    assert len(found) > 3
    assert all(each.text.startswith("```sh\n") and each.text.endswith("\n```") for each in found)
    assert "\n".join(each.text[6:-4] for each in found) == code


def test_code_that_holds_a_fence_is_fenced_longer() -> None:
    (only,) = passages(document(Block("code", "```\nx\n```")))

    assert only.text == "````\n```\nx\n```\n````"


def test_telling_front_matter_opens_the_first_passage() -> None:
    note = noted(
        "---\naliases: [Shed, /old/path]\ntags: [house]\ncreated: 2024-01-01\nlayout: post\n---\n# Garage\n\nWords."
    )

    (only,) = passages(note)

    assert only.text == "aliases: Shed\ntags: house\n\nWords."
    assert only.context == "Garage"
    assert only.date == datetime.date(2024, 1, 1)


def test_headings_without_text_are_the_text() -> None:
    (only,) = passages(noted("# Ideas\n\n## Buy salt\n\n## Call Maria\n"))

    assert only.text == "## Buy salt\n\n## Call Maria"
    assert quoted(only.text) == ["Buy salt", "Call Maria"]


def test_a_dated_heading_dates_its_passage() -> None:
    text = "".join(f"# 2024-03-0{n}\n\n{paragraph(220).text}\n\n" for n in (1, 2))

    assert [each.date for each in passages(noted(text))] == [datetime.date(2024, 3, 1), datetime.date(2024, 3, 2)]


def test_no_document_is_too_long() -> None:
    lines = "\n".join(f"| {n} | x |" for n in range(10_000))
    many = document(*(Block("paragraph", "Hello world. This is it.") for _ in range(10_000)), Block("table", lines))
    started = time.process_time()

    assert len(passages(many)) > 250
    assert time.process_time() - started < 5


def test_words_without_end_are_cut() -> None:
    found = passages(document(Block("paragraph", "x" * 20_000)))

    assert "".join(each.text for each in found).replace(" ", "").replace("\n", "") == "x" * 20_000
    assert all(approximate_tokens(each.text) <= MAX_TOKENS for each in found)


def test_an_empty_document_has_no_passages() -> None:
    assert passages(document()) == []


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("The garage code is 8812, changed after the break-in.", 14),
        ("sudo apt-get install build-essential libssl-dev", 13),
        ("Ordnungswidrigkeit", 6),
        ("", 0),
    ],
)
def test_tokens_are_counted_nearly_right(text: str, tokens: int) -> None:
    """`tokens` as the tokenizer of all-MiniLM-L6-v2 counts them."""
    assert abs(approximate_tokens(text) - tokens) <= 2


# Sentences


@pytest.mark.parametrize("seed", range(25))
def test_units_are_exact_ordered_and_cover_all_words(seed: int) -> None:
    for each in cut(seed)[1]:
        spans = sentences(each.text)
        assert all(span.start < span.end for span in spans)
        assert all(before.end <= after.start for before, after in pairwise(spans))
        for span in spans:
            unit = each.text[span.start : span.end]
            assert unit == unit.strip()
        between = [
            each.text[a:b] for a, b in pairwise([0, *(n for s in spans for n in (s.start, s.end)), len(each.text)])
        ]
        left = "\n".join(between[::2])
        left = re.sub(r"^(?:#.*|`{3,}.*|\| .*\||[-*+>]|> ?(?:[-*+]|#.*)?)$", "", left, flags=re.MULTILINE)
        assert not re.search(r"\w", left), left


@pytest.mark.parametrize(
    "marked",
    [
        "Dr. Smith met Mrs. Jones at 3.5 km.| They left at 5 p.m. on Monday.",
        "Use v1.2 of the tool.| See https://example.com/a.b?c=d. for more.",
        "Apples, pears, etc. are fine.| Buy apples, pears, etc.| Then go home.",
        "He works for the U.S. Army.| I live in the U.S.| It is big.",
        "See fig. 3 and p. 12 for that.| Ask no. 7!| Really?| Yes.",
        "J. R. R. Tolkien wrote it.| The answer is 42.| Next.",
        "Siehe z.B. Kap. 3.| Das ist d.h. gut.| Am 3. Mai kommt er.| Er kommt bzw. geht.",
        'She said "Stop."| Then she left (quickly).| He did too.',
        "Edit ~/.bashrc and run ls -la.| The file foo.txt is there.| Version 2.0.1 is out.",
        "Call me at 5 a.m.| Bring milk.| Is it approx. 5 kg?| No.",
        "Prof. Dr. Meier kommt am 24. Dezember.| Wir essen um 18.30 Uhr.",
        "We bought it from Acme Inc. in 2019.| It cost 3.50 EUR.",
        "今日は晴れです。|明日は雨です。",
        "M. Dupont est arrivé.| Il est parti à 15 h.| Voir p. ex. ici.",
        "No full stop at the end",
    ],
)
def test_sentences_end_where_a_reader_would_end_them(marked: str) -> None:
    expected = [piece.strip() for piece in marked.split("|")]

    assert quoted(marked.replace("|", "")) == expected


def test_lines_that_stand_for_themselves_are_units() -> None:
    assert quoted("Garage door: stuck\nWeather: rain\nand it\nwent on") == [
        "Garage door: stuck",
        "Weather: rain\nand it\nwent on",
    ]


def test_a_list_item_with_its_continuation_is_one_unit() -> None:
    text = "- [x] one. Two.\n  more of it\n  - nested\n1. first\n   ```\n   - code\n   ```\n2. second"

    assert quoted(text) == [
        "[x] one. Two.\n  more of it",
        "nested",
        "1. first\n   ```\n   - code\n   ```",
        "2. second",
    ]
    assert {span.kind for span in sentences(text)} == {"item"}


def test_an_item_that_begins_with_code_ends_where_it_ends() -> None:
    text = "- ```\n  - x\n  ```\n- next\n- last"

    assert quoted(text) == ["```\n  - x\n  ```", "next", "last"]
    items = "\n".join(f"- ```\n  - code {n}\n  ```\n- item {n} " + "word " * 30 for n in range(20))
    for each in passages(document(Block("list", items))):
        assert each.text.count("```") % 2 == 0


def test_a_table_row_knows_its_head() -> None:
    text = "| Key | Where |\n| main | hook |\n| spare | Anna |"

    rows = sentences(text)

    assert quoted(text) == ["| main | hook |", "| spare | Anna |"]
    assert [text[slice(*span.header)] for span in rows if span.header] == ["| Key | Where |"] * 2


def test_short_code_is_one_unit_and_long_code_goes_by_commands() -> None:
    short = "```sh\n# list\nls\n```"
    long = "```sh\n# list\nls\n\n# copy\ncp a \\\n  b\nmv a b\nif x; then\n  y\nfi\n```"

    assert quoted(short) == ["# list\nls"]
    assert quoted(long) == ["# list\nls", "# copy\ncp a \\\n  b", "mv a b", "if x; then\n  y\nfi"]


def test_a_quoted_line_is_told_without_its_mark() -> None:
    assert quoted("> Slow is smooth. Smooth is fast.\n> - an item\n> ```\n> code here\n> ```") == [
        "Slow is smooth.",
        "Smooth is fast.",
        "an item",
        "code here",
    ]


def test_headings_are_known_but_not_quoted() -> None:
    text = "Before.\n\n## Saw\n\nIt is sharp."

    before, after = sentences(text)

    assert before.heading is None
    assert after.heading is not None
    assert text[slice(*after.heading)] == "Saw"


@pytest.mark.parametrize("text", ["", "\n\n", "```", "```\n```", "# ", "- ", "| ", "> ", ">", "#", "``` \n\n"])
def test_scraps_do_no_harm(text: str) -> None:
    for span in sentences(text):
        assert text[span.start : span.end].strip()
