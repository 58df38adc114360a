"""The inbox: what the person should know, what they have seen of it, and what they think of insights."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from assistant.channels.web import inbox_markup
from assistant.channels.web.answering import for_person, part_or_page
from assistant.channels.web.current import house
from assistant.db import insights, operations
from assistant.errors import BadInput, NotFound
from assistant.events import Person
from assistant.figures.insights.standing import standing
from assistant.outside import utc_now

NOTICES = 50

router = APIRouter(include_in_schema=False)


@for_person
async def inbox(request: Request, person: Person) -> Response:
    """What the person should know."""
    async with house().database.session(person.id) as session:
        found = await operations.notices(session, person.id, unseen=False, limit=NOTICES)
        told = await insights.told(session, person.id)
    opinion = inbox_markup.Opinion(
        {each.key: each.vote for each in told}, {each.kind.key: each for each in standing(told)}
    )
    return part_or_page(request, "Inbox", inbox_markup.inbox_html(found, opinion, person))


@for_person
async def see_all(request: Request, person: Person) -> Response:
    """Marks everything as seen that the page shows."""
    async with house().database.session(person.id) as session:
        for each in await operations.notices(session, person.id, limit=NOTICES):
            await operations.see_notice(session, person.id, each.id, now=utc_now())
    return RedirectResponse("/inbox", 303)


@for_person
async def see(request: Request, person: Person) -> Response:
    """Marks one as seen."""
    async with house().database.session(person.id) as session:
        await operations.see_notice(session, person.id, _key(request), now=utc_now())
    return RedirectResponse("/inbox", 303)


@for_person
async def vote(request: Request, person: Person) -> Response:
    """A thumb on an insight, up or down; the last one counts. The page says "none" where it shows it as given."""
    key, thumb = _key(request), (await request.form()).get("thumb")
    if thumb not in ("up", "down", "none"):
        raise BadInput("This page is out of date; reload it.")
    async with house().database.session(person.id) as session:
        if thumb == "none":
            kind = await insights.take_back(session, person.id, key)
        else:
            kind = await insights.vote(session, person.id, key, up=thumb == "up")
    if kind is None:
        raise NotFound("There is no such insight.")
    return RedirectResponse(f"/inbox#{inbox_markup.anchor(key)}", 303)


router.add_route("/inbox", inbox, ["GET"])
router.add_route("/inbox/seen", see_all, ["POST"])
router.add_route("/inbox/{key}/seen", see, ["POST"])
router.add_route("/inbox/{key}/vote", vote, ["POST"])


def _key(request: Request) -> UUID:
    try:
        return UUID(request.path_params["key"])
    except ValueError as error:
        raise NotFound("There is no such notice.") from error
