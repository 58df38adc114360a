"""A proposal: everything about a call, frozen as canonical JSON. Its SHA-256 is what the person approves."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import rfc8785

from assistant.actions.effects import Effect
from assistant.errors import BadInput
from assistant.labels import Labels


@dataclass(frozen=True)
class Proposal:
    """A call that is not made yet.

    Attributes:
        account: Under which account of the service it would be made.
        person: For whom.
        arguments: All of them, plain JSON values.
        origins: Where each argument's content comes from, for the person: "your words", "the page x of Notion".
        labels: Of all arguments together.
        publishes: True when anybody in the world could read the result.
        nonce: Two equal proposals are two.
    """

    tool: str
    version: int
    service: str
    effect: Effect
    account: str
    person: UUID
    arguments: Mapping[str, Any]
    labels: Labels
    expires_at: dt.datetime
    origins: Mapping[str, str] = field(default_factory=dict)
    target: str = ""
    publishes: bool = False
    nonce: str = field(default_factory=lambda: secrets.token_hex(16))

    def frozen(self) -> bytes:
        """The proposal as canonical JSON (RFC 8785), UTF-8.

        Raises:
            BadInput: an argument has no canonical form (a number beyond 2^53, half a surrogate pair).
        """
        try:
            return rfc8785.dumps(
                {
                    "tool": self.tool,
                    "version": self.version,
                    "service": self.service,
                    "effect": self.effect.value,
                    "account": self.account,
                    "person": str(self.person),
                    "arguments": dict(self.arguments),
                    "labels": self.labels.as_json(),
                    "expires_at": self.expires_at.astimezone(dt.UTC).isoformat(),
                    "origins": dict(self.origins),
                    "target": self.target,
                    "publishes": self.publishes,
                    "nonce": self.nonce,
                }
            )
        except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
            raise BadInput(f"This cannot be written down exactly ({error}); say it with other values.") from error

    @classmethod
    def thaw(cls, frozen: bytes) -> Proposal:
        """The proposal that was frozen."""
        stored = json.loads(frozen)
        return cls(
            tool=stored["tool"],
            version=stored["version"],
            service=stored["service"],
            effect=Effect(stored["effect"]),
            account=stored["account"],
            person=UUID(stored["person"]),
            arguments=stored["arguments"],
            labels=Labels.from_json(stored["labels"]),
            expires_at=dt.datetime.fromisoformat(stored["expires_at"]),
            origins=stored["origins"],
            target=stored["target"],
            publishes=stored["publishes"],
            nonce=stored["nonce"],
        )


def digest(frozen: bytes) -> bytes:
    """What an approval names: the SHA-256 of the frozen bytes."""
    return hashlib.sha256(frozen).digest()
