"""How a proposal is shown: all of it, by code, with everything that hides or disguises made visible."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

import httpx
import idna

from assistant.actions import policy
from assistant.actions.proposals import Proposal, digest
from assistant.events import Approval

HIDING = {"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"}
"""Unicode categories of characters that show nothing or change how others are shown (control, bidi, zero-width)."""
_BLANKS = re.compile(
    r"[^\S\n ]|[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""Other blanks than the space, and letters and marks that show nothing."""
_ADDRESS = re.compile(r"\b[a-z][a-z0-9+.-]*://([^\s<>\"'`/?#\\]*)", re.IGNORECASE)
_MAILBOX = re.compile(r"(?<=[^\s@]@)[^\s@<>\"'`,;:()/]+\.[^\s@<>\"'`,;:()/]+")
_BARE = re.compile(r"(?<![\w.@/-])(?=[^\s/]*[^\x00-\x7f])(?:[\w-]+\.)+[^\W\d_]{2,}(?![\w.-]*@)")
"""A host without a scheme, with letters beyond ASCII; many places make a link of it."""
_AT_THE_END = re.compile(r" +(?=\n|\Z)")
_WORD = re.compile(r"[^\W\d_]+")
_ALIKE = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC")
"""Scripts with letters that look like those of another."""


def shown(key: UUID, frozen: bytes, *, label: str) -> Approval:
    """The proposal behind frozen bytes, drawn from those bytes and nothing else.

    Args:
        key: The operation.
        label: What the tool does, from its code.
    """
    proposal = Proposal.thaw(frozen)
    warned = tuple(_line(each) for each in policy.warnings(proposal))
    title = f"{label} ({_line(proposal.account) or proposal.service})"
    lines = [title, *(f"! {each}" for each in warned)]
    if proposal.target:
        lines.append(f"where: {_line(proposal.target)}")
    for name, value in proposal.arguments.items():
        origin = proposal.origins.get(name)
        lines.append(f"{name.replace('_', ' ')}{f' (from {_line(origin)})' if origin else ''}:")
        lines += [f"    {line}" for line in _value(value).split("\n")]
    carries = ", ".join(sorted(proposal.labels.classes)) or "public"
    lines += [
        f"carries: {carries}",
        f"answer before: {proposal.expires_at:%Y-%m-%d %H:%M} UTC",
        f"fingerprint: {digest(frozen).hex()[:16]}",
    ]
    return Approval(key, digest(frozen).hex(), title, "\n".join(lines), warned)


def visible(text: str) -> str:
    """Text in which nothing hides or disguises itself; two different texts never look the same.

    What shows nothing, or changes how others are shown, stands as its code in brackets that nobody else can write. So
    do letters of another script in the middle of a word. Behind an address stands the host that it leads to, where that
    is not plain to see.
    """
    spots = sorted(
        [(found.end(), _host_of(found.group(1))) for found in _ADDRESS.finditer(text)]
        + [(found.end(), _host_of(found.group())) for found in _MAILBOX.finditer(text)]
        + [(found.end(), _host_of(found.group())) for found in _BARE.finditer(text)]
    )
    marked = {n for found in _WORD.finditer(text) for n in _strangers(found)}
    marked |= {n for found in _AT_THE_END.finditer(text) for n in range(*found.span())}
    parts: list[str] = []
    for n, each in enumerate(text):
        while spots and spots[0][0] == n:
            parts.append(spots.pop(0)[1])
        parts.append(_code(each) if n in marked else _character(each))
    return "".join([*parts, *(marker for _, marker in spots)])


def _line(text: str) -> str:
    """The same for what stands on one line: a line break in it cannot begin another."""
    return visible(text).replace("\n", _code("\n"))


@lru_cache(maxsize=4096)
def _character(each: str) -> str:
    if each == "\n":
        return each
    # The brackets too, so that nobody can write such a code as text.
    hides = each in "⟨⟩" or unicodedata.category(each) in HIDING or _BLANKS.match(each)
    return _code(each) if hides else each


def _code(each: str) -> str:
    return f"⟨U+{ord(each):04X}⟩"


def _strangers(word: re.Match[str]) -> Iterator[int]:
    """Where a word has letters of another script than most of it; they can look like the others."""
    scripts = [unicodedata.name(each, "").partition(" ")[0] for each in word.group()]
    counted = Counter(each for each in scripts if each in _ALIKE)
    if len(counted) > 1:
        usual = counted.most_common(1)[0][0]
        yield from (word.start() + n for n, each in enumerate(scripts) if each in counted and each != usual)


def _host_of(authority: str) -> str:
    """A note on the host that an address leads to, where its text does not say so plainly; else nothing."""
    written = authority.rpartition("@")[2]
    try:
        host = httpx.URL(f"//{authority}").raw_host.decode("ascii")
    except (httpx.InvalidURL, UnicodeDecodeError, idna.IDNAError):
        return " ⟨leads nowhere⟩" if not written.isascii() else ""
    plain = written.isascii() and "@" not in authority and "%" not in authority
    return "" if plain or not host else f" ⟨host {host}⟩"


def _value(value: Any) -> str:
    """A value. Text that reads like something else than text says that it is text."""
    if value is None:
        return "⟨nothing⟩"
    if isinstance(value, str):
        return f"{visible(value)} ⟨text⟩" if _reads_like_data(value) else visible(value) or "⟨empty⟩"
    nested = isinstance(value, Mapping) or any(isinstance(each, (Mapping, list)) for each in _items(value))
    return visible(json.dumps(value, ensure_ascii=False, indent=2 if nested else None))


def _items(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def _reads_like_data(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
