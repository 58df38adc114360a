"""`twinning connect | disconnect | grant | grants`: what the assistant may reach, and what it need not ask about."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from assistant import connecting
from assistant.actions.grants import DAYS, TIMES, Grants
from assistant.commands.acting import as_json_option, outside_and_person, print_json, whose
from assistant.commands.running import command, for_user
from assistant.errors import BadInput
from assistant.events import Person
from assistant.outside import Outside, utc_now
from assistant.rendering import plain
from integrations import Question, Service


@click.command()
@click.argument("service", required=False)
@click.option("--set", "typed", multiple=True, metavar="NAME=VALUE", help="An answer that is no secret.")
@click.option(
    "--secret-file",
    type=click.Path(path_type=Path, allow_dash=True),
    help="Where the secrets are: a JSON object, lines of NAME=VALUE, or the only secret. `-` reads standard input.",
)
@for_user
@command
async def connect(service: str | None, typed: tuple[str, ...], secret_file: Path | None, user: str | None) -> None:
    """Connect a service after trying it; without a name, list them all with how they are."""
    async with outside_and_person(user) as (outside, person):
        if service is None:
            if typed or secret_file:
                raise BadInput("Say which service; `twinning connect` lists them.")
            await _list(outside, person)
            return
        found = connecting.service_named(outside, service)
        settings = _settings(found, typed)
        secrets = _secrets(found, secret_file) if secret_file else {}
        if sys.stdin.isatty():
            settings |= _ask([each for each in found.questions if not each.secret and each.name not in settings])
            secrets |= _ask([each for each in found.questions if each.secret and each.name not in secrets])
        made = await connecting.connect(outside, person.id, found.name, settings, secrets)
        click.echo(f"{found.title} is connected as {plain(made.account)}.")


@click.command()
@click.argument("service")
@for_user
@command
async def disconnect(service: str, user: str | None) -> None:
    """Forget a connection and delete its key."""
    async with outside_and_person(user) as (outside, person):
        await outside.connections.disconnect(person.id, service.strip().lower())
        click.echo(f"{service} is disconnected and its key deleted here; withdraw the key at the service too.")


@click.command()
@click.argument("tool")
@click.option("--target", required=True, help="Where: as the approval says behind `where`.")
@click.option("--arguments", required=True, type=click.Path(path_type=Path), help="File with a narrow JSON Schema.")
@click.option("--times", required=True, type=int, help=f"How often, at most {TIMES}.")
@click.option("--days", required=True, type=int, help=f"How long, at most {DAYS}.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@for_user
@command
async def grant(tool: str, target: str, arguments: Path, times: int, days: int, yes: bool, user: str | None) -> None:
    """Allow one action on one target, so often, until a day, without being asked each time."""
    try:
        schema: Any = json.loads(arguments.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"{arguments} cannot be read ({error.strerror}); name a file with a JSON Schema.") from error
    except ValueError as error:
        raise BadInput(f"{arguments} is no JSON: {error}.") from error
    async with outside_and_person(user) as (outside, person):
        grants = _grants(outside)
        grants.checked(tool, target=target, arguments=schema, times=times, days=days)
        label = _with_account(outside.performers[tool].label, await grants.account(person.id, tool))
        click.echo(f"{label}: {plain(target)}, {times} times within {days} days, where")
        click.echo(plain(json.dumps(schema["properties"], ensure_ascii=False, indent=2)))
        click.echo(
            "Text of others, health, finance and secret content, and what everybody can read are asked all the same."
        )
        if not yes:
            if not sys.stdin.isatty():
                raise BadInput("Nobody is here to be asked; --yes gives the grant without asking.")
            if not click.confirm("Allow this?", default=False):
                raise BadInput("Nothing was granted.")
        key = await grants.give(person.id, tool, target=target, arguments=schema, times=times, days=days)
        click.echo(f"Granted: {key}   (`twinning grants revoke {str(key)[:8]}` ends it)")


@click.group(invoke_without_command=True)
@as_json_option
@for_user
@click.pass_context
def grants(ctx: click.Context, as_json: bool, user: str | None) -> None:
    """List the standing grants, or end one."""
    if ctx.invoked_subcommand is None:
        _list_grants(as_json, user)


@command
async def _list_grants(as_json: bool, user: str | None) -> None:
    async with outside_and_person(user) as (outside, person):
        found = await _grants(outside).standing(person.id)
        for each in found:
            until = f"{each.expires_at:%Y-%m-%d %H:%M} UTC"
            if as_json:
                print_json(
                    {
                        "id": str(each.id),
                        "tool": each.tool,
                        "account": each.account,
                        "target": each.target,
                        "arguments": each.arguments,
                        "remaining": each.remaining,
                        "expires_at": each.expires_at.isoformat(),
                    }
                )
                continue
            tool = _with_account(each.tool, each.account)
            click.echo(f"{each.id}  {tool}: {plain(each.target)}, {each.remaining} times more, until {until}")
            click.echo("    " + plain(json.dumps(each.arguments.get("properties"), ensure_ascii=False)))
        if not found and not as_json:
            click.echo("There are none; everything is asked.")


@grants.command("revoke")
@click.argument("grant_id")
@for_user
@command
async def revoke(grant_id: str, user: str | None) -> None:
    """End a grant now."""
    async with outside_and_person(whose(user)) as (outside, person):
        ended = await _grants(outside).revoke(person.id, grant_id)
        click.echo(f"Ended: {ended.tool} for {plain(ended.target)} is asked again from now on.")


def _with_account(words: str, account: str) -> str:
    return f"{words} ({plain(account)})" if account else words


def _grants(outside: Outside) -> Grants:
    return Grants(outside.database, audit=outside.audit, performers=outside.performers, clock=utc_now)


async def _list(outside: Outside, person: Person) -> None:
    connected = {each.service: each for each in await outside.connections.all(person.id)}
    for name in sorted({*outside.services, *connected}):
        there = connected.get(name)
        if there is None:
            click.echo(f"{name}   not connected")
            continue
        how = there.trouble or (f"worked {there.checked_at:%Y-%m-%d %H:%M} UTC" if there.checked_at else "not used yet")
        click.echo(f"{name}   connected as {plain(there.account)}; {plain(how)}")


def _settings(service: Service, typed: Sequence[str]) -> dict[str, str]:
    given: dict[str, str] = {}
    hidden = {each.name for each in service.questions if each.secret}
    for each in typed:
        name, sign, value = each.partition("=")
        if not sign:
            raise BadInput("Write --set NAME=VALUE.")
        if name in hidden:
            raise BadInput(
                f"{name} is a secret, and others can see what stands on a command line: leave it out to be asked, "
                "or use --secret-file."
            )
        given[name] = value
    return given


def _secrets(service: Service, path: Path) -> dict[str, str]:
    """The secrets of a file or of standard input. What is wrong with it is said without repeating any of it."""
    try:
        said = (sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read as text; name a file with the secrets.") from error
    names = [each.name for each in service.questions if each.secret]
    try:
        stored = json.loads(said)
    except ValueError:
        stored = None
    if isinstance(stored, Mapping) and all(isinstance(value, str) for value in stored.values()):
        return dict(stored)
    lines = [line.partition("=") for line in said.splitlines() if line.strip() and not line.startswith("#")]
    if lines and all(name.strip() in names and sign for name, sign, _ in lines):
        return {name.strip(): value.strip() for name, _, value in lines}
    if len(names) == 1 and len(lines) == 1 and not isinstance(stored, (Mapping, list)):
        return {names[0]: said}
    raise BadInput(f"{path} has to hold {' and '.join(names)}: a JSON object of texts, or lines such as {names[0]}=...")


def _ask(questions: Sequence[Question]) -> dict[str, str]:
    return {
        each.name: str(
            click.prompt(
                f"{each.name}: {each.text}",
                default=each.default,
                hide_input=each.secret,
                show_default=bool(each.default) and not each.secret,
            )
        )
        for each in questions
    }
