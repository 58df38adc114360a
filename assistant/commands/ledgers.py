"""`twinning audit | egress | inbox`: what was done, what left the house, and what wants to be known."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import click

from assistant.commands.acting import as_json_option, outside_and_person, print_json, whose
from assistant.commands.running import command, for_user
from assistant.db import operations
from assistant.db.tables import EgressEntry
from assistant.errors import BadInput, TwinningError
from assistant.figures.wording import count
from assistant.outside import utc_now
from assistant.rendering import plain

FIRST = ("at", "what", "operation")
limit_option = click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 10_000))


@click.group(invoke_without_command=True)
@limit_option
@as_json_option
@for_user
@click.pass_context
def audit(ctx: click.Context, limit: int, as_json: bool, user: str | None) -> None:
    """List who did what, from where and how it ended; or verify that nobody has changed it."""
    if ctx.invoked_subcommand is None:
        _list_audit(limit, as_json, user)


@command
async def _list_audit(limit: int, as_json: bool, user: str | None) -> None:
    async with outside_and_person(user) as (outside, person):
        entries = await outside.audit.latest(person.id, limit=limit)
        if not entries and not as_json:
            click.echo("Nothing has been done yet.")
        for seq, entry in entries:
            if as_json:
                print_json({"seq": seq, **entry})
            else:
                click.echo(f"{seq}  {str(entry['at'])[:19]}  {entry['what']}  {plain(_facts(entry))}")


@audit.command("verify")
@for_user
@command
async def verify(user: str | None) -> None:
    """Read all of the audit and check that nothing was changed, added or taken away."""
    async with outside_and_person(whose(user)) as (outside, person):
        checked = await outside.audit.verify(person.id)
        if checked.trouble:
            raise TwinningError(f"The audit was tampered with or damaged. {checked.trouble}")
        click.echo(f"{checked.entries:,} entries, all as they were written.")


@click.command()
@limit_option
@as_json_option
@for_user
@command
async def egress(limit: int, as_json: bool, user: str | None) -> None:
    """List what left the house: where to, why, which kind of content, how much."""
    async with outside_and_person(user) as (outside, person):
        lines = await outside.egress.latest(person.id, limit=limit)
        if as_json:
            for line in lines:
                print_json(_line_as_json(line))
            return
        for host, requests, out, back in await outside.egress.totals(person.id):
            click.echo(f"{plain(host)}: {count(requests, 'request')}, {out:,} bytes out, {back:,} bytes in")
        if lines:
            click.echo("")
        for line in lines:
            classes = ", ".join(line.classes) or "public"
            click.echo(
                f"{line.at:%Y-%m-%d %H:%M:%S}  {line.method} {plain(line.host)}  {plain(line.purpose)}  {classes}  "
                f"{line.bytes_out:,} out, {line.bytes_in or 0:,} in  {plain(line.outcome or 'under way')}"
            )
        if not lines:
            click.echo("Nothing has left the house.")


@click.command()
@click.option("--seen", "seen", metavar="ID", help="Put one away; the beginning of its id is enough.")
@as_json_option
@for_user
@command
async def inbox(seen: str | None, as_json: bool, user: str | None) -> None:
    """List what you should know or decide."""
    async with outside_and_person(user) as (outside, person), outside.database.session(person.id) as session:
        notices = await operations.notices(session, person.id)
        if seen is not None:
            key = _one([each.id for each in notices], seen)
            await operations.see_notice(session, person.id, key, now=utc_now())
            click.echo("Put away.")
            return
        for each in notices:
            if as_json:
                made = each.created_at.isoformat()
                print_json({"id": str(each.id), "kind": each.kind, "text": each.text, "created_at": made})
            else:
                click.echo(f"{each.id}  {each.created_at:%Y-%m-%d %H:%M}  {plain(each.kind)}")
                click.echo("    " + plain(each.text).replace("\n", "\n    "))
        if not as_json:
            waiting = await operations.listed(session, person.id, states=("proposed",))
            if waiting:
                wait = "waits" if len(waiting) == 1 else "wait"
                click.echo(f"{count(len(waiting), 'action')} {wait} for your yes or no: `twinning approvals`.")
            elif not notices:
                click.echo("Nothing is in the inbox.")


def _facts(entry: Mapping[str, Any]) -> str:
    shown = [str(entry["operation"])[:8]] if "operation" in entry else []
    for name, value in entry.items():
        if name not in FIRST and value not in ("", None, {"sources": [], "classes": []}):
            said = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            shown.append(f"{name}: {said[:16] if name == 'digest' else said}")
    return "  ".join(shown)


def _line_as_json(line: EgressEntry) -> dict[str, Any]:
    return {
        "at": line.at.isoformat(),
        "host": line.host,
        "method": line.method,
        "purpose": line.purpose,
        "classes": list(line.classes),
        "operation": str(line.operation_id) if line.operation_id else None,
        "bytes_out": line.bytes_out,
        "bytes_in": line.bytes_in,
        "outcome": line.outcome,
    }


def _one(keys: list[UUID], beginning: str) -> UUID:
    begun = beginning.strip().lower()
    found = [key for key in keys if begun and str(key).startswith(begun)]
    if len(found) != 1:
        raise BadInput(f"{len(found) or 'No'} notices begin with {beginning!r}; `twinning inbox` lists them.")
    return found[0]
