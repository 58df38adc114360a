"""Twenty sentences about Notion as people say them: what each means. Those that leave it open lead to a question."""

from __future__ import annotations

from typing import Any

NOTION: list[tuple[str, str | None, dict[str, Any]]] = [
    ("log it to notion", "log_to_notion", {"text": "it", "page": "notion"}),
    ("Log to Notion: watered the plants, 2 litres", "log_to_notion", {"text": "watered the plants, 2 litres"}),
    ("add this to my Notion page Groceries: oat milk", "log_to_notion", {"text": "oat milk", "page": "Groceries"}),
    ("can you put eggs and flour on the shopping list in notion", "log_to_notion", {"text": "eggs and flour"}),
    ("save your answer on the Research page in Notion please", "log_to_notion", {"page": "Research"}),
    ("log something to notion", "ask_about_notion", {}),
    (
        "create a Notion page called Trip to Rome: take the early train",
        "create_notion_page",
        {"title": "Trip to Rome", "text": "take the early train"},
    ),
    (
        "hey, make a new page named Garden plan under Home in Notion",
        "create_notion_page",
        {"title": "Garden plan", "parent": "Home"},
    ),
    ("add the task call the plumber to Tasks in Notion", "create_notion_page", {"title": "call the plumber"}),
    ("create a new page in notion", "ask_about_notion", {}),
    (
        "set Status of Fix the roof to Done in Notion",
        "set_notion_property",
        {"page": "Fix the roof", "property": "Status", "value": "Done"},
    ),
    (
        "change the due date of Tax return to next Friday in notion",
        "set_notion_property",
        {"page": "Tax return", "property": "due date", "value": "next Friday"},
    ),
    ("mark Buy paint as done in Notion", "set_notion_property", {"page": "Buy paint", "value": "done"}),
    ("update the status of Fix the roof in notion", "ask_about_notion", {}),
    ("what's on my Groceries page in Notion?", "read_notion_page", {"page": "Groceries"}),
    ("show me the notion page House rules", "read_notion_page", {"page": "House rules"}),
    ("search notion for the insurance papers", "search_notion", {"query": "the insurance papers"}),
    ("do I have something about the boiler in Notion?", "search_notion", {"query": "the boiler"}),
    ("which tasks in Notion are still open?", "query_notion", {"table": "tasks", "value": "open"}),
    (
        "list the rows of Reading list in Notion where Author is Le Guin",
        "query_notion",
        {"table": "Reading list", "property": "Author", "value": "Le Guin"},
    ),
]
"""(sentence, tool, arguments that must be found); `ask_about_notion` asks back."""
LOOSE = [
    "my notion groceries page needs milk",
    "could notion get a note that the boiler was serviced",
    "the roof thing in notion is done now",
    "new notion page for the holiday",
    "is milk on the groceries page of my notion",
    "notion groceries",
    "stuff from notion about the car please",
    "write this down in notion",
    "the groceries in notion: we have enough of them",
    "I forgot to put it into notion yesterday",
]
"""Loosely said: nothing here may lead to a proposal."""
