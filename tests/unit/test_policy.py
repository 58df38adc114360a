"""Which calls run, ask or are refused; and which standing grants are too wide, or do not cover a call."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import pytest

from assistant.actions import policy
from assistant.actions.effects import Effect
from assistant.actions.proposals import Proposal
from assistant.labels import NOTHING, Confidentiality, Labels

PUBLIC_NOTE = {"text": "see you on Sunday"}
SHAPE = {
    "type": "object",
    "additionalProperties": False,
    "properties": {"text": {"type": "string", "maxLength": 200}},
}
SOMEBODY = Labels(frozenset({"mail of mallory"}))


def proposal(
    effect: Effect = Effect.WRITE,
    *,
    tool: str = "post",
    account: str = "ana",
    target: str = "grandma",
    arguments: dict[str, Any] | None = None,
    labels: Labels = NOTHING,
    publishes: bool = False,
) -> Proposal:
    return Proposal(
        tool=tool,
        version=1,
        service="letterbox",
        effect=effect,
        account=account,
        person=UUID(int=1),
        arguments=PUBLIC_NOTE if arguments is None else arguments,
        labels=labels,
        expires_at=dt.datetime(2026, 3, 1, tzinfo=dt.UTC),
        target=target,
        publishes=publishes,
    )


@dataclass
class Grant:
    tool: str = "post"
    account: str = "ana"
    target: str = "grandma"
    arguments: dict[str, Any] = field(default_factory=lambda: SHAPE)
    id: UUID = field(default_factory=uuid4)


def test_a_grant_covers_exactly_what_it_names() -> None:
    grant = Grant()
    verdict = policy.authorise(proposal(), [grant])
    assert (verdict.state, verdict.grant) == ("granted", grant.id)


@pytest.mark.parametrize(
    "asked",
    [
        proposal(tool="post_all"),
        proposal(account="ben"),
        proposal(account=""),
        proposal(target="mallory"),
        proposal(target="Grandma"),
        proposal(target="grandma "),
        proposal(target=""),
        proposal(arguments={"text": "x" * 201}),
        proposal(arguments={"text": 5}),
        proposal(arguments={"text": None}),
        proposal(arguments={"text": ["see you"]}),
        proposal(arguments={"text": "see you", "bcc": "mallory"}),
        proposal(labels=SOMEBODY),
        proposal(labels=Labels(classes=frozenset({Confidentiality.HEALTH}))),
        proposal(labels=Labels(classes=frozenset({Confidentiality.FINANCE}))),
        proposal(labels=Labels(classes=frozenset({Confidentiality.SECRET}))),
        proposal(publishes=True),
        proposal(Effect.DESTRUCTIVE),
    ],
    ids=range(18),
)
def test_what_a_grant_does_not_cover_is_asked(asked: Proposal) -> None:
    verdict = policy.authorise(asked, [Grant()])
    assert (verdict.state, verdict.grant) == ("ask", None)


def test_without_a_grant_every_change_is_asked() -> None:
    assert [policy.authorise(proposal(each), []).state for each in Effect] == ["run", "ask", "ask"]


@pytest.mark.parametrize(
    ("labels", "fetches", "state"),
    [
        (NOTHING, True, "run"),
        (SOMEBODY, False, "run"),
        (SOMEBODY, True, "refuse"),
        (SOMEBODY.join(Labels(classes=frozenset({Confidentiality.SECRET}))), False, "refuse"),
        (Labels(classes=frozenset({Confidentiality.SECRET})), False, "run"),
    ],
)
def test_a_question_that_could_carry_something_out_is_refused(labels: Labels, fetches: bool, state: str) -> None:
    assert policy.authorise(proposal(Effect.READ, labels=labels), [Grant()], fetches=fetches).state == state


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "properties": properties}


@pytest.mark.parametrize(
    "schema",
    [
        _object(to={"const": "grandma"}),
        _object(to={"enum": ["grandma", "grandpa"]}, text={"type": "string", "maxLength": 500}),
        _object(code={"type": "string", "maxLength": 8, "pattern": r"^[A-Z]{2}-\d+\Z"}),
        _object(n={"type": "integer", "minimum": 1, "maximum": 9}, loud={"type": "boolean"}),
        _object(labels={"type": "array", "maxItems": 3, "items": {"enum": ["bug", "idea"]}}),
        _object(body={"const": None}),
        {**_object(to={"const": "grandma", "description": "only her"}), "required": ["to"], "description": "letters"},
    ],
)
def test_a_narrow_schema_is_taken(schema: dict[str, Any]) -> None:
    assert policy.grant_schema(schema) == schema


@pytest.mark.parametrize(
    ("schema", "trouble"),
    [
        ({}, '"type": "object"'),
        ({"type": "object"}, "additionalProperties"),
        ({"type": "object", "additionalProperties": True, "properties": {"a": {"const": 1}}}, "additionalProperties"),
        ({"type": "object", "additionalProperties": False}, '"properties"'),
        ({"type": "nonsense"}, "nonsense"),
        (_object(to=True), "may be anything"),
        (_object(to={}), "needs a const"),
        (_object(to={"type": "string"}), "maxLength"),
        (_object(to={"type": "string", "maxLength": 10**9}), "maxLength"),
        (_object(to={"maxLength": 5}), 'one "type"'),  # a number or an object has no length
        (_object(to={"maximum": 5}), 'one "type"'),  # a text has no maximum
        (_object(to={"type": ["string", "object"], "maxLength": 5}), 'one "type"'),
        (_object(to={"type": "object"}), 'one "type"'),
        (_object(to={"type": "string", "maxLength": 9, "pattern": "grandma"}), "begin with"),
        (_object(to={"type": "string", "maxLength": 9, "pattern": "^grandma$"}), r"end with \\Z"),
        (_object(to={"type": "string", "maxLength": 9, "pattern": r"^a|b\Z"}), r"no \|"),
        (_object(to={"type": "string", "maxLength": 9, "pattern": r"^(\Z"}), "is not a 'regex'"),
        (_object(to={"type": "string", "maxLength": 9, "format": "email"}), "may not use format"),
        (_object(n={"type": "integer", "maximum": 9}), "minimum"),
        (_object(to={"type": "array", "items": {"const": "a"}}), "maxItems"),
        (_object(to={"type": "array", "maxItems": 2}), "an item of to may be anything"),
        (_object(to={"anyOf": [{"const": 1}, {}]}), 'one "type"'),
        (_object(to={"$ref": "https://example.org/anything"}), 'one "type"'),
        (_object(to={"const": "a", "$ref": "https://example.org/anything"}), 'one "type"'),
        ({**_object(to={"const": 1}), "patternProperties": {".*": {}}}, "patternProperties"),
        ({**_object(to={"const": 1}), "$defs": {}, "anyOf": [{}]}, r"\$defs and anyOf"),
    ],
)
def test_a_wide_schema_is_refused(schema: dict[str, Any], trouble: str) -> None:
    with pytest.raises(ValueError, match=trouble):
        policy.grant_schema(schema)


def test_an_anchored_pattern_lets_nothing_by() -> None:
    shape = _object(to={"type": "string", "maxLength": 20, "pattern": r"^grandma\Z"})
    grant = Grant(arguments=dict(policy.grant_schema(shape)))
    covered = [
        to
        for to in ("grandma", "grandma\n", "xgrandma", "grandmax", "GRANDMA", "grandma\u200b", "gr\u0430ndma")
        if policy.covers(grant, proposal(arguments={"to": to}))
    ]
    assert covered == ["grandma"]


def test_the_gravest_warning_comes_first() -> None:
    labels = SOMEBODY.join(Labels(classes=frozenset({Confidentiality.HEALTH, Confidentiality.PERSONAL})))
    warned = policy.warnings(proposal(Effect.DESTRUCTIVE, labels=labels, publishes=True))
    assert [each.split()[0] for each in warned] == ["EVERYBODY", "It", "It", "Part"]
    assert "health and personal" in warned[0]
    assert "mail of mallory" in warned[-1]
    assert policy.warnings(proposal()) == []
