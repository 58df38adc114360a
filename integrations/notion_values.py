"""Notion's pages, data sources and property values as plain Python values; `notion_properties` leads back.

Formats: https://developers.notion.com/reference/page-property-values and
https://developers.notion.com/reference/property-object
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

from assistant.errors import BadInput, BadResponse
from integrations.notion_text import plain_text

WRITABLE = frozenset(
    "title rich_text number checkbox url email phone_number select status multi_select relation date".split()
)
"""The types of property that can be set from here; people cannot, for that notifies them."""
READ_REFERENCES = 25
"""A page's answer holds at most so many mentions, people or relations of one property; more must be asked for."""


@dataclass(frozen=True)
class Period:
    """A date property with an end; both are days, or both are instants."""

    start: dt.date
    end: dt.date


PlainValue: TypeAlias = "str | int | float | bool | dt.date | Period | tuple[PlainValue, ...] | None"
"""What a property holds. An instant is a `datetime` with its zone, a day a `date`; lists are tuples."""


@dataclass(frozen=True)
class Parent:
    """What a page is in: a data source (as a row) or another page."""

    kind: Literal["data_source", "page"]
    id: str

    def as_json(self) -> dict[str, str]:
        return {"type": f"{self.kind}_id", f"{self.kind}_id": self.id}


@dataclass(frozen=True)
class Page:
    """A page, which is also a row of its data source.

    Attributes:
        url: Where the person opens it.
        created_at, last_edited_at: To the minute, as the service gives them.
        properties: By name.
        unread: Names of the properties whose value has no plain form; they are not among `properties`.
        parent: None when it is neither a data source nor a page (a workspace, a block).
    """

    id: str
    url: str
    title: str
    created_at: dt.datetime
    last_edited_at: dt.datetime
    in_trash: bool
    properties: Mapping[str, PlainValue] = field(default_factory=dict)
    unread: tuple[str, ...] = ()
    parent: Parent | None = None


@dataclass(frozen=True)
class Property:
    """One column of a data source.

    Attributes:
        type: Notion's word: "title", "rich_text", "select", ...
        options: The names that a select, multi_select or status may take.
    """

    id: str
    name: str
    type: str
    options: tuple[str, ...] = ()

    @property
    def writable(self) -> bool:
        """Whether it can be set from here."""
        return self.type in WRITABLE


@dataclass(frozen=True)
class DataSource:
    """A table of pages.

    Attributes:
        properties: Its columns by name.
    """

    id: str
    title: str
    url: str
    properties: Mapping[str, Property]
    in_trash: bool = False


TITLE_ONLY = DataSource("", "page", "", {"title": Property("title", "title", "title")})
"""What can be set on a page that is no row of a data source."""


@contextmanager
def as_agreed() -> Iterator[None]:
    """Around reading an answer: one that is not in the contract becomes `BadResponse`."""
    try:
        yield
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise BadResponse("Notion answered something unexpected; look there what has happened.") from error


def notion_id(text: str) -> str:
    """The id in an id or in a link to a page, block or data source, in the form with dashes.

    Raises:
        BadInput: there is none.
    """
    found = re.search(
        r"(?<![0-9a-f])([0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/?$",
        re.split(r"[?#]", text.strip())[0].lower(),
    )
    if found is None:
        raise BadInput("That is no Notion page; give its link or its id of 32 letters and digits.")
    return str(UUID(found[1]))


def answered_id(text: str) -> str:
    """An id of an answer; the caller stands in `as_agreed`."""
    return str(UUID(text))


def link_to(id_: str, *, block: str | None = None) -> str:
    """Where the person opens a page or block."""
    return f"https://www.notion.so/{UUID(id_).hex}" + (f"#{UUID(block).hex}" if block else "")


def page_from(answer: Mapping[str, Any]) -> Page:
    """A page object; the caller stands in `as_agreed`."""
    values: dict[str, PlainValue] = {}
    unread: list[str] = []
    title = ""
    for name, value in answer["properties"].items():
        try:
            values[name] = plain_value(value)
        except NoPlainForm:
            unread.append(name)
        if value["type"] == "title":
            title = plain_text(value["title"])
    return Page(
        id=answered_id(answer["id"]),
        url=answer["url"],
        title=title,
        created_at=instant(answer["created_time"]),
        last_edited_at=instant(answer["last_edited_time"]),
        in_trash=bool(answer["in_trash"]),
        properties=values,
        unread=tuple(unread),
        parent=_parent(answer.get("parent") or {}),
    )


