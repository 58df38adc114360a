"""Akaunting as a service that a person connects: what it asks for, and how the connection is tried."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from assistant.errors import BadInput
from integrations import Question
from integrations.akaunting import TITLE, AkauntingClient
from integrations.own_service import OwnService

ADDRESS = "http://127.0.0.1:8080"


def _make(http: httpx.AsyncClient, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> AkauntingClient:
    company = str(settings.get("company") or "1")
    if not (company.isascii() and company.isdigit()):
        raise BadInput("company of Akaunting is a number: the one behind the address in your browser.")
    return AkauntingClient(
        http,
        address=str(settings.get("address") or ADDRESS),
        email=str(settings.get("email") or ""),
        password=secrets.get("password", ""),
        company=company,
    )


async def _check(client: AkauntingClient) -> str:
    return await client.company()


AKAUNTING = OwnService(
    name="akaunting",
    title=TITLE,
    questions=(
        Question("address", "Where your Akaunting is, as it stands in your browser, without /api.", default=ADDRESS),
        Question("company", "The number of the company: it stands behind the address in your browser.", default="1"),
        Question("email", "The e-mail address of an Akaunting user who may read the API (the permission “Read API”)."),
        Question("password", "The password of that user.", secret=True),
    ),
    address=ADDRESS,
    make=_make,
    check=_check,
)
