"""Connecting a service: what the person typed is checked and tried at the service before anything is stored."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from assistant.actions.connections import Connected
from assistant.db import operations
from assistant.egress import Address, Reason
from assistant.errors import AuthFailed, BadInput, NotFound, ServiceUnavailable, TwinningError
from assistant.outside import Outside, utc_now
from integrations import Question, Service

TRY_S = 45.0
"""A service that has not answered by then cannot be connected now."""


def service_named(outside: Outside, name: str) -> Service:
    """The service of this name.

    Raises:
        NotFound: there is none; the text lists them.
    """
    found = outside.services.get(name.strip().lower())
    if found is None:
        raise NotFound(f"There is no service {name!r}; Twinning can connect {', '.join(sorted(outside.services))}.")
    return found


async def connect(
    outside: Outside, owner: UUID, service_name: str, settings: Mapping[str, str], secrets: Mapping[str, str]
) -> Connected:
    """Tries a connection with what the person typed, and stores it if the service answers.

    Args:
        settings: Answers to the service's questions that are no secrets; what is missing takes its default.
        secrets: Answers to those that are.

    Raises:
        NotFound: there is no such service.
        BadInput: an answer is missing, is to no question, or is no address.
        NotAllowed: the address leads where Twinning never calls.
        ServiceError: the service refuses, or does not answer.
    """
    service = service_named(outside, service_name)
    plain = _answers(service, settings, secret=False)
    hidden = _answers(service, secrets, secret=True)
    try:
        account = await _tried(outside, owner, service, plain, hidden)
    except AuthFailed as error:
        refused = str(error).partition("; reconnect")[0].rstrip(".")
        raise AuthFailed(f"{refused}; check the key and its rights. Nothing was stored.") from error
    await outside.connections.connect(owner, service.name, account=account, settings=plain, secrets=hidden)
    connected = await outside.connections.get(owner, service.name)
    assert connected is not None, "it was stored a moment ago"
    return connected


async def look(outside: Outside, owner: UUID, connected: Connected) -> Connected:
    """Tries a stored connection again, notes how it is, and returns it with `trouble` set or cleared.

    Reads the secrets: not to be called where an executor of its own keeps them.

    Raises:
        NotFound: this Twinning knows the service no more.
    """
    service = service_named(outside, connected.service)
    trouble = None
    try:
        secrets = await asyncio.to_thread(outside.secrets.read, owner, service)
        account = await _tried(outside, owner, service, connected.settings, secrets)
        if account != connected.account:
            trouble = f"{service.title} answers as {account}, not as {connected.account}; reconnect {service.title}."
    except TwinningError as error:
        trouble = str(error)
    async with outside.database.session(owner) as session:
        await operations.mark_connection(session, owner, service.name, trouble=trouble, now=utc_now())
    found = await outside.connections.get(owner, service.name)
    assert found is not None, "the database says how it was found"
    return found


async def _tried(
    outside: Outside, owner: UUID, service: Service, settings: Mapping[str, Any], secrets: Mapping[str, str]
) -> str:
    """The account's name, from the service itself."""
    allowed = [Address.of(url, private=own) for url, own in service.addresses(settings)]
    async with outside.egress.client(allowed, Reason(owner, f"connect {service.name}")) as http:
        try:
            async with asyncio.timeout(TRY_S):
                return str(await service.check(service.client(http, settings, secrets)))
        except TimeoutError as error:
            raise ServiceUnavailable(
                f"{service.title} did not answer within {TRY_S:.0f} seconds; look whether it is up and try again."
            ) from error


def _answers(service: Service, given: Mapping[str, str], *, secret: bool) -> dict[str, str]:
    questions = {each.name: each for each in service.questions if each.secret is secret}
    if unknown := sorted(set(given) - set(questions)):
        wanted = ", ".join(questions) or "nothing"
        kind = "secrets" if secret else "settings"
        raise BadInput(f"{service.title} has no {kind} named {', '.join(unknown)}; it takes {wanted}.")
    answers = {name: _answer(service, each, given.get(name, "")) for name, each in questions.items()}
    return {name: answer for name, answer in answers.items() if answer}


def _answer(service: Service, question: Question, given: str) -> str:
    """An answer without the blanks around it that pasting brings."""
    answer = given.strip() or question.default
    if answer is None:
        raise BadInput(f"{service.title} needs {question.name}: {question.text}")
    if any(ord(each) < 32 or ord(each) == 127 for each in answer):
        raise BadInput(
            f"{question.name} of {service.title} has a line break or control character in it; paste it again."
        )
    return answer
