"""Chainlit's data layer over our own threads and messages.

The assistant stores what is said, and the chat what it says itself; both wait for the database and tell the person
when it fails. Chainlit's own attempts to store steps and elements (fire and forget, errors only logged) are ignored:
nothing that counts goes through them, so nothing can be lost in them.

Chainlit does not say for whom it asks, so each question is asked for the person whose request or socket it is;
row-level security sees to the rest. Another person's thread is a thread that does not exist.
"""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID, uuid5

from chainlit.data.base import BaseDataLayer
from chainlit.types import PageInfo, PaginatedResponse
from chainlit.user import PersistedUser

from assistant.channels.web import markup
from assistant.channels.web.current import house, signed_in
from assistant.db import threads, users
from assistant.db.tables import StoredMessage, Thread
from assistant.errors import NotFound

MESSAGES = 400
"""How many of a thread's messages are shown when it is opened: the latest ones."""
PAGE = 100
"""Threads that a page of the list holds at most."""


class History(BaseDataLayer):  # type: ignore[misc]  # Chainlit's classes are untyped to us
    """What the sidebar, the search and an opened conversation show."""

    async def get_user(self, identifier: str) -> Any:
        """The person with this id, as Chainlit wants them."""
        user_id = _uuid(identifier)
        if user_id is None:
            return None
        async with house().database.session(None) as session:
            user = await users.by_id(session, user_id)
        if user is None:
            return None
        return PersistedUser(
            id=str(user.id),
            identifier=str(user.id),
            display_name=user.name,
            metadata={},
            createdAt=_iso(user.created_at),
        )

    async def create_user(self, user: Any) -> Any:
        """Accounts are made with a code (`auth.sign_up`), never by signing in."""
        return await self.get_user(user.identifier)

    async def list_threads(self, pagination: Any, filters: Any) -> Any:
        """One page of conversations, the latest first; with a search, those in which the words stand."""
        owner = signed_in.get()
        if owner is None:
            return PaginatedResponse(pageInfo=PageInfo(False, None, None), data=[])
        limit = max(1, min(int(pagination.first), PAGE))
        async with house().database.session(owner) as session:
            found = await threads.page_after(
                session, owner, limit=limit + 1, after=_position(pagination.cursor), search=filters.search or ""
            )
        more, found = len(found) > limit, found[:limit]
        end = f"{found[-1].updated_at.isoformat()} {found[-1].id}" if found else None
        data = [_thread(each, steps=[]) for each in found]
        return PaginatedResponse(pageInfo=PageInfo(more, pagination.cursor, end), data=data)

    async def get_thread(self, thread_id: str) -> Any:
        """A conversation with its messages, steps and citations; None when it is not this person's."""
        owner, thread = signed_in.get(), _uuid(thread_id)
        if owner is None or thread is None:
            return None
        async with house().database.session(owner) as session:
            found = await threads.get(session, owner, thread)
            if found is None:
                return None
            said = await threads.messages(session, owner, thread, last=MESSAGES)
        return _thread(found, steps=[step for message in said for step in steps_of(message)])

    async def get_thread_author(self, thread_id: str) -> str:
        """The person's id when the thread is theirs, else nothing."""
        owner, thread = signed_in.get(), _uuid(thread_id)
        if owner is None or thread is None:
            return ""
        async with house().database.session(owner) as session:
            return str(owner) if await threads.get(session, owner, thread) else ""

    async def update_thread(
        self,
        thread_id: str,
        name: str | None = None,
        user_id: str | None = None,
        metadata: dict[str, Any] | None = None,
        tags: list[str] | None = None,
    ) -> None:
        """Renames a conversation; with a user id, it is the first message of a new one.

        Raises:
            NotFound: it is not there (any more).
        """
        owner, thread = signed_in.get(), _uuid(thread_id)
        if name is None or owner is None or thread is None:
            return  # the state of a browser tab, which is not kept
        async with house().database.session(owner) as session:
            if user_id is not None:
                await threads.ensure(session, owner, thread, channel="web", title=name.strip())
            elif not await threads.rename(session, owner, thread, title=" ".join(name.split())):
                raise NotFound("This conversation is not there any more.")

    async def delete_thread(self, thread_id: str) -> None:
        """Deletes a conversation with its messages."""
        owner, thread = signed_in.get(), _uuid(thread_id)
        if owner is not None and thread is not None:
            await house().assistant.delete_thread(owner, thread)

    async def create_step(self, step_dict: Any) -> None:
        """Stored by the assistant."""

    async def update_step(self, step_dict: Any) -> None:
        """Stored by the assistant."""

    async def delete_step(self, step_id: str) -> None:
        """Messages go with their conversation, or by forgetting."""

    async def create_element(self, element: Any) -> None:
        """Citations are links, and uploads live only as long as their import."""

    async def get_element(self, thread_id: str, element_id: str) -> None:
        """There are none."""

    async def delete_element(self, element_id: str, thread_id: str | None = None) -> None:
        """There are none."""

    async def upsert_feedback(self, feedback: Any) -> str:
        """Feedback is not asked for; the guard answers 404 before this is reached."""
        raise NotFound("Feedback is not kept.")

    async def delete_feedback(self, feedback_id: str) -> bool:
        """Feedback is not asked for."""
        return False

    async def get_favorite_steps(self, user_id: str) -> list[Any]:
        """Favourites are switched off."""
        return []

    async def build_debug_url(self) -> str:
        """There is none."""
        return ""

    async def close(self) -> None:
        """The house closes the database."""


