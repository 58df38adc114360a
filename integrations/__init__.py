"""Services we talk to. One file each: its settings, its client, its failures translated into `assistant.errors`.

A new file in this folder is found by itself when it holds a `Service`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

import httpx


@dataclass(frozen=True)
class Question:
    """What a person is asked when they connect a service.

    Attributes:
        name: Key in the connection's settings, or in its secrets.
        text: For the person; where to find it.
        secret: It is typed unseen and kept in the file of secrets.
        default: Taken when nothing is typed; None when something must be.
    """

    name: str
    text: str
    secret: bool = False
    default: str | None = None


@dataclass(frozen=True)
class Service:
    """A service that a person can connect.

    Attributes:
        name: Its key, as in `twinning connect github`.
        title: Its name for the person.
        questions: What connecting needs.
        address: Where it is called, unless the person's settings name another `address`.
        make: `make(http, settings, secrets)` returns a client for one call.
        check: `check(client)` tries the connection and returns the account's name; its failure says what is wrong.
    """

    name: str
    title: str
    questions: Sequence[Question]
    address: str
    make: Callable[[httpx.AsyncClient, Mapping[str, Any], Mapping[str, str]], Any]
    check: Callable[[Any], Awaitable[str]]

    def addresses(self, settings: Mapping[str, Any]) -> Sequence[tuple[str, bool]]:
        """The only addresses that its client may call, and whether the owner wrote each down themself."""
        own = settings.get("address")
        return [(str(own), True)] if own and own != self.address else [(self.address, False)]

    def client(self, http: httpx.AsyncClient, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> Any:
        """A client for one call."""
        return self.make(http, settings, secrets)


@cache
def all_services() -> MappingProxyType[str, Service]:
    """Every service of every file in this folder, by name."""
    found: dict[str, Service] = {}
    for module in pkgutil.iter_modules(__path__):
        for value in vars(importlib.import_module(f"{__name__}.{module.name}")).values():
            if isinstance(value, Service):
                found[value.name] = value
    return MappingProxyType(found)
