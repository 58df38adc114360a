"""The page on which services are connected, and disconnected. What is typed is tried before it is kept."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from assistant import connecting
from assistant.channels.web import outside_markup
from assistant.channels.web.answering import STATUS, for_person, part_or_page
from assistant.channels.web.current import house
from assistant.channels.web.outside_markup import Failed
from assistant.errors import AuthFailed, BadInput, NotAllowed, ServiceError
from assistant.events import Person

router = APIRouter(include_in_schema=False)


@for_person
async def connections(request: Request, person: Person) -> Response:
    """Every service, and how it is."""
    return await _page(request, person)


@for_person
async def connect(request: Request, person: Person) -> Response:
    """Tries what was typed; keeps it when the service answers. Secrets never go back into the page."""
    service = connecting.service_named(house().outside, request.path_params["service"])
    form = await request.form()
    typed = {each.name: str(form.get(each.name) or "") for each in service.questions}
    settings = {each.name: typed[each.name] for each in service.questions if not each.secret}
    secrets = {each.name: typed[each.name] for each in service.questions if each.secret}
    try:
        await connecting.connect(house().outside, person.id, service.name, settings, secrets)
    except (BadInput, NotAllowed, ServiceError) as error:
        status = 400 if isinstance(error, AuthFailed) else STATUS.get(type(error), 503)
        return await _page(request, person, failed=Failed(service.name, str(error), settings), status=status)
    return RedirectResponse("/connections", 303)


@for_person
async def disconnect(request: Request, person: Person) -> Response:
    """Forgets a connection, with its keys."""
    await house().outside.connections.disconnect(person.id, request.path_params["service"])
    return RedirectResponse("/connections", 303)


router.add_route("/connections", connections, ["GET"])
router.add_route("/connections/{service}", connect, ["POST"])
router.add_route("/connections/{service}/disconnect", disconnect, ["POST"])


async def _page(request: Request, person: Person, *, failed: Failed | None = None, status: int = 200) -> Response:
    outside = house().outside
    connected = {each.service: each for each in await outside.connections.all(person.id)}
    services = sorted(outside.services.values(), key=lambda each: each.title.lower())
    body = outside_markup.connections_html(services, connected, person, failed=failed)
    return part_or_page(request, "Connections", body, status=status)
