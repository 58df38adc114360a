"""What n8n posts to `/hooks/n8n`: the signature both sides use, and the format.

Every body is signed: the header `Twinning-Signature` is `t=SECONDS,v1=HEX`, where HEX is HMAC-SHA256 over
`SECONDS.PURPOSE.` and the body's bytes (as https://docs.stripe.com/webhooks#verify-manually, with the direction signed
too). The formats are in words in `deploy/n8n/README.md`.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from jsonschema import Draft202012Validator

from assistant.errors import BadInput, NotAllowed

SIGNATURE_HEADER = "Twinning-Signature"
REPLAY_WINDOW = timedelta(minutes=5)
"""How old, or how far ahead of our clock, a signature may be."""
BODY_BYTES = 1024 * 1024
"""The largest body in either direction; n8n itself takes 16 MB."""

Purpose = Literal["trigger", "deliver"]
"""Part of what is signed, so that a request to n8n can never be sent back to us as a delivery."""


@dataclass(frozen=True)
class Finished:
    """A workflow that answers by callback is done. What is in `result` and `error` is untrusted."""

    id: str
    workflow: str
    idempotency_key: str
    ok: bool
    execution: str | None
    result: Any
    error: str


@dataclass(frozen=True)
class MemoryOffered:
    """Something from outside that may be worth remembering; the text is untrusted."""

    id: str
    source: str
    source_id: str
    text: str
    happened_at: datetime
    link: str


@dataclass(frozen=True)
class MailArrived:
    """A mail for triage; all of it is untrusted."""

    id: str
    message_id: str
    sender: str
    subject: str
    text: str
    received_at: datetime


@dataclass(frozen=True)
class SummaryRequested:
    """n8n's clock asks for the daily summary."""

    id: str


Delivery = Finished | MemoryOffered | MailArrived | SummaryRequested


def sign(body: bytes, *, key: str, purpose: Purpose, now: datetime) -> str:
    """The value of `Twinning-Signature`: `t=SECONDS,v1=HEX`.

    HEX is HMAC-SHA256, keyed with `key` in UTF-8, over `SECONDS.PURPOSE.` and then the body's bytes as they are sent;
    SECONDS is the Unix time of signing.
    """
    seconds = int(now.timestamp())
    return f"t={seconds},v1={_mac(body, key=key, purpose=purpose, seconds=str(seconds))}"


def verify(signature: str, body: bytes, *, key: str, purpose: Purpose, now: datetime) -> None:
    """Checks a signature of `sign` in constant time, then its age.

    Raises:
        NotAllowed: it is missing, wrong, or more than five minutes away from `now`.
    """
    parts = re.fullmatch(r"t=([0-9]{1,12}),v1=([0-9a-f]{64})", signature)
    if parts is None:
        raise NotAllowed(f"This needs a {SIGNATURE_HEADER} header of the form t=SECONDS,v1=HEX.")
    seconds, mac = parts.groups()
    if not key or not hmac.compare_digest(mac, _mac(body, key=key, purpose=purpose, seconds=seconds)):
        raise NotAllowed("The signature is wrong; give n8n and Twinning the same signing key.")
    if abs(now.timestamp() - int(seconds)) > REPLAY_WINDOW.total_seconds():
        raise NotAllowed("The signature is more than five minutes off; set the clocks of both machines right.")


def verify_callback(headers: Mapping[str, str], body: bytes, *, key: str, now: datetime) -> Delivery:
    """What n8n posts to `/hooks/n8n`, once it is certain that it comes from there.

    Whoever receives it keeps `id` for at least twice the replay window and drops what it has seen: n8n sends again.

    Raises:
        NotAllowed: not signed with our key for this purpose and within five minutes.
        BadInput: signed, but too large or not in the format; the text names the field.
    """
    signature = next((value for name, value in headers.items() if name.lower() == SIGNATURE_HEADER.lower()), "")
    if len(body) > BODY_BYTES:
        raise BadInput("n8n sent more than 1 MB; have the workflow send less at a time.")
    verify(signature, body, key=key, purpose="deliver", now=now)
    try:
        said = _storable(json.loads(body, parse_constant=_no_number))
    except (ValueError, RecursionError) as error:
        raise BadInput("n8n sent something that is no JSON; set the node's body to raw JSON.") from error
    kind = said.get("kind") if isinstance(said, dict) else None
    if not isinstance(kind, str) or kind not in _FORMATS:
        raise BadInput(f"n8n's delivery must be an object with a `kind` of {', '.join(sorted(_FORMATS))}.")
    for wrong in _FORMATS[kind].iter_errors(said):
        where = ".".join(str(part) for part in wrong.absolute_path) or "the delivery"
        # A message of jsonschema repeats the value, which may be private or long; the rule's name is enough.
        raise BadInput(f"n8n's {kind} delivery is not in the format: {where} breaks `{wrong.validator}`.")
    return _delivery(kind, said)


