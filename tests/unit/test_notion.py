"""Notion's texts, blocks and values: what is sent fits the limits, and no word is lost on the way."""

from __future__ import annotations

import datetime as dt
import json
import random
from urllib.parse import unquote

import pytest

from assistant.errors import BadInput, BadResponse
from integrations.notion_blocks import (
    REQUEST_BLOCKS,
    REQUEST_BYTES,
    batches,
    blocks_from,
    children_of,
    content_of,
    count_of,
    size_of,
)
from integrations.notion_markdown import CUT, cut_block, markdown_from
from integrations.notion_properties import _WRITERS, encode_properties, property_filter
from integrations.notion_text import BLOCK_UNITS, Run, items, pieces, plain_text, shares, units
from integrations.notion_values import (
    WRITABLE,
    DataSource,
    Period,
    Property,
    as_agreed,
    data_source_from,
    json_value,
    notion_id,
    page_from,
    plain_value,
)

ID = "59833787-2cf9-4fdf-8782-e53db20768a5"


def said(blocks):
    """All words of the blocks, depth first."""
    told = []
    for block in blocks:
        body = block[block["type"]]
        told += [plain_text(body.get("rich_text", []))]
        told += [plain_text(cell) for cell in body.get("cells", [])]
        told += said(children_of(block))
    return [text for text in told if text]


def depth_of(block):
    return 1 + max((depth_of(child) for child in children_of(block)), default=-1) if children_of(block) else 0


def table(**columns):
    properties = {}
    for name, kind in columns.items():
        kind, options = (kind, ()) if isinstance(kind, str) else kind
        properties[name] = Property(f"id-{name}", name, kind, tuple(options))
    return DataSource(ID, "Tasks", "https://www.notion.so/x", properties)


TASKS = table(
    Name="title",
    Notes="rich_text",
    Effort="number",
    Status=("status", ["To do", "Done"]),
    Tags=("multi_select", ["home", "work"]),
    Area=("select", ["Garden"]),
    Due="date",
    Paid="checkbox",
    Link="url",
    Mail="email",
    Phone="phone_number",
    Parts="relation",
    Owner="people",
    Score="formula",
)


# Texts


