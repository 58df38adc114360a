"""Notion in plain words: what rules understand, what they leave alone, and how little a long message costs them."""

from __future__ import annotations

import datetime as dt
import time
import uuid
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import pytest

from assistant.actions.effects import Effect, Repeat
from assistant.agent.routing import by_rule
from assistant.errors import BadInput
from assistant.events import Person
from integrations import all_services
from integrations.notion_values import DataSource, Property
from tools import all_performers, all_tools
from tools.notion_words import column_meant, means_usual, name_in, unquoted, value_meant

UNMISTAKABLE = [
    ("save that in Notion", "log_to_notion", {"text": "that", "page": "Notion"}),
    ("put your answer into my notion please", "log_to_notion", {"text": "your answer", "page": "notion"}),
    ("add milk and eggs to my Notion page Groceries", "log_to_notion", {"text": "milk and eggs", "page": "Groceries"}),
    ("put eggs on the shopping list in Notion", "log_to_notion", {"text": "eggs", "page": "shopping list"}),
    ("add it to the Research page in Notion", "log_to_notion", {"text": "it", "page": "Research"}),
    ("note in Notion that it was serviced", "log_to_notion", {"text": "it was serviced", "page": "Notion"}),
    ("in Notion, jot down: ran 5 km", "log_to_notion", {"text": "ran 5 km", "page": "Notion"}),
    ("Notion: slept badly", "log_to_notion", {"text": "slept badly", "page": "Notion"}),
    ("log went to the gym in Notion", "log_to_notion", {"text": "went to the gym", "page": "Notion"}),
    ("create a Notion page called Rome", "create_notion_page", {"title": "Rome", "parent": "Notion"}),
    (
        "add a Notion page Rome: pack light",
        "create_notion_page",
        {"title": "Rome", "parent": "Notion", "text": "pack light"},
    ),
    ("add a page Recipes under Home in Notion", "create_notion_page", {"title": "Recipes", "parent": "Home"}),
    (
        "create a page titled Books to read inside Reading in Notion",
        "create_notion_page",
        {"title": "Books to read", "parent": "Reading"},
    ),
    ("create a page called Budget in my Notion page Home", "create_notion_page", {"title": "Budget", "parent": "Home"}),
    ("add a row Buy paint to Tasks in Notion", "create_notion_page", {"title": "Buy paint", "parent": "Tasks"}),
    ("add a task to Notion: call Jo", "create_notion_page", {"title": "call Jo", "parent": "Notion"}),
    (
        "change the status of the task Roof in Notion to In progress",
        "set_notion_property",
        {"page": "Roof", "property": "status", "value": "In progress"},
    ),
    (
        "in Notion, set the due date of Tax return to 2026-12-01",
        "set_notion_property",
        {"page": "Tax return", "property": "due date", "value": "2026-12-01"},
    ),
    (
        "set Trip to Rome's Budget to 1200 in Notion",
        "set_notion_property",
        {"page": "Trip to Rome", "property": "Budget", "value": "1200"},
    ),
    (
        "rename the page Ideas to Old ideas in Notion",
        "set_notion_property",
        {"page": "Ideas", "property": "rename", "value": "Old ideas"},
    ),
    ("find the meeting notes in Notion", "search_notion", {"query": "the meeting notes"}),
    ("where in Notion is the recipe for lasagne?", "search_notion", {"query": "the recipe for lasagne"}),
    ("what does the Notion page Wifi say?", "read_notion_page", {"page": "Wifi"}),
    ("read my Notion page https://www.notion.so/ab12", "read_notion_page", {"page": "https://www.notion.so/ab12"}),
    ("add milk to the Notion page https://x.y/z", "log_to_notion", {"text": "milk", "page": "https://x.y/z"}),
    ("show me House rules in Notion", "read_notion_page", {"page": "House rules"}),
    ("query the Notion database Expenses", "query_notion", {"table": "Expenses"}),
    (
        "show the entries in my Reading list where Status is Unread in Notion",
        "query_notion",
        {"table": "Reading list", "property": "Status", "value": "Unread"},
    ),
    (
        "which rows of Books in Notion have the author Le Guin?",
        "query_notion",
        {"table": "Books", "property": "author", "value": "Le Guin"},
    ),
]
LEFT_OPEN = [
    "log to Notion",
    "please add something to my Notion",
    "create a Notion page",
    "add a page to Notion",
    "set the status of Fix the roof in Notion",
    "update my Notion page",
    "open Notion",
    "search Notion",
    "delete the page Groceries in Notion",
    "remove my Notion page Groceries",
]
OTHERS = [
    ("remember that my Notion token is in the safe", "remember"),
    ("forget my Notion password", "forget"),
    ("what is Notion?", "recall"),
    ("how do I export a page from Notion?", "recall"),
    ("what did I write about Notion?", "recall"),
    ("compare Notion and Obsidian", "compare"),
    ("change Lisa's city to Antwerp", "correct"),
    ("save this: the key is with Jo", "remember"),
]
UNCLEAR = ["I write everything in Notion", "notion", "the notion that pages are enough", "run the Notion backup"]


@pytest.mark.parametrize(("said", "tool", "arguments"), UNMISTAKABLE)
def test_plain_wordings_find_their_tool_and_arguments(said: str, tool: str, arguments: dict[str, str]) -> None:
    found = by_rule(said)
    assert found is not None
    assert (found.name, dict(found.arguments)) == (tool, arguments)


