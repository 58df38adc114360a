"""What may pass: requests of our own pages, to paths that we know; and answers that load nothing from elsewhere."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit
from uuid import UUID

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.channels.web.current import signed_in
from assistant.errors import DatabaseUnavailable

READING = frozenset({"GET", "HEAD", "OPTIONS"})
STATIC = re.compile(r"/(?:assets|public)/.*|/logo|/favicon")
ANYBODYS = re.compile(
    STATIC.pattern + r"|/avatars/.*|/manifest\.webmanifest|/service-worker\.js|/offline|/healthz|/readyz"
)
"""What is the same for everybody, so that nobody's sign-in is looked up; some of it must come without a database."""

CSP = (
    "default-src 'self'; script-src 'self'{nonce}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'self'; media-src 'self' blob:; worker-src 'self' blob:; "
    "manifest-src 'self'; frame-src 'none'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
"""Chainlit's page needs inline styles (its components write them); scripts only with the nonce of the page."""

HEADERS = {
    "content-security-policy": CSP.format(nonce=""),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",  # "no-referrer" would make browsers send "Origin: null" with our own forms
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}

# Everything else that Chainlit offers (MCP, sharing, feedback, OAuth, Slack, its own sign-in and -out) stays closed.
CHAINLIT_PATHS = (
    ("GET", re.compile(r"/(?:assets|public)/.+|/favicon|/logo")),
    ("GET", re.compile(r"/auth/config|/user|/project/(?:translations|settings)")),
    ("GET", re.compile(r"/project/thread/[^/]+|/project/file/[^/]+")),
    ("POST", re.compile(r"/set-session-cookie|/project/(?:threads|action)")),
    ("PUT", re.compile(r"/project/thread")),
    ("DELETE", re.compile(r"/project/thread")),
)
SOCKET = re.compile(r"/ws/socket\.io/?")


class Guard:
    """Refuses what other sites send, notes whose request it is, and sets the headers of every answer.

    Args:
        person_of: Tells from a `Cookie` header who is signed in.
    """

    def __init__(self, app: ASGIApp, *, person_of: Callable[[str], Awaitable[UUID | None]]) -> None:
        self._app = app
        self._person_of = person_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if comes_from_elsewhere(scope, headers):
            await refuse(
                scope, receive, send, status=403,
                detail="This came from another site. Behind a reverse proxy, let it pass the Host header on.",
            )  # fmt: skip
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                _complete(MutableHeaders(scope=message), scope)
            await send(message)

        try:
            person = await self._signed_in(scope["path"], headers.get("cookie", ""))
        except DatabaseUnavailable as error:
            await refuse(scope, receive, send_with_headers, status=503, detail=str(error))
            return
        token = signed_in.set(person)
        try:
            await self._app(scope, receive, send_with_headers)
        finally:
            signed_in.reset(token)

    async def _signed_in(self, path: str, cookies: str) -> UUID | None:
        return await self._person_of(cookies) if cookies and not ANYBODYS.fullmatch(path) else None


class Gate:
    """Stands before Chainlit: lets through what the chat needs, and answers 404 to everything else.

    Chainlit by itself answers any unknown GET with 200 and its page.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        known = SOCKET.fullmatch(path) or (
            scope["type"] == "http"
            and any(method == scope["method"] and shape.fullmatch(path) for method, shape in CHAINLIT_PATHS)
        )
        if known:
            if signed_in.get() is None:
                # Chainlit knows a token by its signature alone, and also takes it from another header.
                hidden = (b"cookie", b"authorization")
                scope = {**scope, "headers": [each for each in scope["headers"] if each[0] not in hidden]}
            await self._app(scope, receive, send)
        else:
            await refuse(scope, receive, send, status=404, detail="There is nothing here.")


def comes_from_elsewhere(scope: Scope, headers: Headers) -> bool:
    """True for a socket or a changing request that a page of another site (or of another port) sends."""
    if scope["type"] == "http" and scope["method"] in READING:
        return False
    origin = headers.get("origin")
    if origin is not None:
        return urlsplit(origin).netloc.lower() != headers.get("host", "").lower()
    return headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")


async def refuse(scope: Scope, receive: Receive, send: Send, *, status: int, detail: str) -> None:
    """Answers with a sentence, as JSON; closes a socket that is not open yet."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008})
        return
    body = json.dumps({"detail": detail}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body if scope["method"] != "HEAD" else b""})


def _complete(headers: MutableHeaders, scope: Scope) -> None:
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    path = scope["path"]
    if path.startswith("/assets/"):
        headers["cache-control"] = "public, max-age=31536000, immutable"  # their names carry a hash
    elif STATIC.fullmatch(path):
        headers["cache-control"] = "no-cache"
    else:
        headers.setdefault("cache-control", "no-store")
    if scope["scheme"] in ("https", "wss"):
        cookies = headers.getlist("set-cookie")
        if cookies:
            del headers["set-cookie"]
            for cookie in cookies:
                headers.append("set-cookie", cookie if "; secure" in cookie.lower() else cookie + "; Secure")
