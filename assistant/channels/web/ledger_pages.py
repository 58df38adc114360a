"""The pages that only tell: what left the house, the audit, the inbox."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from assistant.channels.web import outside_markup
from assistant.channels.web.answering import for_person, part_or_page
from assistant.channels.web.current import house
from assistant.db import operations
from assistant.errors import NotFound
from assistant.events import Person
from assistant.outside import utc_now

LINES = 200
ENTRIES = 100
NOTICES = 50

router = APIRouter(include_in_schema=False)


@for_person
async def egress(request: Request, person: Person) -> Response:
    """What left the house: by host, and the last requests."""
    ledger = house().outside.egress
    lines, totals = await ledger.latest(person.id, limit=LINES), await ledger.totals(person.id)
    return part_or_page(request, "What left the house", outside_markup.egress_html(totals, lines, person))


@for_person
async def audit(request: Request, person: Person) -> Response:
    """The newest entries."""
    entries = await house().outside.audit.latest(person.id, limit=ENTRIES)
    return part_or_page(request, "Audit", outside_markup.audit_html(entries, person))


@for_person
async def verify(request: Request, person: Person) -> Response:
    """Checks every entry."""
    found = await house().outside.audit.verify(person.id)
    entries = await house().outside.audit.latest(person.id, limit=ENTRIES)
    said = outside_markup.verified_html(found)
    return part_or_page(request, "Audit", outside_markup.audit_html(entries, person, said=said))


@for_person
async def inbox(request: Request, person: Person) -> Response:
    """What the person should know."""
    async with house().database.session(person.id) as session:
        found = await operations.notices(session, person.id, unseen=False, limit=NOTICES)
    return part_or_page(request, "Inbox", outside_markup.inbox_html(found, person))


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
    try:
        key = UUID(request.path_params["key"])
    except ValueError as error:
        raise NotFound("There is no such notice.") from error
    async with house().database.session(person.id) as session:
        await operations.see_notice(session, person.id, key, now=utc_now())
    return RedirectResponse("/inbox", 303)


router.add_route("/egress", egress, ["GET"])
router.add_route("/audit", audit, ["GET"])
router.add_route("/audit/verify", verify, ["POST"])
router.add_route("/inbox", inbox, ["GET"])
router.add_route("/inbox/seen", see_all, ["POST"])
router.add_route("/inbox/{key}/seen", see, ["POST"])