def data_source_from(answer: Mapping[str, Any]) -> DataSource:
    """A data source object; the caller stands in `as_agreed`."""
    properties = {
        name: Property(
            id=value["id"],
            name=name,
            type=value["type"],
            options=tuple(option["name"] for option in (value.get(value["type"]) or {}).get("options") or ()),
        )
        for name, value in answer["properties"].items()
    }
    title = plain_text(answer.get("title") or ())
    id_ = answered_id(answer["id"])
    return DataSource(id_, title, answer.get("url") or link_to(id_), properties, bool(answer.get("in_trash")))


def instant(text: str) -> dt.datetime:
    """An instant of the service, with its zone."""
    moment = dt.datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


class NoPlainForm(Exception):
    """A property whose value cannot be told in plain values, such as a button, or a type that is newer than this."""


def plain_value(value: Mapping[str, Any]) -> PlainValue:
    """The plain value of a property, of a page's answer or of a request.

    Raises:
        NoPlainForm: it has none.
    """
    kind = value.get("type") or next(iter(value))
    if kind not in _READERS:
        raise NoPlainForm(kind)
    return _READERS[kind](value[kind])


def json_value(value: PlainValue) -> Any:
    """A plain value as JSON, which `encode_properties` takes back: days and instants as ISO 8601 text."""
    if isinstance(value, Period):
        return {"start": value.start.isoformat(), "end": value.end.isoformat()}
    if isinstance(value, dt.date):
        return value.isoformat()
    return [json_value(part) for part in value] if isinstance(value, tuple) else value


def _parent(parent: Mapping[str, Any]) -> Parent | None:
    if "data_source_id" in parent:
        return Parent("data_source", answered_id(parent["data_source_id"]))
    return Parent("page", answered_id(parent["page_id"])) if "page_id" in parent else None


def _day_or_instant(text: str, zone: str | None = None) -> dt.date:
    if len(text) == 10:
        return dt.date.fromisoformat(text)
    moment = dt.datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone) if zone else dt.UTC)


def _date(value: Mapping[str, Any] | None) -> PlainValue:
    if value is None:
        return None
    start = _day_or_instant(value["start"], value.get("time_zone"))
    return Period(start, _day_or_instant(value["end"], value.get("time_zone"))) if value.get("end") else start


def _name(value: Mapping[str, Any] | None) -> PlainValue:
    return None if value is None else str(value.get("name") or value["id"])


def _names(values: Sequence[Mapping[str, Any]]) -> PlainValue:
    return tuple(_name(value) for value in values)


def _inner(value: Mapping[str, Any]) -> PlainValue:
    """A formula or rollup: a value with a type of its own."""
    kind = value["type"]
    if kind in ("string", "boolean"):
        said: PlainValue = value[kind]
        return said
    if kind == "array":
        return tuple(plain_value(part) for part in value["array"])
    if kind in ("number", "date"):
        return plain_value(value)
    raise NoPlainForm(kind)


def _unique_id(value: Mapping[str, Any]) -> PlainValue:
    number = value["number"]
    return None if number is None else f"{value['prefix']}-{number}" if value.get("prefix") else str(number)


_READERS: dict[str, Callable[[Any], PlainValue]] = {
    "title": plain_text,
    "rich_text": plain_text,
    "number": lambda value: value,
    "checkbox": bool,
    "url": lambda value: value,
    "email": lambda value: value,
    "phone_number": lambda value: value,
    "select": _name,
    "status": _name,
    "multi_select": _names,
    "people": _names,
    "files": lambda values: tuple(value["name"] for value in values),
    "relation": lambda values: tuple(answered_id(value["id"]) for value in values),
    "date": _date,
    "created_time": instant,
    "last_edited_time": instant,
    "created_by": _name,
    "last_edited_by": _name,
    "formula": _inner,
    "rollup": _inner,
    "unique_id": _unique_id,
    "verification": lambda value: None if value is None else value["state"],
    "place": lambda value: None if value is None else value.get("name") or value.get("address"),
}
