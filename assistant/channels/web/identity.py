"""Who sends a request: the signed session cookie, and the sign-in that it names, checked once per request.

The signature alone would hold until the cookie is too old, wherever it was copied to; the sign-in can be ended.
"""

from __future__ import annotations

from collections.abc import Set
from uuid import UUID

from chainlit.auth import create_jwt, decode_jwt, get_token_from_cookies, set_auth_cookie
from chainlit.server import sio
from chainlit.session import ws_sessions_id
from chainlit.user import User as ChainlitUser
from jwt import InvalidTokenError
from starlette.requests import Request, cookie_parser
from starlette.responses import Response

from assistant import auth
from assistant.auth import as_person
from assistant.channels.web.current import house, signed_in
from assistant.channels.web.root import COOKIE
from assistant.db import users
from assistant.errors import NotAllowed
from assistant.events import Person


async def of_cookies(header: str) -> UUID | None:
    """The person whose session a `Cookie` header carries; None when it is missing, forged, too old or ended."""
    sign_in = _named_by(get_token_from_cookies(cookie_parser(header)))
    return await auth.signed_in(house().database, sign_in) if sign_in else None


def _named_by(token: str | None) -> UUID | None:
    """The sign-in that a session token names; None when it is missing, forged or too old."""
    try:
        return UUID(decode_jwt(token).metadata["sign_in"]) if token else None
    except (InvalidTokenError, ValueError, TypeError, KeyError):
        return None


async def person() -> Person:
    """The person of this request, as they are in the database now.

    Raises:
        NotAllowed: nobody is signed in, or the account is gone.
    """
    user_id = signed_in.get()
    if user_id is None:
        raise NotAllowed("Sign in first.")
    return await person_with(user_id)


async def person_of(token: str | None) -> Person:
    """The person of an open conversation, by the token with which it was opened.

    Raises:
        NotAllowed: they were signed out since, or the account is gone.
    """
    sign_in = _named_by(token)
    user_id = await auth.signed_in(house().database, sign_in) if sign_in else None
    if user_id is None:
        raise NotAllowed("You are signed out; load this page again to sign in.")
    return await person_with(user_id)


async def person_with(user_id: UUID) -> Person:
    """The person with this id.

    Raises:
        NotAllowed: the account is gone.
    """
    async with house().database.session(None) as session:
        user = await users.by_id(session, user_id)
    if user is None:
        raise NotAllowed("This account does not exist any more; sign in with another one.")
    return as_person(user)


async def sign_in(request: Request, response: Response, signed: Person) -> None:
    """Lets the response carry the session cookie."""
    started = await auth.start_sign_in(house().database, signed)
    user = ChainlitUser(identifier=str(signed.id), display_name=signed.name, metadata={"sign_in": str(started)})
    set_auth_cookie(request, response, create_jwt(user))


async def sign_out(request: Request, response: Response, *, everywhere: bool) -> None:
    """Ends this sign-in, or all of the person's, and closes the conversations that are open in them."""
    ended: set[UUID] = set()
    if everywhere and signed_in.get():
        ended = await auth.end_sign_ins(house().database, await person())
    elif here := _named_by(get_token_from_cookies(request.cookies)):
        await auth.end_sign_in(house().database, here)
        ended = {here}
    for name in request.cookies:
        if name.startswith(COOKIE):  # a long token is spread over several
            response.delete_cookie(name)
    await _close(ended)


async def _close(ended: Set[UUID]) -> None:
    """Closes the sockets of ended sign-ins in this process; in another they are refused at their next message."""
    for open_chat in list(ws_sessions_id.values()):
        if _named_by(open_chat.token) in ended:
            await sio.disconnect(open_chat.socket_id)
