"""What the person sees of a proposal is all of it: what is shown can be read back to exactly what is frozen."""

from __future__ import annotations

import datetime as dt
import json
import random
import re
from typing import Any
from uuid import UUID

import pytest

from assistant.actions import display
from assistant.actions.display import visible
from assistant.actions.effects import Effect
from assistant.actions.proposals import Proposal, digest
from assistant.errors import BadInput
from assistant.labels import NOTHING, Confidentiality, Labels

KEY = UUID(int=7)
NASTY = (
    *"ab \n\t\r\x00\x1b\x7f\x85\xa0\u200b\u200d\u202e\u2066\u2028\u2800\u3164\ufeff\ufe0f\U000e0041\U000e0101",
    *'⟨⟩[]{}",:\\-—ß漢ао\u0301😀',
    "https://",
    "аpple.com",
    "@evil.example",
    "⟨U+202E⟩",
    " ⟨text⟩",
    " ⟨host a⟩",
    "null",
    "5",
    "⟨nothing⟩",
    "\ncarries: public",
    "    ",
    "- ",
)


def proposal(arguments: dict[str, Any], **changed: Any) -> Proposal:
    return Proposal(
        **{
            "tool": "post",
            "version": 1,
            "service": "letterbox",
            "effect": Effect.WRITE,
            "account": "ana",
            "person": UUID(int=1),
            "arguments": arguments,
            "labels": NOTHING,
            "expires_at": dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC),
            "nonce": "0" * 32,
            **changed,
        }
    )


def text_of(arguments: dict[str, Any], **changed: Any) -> str:
    return display.shown(KEY, proposal(arguments, **changed).frozen(), label="Post a letter").text


def read_back(text: str) -> dict[str, Any]:
    """The arguments of a proposal, from what is shown of it."""
    found: dict[str, Any] = {}
    name = ""
    for line in text.split("\n"):
        if line.startswith("    ") and name:
            found.setdefault(name, []).append(line[4:])
        else:
            begun = re.fullmatch(r"([a-z_ ]+?)(?: \(from .*\))?:", line)
            name = begun.group(1) if begun else ""
    return {name: _value("\n".join(lines)) for name, lines in found.items()}


def _value(shown: str) -> Any:
    if shown in ("⟨nothing⟩", "⟨empty⟩"):
        return None if shown == "⟨nothing⟩" else ""
    plain = re.sub(r"⟨U\+([0-9A-F]{4,6})⟩", lambda code: chr(int(code.group(1), 16)), _unmarked(shown))
    if shown.endswith(" ⟨text⟩"):
        return plain
    try:
        return json.loads(plain)
    except ValueError:
        return plain


def _unmarked(shown: str) -> str:
    return re.sub(r" ⟨(?:text|leads nowhere|host [^⟨⟩]*)⟩", "", shown)


def _text(chance: random.Random) -> str:
    return "".join(chance.choice(NASTY) for _ in range(chance.randrange(12)))


def _any(chance: random.Random, depth: int = 0) -> Any:
    kind = chance.randrange(9 if depth < 3 else 6)
    if kind < 3:
        return _text(chance)
    if kind == 3:
        return chance.choice([0, -1, 7, 2**53 - 1, 0.5, -1e-7, 1e21])
    if kind < 6:
        return chance.choice([None, True, False, "", [], {}])
    if kind < 8:
        return [_any(chance, depth + 1) for _ in range(chance.randrange(4))]
    return {_text(chance): _any(chance, depth + 1) for _ in range(chance.randrange(4))}


def test_whatever_is_frozen_can_be_read_back_from_what_is_shown() -> None:
    chance = random.Random(20_26)
    for _ in range(1000):
        arguments = {"to": _any(chance), "body_text": _any(chance)}
        shown = text_of(arguments, target=_text(chance), origins={"to": _text(chance)}, account=_text(chance))
        assert read_back(shown) == {"to": arguments["to"], "body text": arguments["body_text"]}, shown


