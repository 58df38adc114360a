"""n8n without n8n: the registry, the body, the signatures and the deliveries."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from assistant.errors import BadInput, NotAllowed, NotFound
from integrations.n8n import trigger_body
from integrations.n8n_deliveries import (
    BODY_BYTES,
    SIGNATURE_HEADER,
    Finished,
    MailArrived,
    MemoryOffered,
    SummaryRequested,
    sign,
    verify,
    verify_callback,
)
from integrations.n8n_workflows import load_workflows, parse_workflows

DEPLOY = Path(__file__).parents[2] / "deploy" / "n8n"
EXAMPLE = DEPLOY / "workflows.example.toml"
SHIPPED = sorted((DEPLOY / "workflows").glob("*.json"))
NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
KEY = "a key ü"

ONE = {
    "name": "photo_import",
    "label": "Photo import",
    "path": "twinning/photo-import",
    "answers": "sync",
    "idempotent": True,
    "effect": "write",
    "undo": "Delete the album.",
    "examples": ["run the photo import"],
    "inputs": {
        "type": "object",
        "additionalProperties": False,
        "required": ["folder"],
        "properties": {"folder": {"type": "string"}, "newest": {"type": "integer", "minimum": 1}},
    },
}


def registry(*changes: dict[str, Any]) -> str:
    return json.dumps({"workflow": [{**ONE, **change} for change in changes]})


# The registry


def test_the_example_registry_is_read() -> None:
    allowed = load_workflows(EXAMPLE)
    assert {each.name for each in allowed} == {"photo_import", "photo_archive", "memory_event"}
    assert allowed.named("photo_archive").answers == "callback"
    assert allowed.named("photo_import").examples[0] == "run the photo import"


def test_the_example_registry_names_webhooks_that_are_shipped() -> None:
    paths = {
        node["parameters"]["path"]
        for path in SHIPPED
        for node in json.loads(path.read_text("utf-8"))["nodes"]
        if node["type"] == "n8n-nodes-base.webhook"
    }
    assert {each.path for each in load_workflows(EXAMPLE)} == paths


def test_no_file_allows_nothing(tmp_path: Path) -> None:
    allowed = load_workflows(tmp_path / "workflows.toml")
    assert len(allowed) == 0
    with pytest.raises(NotFound, match="none yet"):
        allowed.named("photo_import")


def test_a_workflow_that_is_not_in_the_file_is_not_found() -> None:
    with pytest.raises(NotFound, match="photo_import"):
        parse_workflows(registry({}), file="w.json").named("rm_rf")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "Photo Import"}, "name"),
        ({"path": "../rest/workflows"}, "path"),
        ({"path": "/absolute"}, "path"),
        ({"path": "a?b=c"}, "path"),
        ({"path": "a\n"}, "path"),
        ({"answers": "later"}, "answers"),
        ({"idempotent": "yes"}, "idempotent"),
        ({"effect": "read"}, "effect"),
        ({"undo": ""}, "undo"),
        ({"examples": []}, "examples"),
        ({"inputs": {"type": "object"}}, "inputs"),
        ({"inputs": {"type": "string", "additionalProperties": False}}, "inputs"),
        ({"inputs": {**ONE["inputs"], "required": "folder"}}, "inputs.required"),  # type: ignore[dict-item]
        ({"inputs": {**ONE["inputs"], "properties": {"x": {"$ref": "http://127.0.0.1/x"}}}}, r"\$ref"),  # type: ignore[dict-item]
        ({"secret": "x"}, "secret"),
    ],
)
def test_a_wrong_entry_is_refused_and_named(change: dict[str, Any], field: str) -> None:
    with pytest.raises(BadInput, match=rf"w\.json, workflow 2( \(\w+\))?.*{field}"):
        parse_workflows(registry({"name": "first", "path": "first"}, change), file="w.json")


def test_a_missing_field_is_named() -> None:
    entry = {name: value for name, value in ONE.items() if name != "undo"}
    with pytest.raises(BadInput, match="undo"):
        parse_workflows(json.dumps({"workflow": [entry]}), file="w.json")


@pytest.mark.parametrize("change", [{"path": "other"}, {"name": "other"}])
def test_names_and_paths_are_taken_once(change: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match=r"workflow 2.*taken"):
        parse_workflows(registry({}, change), file="w.json")


def test_an_error_in_toml_names_its_line() -> None:
    text = EXAMPLE.read_text("utf-8").replace('answers = "callback"', 'answers = "later"')
    line = text[: text.index('name = "photo_archive"')].count("\n")
    with pytest.raises(BadInput, match=rf"w\.toml, from line {line}, workflow 2 \(photo_archive\), answers"):
        parse_workflows(text, file="w.toml")
    with pytest.raises(BadInput, match="line 2"):
        parse_workflows("[[workflow]]\nname = \n", file="w.toml")
    with pytest.raises(BadInput, match="line 2"):
        parse_workflows('{"workflow":\n x}', file="w.json")


@pytest.mark.parametrize("data", [b"\xff\xfe", b"x" * (256 * 1024 + 1)])
def test_a_file_that_is_no_registry_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "workflows.toml"
    path.write_bytes(data)
    with pytest.raises(BadInput, match=r"workflows\.toml"):
        load_workflows(path)


# Inputs and the body


@pytest.mark.parametrize(
    ("inputs", "named"),
    [
        ({}, "folder"),
        ({"folder": 7}, "folder"),
        ({"folder": "A", "newest": 0}, "newest"),
        ({"folder": "A", "newest": True}, "newest"),
        ({"folder": "A", "url": "http://evil"}, "url"),
    ],
)
def test_inputs_outside_the_schema_make_no_body(inputs: dict[str, Any], named: str) -> None:
    workflow = parse_workflows(registry({}), file="w.json").named("photo_import")
    with pytest.raises(BadInput, match=named):
        trigger_body(workflow, inputs, idempotency_key="k", callback_url=None)


def test_the_same_call_has_the_same_bytes() -> None:
    workflow = parse_workflows(registry({}), file="w.json").named("photo_import")
    one = trigger_body(workflow, {"folder": "Ü", "newest": 2}, idempotency_key="k", callback_url=None)
    two = trigger_body(workflow, {"newest": 2, "folder": "Ü"}, idempotency_key="k", callback_url=None)
    assert one == two
    assert one.decode() == '{"idempotency_key":"k","inputs":{"folder":"Ü","newest":2},"workflow":"photo_import"}'


@pytest.mark.parametrize("key", ["", "with space", "line\nbreak", "ü", "x" * 201])
def test_a_key_that_is_no_header_is_refused(key: str) -> None:
    workflow = parse_workflows(registry({}), file="w.json").named("photo_import")
    with pytest.raises(BadInput, match="key"):
        trigger_body(workflow, {"folder": "A"}, idempotency_key=key, callback_url=None)


@pytest.mark.parametrize(("answers", "url"), [("sync", "http://127.0.0.1/hooks/n8n"), ("callback", None)])
def test_a_callback_address_goes_with_callbacks_only(answers: str, url: str | None) -> None:
    workflow = parse_workflows(registry({"answers": answers}), file="w.json").named("photo_import")
    with pytest.raises(BadInput, match=r"callback|at once"):
        trigger_body(workflow, {"folder": "A"}, idempotency_key="k", callback_url=url)


@pytest.mark.parametrize("folder", ["x" * (BODY_BYTES + 1), "\ud800"])
def test_what_cannot_be_sent_is_refused(folder: str) -> None:
    workflow = parse_workflows(registry({}), file="w.json").named("photo_import")
    with pytest.raises(BadInput):
        trigger_body(workflow, {"folder": folder}, idempotency_key="k", callback_url=None)


# Signatures


def test_the_signature_is_what_the_document_says() -> None:
    seconds = int(NOW.timestamp())
    mac = hmac.new(KEY.encode(), f"{seconds}.trigger.".encode() + b"{}", hashlib.sha256).hexdigest()
    assert sign(b"{}", key=KEY, purpose="trigger", now=NOW) == f"t={seconds},v1={mac}"


def test_a_good_signature_passes_until_five_minutes_later() -> None:
    signature = sign(b"{}", key=KEY, purpose="deliver", now=NOW)
    for off in (timedelta(minutes=-5), timedelta(), timedelta(minutes=5)):
        verify(signature, b"{}", key=KEY, purpose="deliver", now=NOW + off)
    for off in (timedelta(minutes=-5, seconds=-1), timedelta(minutes=5, seconds=1)):
        with pytest.raises(NotAllowed, match="clocks"):
            verify(signature, b"{}", key=KEY, purpose="deliver", now=NOW + off)


def test_what_is_not_signed_for_this_is_refused() -> None:
    good = sign(b"{}", key=KEY, purpose="deliver", now=NOW)
    for signature, body, key in [
        (good, b"{ }", KEY),
        (good, b"{}", "another"),
        (good, b"{}", ""),
        (sign(b"{}", key="", purpose="deliver", now=NOW), b"{}", ""),
        (sign(b"{}", key=KEY, purpose="trigger", now=NOW), b"{}", KEY),
        (good.replace("t=1", "t=2"), b"{}", KEY),
        (good.upper(), b"{}", KEY),
        (good + "\n", b"{}", KEY),
        (good[:-1], b"{}", KEY),
        ("t=١٢٣,v1=" + "0" * 64, b"{}", KEY),
        ("", b"{}", KEY),
    ]:
        with pytest.raises(NotAllowed):
            verify(signature, body, key=key, purpose="deliver", now=NOW)


# Deliveries


def delivered(said: Any, *, now: datetime = NOW) -> Any:
    body = json.dumps(said).encode()
    headers = {SIGNATURE_HEADER.lower(): sign(body, key=KEY, purpose="deliver", now=NOW)}
    return verify_callback(headers, body, key=KEY, now=now)


FINISHED = {"id": "1", "kind": "finished", "workflow": "w", "idempotency_key": "k", "ok": True, "result": [1]}
MEMORY = {"id": "2", "kind": "memory", "source": "github", "source_id": "s", "text": "t",
          "happened_at": "2026-05-01T09:30:00Z"}  # fmt: skip
MAIL = {"id": "3", "kind": "mail", "message_id": "<m>", "sender": "bo", "subject": "", "text": "",
        "received_at": "2026-05-01T09:30:00+02:00"}  # fmt: skip


def test_each_kind_of_delivery_is_read() -> None:
    assert delivered(FINISHED) == Finished("1", "w", "k", True, None, [1], "")
    assert delivered(MEMORY) == MemoryOffered("2", "github", "s", "t", datetime(2026, 5, 1, 9, 30, tzinfo=UTC), "")
    mail = delivered(MAIL)
    assert isinstance(mail, MailArrived)
    assert mail.received_at == datetime(2026, 5, 1, 7, 30, tzinfo=UTC)
    assert delivered({"id": "4", "kind": "summary"}) == SummaryRequested("4")


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ([], "kind"),
        ({"kind": "erase"}, "kind"),
        ({"kind": ["memory"]}, "kind"),
        ({**FINISHED, "ok": "yes"}, "ok"),
        ({**FINISHED, "grant": "all"}, "additionalProperties"),
        ({**MEMORY, "happened_at": "yesterday"}, "happened_at"),
        ({**MEMORY, "happened_at": "2026-05-01T09:30:00"}, "zone"),
        ({**MEMORY, "source": "The Owner"}, "source"),
        ({**MEMORY, "text": "x" * 200_001}, "text"),
        ({**MAIL, "id": ""}, "id"),
    ],
)
def test_a_delivery_outside_the_format_is_refused_and_named(said: Any, field: str) -> None:
    with pytest.raises(BadInput, match=field):
        delivered(said)


def test_what_the_database_cannot_hold_is_replaced() -> None:
    assert delivered({**MEMORY, "text": "cut \ud83d, nul \0, whole 😀"}).text == "cut \ufffd, nul \ufffd, whole 😀"


def test_private_text_is_not_repeated_in_the_refusal() -> None:
    with pytest.raises(BadInput) as refused:
        delivered({**MAIL, "subject": ["my diagnosis"]})
    assert "diagnosis" not in str(refused.value)


@pytest.mark.parametrize("body", [b"", b"no json", b"\xff", b"[" * 100_000, b'{"kind": NaN}'])
def test_signed_rubbish_is_bad_input(body: bytes) -> None:
    headers = {SIGNATURE_HEADER: sign(body, key=KEY, purpose="deliver", now=NOW)}
    with pytest.raises(BadInput):
        verify_callback(headers, body, key=KEY, now=NOW)


def test_nothing_is_parsed_before_the_signature_is_good() -> None:
    with pytest.raises(NotAllowed):
        verify_callback({}, b"no json", key=KEY, now=NOW)
    with pytest.raises(NotAllowed):
        delivered(MEMORY, now=NOW + timedelta(minutes=6))
