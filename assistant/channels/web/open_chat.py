"""The open conversation: whose it is, which one, and how its person is told what went wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import chainlit as cl
from chainlit.context import context

from assistant.channels.web import identity, markup
from assistant.errors import BadInput, TwinningError
from assistant.events import Person

SORRY = "Something went wrong inside Twinning; its log says what. Please try again."


async def person() -> Person:
    """Who opened it.

    Raises:
        NotAllowed: they were signed out since, or the account is gone.
    """
    return await identity.person_of(context.session.token)


def thread() -> UUID:
    """The conversation's id.

    Raises:
        BadInput: it has none that we could have made.
    """
    try:
        return UUID(context.session.thread_id)
    except ValueError as error:
        raise BadInput("This conversation has no proper address; start a new one.") from error


async def say(text: str) -> None:
    """A message of the house itself."""
    await cl.Message(content=markup.answer(text)).send()


async def say_trouble(sentence: str) -> None:
    """An error, as the person reads it; `commands` in it stay readable."""
    await cl.ErrorMessage(content=markup.answer(sentence)).send()


@asynccontextmanager
async def told() -> AsyncIterator[None]:
    """Whatever goes wrong, the person hears of it; Chainlit by itself only writes it into the log."""
    heard = False
    try:
        yield
        heard = True
    except TwinningError as error:
        await say_trouble(str(error))
        heard = True
    except asyncio.CancelledError:
        heard = True
        raise
    finally:
        if not heard:
            await say_trouble(SORRY)
        # Chainlit keeps a copy of every message for the life of the process; forgetting could not reach it.
        cl.chat_context.clear()
