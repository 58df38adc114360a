"""Our own pages: sign-in, sign-up, passages, settings, and the page in which Chainlit's front end runs."""

from __future__ import annotations

import asyncio
import re
import secrets
from functools import cache
from pathlib import Path
from typing import Annotated
from uuid import UUID

from chainlit.server import get_html_template
from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse

from assistant import auth
from assistant.channels.web import identity, markup, outside_markup
from assistant.channels.web.answering import page, part_or_page, refused, wants_page
from assistant.channels.web.current import house, limiter
from assistant.channels.web.guard import CSP
from assistant.channels.web.root import STATIC
from assistant.db import memories, operations
from assistant.db.users import name_key
from assistant.errors import BadInput, NotAllowed, NotFound, TwinningError
from assistant.events import Person
from assistant.house import House, Status
from assistant.limits import CODE, SIGN_IN, SIGN_IN_ADDRESS, SIGN_IN_NAME

STATUS_WAIT_S = 2.0
"""How long a page waits for the model to be chosen; the first time that takes a while."""

router = APIRouter(include_in_schema=False)
Field = Annotated[str, Form(max_length=2000)]


@router.get("/", response_model=None)
@router.get("/thread/{thread}", response_model=None)
async def chat(request: Request) -> Response:
    """The chat, for those who are signed in."""
    try:
        await identity.person()
    except NotAllowed:
        first = await auth.needs_first_account(house().database)
        return RedirectResponse("/welcome" if first else "/login", 303)
    nonce = secrets.token_urlsafe(16)
    return HTMLResponse(
        chat_page().replace(NONCE, nonce),
        headers={"content-security-policy": CSP.format(nonce=f" 'nonce-{nonce}'")},
    )


@router.get("/login", response_model=None)
async def sign_in_page() -> Response:
    """The sign-in form; an empty house is sent to the first account."""
    if await auth.needs_first_account(house().database):
        return RedirectResponse("/welcome", 303)
    return page("Sign in", markup.sign_in_html(), kind="form")


@router.post("/login", response_model=None)
async def sign_in(request: Request, username: Field = "", password: Field = "") -> Response:
    """Checks name and password. A form gets a page back, a program JSON."""
    name, address = username.strip(), _address(request)
    try:
        await limiter().take(SIGN_IN_ADDRESS, address)
        await limiter().take(SIGN_IN_NAME, name_key(name))
        await limiter().take(SIGN_IN, name_key(name), address)
        person = await auth.sign_in(house().database, name=name, password=password)
    except TwinningError as error:
        status = 401 if isinstance(error, NotAllowed) else 503
        if not wants_page(request):
            return JSONResponse({"detail": str(error)}, status)
        return page("Sign in", markup.sign_in_html(name=name, trouble=str(error)), kind="form", status=status)
    await limiter().forgive(SIGN_IN, name_key(name), address)
    return await _signed_in(request, person)


@router.post("/logout", response_model=None)
async def sign_out(request: Request) -> Response:
    """Ends the sign-in of this browser: its cookie is worth nothing any more, wherever it was copied to."""
    return await _signed_out(request, everywhere=False)


@router.post("/logout/everywhere", response_model=None)
async def sign_out_everywhere(request: Request) -> Response:
    """Ends all sign-ins of the person, this one too."""
    return await _signed_out(request, everywhere=True)


@router.get("/welcome", response_model=None)
async def sign_up_page() -> Response:
    """The form for a one-time code."""
    first = await auth.needs_first_account(house().database)
    return page("Welcome", markup.welcome_html(first=first), kind="form")


@router.post("/welcome", response_model=None)
async def sign_up(request: Request, code: Field = "", name: Field = "", password: Field = "") -> Response:
    """Makes an account with a one-time code and signs it in."""
    current = house()
    try:
        await limiter().take(CODE, _address(request))
        person = await auth.sign_up(current.database, current.settings, code=code, name=name, password=password)
    except TwinningError as error:
        status = {BadInput: 400, NotAllowed: 401}.get(type(error), 503)
        if not wants_page(request):
            return JSONResponse({"detail": str(error)}, status)
        first = await auth.needs_first_account(current.database)
        body = markup.welcome_html(first=first, code=code, name=name, trouble=str(error))
        return page("Welcome", body, kind="form", status=status)
    return await _signed_in(request, person)


@router.get("/passage/{memory_id}", response_model=None)
async def passage(request: Request, memory_id: str, mark: str = "") -> Response:
    """The passage behind a citation, with its neighbours; a part of a page when the chat asks for it."""
    try:
        person = await identity.person()
    except NotAllowed as error:
        return refused(request, error, 401)
    marks = [(int(a), int(b)) for a, b in re.findall(r"(\d{1,7})-(\d{1,7})", mark)]
    try:
        found, around = await house().omac.passage(person, UUID(memory_id))
    except (ValueError, NotFound):
        return refused(request, NotFound("This passage is not in memory any more."), 404)
    return part_or_page(request, found.context or "Passage", markup.passage_html(found, around, marks))


