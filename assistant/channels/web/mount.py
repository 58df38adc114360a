"""Puts the chat into a FastAPI: our own routes first, Chainlit behind the gate, last, at `/`."""

from __future__ import annotations

from chainlit.auth import ensure_jwt_secret
from chainlit.server import app as chainlit_app
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from assistant.channels.web import (
    chat,
    connection_pages,
    figure_pages,
    identity,
    inbox_pages,
    ledger_pages,
    outside_pages,
    pages,
    uploads,
)
from assistant.channels.web.guard import Gate, Guard
from assistant.errors import NotAllowed, NotFound, TwinningError


def mount(app: FastAPI) -> None:
    """Adds the chat to `app`.

    Chainlit's `mount_chainlit` is not used: it wants a file to run, cannot be called a second time in a process, and
    leaves everything open that Chainlit serves.
    """
    chat.register()
    ensure_jwt_secret()
    app.add_middleware(Guard, person_of=identity.of_cookies)
    for room in (pages, outside_pages, connection_pages, ledger_pages, inbox_pages, figure_pages, uploads):
        app.include_router(room.router)
    for each in (app, chainlit_app):
        each.add_exception_handler(TwinningError, in_words)
    app.mount("/", Gate(chainlit_app))


async def in_words(request: Request, error: Exception) -> JSONResponse:
    """An error that was raised on purpose, as the front end shows it."""
    status = 404 if isinstance(error, NotFound) else 401 if isinstance(error, NotAllowed) else 503
    return JSONResponse({"detail": str(error)}, status)
