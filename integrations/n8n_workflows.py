"""The n8n workflows that may be triggered from here: a file of the person's, read strictly.

The file is TOML (or JSON with the same names), one `[[workflow]]` each:

    [[workflow]]
    name = "photo_import"                 # what tools and logs call it: a-z, 0-9, _
    label = "Photo import"                # what the person sees
    path = "twinning/photo-import"        # the webhook's path in n8n, without /webhook/
    answers = "sync"                      # the webhook answers with the result; "callback": it accepts, and posts later
    idempotent = true                     # it does one thing once for the same Idempotency-Key
    effect = "write"                      # or "destructive": deletes, sends, pays or publishes
    undo = "Delete the album in the photo service."
    examples = ["run the photo import", "import my photos from the camera"]
    on = ["memory.added"]                 # may be left out: events of memory that propose it; see EVENTS, EVENT_INPUTS

    [workflow.inputs]                     # JSON Schema, draft 2020-12; an object that is closed
    type = "object"
    additionalProperties = false
    required = ["folder"]
    properties.folder = { type = "string", minLength = 1, maxLength = 200, description = "Folder with the photos." }

A workflow that is not in the file cannot be triggered.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from jsonschema import Draft202012Validator, SchemaError

from assistant.errors import BadInput, NotFound

FILE_BYTES = 256 * 1024
"""A registry is written by hand; a larger file is something else."""

EVENTS = ("memory.added", "memory.corrected", "memory.forgotten", "memory.contradiction")
"""What a rule (`on`) may name. Of a contradiction the text is what no longer holds."""
EVENT_INPUTS = ("event", "memory_id", "text", "source", "happened_at")
"""The inputs that an event can fill; `event` is its name without "memory.", and what is forgotten has no text."""

_FILE = Draft202012Validator(
    {
        "type": "object",
        "additionalProperties": False,
        "required": ["workflow"],
        "properties": {
            "workflow": {
                "type": "array",
                "maxItems": 100,
                "items": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": [
                        "name", "label", "path", "inputs", "examples", "answers", "idempotent", "effect", "undo",
                    ],
                    "properties": {
                        "name": {"type": "string", "pattern": r"^[a-z][a-z0-9_]{0,39}\Z"},
                        "label": {"type": "string", "pattern": r"^[^\x00-\x1f\x7f]{1,80}\Z"},
                        "path": {"type": "string", "maxLength": 200, "pattern": r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*\Z"},
                        "inputs": {"type": "object"},
                        "examples": {
                            "type": "array",
                            "minItems": 1,
                            "maxItems": 20,
                            "items": {"type": "string", "minLength": 3, "maxLength": 200},
                        },
                        "answers": {"enum": ["sync", "callback"]},
                        "idempotent": {"type": "boolean"},
                        "effect": {"enum": ["write", "destructive"]},
                        "undo": {"type": "string", "minLength": 3, "maxLength": 300},
                        "on": {"type": "array", "uniqueItems": True, "items": {"enum": list(EVENTS)}},
                    },
                },
            }
        },
    }
)  # fmt: skip


@dataclass(frozen=True)
class AllowedWorkflow:
    """One workflow that may be triggered.

    Attributes:
        inputs: JSON Schema of its inputs; always a closed object.
        examples: Sentences that mean it, for routing.
        answers: "sync": the webhook's answer is the result. "callback": the result is posted to us later.
        idempotent: The same idempotency key twice is one effect; so it may be sent again after a failure.
        undo: How the person can take it back, or that they cannot.
        on: Events that propose it by themselves; out of EVENTS.
    """

    name: str
    label: str
    path: str
    inputs: Mapping[str, Any]
    examples: tuple[str, ...]
    answers: Literal["sync", "callback"]
    idempotent: bool
    effect: Literal["write", "destructive"]
    undo: str
    on: tuple[str, ...] = ()

    @property
    def fingerprint(self) -> str:
        """Changes with everything that an approval of this workflow stands on; 32 hexadecimal digits."""
        stands_on = {
            "name": self.name,
            "label": self.label,
            "path": self.path,
            "answers": self.answers,
            "idempotent": self.idempotent,
            "effect": self.effect,
            "undo": self.undo,
            "inputs": self.inputs,
        }
        return hashlib.sha256(json.dumps(stands_on, sort_keys=True, default=str).encode()).hexdigest()[:32]

    def check(self, inputs: Mapping[str, Any]) -> None:
        """Compares inputs with the schema.

        Raises:
            BadInput: they do not fit; the text names the input.
        """
        # The shallowest first: "folder is missing" before what is wrong within another input.
        wrong = sorted(Draft202012Validator(self.inputs).iter_errors(dict(inputs)), key=lambda each: len(each.path))
        if wrong:
            where = ".".join(str(part) for part in wrong[0].absolute_path)
            named = f"its input “{where}”: " if where else ""
            raise BadInput(f"“{self.label}” does not take this ({named}{_shortened(wrong[0].message)}); correct it.")


@dataclass(frozen=True)
class AllowedWorkflows:
    """All of them, by name."""

    by_name: Mapping[str, AllowedWorkflow]

    def __iter__(self) -> Iterator[AllowedWorkflow]:
        return iter(self.by_name.values())

    def __len__(self) -> int:
        return len(self.by_name)

    def named(self, name: str) -> AllowedWorkflow:
        """The one with this name.

        Raises:
            NotFound: it is not in the person's file.
        """
        found = self.by_name.get(name)
        if found is None:
            known = ", ".join(sorted(self.by_name)) or "none yet"
            raise NotFound(f"There is no allowed n8n workflow of this name; allowed are: {known}.")
        return found


def load_workflows(path: Path) -> AllowedWorkflows:
    """Reads the person's file; a file that is not there allows nothing.

    Raises:
        BadInput: it cannot be read, or an entry is wrong; the text names the file, the line and the field.
    """
    try:
        with path.open("rb") as file:
            data = file.read(FILE_BYTES + 1)
    except FileNotFoundError:
        return AllowedWorkflows({})
    except OSError as error:
        raise BadInput(f"{path.name} cannot be read ({error.strerror}); make it a file that you may read.") from error
    if len(data) > FILE_BYTES:
        raise BadInput(f"{path.name} is over 256 KB; it should hold allowed workflows and nothing else.")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise BadInput(f"{path.name} is not UTF-8; save it as UTF-8.") from error
    return parse_workflows(text, file=path.name)


def parse_workflows(text: str, *, file: str) -> AllowedWorkflows:
    """Reads a registry; JSON when the file's name ends in `.json`, else TOML. See `load_workflows` for the errors."""
    whole = _parsed(text, file=file)
    lines = _lines(text) if not file.endswith(".json") else []
    for wrong in _FILE.iter_errors(whole):
        raise BadInput(f"{_place(file, lines, whole, list(wrong.absolute_path))}: {_shortened(wrong.message)}.")
    found: dict[str, AllowedWorkflow] = {}
    paths: set[str] = set()
    for index, entry in enumerate(whole["workflow"]):
        place = _place(file, lines, whole, ["workflow", index])
        if entry["name"] in found or entry["path"] in paths:
            raise BadInput(f"{place}: its name or its path is taken by another workflow; give it one of its own.")
        _check_schema(entry["inputs"], place=place)
        _check_rules(entry, place=place)
        paths.add(entry["path"])
        lists = {"examples": tuple(entry["examples"]), "on": tuple(entry.get("on", ()))}
        found[entry["name"]] = AllowedWorkflow(**{**entry, **lists})
    return AllowedWorkflows(found)


