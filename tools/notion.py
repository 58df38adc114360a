"""What the assistant can do in Notion: search, read, query; and, each after an approval, create, add, change."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.actions.effects import Item
from assistant.actions.outcomes import Wish
from assistant.context import Context, Result
from assistant.errors import BadInput
from assistant.labels import personal
from assistant.rendering import plain
from integrations.notion_blocks import blocks_from
from integrations.notion_properties import encode_properties, property_filter
from integrations.notion_values import json_value, plain_value
from tools import Effect, tool
from tools.notion_places import Again, Place, columns_of, meant
from tools.notion_rules import CREATE, LOG, QUERY, READ, SEARCH, SET, UNCLEAR
from tools.notion_words import Content, Said, column_meant, content_meant, name_in, origin, unquoted, value_meant

TITLE_CHARACTERS = 120
"""A new entry that is longer gets its beginning as title, and all of it as text."""
SHOWN_CHARACTERS = 4000


@tool(
    effect=Effect.READ,
    service="notion",
    label="Say what to do in Notion",
    examples=[
        "log to Notion",
        "add something to Notion",
        "save it somewhere in Notion",
        "create a page in Notion",
        "update my Notion page",
        "do something in Notion",
        "change a property in Notion",
        "open Notion",
    ],
    rules=UNCLEAR,
)
async def ask_about_notion(wish: Said, context: Context) -> Result:
    """Asks what exactly is to be done in Notion, where a wish leaves it open.

    Args:
        wish: The whole message.
    """
    if re.search(r"\b(?:delete|remove|erase|trash)\b", wish, re.IGNORECASE):
        return Result(
            "I take nothing out of Notion but what I put there myself, with Undo; delete it in Notion.", state="refused"
        )
    return Result(
        "What exactly shall I do in Notion? For example:\n"
        "- log to Notion: watered the plants\n"
        "- add milk to my Notion page Groceries\n"
        "- create a Notion page called Trip to Rome: pack light\n"
        "- set Status of Fix the roof to Done in Notion\n"
        "- read my Notion page Groceries\n"
        "- search Notion for insurance",
        state="refused",
    )


@tool(
    effect=Effect.READ,
    service="notion",
    label="Search Notion",
    examples=[
        "search Notion for the packing list",
        "find the meeting notes in Notion",
        "look up the insurance page in Notion",
        "where in Notion is the recipe for lasagne?",
        "do I have anything about taxes in Notion?",
        "which Notion pages are about the garden?",
        "is there a page about the car in Notion?",
        "look in my Notion for the guest list",
    ],
    rules=SEARCH,
)
async def search_notion(query: Said, context: Context) -> Result:
    """Finds pages and data sources in Notion by words of their title.

    Args:
        query: The words.
    """
    name = name_in(query)
    found = await context.read("notion_find", name=name)
    if not found.items:
        return Result(
            f"I find nothing in Notion whose title holds “{plain(name)}”. Its search reads titles only, of what is "
            "shared with Twinning.",
            state="refused",
        )
    return Result("In Notion I find:\n" + _listed(found.items, found.cut), labels=found.labels)


@tool(
    effect=Effect.READ,
    service="notion",
    label="Query a data source in Notion",
    examples=[
        "list the rows of Tasks in Notion",
        "show the entries in my Reading list in Notion where Status is Unread",
        "which tasks in Notion are done?",
        "query the Notion database Expenses",
        "which rows of Books in Notion have the author Le Guin?",
        "show me all items of the Notion table Inventory",
        "what entries are in the Projects database in Notion?",
        "list everything in the Notion database Contacts where City is Ghent",
    ],
    rules=QUERY,
)
async def query_notion(table: Said, context: Context, property: str = "", value: str = "") -> Result:
    """Lists the rows of a Notion data source (a database), all or those with a value.

    Args:
        table: Its name or link.
        property: The property to look at.
        value: What it must be.
    """
    others = {"property": property, "value": value}
    place = await meant(
        context, table, again=Again("query_notion", "table", others, "List"), kind="data_source", sure=False
    )
    if isinstance(place, Result):
        return place
    wanted = None
    if property or value:
        source, told = await columns_of(context, place)
        try:
            column = column_meant(source, property, value)
            wanted = property_filter(source, column.name, value_meant(column, value, context))
        except BadInput as error:
            # The sentence names what there is, in Notion's words.
            return Result(plain(str(error)), state="refused", labels=told.labels)
    found = await context.read("notion_rows", data_source=place.link, filter=wanted)
    name = f"“{plain(place.title)}” in Notion ({place.link})"
    if not found.items:
        return Result(f"No such rows in {name}.", labels=found.labels)
    return Result(f"{name} has:\n{_listed(found.items, found.cut)}", labels=found.labels)


@tool(
    effect=Effect.READ,
    service="notion",
    label="Read a page in Notion",
    examples=[
        "read my Notion page Groceries",
        "show me the page House rules in Notion",
        "what's on my Notion page Packing?",
        "open the Notion page about the car",
        "what does the Notion page Wifi say?",
        "what is on the Groceries page in Notion?",
        "show me Meeting notes in Notion",
        "get the text of the Notion page Ideas",
    ],
    rules=READ,
)
async def read_notion_page(page: Said, context: Context) -> Result:
    """Shows the text and the properties of a Notion page.

    Args:
        page: Its title or link.
    """
    place = await meant(context, page, again=Again("read_notion_page", "page", {}, "Read"), kind=None, sure=False)
    if isinstance(place, Result):
        return place
    if place.kind == "data_source":
        return await query_notion(Said(place.link), context=context)
    found = await context.read("notion_page", page=place.link)
    item = found.items[0]
    text = plain(item.text)[:SHOWN_CHARACTERS]
    cut = found.cut or ("The page is longer; the rest of it is in Notion." if len(item.text) > len(text) else "")
    lines = [f"“{plain(item.title)}” in Notion ({item.link}):", *(f"- {plain(each)}" for each in item.facts), ""]
    lines += [f"> {line}".rstrip() for line in (text or "(The page has no text.)").split("\n")]
    return Result("\n".join([*lines, *(["", cut] if cut else [])]), labels=found.labels)


@tool(
    effect=Effect.WRITE,
    service="notion",
    outside=True,
    label="Create a page in Notion",
    examples=[
        "create a Notion page called Trip to Rome",
        "make a new page in Notion named Garden plan: tomatoes left, beans right",
        "start a Notion page for the kitchen renovation",
        "add a page Recipes under Home in Notion",
        "create a page titled Books to read inside Reading in Notion",
        "add a row Buy paint to Tasks in Notion",
        "add a task Call the plumber to my Notion",
        "open a new page in Notion called Ideas",
    ],
    rules=CREATE,
)
async def create_notion_page(title: Said, parent: Said, context: Context, text: str = "") -> Result:
    """Creates a page in Notion, or a row of a data source, after the person's approval.

    Args:
        title: The title of the new page.
        parent: The page or data source that it goes into: a title, a link, or "Notion" for the usual one.
        text: What the page says, as Markdown.
    """
    name = " ".join(unquoted(title).split())
    again = Again("create_notion_page", "parent", {"title": title, "text": text}, "In")
    place = await meant(context, parent, again=again, kind=None)
    if isinstance(place, Result):
        return place
    content = await content_meant(context, text) if text.strip() else Content("", personal(""), origin(context))
    return await _propose_page(context, place, name, content, title_from=origin(context))


@tool(
    effect=Effect.WRITE,
    service="notion",
    outside=True,
    label="Write it into Notion",
    examples=[
        "log it to Notion",
        "log to Notion: watered the plants",
        "add milk to my Notion page Groceries",
        "add this to my Notion page Groceries: milk",
        "put eggs on the shopping list in Notion",
        "save that in Notion",
        "jot down in my Notion journal: ran five kilometres",
        "append your answer to the Notion page Research",
        "note in Notion that the boiler was serviced",
    ],
    rules=LOG,
)
async def log_to_notion(text: Said, page: Said, context: Context) -> Result:
    """Adds a text to a Notion page (or as a row to a data source), after the person's approval.

    Args:
        text: What to write; "it" is the last answer.
        page: The page's title or link; "Notion" for the usual one.
    """
    content = await content_meant(context, text, place=page)
    place = await meant(context, page, again=Again("log_to_notion", "page", {"text": text}, "Add it to"), kind=None)
    if isinstance(place, Result):
        return place
    if place.kind == "data_source":
        line = " ".join(content.text.split())
        if len(line) <= TITLE_CHARACTERS:
            nothing = Content("", content.labels, content.origin)
            return await _propose_page(context, place, line, nothing, title_from=content.origin)
        title = line[: TITLE_CHARACTERS - 1].rstrip() + "…"
        return await _propose_page(context, place, title, content, title_from=content.origin)
    if not blocks_from(content.text):
        raise BadInput("There is nothing to write; say a text.")
    return await context.propose(
        Wish(
            "notion_append",
            {"page": place.link, "text": content.text},
            target=place.target,
            labels=content.labels,
            origins={"page": place.origin, "text": content.origin},
        )
    )


@tool(
    effect=Effect.WRITE,
    service="notion",
    outside=True,
    label="Change a property in Notion",
    examples=[
        "set Status of Fix the roof to Done in Notion",
        "mark Buy paint as done in Notion",
        "change the due date of Tax return to Friday in Notion",
        "set the Notion page Trip's Budget to 1200",
        "update the priority of Call Anna to High in Notion",
        "in Notion, set the status of Paint the fence to In progress",
        "tick off Water the plants in Notion",
        "rename the page Ideas to Old ideas in Notion",
    ],
    rules=SET,
)
async def set_notion_property(page: Said, value: Said, context: Context, property: str = "") -> Result:
    """Sets a property of a Notion page (status, date, number, checkbox, title...), after the person's approval.

    Args:
        page: The page's title or link.
        value: What the property shall be.
        property: Its name; needed unless only one can take such a value.
    """
    again = Again("set_notion_property", "page", {"value": value, "property": property}, "Change")
    place = await meant(context, page, again=again)
    if isinstance(place, Result):
        return place
    source, told = await columns_of(context, place)
    try:
        column = column_meant(source, "title" if property.casefold() == "rename" else property, value)
        encoded = encode_properties(source, {column.name: value_meant(column, value, context)})
    except BadInput as error:
        # The sentence names what there is, in Notion's words.
        return Result(plain(str(error)), state="refused", labels=told.labels)
    properties = {name: json_value(plain_value(each)) for name, each in encoded.items()}
    return await context.propose(
        Wish(
            "notion_update_page",
            {"page": place.link, "properties": properties},
            target=place.target,
            labels=context.own_words(value),
            origins={"page": place.origin, "properties": origin(context)},
        )
    )


@tool(effect=Effect.READ, service="notion", label="Leave Notion as it is", examples=[])
async def leave_notion(context: Context) -> Result:
    """Does nothing; what a person picks who meant something else."""
    return Result("Nothing was changed in Notion.")


async def _propose_page(context: Context, place: Place, title: str, content: Content, *, title_from: str) -> Result:
    blocks_from(content.text)  # says now what could not be written
    return await context.propose(
        Wish(
            "notion_create_page",
            {"parent": place.link, "kind": place.kind, "title": title, "text": content.text},
            target=place.target,
            labels=content.labels.join(context.own_words(title)),
            origins={
                "parent": place.origin,
                "kind": place.origin,
                "title": title_from,
                **({"text": content.origin} if content.text else {}),
            },
        )
    )


def _listed(items: Sequence[Item], cut: str) -> str:
    """What was found, a line each, with its link."""
    lines = [
        f"- “{plain(each.title) or 'Untitled'}”"
        + "".join(f" · {plain(fact)}" for fact in each.facts)
        + f" · {each.link}"
        for each in items
    ]
    return "\n".join([*lines, *([cut] if cut else [])])