def test_two_texts_never_look_the_same() -> None:
    chance = random.Random(4)
    seen: dict[str, str] = {}
    for _ in range(6_000):
        text = _text(chance)
        assert seen.setdefault(visible(text), text) == text
    assert len(seen) > 4_000


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"to": "5"}, {"to": 5}),
        ({"to": "null"}, {"to": None}),
        ({"to": "true"}, {"to": True}),
        ({"to": ""}, {"to": None}),
        ({"to": "⟨nothing⟩"}, {"to": None}),
        ({"to": ["a, b"]}, {"to": ["a", "b"]}),
        ({"to": '["a", "b"]'}, {"to": ["a", "b"]}),
        ({"to": []}, {"to": ""}),
        ({"to": "a"}, {"to": "a "}),
        ({"to": "a\nb"}, {"to": "a \nb"}),
        ({"to": "a", "text": "b"}, {"to": "a\ntext:\n    b"}),
        ({"to": "https://xn--pple-43d.com"}, {"to": "https://аpple.com"}),
        ({"to": "a\u202eb"}, {"to": "a⟨U+202E⟩b"}),
        ({"to": "a😀"}, {"to": "a😀\U000e0041"}),
        ({"to": "paypal"}, {"to": "pаypal"}),
    ],
)
def test_what_differs_looks_different(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert text_of(one).split("fingerprint")[0] != text_of(other).split("fingerprint")[0]


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("plain text, ümläuts and 漢字 — with 😀", "plain text, ümläuts and 漢字 — with 😀"),
        ("Привет, Анна!", "Привет, Анна!"),
        ("evil\u202etxt.exe", "evil⟨U+202E⟩txt.exe"),
        ("a\u200bb\u00adc\ufeff", "a⟨U+200B⟩b⟨U+00AD⟩c⟨U+FEFF⟩"),
        ("red \x1b[31mtext", "red ⟨U+001B⟩[31mtext"),
        ("over\rwritten", "over⟨U+000D⟩written"),
        ("a\u00a0b\u3000c\u2800d\u3164", "a⟨U+00A0⟩b⟨U+3000⟩c⟨U+2800⟩d⟨U+3164⟩"),
        ("tagged\U000e0041", "tagged⟨U+E0041⟩"),
        ("one\ntwo", "one\ntwo"),
        ("gr\u0430ndma", "gr⟨U+0430⟩ndma"),
        ("MЕETING", "M⟨U+0415⟩ETING"),
        ("end ", "end⟨U+0020⟩"),
        ("see https://example.org/a?b=ü now", "see https://example.org/a?b=ü now"),
        ("https://bücher.example/x", "https://bücher.example ⟨host xn--bcher-kva.example⟩/x"),
        ("https://аррӏе.com", "https://аррӏе.com ⟨host xn--80ak6aa92e.com⟩"),
        ("https://github.com@evil.example/", "https://github.com@evil.example ⟨host evil.example⟩/"),
        ("https://example.org\uff0eevil.com", "https://example.org．evil.com ⟨host example.org.evil.com⟩"),
        ("mail anna@bücher.example", "mail anna@bücher.example ⟨host xn--bcher-kva.example⟩"),
        ("mail anna@example.org", "mail anna@example.org"),
        ("see www.аррӏе.com/a", "see www.аррӏе.com ⟨host www.xn--80ak6aa92e.com⟩/a"),
        ("see аррӏе.com, now", "see аррӏе.com ⟨host xn--80ak6aa92e.com⟩, now"),
        ("see www.apple.com", "see www.apple.com"),
        ("Sie ist größer.", "Sie ist größer."),
    ],
)
def test_nothing_hides_or_disguises_itself(text: str, seen: str) -> None:
    assert visible(text) == seen


def test_a_long_text_is_shown_to_its_last_character() -> None:
    long = "so it goes on " * 20_000 + "and then: pay mallory."
    approval = display.shown(KEY, proposal({"text": long}).frozen(), label="Post a letter")
    assert read_back(approval.text)["text"] == long
    assert not approval.fits(4096)
    assert approval.fits(len(approval.text))


