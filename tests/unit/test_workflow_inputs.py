"""A workflow's inputs in plain words: what code reads, what it leaves open, and what it refuses to do by half."""

from __future__ import annotations

import contextlib
import datetime as dt
import time
from typing import Any

import pytest
from n8n_house import REGISTRY

from assistant.actions.effects import Effect, Repeat
from assistant.agent.routing import by_rule
from assistant.errors import BadInput
from integrations.n8n_service import N8N
from integrations.n8n_workflows import AllowedWorkflow, parse_workflows
from tools import all_performers, all_tools
from tools.workflow_calls import performer_of, said_by_n8n
from tools.workflow_inputs import made_of, read, take_phrase

ALLOWED = parse_workflows(REGISTRY, file="workflows.toml")
TODAY = dt.date(2026, 11, 22)
LISTS = AllowedWorkflow(
    name="tag_notes",
    label="Tag notes",
    path="x",
    inputs={
        "type": "object",
        "additionalProperties": False,
        "required": ["tags", "share"],
        "properties": {
            "tags": {"type": "array", "items": {"type": "string"}},
            "share": {"type": "number"},
            "dry_run": {"type": "boolean"},
        },
    },
    examples=("tag the notes",),
    answers="sync",
    idempotent=True,
    effect="write",
    undo="Untag them.",
)


@pytest.mark.parametrize(
    ("name", "text", "inputs"),
    [
        ("photo_import", "run the photo import with folder Camera", {"folder": "Camera"}),
        ("photo_import", "import the photos from Camera", {"folder": "Camera"}),
        ("photo_import", "run the photo import from /mnt/card/DCIM", {"folder": "/mnt/card/DCIM"}),
        ("photo_import", "kick off the photo import, the folder is DCIM", {"folder": "DCIM"}),
        ("photo_import", "run the photo import on the folder called Holidays 2026", {"folder": "Holidays 2026"}),
        ("photo_import", "photo import: folder=Camera, newest=1,000", {"folder": "Camera", "newest": 1000}),
        (
            "photo_import",
            "put the new photos from the Camera folder into the album Summer",
            {"folder": "Camera", "album": "Summer"},
        ),
        (
            "photo_import",
            "run it for folder “Camera Roll”, album Summer in Rome, newest 10",
            {"folder": "Camera Roll", "album": "Summer in Rome", "newest": 10},
        ),
        ("photo_import", "import the 10 newest photos from Camera, thanks!", {"folder": "Camera", "newest": 10}),
        ("photo_archive", "archive the album Summer in the photo archive", {"album": "Summer"}),
        ("photo_archive", "run the photo archive, the album is called “A, B and C”", {"album": "A, B and C"}),
        ("newsletter", "send the newsletter to the FAMILY, no pictures", {"group": "family", "with_pictures": False}),
        ("newsletter", "send the newsletter with pictures: yes, group club", {"group": "club", "with_pictures": True}),
        ("backup", "run the nightly backup with keep_days=7", {"keep_days": 7}),
        ("backup", "make a backup of the house now", {}),
        ("invoice_report", "make the invoice report for yesterday", {"day": "2026-11-21"}),
        ("invoice_report", "make the invoice report for 2026-10-31", {"day": "2026-10-31"}),
    ],
)  # fmt: skip
def test_what_the_words_say_is_read(name: str, text: str, inputs: dict[str, Any]) -> None:
    said = read(text, ALLOWED.named(name), today=TODAY)
    assert (said.inputs, said.missing) == (inputs, [])
    ALLOWED.named(name).check(said.inputs)


def test_lists_switches_and_numbers_with_a_fraction_are_read() -> None:
    said = read("tag the notes, tags: red, “deep blue” and green; share 0.5 and dry run: no", LISTS, today=TODAY)
    assert said.inputs == {"tags": ["red", "deep blue", "green"], "share": 0.5, "dry_run": False}
    assert read("tag the notes with tags a and b; 2", LISTS, today=TODAY).inputs["share"] == 2