@pytest.mark.parametrize("length", [0, 1, 1_999, 2_000, 2_001, 4_000, 9_999])
def test_a_text_is_split_at_the_limit_and_nothing_is_lost(length):
    text = "abcdefghij" * 1_000
    parts = list(pieces(text[:length]))
    assert "".join(parts) == text[:length]
    assert all(0 < units(part) <= 2_000 for part in parts)
    assert len(parts) == -(-length // 2_000)


@pytest.mark.parametrize("cluster", ["😀", "👩‍👩‍👧‍👦", "e\N{COMBINING ACUTE ACCENT}", "🇩🇪", "\r\n"])
def test_what_is_read_as_one_character_is_not_torn(cluster):
    text = "x" + cluster * 1_500
    parts = list(pieces(text))
    assert len(parts) > 1
    assert "".join(parts) == text
    assert all(part.removeprefix("x") == cluster * (len(part.removeprefix("x")) // len(cluster)) for part in parts)
    assert all(units(part) <= 2_000 for part in parts)


def test_one_letter_with_too_many_accents_is_split_by_code_points():
    text = "e" + "\N{COMBINING ACUTE ACCENT}" * 5_000
    parts = list(pieces(text))
    assert "".join(parts) == text
    assert [units(part) for part in parts] == [2_000, 2_000, 1_001]


def test_half_a_surrogate_pair_is_refused():
    with pytest.raises(BadInput, match="broken character"):
        blocks_from("a \ud83d b")


def test_a_long_text_goes_on_in_the_next_array():
    arrays = shares([Run("x" * (2 * BLOCK_UNITS + 5))])
    assert [len(plain_text(array)) for array in arrays] == [BLOCK_UNITS, BLOCK_UNITS, 5]
    many = shares([Run(str(number % 10), frozenset({"bold"} if number % 2 else ())) for number in range(250)])
    assert [len(array) for array in many] == [100, 100, 50]
    assert "".join(plain_text(array) for array in many) == "".join(str(number % 10) for number in range(250))


# Markdown to blocks


def test_markdown_becomes_typed_blocks():
    blocks = blocks_from(
        "# One\n\ntext **bold** *it* ~~no~~ `code` [site](https://a.example/x)\n\n- a\n  1. b\n- [x] done\n- [ ] open\n"
        "\n> said\n\n---\n\n```py\nx = 1\n```\n"
    )
    assert [block["type"] for block in blocks] == [
        "heading_1",
        "paragraph",
        "bulleted_list_item",
        "to_do",
        "to_do",
        "quote",
        "divider",
        "code",
    ]
    assert blocks[1]["paragraph"]["rich_text"] == [
        {"type": "text", "text": {"content": "text "}},
        {"type": "text", "text": {"content": "bold"}, "annotations": {"bold": True}},
        {"type": "text", "text": {"content": " "}},
        {"type": "text", "text": {"content": "it"}, "annotations": {"italic": True}},
        {"type": "text", "text": {"content": " "}},
        {"type": "text", "text": {"content": "no"}, "annotations": {"strikethrough": True}},
        {"type": "text", "text": {"content": " "}},
        {"type": "text", "text": {"content": "code"}, "annotations": {"code": True}},
        {"type": "text", "text": {"content": " "}},
        {"type": "text", "text": {"content": "site", "link": {"url": "https://a.example/x"}}},
    ]
    assert children_of(blocks[2])[0]["type"] == "numbered_list_item"
    assert [block["to_do"]["checked"] for block in blocks[3:5]] == [True, False]
    assert blocks[7]["code"]["language"] == "python"


def test_images_html_and_mentions_stay_words_and_links():
    blocks = blocks_from(
        '![plan](https://evil.example/p.png) <img src="https://evil.example/x"> <mention-user id="1"/>'
    )
    assert [block["type"] for block in blocks] == ["paragraph"]
    first, rest = blocks[0]["paragraph"]["rich_text"]
    assert first["text"] == {"content": "plan", "link": {"url": "https://evil.example/p.png"}}
    assert rest["text"]["content"] == ' <img src="https://evil.example/x"> <mention-user id="1"/>'


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "/settings", "file:///etc/passwd", "https:///x", "x" * 3_000]
)
def test_an_address_that_notion_takes_for_no_link_is_written_out(address):
    blocks = blocks_from(f"[here]({address})")
    assert "link" not in json.dumps(blocks)
    assert address in said(blocks)[0]


def test_lines_that_a_markdown_parser_would_swallow_are_kept():
    assert said(blocks_from('[note]: see below\n\n[a](https://b.example "Title")\n\n<!-- hidden -->\n')) == [
        "[note]: see below",
        "a (Title)",
        "<!-- hidden -->",
    ]
    assert said(blocks_from("[note]: https://a.example\n")) == ["[note]: https://a.example"]
    assert said(blocks_from("| a | b |\n|---|---|\n| 1 | 2 | 3 |\n")) == ["| a | b |\n|---|---|\n| 1 | 2 | 3 |"]
    assert said(blocks_from("> | a |\n> |---|\n> | 1 \\| 2 |\n")) == ["a", "1 | 2"]
    assert "notes.py" in json.dumps(blocks_from("```python title=notes.py\nx\n```")[0]["code"]["caption"])
    assert said(blocks_from("2026. A good year\n")) == ["2026. A good year"]
    assert said(blocks_from("3) third\n4) fourth\n")) == ["3) third", "4) fourth"]


def test_nesting_deeper_than_a_request_takes_is_lifted_in_order():
    markdown = "\n".join(f"{'  ' * level}- level {level}" for level in range(8))
    blocks = blocks_from(markdown)
    assert said(blocks) == [f"level {level}" for level in range(8)]
    assert max(depth_of(block) for block in blocks) == 2


def test_nesting_beyond_the_parser_is_refused_and_not_dropped():
    with pytest.raises(BadInput, match="nested too deeply"):
        blocks_from(">" * 150 + " deep")


def test_more_children_than_an_array_holds_follow_their_parent():
    blocks = blocks_from("- parent\n" + "\n".join(f"  - child {number}" for number in range(250)))
    assert len(children_of(blocks[0])) == 100
    assert said(blocks) == ["parent", *(f"child {number}" for number in range(250))]


def test_a_tree_larger_than_a_request_is_taken_apart():
    markdown = "- root\n"
    for one in range(40):
        markdown += f"  - {one}\n" + "".join(f"    - {one}.{two}\n" for two in range(40))
    blocks = blocks_from(markdown)
    assert all(count_of(block) <= REQUEST_BLOCKS for block in blocks)
    assert len(said(blocks)) == 1 + 40 + 1_600


def test_a_long_paragraph_and_long_code_go_on_in_blocks_of_their_kind():
    blocks = blocks_from("x" * 120_000 + "\n\n```sql\n" + "y" * 60_000 + "\n```")
    assert [block["type"] for block in blocks] == ["paragraph"] * 3 + ["code"] * 2
    assert "".join(said(blocks)) == "x" * 120_000 + "y" * 60_000
    item = blocks_from("- " + "z" * 60_000 + "\n  - inner")
    assert "".join(said(item)) == "z" * 60_000 + "inner"
    assert [child["type"] for child in children_of(item[0])] == ["paragraph", "bulleted_list_item"]


def test_a_long_table_becomes_several_with_the_same_heading():
    markdown = "| a | b |\n|---|---|\n" + "".join(f"| {row} | x |\n" for row in range(250))
    tables = blocks_from(markdown)
    assert [len(children_of(one)) for one in tables] == [100, 100, 53]
    assert all(said([one])[:2] == ["a", "b"] for one in tables)
    assert [text for one in tables for text in said([one])[2::2]] == [str(row) for row in range(250)]


def test_a_table_row_that_is_too_long_is_refused():
    with pytest.raises(BadInput, match="row of the table"):
        blocks_from(f"| a |\n|---|\n| {'x' * 250_000} |\n")


def test_a_table_inside_a_list_keeps_its_words():
    assert said(blocks_from("- item\n\n  | a | b |\n  |---|---|\n  | 1 | 2 |\n")) == ["item", "a | b", "1 | 2"]


def test_every_batch_is_within_the_limits_and_in_order():
    markdown = "\n\n".join(f"{number} " + "é" * 3_000 for number in range(260))
    blocks = blocks_from(markdown)
    parts = batches(blocks, first_bytes=50_000)
    assert [block for part in parts for block in part] == blocks
    assert len(parts) > 4
    assert size_of(parts[0]) <= 50_002
    assert all(len(part) <= 100 and size_of(part) <= REQUEST_BYTES + 2 for part in parts)
    assert all(sum(map(count_of, part)) <= REQUEST_BLOCKS for part in parts)


def test_the_first_batch_is_empty_where_there_is_no_room():
    assert [len(part) for part in batches(blocks_from("a\n\nb"), first_bytes=10)] == [0, 2]


def test_the_worst_characters_still_fit_into_a_request():
    blocks = blocks_from("```\n" + '"' * 200_000 + "\x01" * 200_000 + "\n```")
    assert all(size_of(block) <= REQUEST_BYTES for block in blocks)
    assert "".join(said(blocks)) == '"' * 200_000 + "\x01" * 200_000


def test_content_tells_apart_words_styles_links_and_ticks():
    def one(markdown):
        return content_of(blocks_from(markdown)[0])

    assert one("a **b**") == one("a __b__")
    assert one("<https://a.example>")[1][0].link == one("<https://a.example/>")[1][0].link
    different = ["a", "b", "**a**", "- a", "- [ ] a", "- [x] a", "- a\n  - b", "[a](https://x.example)", "```\na\n```"]
    assert len({one(markdown) for markdown in different}) == len(different)


def test_no_word_of_any_markdown_is_lost():
    chance = random.Random(2026)
    marks = (
        "- |* |1. |7) |> |# |###### |```\n|~~~py x\n|¦a¦b¦\n¦-¦-¦\n|¦ x |\n|\n\n|  |    |\t|**|_|~~|`|[a](|http://x.y|)|![|]|<b>|"
        "&amp;|\\|[ ] |[x] |---\n|===\n|\r\n|<http://q.r>|word |word "
    ).split("|")
    for _ in range(200):
        text = "".join(chance.choice(marks).replace("¦", "|") for _ in range(chance.randint(1, 80)))
        blocks = blocks_from(text)
        kept = unquote(json.dumps(blocks))
        assert kept.count("word") >= text.count("word"), text
        for part in batches(blocks):
            assert all(depth_of(block) <= 2 and len(children_of(block)) <= 100 for block in part)
        assert markdown_from(blocks).count("word") >= text.count("word"), text


# Blocks to Markdown


def test_blocks_come_back_as_the_markdown_they_were():
    markdown = (
        "# One\n\ntext **bold** and [site](https://a.example/x)\nnext line\n\n- a\n  - b\n- [x] done\n1. one\n2. two\n"
        "\n> said\n> > again\n\n---\n\n```python\nx = 1\n```\n\n| a | b |\n| --- | --- |\n| 1 | 2 |"
    )
    assert markdown_from(blocks_from(markdown)) == markdown


def test_what_cannot_be_shown_is_named():
    shown = markdown_from(
        [
            {"type": "child_page", "child_page": {"title": "Plans"}},
            {"type": "unsupported", "unsupported": {}},
            {
                "type": "image",
                "image": {"type": "file", "file": {"url": "https://s3.example/signed?key=1"}, "caption": []},
            },
            {"type": "bookmark", "bookmark": {"url": "https://b.example", "caption": []}},
            {"type": "equation", "equation": {"expression": "x^2"}},
            cut_block(),
        ]
    )
    assert "[Page: Plans]" in shown
    assert "[Unsupported: shown only in Notion]" in shown
    assert "[Image]" in shown
    assert "signed" not in shown
    assert "[Bookmark](https://b.example)" in shown
    assert "$$x^2$$" in shown
    assert shown.endswith(CUT)


# Values


def test_every_writable_type_comes_back_as_it_went():
    given = {
        "Name": "Mow",
        "Notes": "n" * 5_000,
        "Effort": 2.5,
        "Status": "Done",
        "Tags": ("home", "work"),
        "Area": None,
        "Due": Period(dt.date(2026, 11, 22), dt.date(2026, 11, 24)),
        "Paid": True,
        "Link": "https://a.example",
        "Mail": "a@b.example",
        "Phone": "+49 1",
        "Parts": (ID,),
    }
    encoded = encode_properties(TASKS, given)
    assert {name: plain_value(value) for name, value in encoded.items()} == given
    assert len(encoded["Notes"]["rich_text"]) == 3
    again = encode_properties(TASKS, {name: json_value(value) for name, value in given.items()})
    assert again == encoded


def test_the_writers_are_the_types_that_are_said_to_be_writable():
    assert set(_WRITERS) == WRITABLE


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("Colour", "red", "has no property “Colour”; it has “Name”, “Notes”"),
        ("Status", "Later", "no option “Later”; it has “To do”, “Done”"),
        ("Tags", ["home", "garden"], "no option “garden”; it has “home”, “work”"),
        ("Owner", "me", "cannot be set"),
        ("Score", 3, "cannot be set"),
        ("Effort", "many", "a number"),
        ("Effort", True, "a number"),
        ("Effort", float("nan"), "a number"),
        ("Paid", "yes", "true or false"),
        ("Due", "tomorrow", "a day such as"),
        ("Due", "2026-11-22T10:00:00", "a day such as"),
        ("Due", {"end": "2026-11-22"}, "a day such as"),
        ("Parts", ["nothing"], "no Notion page"),
        ("Parts", [ID] * 101, "at most 100"),
        ("Mail", "a" * 201, "at most 200"),
        ("Link", "https://a.example/" + "a" * 2_000, "at most 2,000"),
        ("Name", ["a"], "takes text"),
        ("Notes", "x" * 200_001, "put long text into the page"),
    ],
)
def test_a_value_that_does_not_fit_says_what_would(name, value, says):
    with pytest.raises(BadInput, match=says):
        encode_properties(TASKS, {name: value})


