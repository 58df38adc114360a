"""The pages about approvals: what waits, each in full, what became of the others, standing grants."""

from __future__ import annotations

import asyncio
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from assistant.actions.approvals import Actions
from assistant.actions.grants import Grants
from assistant.actions.outcomes import ENDED, Outcome, Place
from assistant.actions.proposals import Proposal
from assistant.channels.web import outside_markup
from assistant.channels.web.answering import for_person, part_or_page
from assistant.channels.web.current import house
from assistant.db import operations
from assistant.db.tables import Operation
from assistant.errors import BadInput, NotFound
from assistant.events import Person
from assistant.outside import utc_now

HISTORY = 50
WAIT_S = 10.0
"""So long a page waits for what was approved on it."""

router = APIRouter(include_in_schema=False)


@for_person
async def approvals(request: Request, person: Person) -> Response:
    """Everything that waits, in full; below it what became of the others."""
    actions = _actions()
    waiting = await actions.waiting(person.id)
    history = [each for each in await actions.history(person.id, limit=HISTORY) if each.state != "proposed"]
    body = outside_markup.approvals_html(waiting, history, await _grants().standing(person.id), person)
    return part_or_page(request, "Approvals", body)


@for_person
async def decide(request: Request, person: Person) -> Response:
    """One or several answers, each naming what was shown."""
    form = await request.form()
    one = str(form.get("one") or "")
    word, _, named = one.partition(" ") if one else (str(form.get("all") or ""), "", "")
    chosen = [named] if one else [str(each) for each in form.getlist("chosen")]
    if word not in ("approve", "deny"):
        raise BadInput("This page is out of date; reload it.")
    if not chosen:
        raise BadInput("Nothing is chosen; tick what you want to decide.")
    results = await _actions().decide_all(
        person.id, [_named(each) for each in chosen], approve=word == "approve", channel="web"
    )
    results = list(await asyncio.gather(*(_ended(person, each) for each in results)))
    return part_or_page(request, "Decided", outside_markup.decided_html(results))


@for_person
async def one(request: Request, person: Person) -> Response:
    """One approval: all of it, how it stands, and a form to change it."""
    return await _one(request, person, _key(request))


@for_person
async def change(request: Request, person: Person) -> Response:
    """Takes an approval back and asks anew, with other arguments."""
    key, form = _key(request), await request.form()
    before = Proposal.thaw((await _operation(person, key)).frozen).arguments
    written = {name: _lines(str(form[f"argument {name}"])) for name in before if f"argument {name}" in form}
    changed = {name: value for name, value in written.items() if value != _lines(str(before[name]))}
    try:
        if not changed:
            raise BadInput("Nothing is changed in it.")
        stored = await _actions().edit(person.id, key, named=str(form.get("digest")), arguments=changed, channel="web")
    except BadInput as error:
        return await _one(request, person, key, said=str(error), written=written)
    return RedirectResponse(f"/approvals/{stored.id}", 303)


@for_person
async def undo(request: Request, person: Person) -> Response:
    """Asks for an approval of what takes an action back."""
    key = _key(request)
    operation = await _operation(person, key)
    stored = await _actions().undo(person.id, key, Place("web", operation.thread_id))
    return RedirectResponse(f"/approvals/{stored.id}", 303)


@for_person
async def cancel(request: Request, person: Person) -> Response:
    """Takes back an approval before anything is sent."""
    outcome = await _actions().cancel(person.id, _key(request), channel="web")
    return RedirectResponse(f"/approvals/{outcome.id}", 303)


@for_person
async def revoke(request: Request, person: Person) -> Response:
    """Ends a standing grant."""
    await _grants().revoke(person.id, str(_key(request)))
    return RedirectResponse("/approvals", 303)


router.add_route("/approvals", approvals, ["GET"])
router.add_route("/approvals", decide, ["POST"])
router.add_route("/approvals/{key}", one, ["GET"])
router.add_route("/approvals/{key}/change", change, ["POST"])
router.add_route("/approvals/{key}/undo", undo, ["POST"])
router.add_route("/approvals/{key}/cancel", cancel, ["POST"])
router.add_route("/grants/{key}/revoke", revoke, ["POST"])


async def _one(
    request: Request, person: Person, key: UUID, *, said: str = "", written: dict[str, str] | None = None
) -> Response:
    await _actions().expire(person.id)
    operation = await _operation(person, key)
    approval = _actions().shown(operation)
    outcome = await _actions().outcome(person.id, key)
    body = outside_markup.one_html(operation, approval, outcome, person)
    if operation.state == "proposed":
        arguments = {**Proposal.thaw(operation.frozen).arguments, **(written or {})}
        body += outside_markup.change_html(approval, arguments, said=said)
    return part_or_page(request, approval.title, body, status=400 if said else 200)


async def _ended(person: Person, result: Outcome | Exception) -> Outcome | Exception:
    if not isinstance(result, Outcome) or result.state in ENDED or result.until is not None:
        return result
    return await _actions().finished(person.id, result.id, within_s=WAIT_S)


async def _operation(person: Person, key: UUID) -> Operation:
    async with house().database.session(person.id) as session:
        found = await operations.get(session, person.id, key)
    if found is None:
        raise NotFound("There is no such approval, or it is somebody else's.")
    return found


def _actions() -> Actions:
    return house().outside.actions


def _grants() -> Grants:
    outside = house().outside
    return Grants(outside.database, audit=outside.audit, performers=outside.performers, clock=utc_now)


def _key(request: Request) -> UUID:
    try:
        return UUID(request.path_params["key"])
    except ValueError as error:
        raise NotFound("There is no such approval, or it is somebody else's.") from error


def _named(chosen: str) -> tuple[UUID, str]:
    key, _, digest = chosen.partition(" ")
    try:
        return UUID(key), digest
    except ValueError as error:
        raise BadInput("This page is out of date; reload it.") from error


def _lines(written: str) -> str:
    """Forms send their line breaks as two characters."""
    return written.replace("\r\n", "\n")
