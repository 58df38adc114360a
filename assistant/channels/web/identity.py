"""Who sends a request: the signed session cookie, checked once per request."""

from __future__ import annotations

from uuid import UUID

from chainlit.auth import create_jwt, decode_jwt, get_token_from_cookies, set_auth_cookie
from chainlit.user import User as ChainlitUser
from jwt import InvalidTokenError
from starlette.requests import Request, cookie_parser
from starlette.responses import Response

from assistant.auth import as_person
from assistant.channels.web.current import house, signed_in
from assistant.db import users
from assistant.errors import NotAllowed
from assistant.events import Person


def of_cookies(header: str) -> UUID | None:
    """The person whose session a `Cookie` header carries; None when it is missing, forged or too old."""
    token = get_token_from_cookies(cookie_parser(header))
    if not token:
        return None
    try:
        return UUID(decode_jwt(token).identifier)
    except (InvalidTokenError, ValueError, TypeError):
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


def sign_in(request: Request, response: Response, signed: Person) -> None:
    """Lets the response carry the session cookie."""
    token = create_jwt(ChainlitUser(identifier=str(signed.id), display_name=signed.name, metadata={}))
    set_auth_cookie(request, response, token)