def test_names_and_options_are_found_whatever_their_capitals():
    assert encode_properties(TASKS, {"status": "done"}) == {"Status": {"type": "status", "status": {"name": "Done"}}}
    with pytest.raises(BadInput, match="given twice"):
        encode_properties(TASKS, {"status": "Done", "Status": "Done"})
    both = table(a="number", A="checkbox")
    assert encode_properties(both, {"A": True}) == {"A": {"type": "checkbox", "checkbox": True}}


def test_days_instants_and_zones_are_kept():
    assert encode_properties(TASKS, {"Due": "2026-11-22"})["Due"]["date"] == {"start": "2026-11-22"}
    zoned = plain_value(
        {"type": "date", "date": {"start": "2026-11-22T10:00:00", "end": None, "time_zone": "Europe/Berlin"}}
    )
    assert zoned == dt.datetime(2026, 11, 22, 9, 0, tzinfo=dt.UTC)
    assert plain_value({"type": "date", "date": {"start": "2026-11-22", "end": None, "time_zone": None}}) == dt.date(
        2026, 11, 22
    )


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        ({"type": "people", "people": [{"id": "u1", "name": "Ada"}, {"id": "u2"}]}, ("Ada", "u2")),
        ({"type": "formula", "formula": {"type": "string", "string": "late"}}, "late"),
        ({"type": "formula", "formula": {"type": "boolean", "boolean": None}}, None),
        (
            {
                "type": "rollup",
                "rollup": {"type": "array", "function": "show_original", "array": [{"type": "number", "number": 2}]},
            },
            (2,),
        ),
        ({"type": "unique_id", "unique_id": {"prefix": "T", "number": 7}}, "T-7"),
        (
            {"type": "created_time", "created_time": "2026-11-22T10:00:00.000Z"},
            dt.datetime(2026, 11, 22, 10, tzinfo=dt.UTC),
        ),
        (
            {"type": "files", "files": [{"name": "a.pdf", "type": "external", "external": {"url": "https://x"}}]},
            ("a.pdf",),
        ),
    ],
)
def test_values_that_notion_fills_are_read(value, plain):
    assert plain_value(value) == plain


