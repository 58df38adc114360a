"""The house that the chat works for, and who sends the request. Chainlit's callbacks are global: one per process."""

from __future__ import annotations

from contextvars import ContextVar
from uuid import UUID

from assistant.house import House
from assistant.limits import Limiter

signed_in: ContextVar[UUID | None] = ContextVar("signed_in", default=None)
"""Whose request or socket this is; set by the guard from the signed cookie, and by nobody else."""

_house: House | None = None
_limiter: Limiter | None = None


def enter(house: House) -> None:
    """Makes this the house that the chat works for."""
    global _house, _limiter
    _house, _limiter = house, Limiter.of(house.settings)


def house() -> House:
    """The house of this process."""
    assert _house is not None, "create_app has not been called"
    return _house


def limiter() -> Limiter:
    """What counts tries and messages."""
    assert _limiter is not None, "create_app has not been called"
    return _limiter