@pytest.mark.parametrize(
    ("name", "text", "missing"),
    [
        ("photo_import", "run the photo import", ["folder"]),
        ("photo_import", "run the photo import again", ["folder"]),
        ("photo_import", "run the photo import for me", ["folder"]),
        ("photo_import", "run the photo import of last weekend", ["folder"]),
        ("photo_import", "run the photo import from Camera into Summer", ["folder"]),
        ("photo_import", "run the photo import from “Camera” to “Summer”", ["folder"]),
        ("newsletter", "send the newsletter to everyone", ["group"]),
        ("invoice_report", "make the invoice report for May", ["day"]),
    ],
)
def test_what_is_not_clear_is_left_open(name: str, text: str, missing: list[str]) -> None:
    assert read(text, ALLOWED.named(name), today=TODAY).missing == missing


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("photo_import", "don't run the photo import from Camera", "sounds like a no"),
        ("backup", "stop the nightly backup", "sounds like a no"),
        ("backup", "did the nightly backup work?", "sounds like a question"),
        ("photo_import", "run the photo import tomorrow with folder A", "now and not “tomorrow”"),
        ("backup", "run the nightly backup every Friday", "now and not “every"),
        ("backup", "run the nightly backup when I leave", "now and not “when”"),
        ("backup", "run the nightly backup, keep 30 days", "what “30” is for"),
        ("backup", "run the nightly backup of my laptop", "what “laptop” is for"),
        ("backup", "run the nightly backup “fast”", "what “fast” is for"),
        ("photo_import", "run the photo import with folder A and resolution high", "cannot tell where the folder"),
        ("photo_import", "run the photo import from Camera, newest 2.5", "is a whole number"),
        ("newsletter", "send the newsletter to the family but not to the club", "club or family"),
        ("invoice_report", "make the invoice report for 2026-13-40", "is no day"),
    ],
)
def test_what_would_be_done_by_half_is_refused(name: str, text: str, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        read(text, ALLOWED.named(name), today=TODAY)


def test_what_a_model_read_counts_only_as_a_whole_phrase_that_is_no_word_of_the_command() -> None:
    for value in ("sea", "holidays", "photo import", "run", "nothing like it"):
        said = read("run the photo import and take my holidays by the sea", ALLOWED.named("photo_import"), today=TODAY)
        take_phrase(said, "folder", value)
        assert said.missing == ["folder"], value
    take_phrase(said, "folder", "HOLIDAYS by the sea")
    assert said.inputs == {"folder": "holidays by the sea"}
    assert made_of("please run the photo imports", ALLOWED.named("photo_import"))
    assert not made_of("run the holidays", ALLOWED.named("photo_import"))


def test_a_long_message_costs_little() -> None:
    start = time.process_time()
    for text in (
        "run the photo import with " + "folder and " * 400,
        "run " + "a from " * 800,
        "“" * 3000,
        "run " * 1500,
    ):
        with contextlib.suppress(BadInput):
            read(text, ALLOWED.named("photo_import"), today=TODAY)
        by_rule(text)
    assert time.process_time() - start < 3


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("run the backup workflow", "run_workflow"),
        ("please kick off my n8n automation for invoices", "run_workflow"),
        ("could you import the photos from Camera?", "run_workflow"),
        ("list my n8n workflows", "list_workflows"),
        ("which workflows can you run?", "list_workflows"),
        ("show me the last n8n executions", "workflow_history"),
        ("did the photo import workflow run?", "workflow_history"),
        ("did any automation fail?", "workflow_history"),
        ("what ran in n8n lately?", "workflow_history"),
    ],
)
def test_the_unmistakable_is_found_without_a_model(text: str, name: str) -> None:
    route = by_rule(text)
    assert route is not None
    assert route.name == name