def steps_of(message: StoredMessage) -> list[dict[str, Any]]:
    """A stored message as Chainlit draws it: the person's as it is, an answer below its steps."""
    said_at = _iso(message.created_at)
    if message.role == "person":
        return [_step(message, str(message.id), "user_message", output=message.text, at=said_at, parent=None)]
    # The run is what the live chat puts around steps and answer; the front end hangs its copy button on it.
    run = str(uuid5(message.id, "run"))
    steps = [_step(message, run, "run", name="on_message", at=said_at, parent=None)]
    for number, each in enumerate(message.details.get("steps", [])):
        shown = _step(
            message, str(uuid5(message.id, f"step {number}")), "tool", name=each["name"], at=said_at, parent=run
        )
        shown["input"] = markup.arguments(each.get("input") or {})
        shown["output"] = markup.answer(each.get("output") or "")
        shown["isError"] = bool(each.get("failed"))
        steps.append(shown)
    text = markup.answer(message.text, markup.citations_of(message.details))
    steps.append(
        _step(message, str(message.id), "assistant_message", name="Twinning", output=text, at=said_at, parent=run)
    )
    return steps


def _step(
    message: StoredMessage, step_id: str, kind: str, *, at: str, parent: str | None, name: str = "", output: str = ""
) -> dict[str, Any]:
    return {
        "id": step_id, "threadId": str(message.thread_id), "parentId": parent, "type": kind, "name": name,
        "input": "", "output": output, "createdAt": at, "start": at, "end": at, "streaming": False, "isError": False,
        "showInput": "", "metadata": {}, "tags": None, "language": None,
    }  # fmt: skip


def _thread(thread: Thread, *, steps: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": str(thread.id),
        # The front end sorts and groups by this; a conversation counts from when it was last used.
        "createdAt": _iso(thread.updated_at),
        "name": thread.title,
        "userId": str(thread.owner_id),
        "userIdentifier": str(thread.owner_id),
        "tags": [],
        "metadata": {},
        "steps": steps,
        "elements": [],
    }


def _position(cursor: str | None) -> tuple[dt.datetime, UUID] | None:
    """Where a page goes on; a cursor that we did not write is the start."""
    moment, _, thread = (cursor or "").partition(" ")
    try:
        return dt.datetime.fromisoformat(moment), UUID(thread)
    except ValueError:
        return None


def _iso(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except (ValueError, AttributeError, TypeError):
        return None