def _parsed(text: str, *, file: str) -> dict[str, Any]:
    try:
        whole = json.loads(text) if file.endswith(".json") else tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:  # its text names the line
        raise BadInput(f"{file} is not TOML: {error}.") from error
    except json.JSONDecodeError as error:
        raise BadInput(f"{file} is not JSON: {error.msg} (at line {error.lineno}, column {error.colno}).") from error
    except RecursionError as error:
        raise BadInput(f"{file} is nested too deeply.") from error
    if not isinstance(whole, dict):
        raise BadInput(f"{file} must be an object with the list `workflow`.")
    return whole


def _check_schema(schema: Mapping[str, Any], *, place: str) -> None:
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        where = ".".join(["inputs", *(str(part) for part in error.absolute_path)])
        raise BadInput(f"{place}, {where}: {_shortened(error.message)}.") from error
    if schema.get("type") != "object" or schema.get("additionalProperties") is not False:
        raise BadInput(f'{place}, inputs: needs type = "object" and additionalProperties = false.')
    # A reference would be followed to wherever it points, and the person could not see the inputs in one place.
    if any(word in json.dumps(schema, default=str) for word in ('"$ref"', '"$dynamicRef"')):
        raise BadInput(f"{place}, inputs: write the schema out; $ref is not followed.")


def _check_rules(entry: Mapping[str, Any], *, place: str) -> None:
    """An event must be able to fill what the workflow needs: nobody is there to be asked."""
    needed = set(entry["inputs"].get("required", ())) if entry.get("on") else set()
    if unknown := sorted(needed - set(EVENT_INPUTS)):
        raise BadInput(f"{place}, on: an event cannot fill {', '.join(unknown)}; it has {', '.join(EVENT_INPUTS)}.")
    if "text" in needed and "memory.forgotten" in entry["on"]:
        raise BadInput(f"{place}, on: what is forgotten has no text, so the input text must not be required.")


def _lines(text: str) -> list[int]:
    """The line on which each `[[workflow]]` begins."""
    return [
        number
        for number, line in enumerate(text.splitlines(), 1)
        if re.match(r"\s*\[\[\s*[\"']?workflow[\"']?\s*\]\]", line)
    ]


def _place(file: str, lines: list[int], whole: Mapping[str, Any], path: list[Any]) -> str:
    """Where something is, in words: "workflows.toml, line 12, workflow 2 (photo_import), answers"."""
    if len(path) < 2:
        return ", ".join([file, *map(str, path)])
    index, rest = path[1], path[2:]
    entry = whole["workflow"][index]
    name = entry.get("name") if isinstance(entry, dict) else None
    # A table of the same name within a text would shift the count; then no line is better than a wrong one.
    line = [f"from line {lines[index]}"] if len(lines) == len(whole["workflow"]) else []
    named = f"workflow {index + 1}" + (f" ({name})" if isinstance(name, str) else "")
    return ", ".join([file, *line, named, *([".".join(map(str, rest))] if rest else [])])


def _shortened(text: str) -> str:
    return (text if len(text) <= 200 else text[:200] + "…").rstrip(".")
