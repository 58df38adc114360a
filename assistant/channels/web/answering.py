"""How our own pages answer: a whole page, a part of one for the chat's drawer, or a refusal in words."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from html import escape

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from assistant.channels.web import identity, markup
from assistant.errors import BadInput, NotAllowed, NotFound, TwinningError
from assistant.events import Person

Page = Callable[[Request, Person], Awaitable[Response]]
STATUS = {NotFound: 404, BadInput: 400, NotAllowed: 409}
"""Of an answer to somebody who is signed in; any other error is 503."""


def for_person(answer: Page) -> Callable[[Request], Awaitable[Response]]:
    """Makes a page of those who are signed in: others are led to the sign-in, and errors become sentences."""

    @wraps(answer)
    async def answered(request: Request) -> Response:
        try:
            person = await identity.person()
        except NotAllowed as error:
            return refused(request, error, 401)
        try:
            return await answer(request, person)
        except TwinningError as error:
            return refused(request, error, STATUS.get(type(error), 503))

    return answered


def refused(request: Request, error: TwinningError, status: int) -> Response:
    """The error's sentence; who has to sign in first is led there."""
    if status == 401 and wants_page(request) and not wants_part(request):
        return RedirectResponse("/login", 303)
    return part_or_page(request, "Twinning", f"<h1>Not here</h1><p>{escape(str(error))}</p>", status=status)


def part_or_page(request: Request, title: str, body: str, *, status: int = 200) -> Response:
    """What the chat's drawer asks for, or the same as a page of its own. `body` is escaped already."""
    if wants_part(request):
        return HTMLResponse(body, status)
    return page(title, body + '<p class="aside"><a href="/">Back to the chat</a></p>', status=status)


def page(title: str, body: str, *, kind: str = "paper", status: int = 200) -> HTMLResponse:
    """A whole page. `body` is escaped already."""
    return HTMLResponse(markup.page(title, body, kind=kind), status)


def wants_page(request: Request) -> bool:
    """A browser asks, not a program."""
    return "text/html" in request.headers.get("accept", "")


def wants_part(request: Request) -> bool:
    """The chat's drawer asks."""
    return request.headers.get("x-part") == "1"