_TEXT = {"type": "string", "minLength": 1, "maxLength": 200_000}
_SHORT = {"type": "string", "minLength": 1, "maxLength": 1000}
_MAYBE_SHORT = {"type": "string", "maxLength": 1000}
_MAYBE_TEXT = {"type": "string", "maxLength": 200_000}
_ID = {"type": "string", "minLength": 1, "maxLength": 300}


def _format(kind: str, fields: Mapping[str, Any], optional: Mapping[str, Any] | None = None) -> Draft202012Validator:
    needed = {"id": _ID, "kind": {"const": kind}, **fields}
    whole = {
        "type": "object",
        "additionalProperties": False,
        "required": sorted(needed),
        "properties": {**needed, **(optional or {})},
    }
    return Draft202012Validator(whole)


_FORMATS = {
    "finished": _format(
        "finished",
        {"workflow": _ID, "idempotency_key": _ID, "ok": {"type": "boolean"}},
        {"execution": _ID, "result": {}, "error": _MAYBE_SHORT},
    ),
    "memory": _format(
        "memory",
        {"source": {"type": "string", "pattern": r"^[a-z][a-z0-9_]{0,39}\Z"}, "source_id": _SHORT, "text": _TEXT,
         "happened_at": _SHORT},
        {"link": _MAYBE_SHORT},
    ),
    "mail": _format(
        "mail",
        {"message_id": _SHORT, "sender": _SHORT, "subject": _MAYBE_SHORT, "text": _MAYBE_TEXT, "received_at": _SHORT},
    ),
    "summary": _format("summary", {}),
}  # fmt: skip


def _delivery(kind: str, said: Mapping[str, Any]) -> Delivery:
    if kind == "finished":
        return Finished(
            id=said["id"],
            workflow=said["workflow"],
            idempotency_key=said["idempotency_key"],
            ok=said["ok"],
            execution=said.get("execution"),
            result=said.get("result"),
            error=said.get("error", ""),
        )
    if kind == "memory":
        return MemoryOffered(
            id=said["id"],
            source=said["source"],
            source_id=said["source_id"],
            text=said["text"],
            happened_at=_instant(said, "happened_at"),
            link=said.get("link", ""),
        )
    if kind == "mail":
        return MailArrived(
            id=said["id"],
            message_id=said["message_id"],
            sender=said["sender"],
            subject=said["subject"],
            text=said["text"],
            received_at=_instant(said, "received_at"),
        )
    return SummaryRequested(id=said["id"])


def _storable(value: Any) -> Any:
    """Without what Postgres cannot hold: half characters, as a cut leaves them, and NUL become U+FFFD."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "\ufffd")
    if isinstance(value, list):
        return [_storable(each) for each in value]
    if isinstance(value, dict):
        return {_storable(name): _storable(each) for name, each in value.items()}
    return value


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _instant(said: Mapping[str, Any], name: str) -> datetime:
    try:
        then = datetime.fromisoformat(said[name])
    except ValueError as error:
        raise BadInput(f"n8n's delivery has no instant in {name}; write it as 2026-05-01T09:30:00Z.") from error
    if then.tzinfo is None:
        raise BadInput(f"n8n's delivery has an instant without its zone in {name}; write it as 2026-05-01T09:30:00Z.")
    return then


def _mac(body: bytes, *, key: str, purpose: Purpose, seconds: str) -> str:
    return hmac.new(key.encode(), f"{seconds}.{purpose}.".encode() + body, hashlib.sha256).hexdigest()
