"""Plain values as Notion's property values and filters, within the limits of a request.

Formats: https://developers.notion.com/reference/page-property-values and
https://developers.notion.com/reference/filter-data-source-entries
Limits: https://developers.notion.com/reference/request-limits
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from assistant.errors import BadInput
from integrations.notion_text import TEXT_ITEMS, TEXT_UNITS, Run, items, units
from integrations.notion_values import DataSource, Period, Property, json_value, notion_id, plain_value

REFERENCES = 100
"""The most options or relations of one property in a request."""
ADDRESS_UNITS = 200
"""The longest e-mail address or telephone number."""


def encode_properties(source: DataSource, properties: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Plain values as Notion's property values. `None` empties a property.

    Args:
        properties: By name; capitals do not matter, unless two names differ only in them.

    Raises:
        BadInput: no such property or option (the text names those that exist), or a value that does not fit.
    """
    encoded: dict[str, dict[str, Any]] = {}
    for name, value in properties.items():
        column = _column(source, name)
        if not column.writable:
            raise BadInput(f"“{column.name}” is a {column.type} property; Notion fills it, it cannot be set from here.")
        if column.name in encoded:
            raise BadInput(f"“{column.name}” is given twice; give it once.")
        encoded[column.name] = {"type": column.type, column.type: _WRITERS[column.type](column, value)}
    return encoded


def property_filter(source: DataSource, name: str, value: Any) -> dict[str, Any]:
    """The filter "this property is (or for texts and lists: contains) this value", for `query_data_source`.

    Raises:
        BadInput: as `encode_properties`, or a type that is not filtered by value.
    """
    column = _column(source, name)
    if not column.writable:
        raise BadInput(f"“{column.name}” is a {column.type} property; filter by another one.")
    if value is None and column.type != "checkbox":
        return {"property": column.name, column.type: {"is_empty": True}}
    plain = plain_value(encode_properties(source, {column.name: value})[column.name])
    if isinstance(plain, tuple):
        if len(plain) != 1:
            raise BadInput(f"Give one value to look for in “{column.name}”.")
        return {"property": column.name, column.type: {"contains": plain[0]}}
    if isinstance(plain, Period):
        raise BadInput(f"Give one day to look for in “{column.name}”.")
    operator = "contains" if column.type in ("title", "rich_text") else "equals"
    return {"property": column.name, column.type: {operator: json_value(plain)}}


def _column(source: DataSource, name: str) -> Property:
    if name in source.properties:
        return source.properties[name]
    alike = [column for other, column in source.properties.items() if other.casefold() == name.casefold()]
    if len(alike) == 1:
        return alike[0]
    there = ", ".join(f"“{other}”" for other in source.properties)
    raise BadInput(f"Notion's “{source.title}” has no property “{name}”; it has {there}.")


def _wrong(column: Property, wanted: str) -> BadInput:
    return BadInput(f"“{column.name}” takes {wanted}.")


def _text(column: Property, value: Any) -> Any:
    if value is not None and not isinstance(value, str):
        raise _wrong(column, "text")
    array = items([Run(value or "")])
    if len(array) > TEXT_ITEMS:
        raise _wrong(column, "at most 200,000 characters; put long text into the page")
    return array


def _number(column: Property, value: Any) -> Any:
    if isinstance(value, str):
        try:
            value = float(value) if re.search(r"[.eE]", value) else int(value)
        except ValueError as error:
            raise _wrong(column, "a number, such as 12.5") from error
    if value is not None and (
        isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value)
    ):
        raise _wrong(column, "a number, such as 12.5")
    return value


def _checkbox(column: Property, value: Any) -> Any:
    if not isinstance(value, bool):
        raise _wrong(column, "true or false")
    return value


def _short(most: int) -> Callable[[Property, Any], Any]:
    def write(column: Property, value: Any) -> Any:
        if value is not None and (not isinstance(value, str) or units(value) > most):
            raise _wrong(column, f"text of at most {most:,} characters")
        return value or None

    return write


def _option(column: Property, value: Any) -> Any:
    if value is None:
        return None
    alike = [name for name in column.options if name == value] or [
        name for name in column.options if isinstance(value, str) and name.casefold() == value.casefold()
    ]
    if len(alike) != 1:
        there = ", ".join(f"“{name}”" for name in column.options) or "none yet; add some in Notion"
        raise BadInput(f"“{column.name}” has no option “{value}”; it has {there}.")
    return {"name": alike[0]}


def _list(column: Property, value: Any) -> list[Any]:
    values = [] if value is None else [value] if isinstance(value, str) else value
    if not isinstance(values, list | tuple):
        raise _wrong(column, "a list of texts")
    if len(values) > REFERENCES:
        raise _wrong(column, f"at most {REFERENCES} values at once")
    return list(values)


def _options(column: Property, value: Any) -> Any:
    return [_option(column, name) for name in _list(column, value) if name is not None]


def _relation(column: Property, value: Any) -> Any:
    values = _list(column, value)
    if not all(isinstance(page, str) for page in values):
        raise _wrong(column, "a list of links to pages, or of their ids")
    return [{"id": notion_id(page)} for page in values]


def _write_date(column: Property, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(value, Period):
        value = json_value(value)
    try:
        if isinstance(value, Mapping):
            start, end = _iso(value["start"]), _iso(value["end"]) if value.get("end") else None
            return {"start": start, "end": end} if end else {"start": start}
        return {"start": _iso(value)}
    except (KeyError, TypeError, ValueError) as error:
        raise _wrong(column, "a day such as 2026-11-22, or a time with its zone") from error


def _iso(value: Any) -> str:
    if not isinstance(value, str | dt.date):
        raise TypeError(value)
    moment = _strict_date(value) if isinstance(value, str) else value
    if isinstance(moment, dt.datetime) and moment.tzinfo is None:
        raise ValueError("Without a zone nobody knows which instant it is.")
    return moment.isoformat()


def _strict_date(text: str) -> dt.date:
    return dt.date.fromisoformat(text) if len(text) == 10 else dt.datetime.fromisoformat(text)


_WRITERS: dict[str, Callable[[Property, Any], Any]] = {
    "title": _text,
    "rich_text": _text,
    "number": _number,
    "checkbox": _checkbox,
    "url": _short(TEXT_UNITS),
    "email": _short(ADDRESS_UNITS),
    "phone_number": _short(ADDRESS_UNITS),
    "select": _option,
    "status": _option,
    "multi_select": _options,
    "relation": _relation,
    "date": _write_date,
}
