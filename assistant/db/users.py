"""Questions about people, their sign-up codes, and where they are signed in."""

from __future__ import annotations

import datetime as dt
from uuid import UUID, uuid4

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from assistant.db.tables import SignIn, SignUpCode, User

FIRST_PERSON_LOCK = 0x7718


def name_key(name: str) -> str:
    """What makes two names the same."""
    return " ".join(name.split()).casefold()


async def first(session: AsyncSession) -> User | None:
    """The first person of the house."""
    found: User | None = await session.scalar(select(User).order_by(User.created_at, User.id).limit(1))
    return found


async def first_or_create(session: AsyncSession, name: str, *, time_zone: str, week_start: int) -> User:
    """The first person; an empty house gets one, without a password."""
    await session.execute(select(func.pg_advisory_xact_lock(FIRST_PERSON_LOCK)))
    found = await first(session)
    return found or await create(session, name, time_zone=time_zone, week_start=week_start)


async def create(session: AsyncSession, name: str, *, time_zone: str, week_start: int) -> User:
    """A new person without a password."""
    user = User(id=uuid4(), name=name, name_key=name_key(name), time_zone=time_zone, week_start=week_start)
    session.add(user)
    await session.flush()
    return user


async def named(session: AsyncSession, name: str) -> User | None:
    """The person with this name."""
    found: User | None = await session.scalar(select(User).where(User.name_key == name_key(name)))
    return found


async def by_id(session: AsyncSession, user_id: UUID) -> User | None:
    """The person with this id."""
    return await session.get(User, user_id)


async def everyone(session: AsyncSession) -> list[User]:
    """All people of the house, the first one first."""
    return list(await session.scalars(select(User).order_by(User.created_at, User.id)))


async def add_code(session: AsyncSession, code_hash: bytes, *, user_id: UUID | None, expires_at: dt.datetime) -> None:
    """Stores a code; for a person who exists it replaces their earlier ones."""
    if user_id is not None:
        await session.execute(delete(SignUpCode).where(SignUpCode.user_id == user_id))
    await session.execute(insert(SignUpCode).values(code_hash=code_hash, user_id=user_id, expires_at=expires_at))


async def take_code(session: AsyncSession, code_hash: bytes, *, now: dt.datetime) -> SignUpCode | None:
    """Uses a code up. Whoever deletes the row has it: two at once cannot both."""
    taken: SignUpCode | None = (
        await session.scalars(
            delete(SignUpCode)
            .where(SignUpCode.code_hash == code_hash, SignUpCode.expires_at > now)
            .returning(SignUpCode)
        )
    ).one_or_none()
    return taken


async def add_sign_in(session: AsyncSession, user_id: UUID, *, now: dt.datetime, expires_at: dt.datetime) -> UUID:
    """Stores a sign-in and returns its id; those that are too old go."""
    await session.execute(delete(SignIn).where(SignIn.expires_at <= now))
    sign_in = uuid4()
    await session.execute(insert(SignIn).values(id=sign_in, user_id=user_id, expires_at=expires_at))
    return sign_in


async def signed_in(session: AsyncSession, sign_in: UUID, *, now: dt.datetime) -> UUID | None:
    """Whose sign-in this is, if it still holds."""
    found: UUID | None = await session.scalar(
        select(SignIn.user_id).where(SignIn.id == sign_in, SignIn.expires_at > now)
    )
    return found


async def end_sign_in(session: AsyncSession, sign_in: UUID) -> None:
    """Ends one sign-in; one that is ended already stays so."""
    await session.execute(delete(SignIn).where(SignIn.id == sign_in))


async def end_sign_ins(session: AsyncSession, user_id: UUID) -> set[UUID]:
    """Ends all sign-ins of a person; returns which."""
    return set(await session.scalars(delete(SignIn).where(SignIn.user_id == user_id).returning(SignIn.id)))
