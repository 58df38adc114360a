"""Who someone is: passwords, one-time codes, sign-ins, and the right of the data folder."""

from __future__ import annotations

import asyncio
import datetime as dt
import getpass
import hashlib
import secrets
from functools import cache
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from assistant.db import users
from assistant.db.database import Database
from assistant.db.tables import User
from assistant.errors import BadInput, NotAllowed, NotFound
from assistant.events import Person
from assistant.settings import Settings

CODE_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # nothing that looks like something else
CODE_CHARACTERS = 16
CODE_LIFETIME = dt.timedelta(hours=24)
PASSWORD_MIN = 10
PASSWORD_MAX = 1000
NAME_MAX = 60
SIGN_IN_LIFETIME = dt.timedelta(days=30)

_hasher = PasswordHasher()  # argon2id with the library's defaults (RFC 9106, second recommendation)


@cache
def _nobody() -> str:
    """A password that nobody has, to check where there is no account; made once, for it takes as long as a check."""
    return _hasher.hash(secrets.token_hex(16))


def as_person(user: User) -> Person:
    """The value that travels with every message."""
    return Person(id=user.id, name=user.name, time_zone=user.time_zone, week_start=user.week_start)


async def owner_of_the_folder(database: Database, settings: Settings, *, name: str | None = None) -> Person:
    """For the command line: whoever may read the data folder acts for the first person, or for the one named.

    Raises:
        NotFound: nobody has this name.
    """
    async with database.session(None) as session:
        if name is None:
            user = await users.first(session) or await users.first_or_create(
                session, _login_name(), time_zone=settings.time_zone, week_start=settings.week_start
            )
        else:
            found = await users.named(session, name)
            if found is None:
                known = ", ".join(each.name for each in await users.everyone(session)) or "nobody yet"
                raise NotFound(f"There is nobody named {name!r} here; known: {known}.")
            user = found
        return as_person(user)


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "owner"


async def everyone(database: Database) -> list[tuple[str, bool]]:
    """(name, whether they have a password) of the people of the house, the first one first."""
    async with database.session(None) as session:
        return [(user.name, user.password_hash is not None) for user in await users.everyone(session)]


async def people(database: Database) -> list[Person]:
    """The people of the house, the first one first."""
    async with database.session(None) as session:
        return [as_person(user) for user in await users.everyone(session)]


async def needs_first_account(database: Database) -> bool:
    """True until the first person has a password."""
    async with database.session(None) as session:
        user = await users.first(session)
        return user is None or user.password_hash is None


async def first_code(database: Database, settings: Settings) -> str:
    """A new one-time code with which the first person makes their account; earlier ones stop working."""
    person = await owner_of_the_folder(database, settings)
    async with database.session(None) as session:
        return await _new_code(session, person)


async def invite(database: Database) -> str:
    """A one-time code for another person of the household."""
    async with database.session(None) as session:
        return await _new_code(session, None)


async def _new_code(session: AsyncSession, person: Person | None) -> str:
    code = "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_CHARACTERS))
    await users.add_code(
        session,
        _digest(code),
        user_id=person.id if person else None,
        expires_at=dt.datetime.now(dt.UTC) + CODE_LIFETIME,
    )
    return "-".join(code[i : i + 4] for i in range(0, CODE_CHARACTERS, 4))


def _digest(code: str) -> bytes:
    letters = "".join(each for each in code.upper() if each in CODE_ALPHABET)
    return hashlib.sha256(letters.encode()).digest()


async def sign_up(database: Database, settings: Settings, *, code: str, name: str, password: str) -> Person:
    """Makes an account with a one-time code. A refused name or password does not use the code up.

    Raises:
        BadInput: the name or the password will not do.
        NotAllowed: the code is wrong, used or too old.
    """
    name = " ".join(name.split())
    if not name or len(name) > NAME_MAX or not name.isprintable():
        raise BadInput(f"Choose a name of 1 to {NAME_MAX} ordinary characters.")
    if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
        raise BadInput(f"Choose a password of at least {PASSWORD_MIN} characters.")
    password_hash = await asyncio.to_thread(_hasher.hash, password)
    try:
        async with database.session(None) as session:
            taken = await users.take_code(session, _digest(code), now=dt.datetime.now(dt.UTC))
            if taken is None:
                raise NotAllowed("This code is wrong, used or too old; `twinning user code` prints a new one.")
            other = await users.named(session, name)
            if other is not None and other.id != taken.user_id:
                raise BadInput(f"The name {name} is taken; choose another.")
            user = await users.by_id(session, taken.user_id) if taken.user_id else None
            user = user or await users.create(
                session, name, time_zone=settings.time_zone, week_start=settings.week_start
            )
            user.name, user.name_key, user.password_hash = name, users.name_key(name), password_hash
            await users.end_sign_ins(session, user.id)  # whoever was signed in with the old password
            return as_person(user)
    except IntegrityError as error:
        raise BadInput(f"The name {name} is taken; choose another.") from error


async def sign_in(database: Database, *, name: str, password: str) -> Person:
    """Checks a name and password, in the same time whether or not the name exists.

    Raises:
        NotAllowed: they do not match.
    """
    async with database.session(None) as session:
        user = await users.named(session, name)
    nobody = await asyncio.to_thread(_nobody)  # asked for in either case: the first time it takes long
    stored = user.password_hash if user and user.password_hash else nobody
    try:
        await asyncio.to_thread(_hasher.verify, stored, password[:PASSWORD_MAX])
    except (VerificationError, InvalidHashError):
        raise NotAllowed("Name and password do not match.") from None
    if user is None or not user.password_hash:
        raise NotAllowed("Name and password do not match.")
    if _hasher.check_needs_rehash(stored):
        async with database.session(None) as session:
            again = await users.by_id(session, user.id)
            if again:
                again.password_hash = await asyncio.to_thread(_hasher.hash, password)
    return as_person(user)


async def start_sign_in(database: Database, person: Person) -> UUID:
    """Notes that the person is signed in in one more browser; returns what its cookie names."""
    now = dt.datetime.now(dt.UTC)
    async with database.session(None) as session:
        return await users.add_sign_in(session, person.id, now=now, expires_at=now + SIGN_IN_LIFETIME)


async def signed_in(database: Database, sign_in: UUID) -> UUID | None:
    """Whose sign-in this is; None when it was ended or is too old."""
    async with database.session(None) as session:
        return await users.signed_in(session, sign_in, now=dt.datetime.now(dt.UTC))


async def end_sign_in(database: Database, sign_in: UUID) -> None:
    """Signs one browser out, whatever its cookie says."""
    async with database.session(None) as session:
        await users.end_sign_in(session, sign_in)


async def end_sign_ins(database: Database, person: Person) -> set[UUID]:
    """Signs the person out everywhere; returns the sign-ins that were ended."""
    async with database.session(None) as session:
        return await users.end_sign_ins(session, person.id)