@pytest.mark.parametrize("field", ["account", "target"])
def test_what_stands_on_a_line_cannot_begin_another(field: str) -> None:
    forged = "ana\ntext:\n    something harmless\ncarries: public"
    text = text_of({"text": "something else"}, **{field: forged})
    assert text.count("\ntext:\n") == 1
    assert text.count("\ncarries: ") == 1


def test_sources_and_origins_cannot_forge_a_line() -> None:
    forged = "a.md\ncarries: public"
    labels = Labels(frozenset({forged}), frozenset({Confidentiality.HEALTH}))
    text = text_of({"text": "x"}, labels=labels, origins={"text": forged})
    assert [line for line in text.split("\n") if line.startswith("carries")] == ["carries: health"]


def test_the_whole_picture() -> None:
    labels = Labels(frozenset({"notes/a.md"}), frozenset({Confidentiality.PERSONAL}))
    frozen = proposal(
        {"to": "grandma", "body_text": "see you\non Sunday", "labels": ["kind", "short"], "day": None},
        labels=labels,
        target="grandma's box",
        origins={"body_text": "notes/a.md"},
        publishes=True,
    ).frozen()
    approval = display.shown(KEY, frozen, label="Post a letter")
    assert approval.text.split("\n") == [
        "Post a letter (ana)",
        "! EVERYBODY can read this: grandma's box is public. It carries personal content.",
        "! Part of it comes from text that you did not write: notes/a.md.",
        "where: grandma's box",
        "body text (from notes/a.md):",
        "    see you",
        "    on Sunday",
        "day:",
        "    ⟨nothing⟩",
        "labels:",
        '    ["kind", "short"]',
        "to:",
        "    grandma",
        "carries: personal",
        "answer before: 2026-03-01 09:00 UTC",
        f"fingerprint: {digest(frozen).hex()[:16]}",
    ]
    assert (approval.id, approval.digest) == (KEY, digest(frozen).hex())


# RFC 8785: 3.2.3 and appendix B.
@pytest.mark.parametrize(
    ("number", "written"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (5e-324, "5e-324"),
        (1.7976931348623157e308, "1.7976931348623157e+308"),
        (9007199254740991, "9007199254740991"),
        (295147905179352830000.0, "295147905179352830000"),
        (9.999999999999997e22, "9.999999999999997e+22"),
        (1e23, "1e+23"),
        (999999999999999700000.0, "999999999999999700000"),
        (1e21, "1e+21"),
        (9.999999999999997e-7, "9.999999999999997e-7"),
        (0.000001, "0.000001"),
        (333333333.33333329, "333333333.3333333"),
        (1424953923781206.2, "1424953923781206.2"),
        (4.50, "4.5"),
        (2e-3, "0.002"),
    ],
)
def test_numbers_are_frozen_as_rfc_8785_writes_them(number: float, written: str) -> None:
    assert f'"n":{written}}}'.encode() in proposal({"n": number}).frozen()


def test_names_are_sorted_by_utf_16_and_texts_escaped_as_in_rfc_8785() -> None:
    names = {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\u0080": 6, "\u00f6": 7}
    ordered = '{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"😀":5,"\ufb33":3}'
    assert ordered.encode() in proposal({"a": names}).frozen()
    escaped = proposal({"a": '\u20ac$\x0f\nA\'B"\\\\"/'}).frozen()
    assert '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"'.encode() in escaped


@pytest.mark.parametrize("value", [2**53, float("nan"), float("inf"), "\ud800", {"\udfff": 1}])
def test_what_has_no_canonical_form_is_refused(value: Any) -> None:
    with pytest.raises(BadInput, match="cannot be written down exactly"):
        proposal({"a": value}).frozen()


def test_what_was_frozen_thaws_to_the_same_bytes() -> None:
    chance = random.Random(9)
    for _ in range(200):
        frozen = proposal({"a": _any(chance)}, origins={"a": _text(chance)}, target=_text(chance)).frozen()
        assert Proposal.thaw(frozen).frozen() == frozen
