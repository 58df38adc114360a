"""The pages that only tell: what left the house, the audit."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from assistant.channels.web import outside_markup
from assistant.channels.web.answering import for_person, part_or_page
from assistant.channels.web.current import house
from assistant.events import Person

LINES = 200
ENTRIES = 100

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


router.add_route("/egress", egress, ["GET"])
router.add_route("/audit", audit, ["GET"])
router.add_route("/audit/verify", verify, ["POST"])