@router.get("/settings", response_model=None)
async def settings(request: Request) -> Response:
    """Model, mode and why, what is remembered, where it is."""
    try:
        person = await identity.person()
    except NotAllowed as error:
        return refused(request, error, 401)
    body = markup.status_html(await status_of(house(), person), house().settings)
    body = outside_markup.rooms("/settings") + body + markup.sign_out_html(person.name)
    return part_or_page(request, "Settings", body)


@router.get("/settings/progress", response_model=None)
async def progress() -> Response:
    """How many memories have their vector, for the bar above the chat, and whether the inbox holds anything new."""
    try:
        person = await identity.person()
    except NotAllowed as error:
        return JSONResponse({"detail": str(error)}, 401)
    async with house().database.session(person.id) as session:
        embedded, total = await memories.embedding_progress(session, person.id)
        new = await operations.notices(session, person.id, limit=1)
    return JSONResponse({"embedded": embedded, "memories": total, "news": bool(new)})


@router.get("/manifest.webmanifest", response_model=None)
async def manifest() -> Response:
    """What makes the chat installable."""
    return _file("manifest.webmanifest", "application/manifest+json")


@router.get("/service-worker.js", response_model=None)
async def service_worker() -> Response:
    """Served from the top, so that it may look after the whole site."""
    return _file("service-worker.js", "text/javascript")


@router.get("/avatars/{name}", response_model=None)
async def avatar(name: str) -> Response:
    """Ours, for every step and message; Chainlit's own refuses names with other than plain letters."""
    return _file("public/mark.svg", "image/svg+xml")


@router.get("/offline", response_model=None)
async def offline() -> Response:
    """Shown by the service worker when Twinning does not answer."""
    body = (
        "<h1>Twinning does not answer</h1><p>Is it running? Start it with <code>make run</code> or "
        '<code>twinning serve</code>, then <a href="/">try again</a>.</p>'
    )
    return page("Twinning does not answer", body)


async def status_of(current: House, person: Person) -> Status | None:
    """The house's status, or None while the model is still being chosen."""
    task = asyncio.ensure_future(current.status(person))
    _waiting.add(task)
    task.add_done_callback(_waiting.discard)
    done, _ = await asyncio.wait({task}, timeout=STATUS_WAIT_S)
    return task.result() if done else None


_waiting: set[asyncio.Future[Status]] = set()

NONCE = "nonce-of-this-page"

_HEAD = """
    <link rel="manifest" href="/manifest.webmanifest" />
    <link rel="apple-touch-icon" href="/public/icon-180.png" />
    <meta name="apple-mobile-web-app-capable" content="yes" />
    <meta name="apple-mobile-web-app-title" content="Twinning" />
    <meta name="theme-color" media="(prefers-color-scheme: light)" content="#f6f8f7" />
    <meta name="theme-color" media="(prefers-color-scheme: dark)" content="#141a19" />
    <script>if (!localStorage.getItem("vite-ui-theme")) localStorage.setItem("vite-ui-theme", "system");</script>
  </head>"""


@cache
def chat_page() -> str:
    """Chainlit's page without what it would load from elsewhere, with our manifest, its scripts carrying a nonce."""
    html: str = get_html_template("")
    html = re.sub(r"<!-- FONT START -->.*?<!-- FONT END -->", "", html, flags=re.DOTALL)
    html = re.sub(r"<link\b[^>]*?\bhref=\"https?://[^>]*>", "", html)
    html = html.replace("</head>", _HEAD.lstrip(), 1).replace("<script", f'<script nonce="{NONCE}"')
    return re.sub(r"\n\s*\n+", "\n", html)


async def _signed_in(request: Request, person: Person) -> Response:
    response: Response = RedirectResponse("/", 303) if wants_page(request) else JSONResponse({"success": True})
    await identity.sign_in(request, response, person)
    return response


async def _signed_out(request: Request, *, everywhere: bool) -> Response:
    response: Response = RedirectResponse("/login", 303) if wants_page(request) else JSONResponse({"success": True})
    await identity.sign_out(request, response, everywhere=everywhere)
    return response


def _file(name: str, media_type: str) -> FileResponse:
    path: Path = STATIC / name
    return FileResponse(path, media_type=media_type, headers={"cache-control": "no-cache"})


def _address(request: Request) -> str:
    return request.client.host if request.client else "somewhere"