@pytest.mark.parametrize(
    "text",
    [
        "what did I write about the n8n workflow?",
        "remember that the workflow runs at 8",
        "did the workflows on GitHub pass?",
        "run the GitHub workflow again",
        "who maintains n8n?",
    ],
)
def test_talking_about_workflows_runs_none(text: str) -> None:
    route = by_rule(text)
    assert route is None or route.name != "run_workflow"


def test_each_way_to_run_a_workflow_has_its_performer() -> None:
    performers = all_performers()
    for each in ALLOWED:
        found = performers[performer_of(each)]
        assert (found.effect.value, found.repeat is Repeat.IDEMPOTENT) == (each.effect, each.idempotent)
    ways = {each.tool: each.effect for each in performers.values() if each.service == N8N.name}
    assert len(ways) == 6
    assert ways["n8n_run_destructive"] is Effect.DESTRUCTIVE
    assert performers["n8n_run_once"].repeat is Repeat.NEVER


def test_every_tool_has_examples_enough_and_what_changes_something_waits_for_an_approval() -> None:
    for tool in all_tools().values():
        if tool.function.__module__ == "tools.workflows":
            assert len(set(tool.examples)) >= 8 or tool.name == "run_this_workflow"
            assert tool.outside is (tool.effect is not Effect.READ)


def test_the_owners_n8n_may_be_called_wherever_it_is() -> None:
    assert N8N.addresses({"address": "http://127.0.0.1:5678"}) == [("http://127.0.0.1:5678", True)]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"imported": 4, "album": "Summer"}, "imported: 4, album: Summer"),
        ({"deep": {"a": [1]}}, '{"deep": {"a": [1]}}'),
        ("a” b\nc\x1b[2J", "a\" b c\N{REPLACEMENT CHARACTER}[2J"),
        ("x" * 600, "x" * 499 + "…"),
    ],
)  # fmt: skip
def test_what_n8n_says_is_one_line_that_cannot_act(value: Any, words: str) -> None:
    assert said_by_n8n(value) == words


@pytest.mark.parametrize(
    ("on", "needed", "why"),
    [
        (["memory.added"], ["folder"], "an event cannot fill folder"),
        (["memory.forgotten"], ["text"], "has no text"),
        (["memory.renamed"], [], "on"),
        (["memory.added", "memory.added"], [], "on"),
    ],
)
def test_a_rule_that_no_event_can_fill_is_refused(on: list[str], needed: list[str], why: str) -> None:
    properties = "\n".join(f'properties.{each} = {{ type = "string" }}' for each in needed)
    text = (
        f'[[workflow]]\nname = "x"\nlabel = "X"\npath = "x"\nanswers = "sync"\nidempotent = true\neffect = "write"\n'
        f'undo = "None."\nexamples = ["run x"]\non = {on}\n[workflow.inputs]\ntype = "object"\n'
        f"additionalProperties = false\nrequired = {needed}\n{properties}\n"
    )
    with pytest.raises(BadInput, match=why):
        parse_workflows(text, file="workflows.toml")


def test_the_fingerprint_changes_with_what_was_approved_and_not_with_examples_or_rules() -> None:
    def fingerprint(before: str, after: str) -> str:
        assert before in REGISTRY
        return parse_workflows(REGISTRY.replace(before, after, 1), file="w.toml").named("photo_import").fingerprint

    same = ALLOWED.named("photo_import").fingerprint
    assert fingerprint('"import the photos from Camera", ', "") == same
    for before, after in (
        ("maxLength = 200", "maxLength = 201"),
        ('path = "twinning/photo-import"', 'path = "other"'),
        ('label = "Photo import"', 'label = "Photos"'),
        ("idempotent = true", "idempotent = false"),
        ('effect = "write"', 'effect = "destructive"'),
        ('answers = "sync"', 'answers = "callback"'),
        ("Delete the imported album", "Nothing"),
    ):
        assert fingerprint(before, after) != same