@pytest.mark.parametrize("said", LEFT_OPEN)
def test_what_is_left_open_is_asked(said: str) -> None:
    found = by_rule(said)
    assert found is not None
    assert found.name == "ask_about_notion"


@pytest.mark.parametrize(("said", "tool"), OTHERS)
def test_what_only_mentions_notion_stays_with_its_own_tool(said: str, tool: str) -> None:
    found = by_rule(said)
    assert found is not None
    assert found.name == tool


@pytest.mark.parametrize("said", UNCLEAR)
def test_what_is_no_wish_is_left_to_likeness(said: str) -> None:
    found = by_rule(said)
    assert found is None or all_tools()[found.name].effect is Effect.READ


def test_a_long_hostile_message_is_judged_at_once() -> None:
    pieces = (
        "add to my notion page ",
        "set of to in notion ",
        "create a page a in notion page ",
        "set a of b to c in notion x ",
        "list the rows of a in notion where a is b ",
        "log notion to notion page ",
        "what in notion is ",
    )
    started = time.process_time()
    for piece in pieces:
        by_rule((piece * 800)[:8000])
        by_rule((piece * 800)[:480])
    assert time.process_time() - started < 2


def test_every_tool_has_its_examples_and_every_change_its_way_back() -> None:
    ours = [each for name, each in all_tools().items() if "notion" in name and each.examples]
    assert len(ours) == 7
    assert all(len(each.examples) >= 8 for each in ours)
    performers = [each for name, each in all_performers().items() if name.startswith("notion_")]
    assert {each.service for each in performers} == {"notion"}
    assert all(each.repeat is not Repeat.NEVER for each in performers)
    assert {each.tool for each in performers if each.effect is Effect.DESTRUCTIVE} == {
        "notion_trash_page",
        "notion_trash_blocks",
    }


def test_connecting_asks_for_a_token_and_no_more_than_two_places() -> None:
    notion = all_services()["notion"]
    assert [(each.name, each.secret, each.default) for each in notion.questions] == [
        ("token", True, None),
        ("page", False, ""),
        ("data_source", False, ""),
    ]
    assert "https://www.notion.so/profile/integrations" in notion.questions[0].text
    assert "Connections" in notion.questions[0].text


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("Groceries", "Groceries"),
        ("“Open questions”", "Open questions"),
        ("show me my Notion page Groceries", "Groceries"),
        ("what is on the Groceries page in Notion?", "Groceries"),
        ("Show me the money", "Show me the money"),
    ],
)
def test_a_name_is_found_in_a_sentence_and_else_left_alone(said: str, name: str) -> None:
    assert name_in(said) == name


def test_without_a_name_it_is_asked() -> None:
    for said in ("", "notion", "x" * 201):
        with pytest.raises(BadInput, match="Which page in Notion"):
            name_in(said)


def test_notion_alone_is_the_usual_place() -> None:
    assert [means_usual(each) for each in ("Notion", "my notion.", "Notion page Groceries")] == [True, True, False]


@dataclass(frozen=True)
class Surroundings:
    """What reading a value needs of a context."""

    person: Person
    now: dt.datetime


BERLIN = Surroundings(
    Person(uuid.uuid4(), "Ana", time_zone="Europe/Berlin", week_start=0),
    dt.datetime(2026, 11, 22, 23, 30, tzinfo=ZoneInfo("Europe/Berlin")),
)
SOURCE = DataSource(
    "",
    "Tasks",
    "",
    {
        each.name: each
        for each in (
            Property("", "Name", "title"),
            Property("", "Status", "status", ("Open", "Done")),
            Property("", "Priority", "select", ("High", "Low")),
            Property("", "Effort", "select", ("High", "Low")),
            Property("", "Paid", "checkbox"),
        )
    },
)


@pytest.mark.parametrize(
    ("kind", "said", "value"),
    [
        ("date", "tomorrow", "2026-11-23"),
        ("date", "2026-12-24", "2026-12-24"),
        ("date", "24 December at 18:00", "2026-12-24T18:00+01:00"),
        ("date", "nothing", None),
        ("number", "1,250.50 €", "1250.50"),
        ("checkbox", "ticked", True),
        ("checkbox", "no", False),
        ("multi_select", "red, green and blue", ["red", "green", "blue"]),
        ("rich_text", "“salt and pepper”", "salt and pepper"),
        ("title", "nothing", "nothing"),
    ],
)
def test_words_become_plain_values(kind: str, said: str, value: object) -> None:
    assert value_meant(Property("", "X", kind), said, BERLIN) == value  # type: ignore[arg-type]


def test_an_option_with_and_in_its_name_stays_whole() -> None:
    column = Property("", "X", "multi_select", ("Food and drink",))
    assert value_meant(column, "food and drink", BERLIN) == ["food and drink"]  # type: ignore[arg-type]


def test_without_a_name_a_property_is_told_by_its_value_or_asked_for() -> None:
    assert column_meant(SOURCE, "", "done").name == "Status"
    assert column_meant(SOURCE, "", "yes").name == "Paid"
    assert column_meant(SOURCE, "title", "x").name == "Name"
    with pytest.raises(BadInput, match="“Priority”, “Effort”"):
        column_meant(SOURCE, "", "high")
    with pytest.raises(BadInput, match="no property “Colour”; it has “Name”"):
        column_meant(SOURCE, "Colour", "red")


def test_quotation_marks_around_a_text_are_not_part_of_it() -> None:
    assert [unquoted(each) for each in ('"a"', "“a”", "a “b” c", '"a" or "b"')] == ["a", "a", "a “b” c", '"a" or "b"']
