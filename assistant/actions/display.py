"""How a proposal is shown: all of it, by code, with everything that hides or disguises made visible."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import httpx
import idna

from assistant.actions import policy
from assistant.actions.proposals import Proposal, digest
from assistant.events import Approval

HIDING = {"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"}
"""Unicode categories of characters that show nothing or change how others are shown (control, bidi, zero-width)."""
_ADDRESS = re.compile(r"\b(?:https?|ftp)://[^\s<>\"'`]+", re.IGNORECASE)
_BLANKS = re.compile(r"[^\S\n ]")


def shown(key: UUID, frozen: bytes, *, label: str) -> Approval:
    """The proposal behind frozen bytes, drawn from those bytes and nothing else.

    Args:
        key: The operation.
        label: What the tool does, from its code.
    """
    proposal = Proposal.thaw(frozen)
    warned = tuple(visible(each) for each in policy.warnings(proposal))
    title = f"{label} ({visible(proposal.account) or proposal.service})"
    lines = [title, *(f"! {each}" for each in warned)]
    if proposal.target:
        lines.append(f"where: {visible(proposal.target)}")
    for name, value in proposal.arguments.items():
        origin = proposal.origins.get(name)
        lines.append(f"{name.replace('_', ' ')}{f' (from {visible(origin)})' if origin else ''}:")
        lines += [f"    {line}" for line in _value(value).split("\n")]
    carries = ", ".join(sorted(proposal.labels.classes)) or "public"
    lines += [
        f"carries: {carries}",
        f"answer before: {proposal.expires_at:%Y-%m-%d %H:%M} UTC",
        f"fingerprint: {digest(frozen).hex()[:16]}",
    ]
    return Approval(key, digest(frozen).hex(), title, "\n".join(lines), warned)


def visible(text: str) -> str:
    """Text in which nothing hides: control, bidi and zero-width characters as their code, hosts as they are called."""
    return "".join(_character(each) for each in _ADDRESS.sub(_plain_host, text))


def _character(each: str) -> str:
    if each == "\n":
        return each
    # The bracket too, so that nobody can write such a code as text.
    if each == "⟨" or unicodedata.category(each) in HIDING or _BLANKS.match(each):
        return f"⟨U+{ord(each):04X}⟩"
    return each


def _plain_host(found: re.Match[str]) -> str:
    """An address with its host in punycode where it has letters beyond ASCII; they can look like others."""
    address = found.group()
    try:
        url = httpx.URL(address)
        host = url.raw_host.decode("ascii")
    except (httpx.InvalidURL, UnicodeDecodeError, idna.IDNAError):
        return address
    if not url.host or host == url.host:
        return address
    return address.replace(url.host, host, 1) if url.host in address else f"{address} [{host}]"


def _value(value: Any) -> str:
    if isinstance(value, str):
        return visible(value) if value else "(empty)"
    if value is None:
        return "(nothing)"
    if isinstance(value, Mapping) or (
        isinstance(value, list) and any(isinstance(each, (dict, list)) for each in value)
    ):
        return visible(json.dumps(value, ensure_ascii=False, indent=2))
    if isinstance(value, list):
        return ", ".join(_value(each) for each in value) or "(none)"
    return json.dumps(value)
