"""Chainlit's data layer over our own threads and messages.

The assistant stores what is said, and the chat what it says itself; both wait for the database and tell the person
when it fails. Chainlit's own attempts to store steps and elements (fire and forget, errors only logged) are ignored:
nothing that counts goes through them, so nothing can be lost in them.

Chainlit does not say for whom it asks, so each question is asked for the person whose request or socket it is;
row-level security sees to the rest. Another person's thread is a thread that does not exist.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Container, Mapping, Sequence
from typing import Any
from uuid import UUID, uuid5

from chainlit.data.base import BaseDataLayer
from chainlit.types import PageInfo, PaginatedResponse
from chainlit.user import PersistedUser

from assistant.actions.outcomes import ENDED
from assistant.channels.web import cards, figure_parts, markup
from assistant.channels.web.current import house, signed_in
from assistant.db import operations, threads, users
from assistant.db.tables import Operation, StoredMessage, Thread
from assistant.errors import NotFound

MESSAGES = 400
"""How many of a thread's messages are shown when it is opened: the latest ones."""
OPERATIONS = 200
"""Among so many of a thread's last operations the approvals are found that are shown in it."""
NOT_DONE = ("failed", "denied", "expired", "withdrawn")
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
        await house().outside.actions.expire(owner)
        async with house().database.session(owner) as session:
            found = await threads.get(session, owner, thread)
            if found is None:
                return None
            said = await threads.messages(session, owner, thread, last=MESSAGES)
            asked = await operations.listed(session, owner, thread=thread, limit=OPERATIONS)
        steps = _steps(said, [each for each in reversed(asked) if _was_asked(each)])
        return _thread(found, steps=steps, elements=_charts(said))

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
        """Citations are links, charts are made anew, and uploads live only as long as their import."""

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


def _steps(said: Sequence[StoredMessage], asked: Sequence[Operation]) -> list[dict[str, Any]]:
    """Messages and approvals in the order in which they were on the screen: an approval below the answer it came with.

    Args:
        asked: The thread's approvals, the oldest first.
    """
    came_with = {key: message for message in said for key in message.details.get("approvals", [])}
    taken_back = {each.undoes for each in asked if each.state not in NOT_DONE}
    reversible = {str(each.id) for each in asked if each.id not in taken_back and (each.receipt or {}).get("undo")}
    shown = [(message.created_at, steps_of(message, reversible=reversible)) for message in said]
    for each in asked:
        answer = came_with.get(str(each.id))
        shown.append((answer.created_at if answer else each.proposed_at, [_card(each)]))
    # Sorting keeps the order of what is of the same moment.
    return [step for _, steps in sorted(shown, key=lambda each: each[0]) for step in steps]


def _was_asked(operation: Operation) -> bool:
    """Whether the person was asked, or is; not for what a rule or a standing grant decided."""
    return operation.decided_on not in ("policy", "grant")


def _card(operation: Operation) -> dict[str, Any]:
    text = cards.card(house().outside.actions.shown(operation), waits=operation.state == "proposed")
    noted = {"approval": str(operation.id), "open": operation.state not in ENDED}
    return _drawn(
        cards.card_id(operation.id), operation.thread_id, "assistant_message",
        name="Twinning", output=text, at=_iso(operation.proposed_at), metadata=noted,
    )  # fmt: skip


def steps_of(message: StoredMessage, *, reversible: Container[str] = ()) -> list[dict[str, Any]]:
    """A stored message as Chainlit draws it: the person's as it is, an answer below its steps.

    Args:
        reversible: Operations that can be taken back; what tells of one gets a button for it.
    """
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
    text = figure_parts.with_links(text, message.details.get("figures", []))
    operation = message.details.get("operation")
    noted = {"operation": operation, "undo": operation in reversible, "question": bool(message.details.get("options"))}
    answer = _step(message, str(message.id), "assistant_message", name="Twinning", output=text, at=said_at, parent=run)
    steps.append({**answer, "metadata": noted})
    return steps


def _step(
    message: StoredMessage, step_id: str, kind: str, *, at: str, parent: str | None, name: str = "", output: str = ""
) -> dict[str, Any]:
    return _drawn(step_id, message.thread_id, kind, at=at, parent=parent, name=name, output=output)


def _drawn(
    step_id: str,
    thread: UUID | None,
    kind: str,
    *,
    at: str,
    parent: str | None = None,
    name: str = "",
    output: str = "",
    metadata: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    return {
        "id": step_id, "threadId": str(thread), "parentId": parent, "type": kind, "name": name,
        "input": "", "output": output, "createdAt": at, "start": at, "end": at, "streaming": False, "isError": False,
        "showInput": "", "metadata": dict(metadata or {}), "tags": None, "language": None,
    }  # fmt: skip


def _charts(said: Sequence[StoredMessage]) -> list[dict[str, Any]]:
    """The charts of all answers; each is made when the front end asks for it, from the records of that moment."""
    return [
        element
        for message in said
        if message.role == "assistant"
        for element in figure_parts.charts(str(message.thread_id), str(message.id), message.details.get("figures", []))
    ]


def _thread(thread: Thread, *, steps: list[dict[str, Any]], elements: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
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
        "elements": list(elements),
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