PAGE = {
    "object": "page",
    "id": ID.replace("-", ""),
    "url": "https://www.notion.so/x",
    "created_time": "2026-11-22T10:00:00.000Z",
    "last_edited_time": "2026-11-22T10:01:00.000Z",
    "in_trash": False,
    "parent": {"type": "data_source_id", "data_source_id": ID, "database_id": ID},
    "properties": {
        "Name": {"id": "title", "type": "title", "title": items([Run("Mow")])},
        "Press": {"id": "b", "type": "button", "button": {}},
        "New": {"id": "n", "type": "of_tomorrow", "of_tomorrow": 1},
    },
}


def test_a_value_without_a_plain_form_is_named_and_not_taken_for_empty():
    page = page_from(PAGE)
    assert page.title == "Mow"
    assert page.unread == ("Press", "New")
    assert "Press" not in page.properties
    assert page.parent is not None
    assert page.parent.as_json() == {"type": "data_source_id", "data_source_id": ID}


@pytest.mark.parametrize("without", ["id", "url", "properties", "created_time", "in_trash"])
def test_an_answer_that_is_not_in_the_contract_is_a_bad_response(without):
    broken = {name: value for name, value in PAGE.items() if name != without}
    with pytest.raises(BadResponse), as_agreed():
        page_from(broken)


