"""Firefly III as a service that a person connects: what it asks for, and how the connection is tried."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from integrations import Question
from integrations.firefly import TITLE, FireflyClient
from integrations.own_service import OwnService

ADDRESS = "http://127.0.0.1:8080"


def _make(http: httpx.AsyncClient, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> FireflyClient:
    return FireflyClient(http, address=str(settings.get("address") or ADDRESS), token=secrets.get("token", ""))


async def _check(client: FireflyClient) -> str:
    return await client.user()


FIREFLY = OwnService(
    name="firefly",
    title=TITLE,
    questions=(
        Question("address", "Where your Firefly III is, as it stands in your browser, without /api.", default=ADDRESS),
        Question(
            "token",
            "A personal access token: in Firefly III under Options, Profile, OAuth, “Create new token”. It could write "
            "too; Twinning only reads.",
            secret=True,
        ),
    ),
    address=ADDRESS,
    make=_make,
    check=_check,
)
