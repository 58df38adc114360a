"""How long a call may take: as long as for a person, except where a service keeps silent on purpose.

A short bound for every call would fail a good test on a machine that stands still for a second.
"""

from __future__ import annotations

import datetime as dt

import pytest

from assistant.actions import executor

SILENT = ("silen", "hangs")
"""What the names of tests and of their faults hold where a service does not answer."""


def hurry(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest, *, call_s: float = 3.0) -> None:
    """No pauses between attempts, and little patience with a service that keeps silent.

    Args:
        monkeypatch: Of the test.
        request: Of the test; its name tells whether a service keeps silent in it.
        call_s: What a silent service is given.
    """
    monkeypatch.setattr(executor, "PAUSES", (dt.timedelta(milliseconds=20),) * 3)
    if any(word in request.node.name for word in SILENT):
        monkeypatch.setattr(executor, "CALL_S", call_s)