def test_a_data_source_names_its_options():
    answer = {
        "id": ID,
        "title": items([Run("Tasks")]),
        "properties": {
            "Status": {"id": "s", "type": "status", "status": {"options": [{"name": "Done"}], "groups": []}},
            "Name": {"id": "title", "type": "title", "title": {}},
        },
    }
    source = data_source_from(answer)
    assert source.properties["Status"].options == ("Done",)
    assert source.title == "Tasks"


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("status", "done", {"property": "Status", "status": {"equals": "Done"}}),
        ("Name", "mow", {"property": "Name", "title": {"contains": "mow"}}),
        ("Tags", "home", {"property": "Tags", "multi_select": {"contains": "home"}}),
        ("Paid", False, {"property": "Paid", "checkbox": {"equals": False}}),
        ("Due", "2026-11-22", {"property": "Due", "date": {"equals": "2026-11-22"}}),
        ("Due", None, {"property": "Due", "date": {"is_empty": True}}),
    ],
)
def test_a_filter_is_made_from_a_plain_value(name, value, wanted):
    assert property_filter(TASKS, name, value) == wanted


@pytest.mark.parametrize(
    "text",
    [
        ID,
        ID.replace("-", ""),
        ID.upper(),
        f"https://www.notion.so/home/Plans-{ID.replace('-', '')}?pvs=4#abc",
        f"https://app.notion.com/p/{ID.replace('-', '')}/",
    ],
)
def test_an_id_is_found_in_a_link(text):
    assert notion_id(text) == ID


@pytest.mark.parametrize("text", ["", "../users", "me", "0" * 31, "a" * 40, f"{ID}/children", "https://www.notion.so/"])
def test_what_is_no_id_never_gets_into_a_path(text):
    with pytest.raises(BadInput, match="no Notion page"):
        notion_id(text)
