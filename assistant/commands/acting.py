"""`twinning approvals | approve | deny | undo | cancel | actions | executor`: what was proposed, and how it ended."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

import click

from assistant import auth
from assistant.actions.approvals import BATCH, Actions
from assistant.actions.outcomes import Outcome, Place
from assistant.channels.terminal import approval_as_json
from assistant.commands.running import command, database_of_the_folder, for_user, read_settings, tell
from assistant.errors import BadInput, TwinningError
from assistant.events import Approval, Person
from assistant.jobs import influx_sync
from assistant.outside import Outside, make_outside, utc_now
from assistant.rendering import plain

CHANNEL = "terminal"
DONE_WITHIN_S = 90.0
as_json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")


@asynccontextmanager
async def outside_and_person(user: str | None) -> AsyncIterator[tuple[Outside, Person]]:
    """The way outside without memory and model, and the person for whom the command acts."""
    settings = read_settings()
    async with database_of_the_folder(settings) as database:
        yield make_outside(settings, database), await auth.owner_of_the_folder(database, settings, name=user)


def whose(user: str | None) -> str | None:
    """For a command within a command: `--user`, before it or behind it."""
    parent = click.get_current_context().parent
    return user or (parent.params.get("user") if parent else None)


def print_json(line: object) -> None:
    """One JSON object on one line."""
    click.echo(json.dumps(line, ensure_ascii=False))


@click.command()
@as_json_option
@for_user
@command
async def approvals(as_json: bool, user: str | None) -> None:
    """List what waits for your yes or no, all of it."""
    async with outside_and_person(user) as (outside, person):
        waiting = await outside.actions.waiting(person.id)
        for each in waiting:
            if as_json:
                print_json(approval_as_json(each))
            else:
                show(each)
        if not waiting and not as_json:
            click.echo("Nothing waits for you.")


@click.command()
@click.argument("ids", nargs=-1, required=True)
@click.option("--yes", is_flag=True, help="Do not ask; each action is then named by its --digest.")
@click.option("--digest", "digests", multiple=True, help="What `twinning approvals --json` says of it, in order.")
@for_user
@command
async def approve(ids: tuple[str, ...], yes: bool, digests: tuple[str, ...], user: str | None) -> None:
    """Say yes to one or more actions, each shown in full, and have them done."""
    if len(ids) > BATCH:
        raise BadInput(f"At most {BATCH} can be decided at once.")
    if yes and len(digests) != len(ids):
        raise BadInput("With --yes, give one --digest for each id: it says that you have seen what you approve.")
    if digests and not yes:
        raise BadInput("--digest goes with --yes; without it you are shown each action and asked.")
    async with outside_and_person(user) as (outside, person):
        found = [await outside.actions.find(person.id, each) for each in ids]
        if yes:
            for each in found:
                show(each)
            named = [(each.id, hexed) for each, hexed in zip(found, digests, strict=True)]
        else:
            named = [(each.id, each.digest) for each in found if _sure(each)]
        await _decide(outside.actions, person, named)


@click.command()
@click.argument("ids", nargs=-1, required=True)
@for_user
@command
async def deny(ids: tuple[str, ...], user: str | None) -> None:
    """Say no to one or more actions; nothing is sent."""
    async with outside_and_person(user) as (outside, person):
        found = [await outside.actions.find(person.id, each) for each in ids]
        failed = 0
        for at in range(0, len(found), BATCH):
            named = [(each.id, each.digest) for each in found[at : at + BATCH]]
            for outcome in await outside.actions.decide_all(person.id, named, approve=False, channel=CHANNEL):
                failed += isinstance(outcome, Exception)
                click.echo(str(outcome) if isinstance(outcome, Exception) else plain(outcome.told))
        if failed:
            raise TwinningError(f"{failed} of {len(found)} could not be denied; the lines above say why.")


@click.command()
@click.argument("action")
@for_user
@command
async def undo(action: str, user: str | None) -> None:
    """Propose what takes an action back; it is asked like any other."""
    async with outside_and_person(user) as (outside, person):
        found = await outside.actions.find(person.id, action)
        stored = await outside.actions.undo(person.id, found.id, Place(CHANNEL))
        inverse = outside.actions.shown(stored)
        if _interactive():
            if _sure(inverse):
                await _decide(outside.actions, person, [(inverse.id, inverse.digest)])
        else:
            show(inverse)


@click.command()
@click.argument("action")
@for_user
@command
async def cancel(action: str, user: str | None) -> None:
    """Take back a yes before anything was sent."""
    async with outside_and_person(user) as (outside, person):
        found = await outside.actions.find(person.id, action)
        outcome = await outside.actions.cancel(person.id, found.id, channel=CHANNEL)
        click.echo(plain(outcome.told))


@click.command()
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000))
@as_json_option
@for_user
@command
async def actions(limit: int, as_json: bool, user: str | None) -> None:
    """List what was asked for and what became of it, the newest first."""
    async with outside_and_person(user) as (outside, person):
        history = await outside.actions.history(person.id, limit=limit)
        for each in history:
            if as_json:
                print_json(_outcome_as_json(each))
            else:
                click.echo(f"{each.id}  {each.state}")
                click.echo("    " + plain(each.told).replace("\n", "\n    "))
        if not history and not as_json:
            click.echo("Nothing was asked for yet.")


@click.command()
@command
async def executor() -> None:
    """Carry out what is approved, in a process of its own, until stopped."""
    settings = read_settings()
    async with database_of_the_folder(settings) as database:
        outside = make_outside(settings, database)
        work = asyncio.create_task(outside.carry_out())
        copying = asyncio.create_task(influx_sync.run_forever(outside))
        for stop in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(stop, work.cancel)
        tell("Waiting for approved actions; Ctrl-C stops.")
        if not settings.executor_apart:
            tell("Other processes carry them out too; TWINNING_EXECUTOR_APART=true leaves it to this one alone.")
        try:
            await work
        except asyncio.CancelledError:
            tell("Stopped.")
        finally:
            copying.cancel()
            await asyncio.gather(copying, return_exceptions=True)


def show(approval: Approval) -> None:
    """All of an approval, and how it is decided."""
    click.echo(plain(approval.text))
    click.echo(f"`twinning approve {approval.id}` or `twinning deny {approval.id}`\n")


def _interactive() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _sure(approval: Approval) -> bool:
    """Shows it and asks. Whoever cannot have seen it cannot say yes so."""
    if not _interactive():
        raise BadInput(
            f"Nobody is here to be asked; name what was seen: `twinning approve {approval.id} --yes --digest HEX` "
            "(`twinning approvals --json` shows both)."
        )
    click.echo(plain(approval.text))
    if click.confirm("Do this?", default=False):
        return True
    click.echo(f"It waits; `twinning deny {str(approval.id)[:8]}` says no.\n")
    return False


async def _decide(actions: Actions, person: Person, named: Sequence[tuple[UUID, str]]) -> None:
    decided = await actions.decide_all(person.id, named, approve=True, channel=CHANNEL)
    undone = 0
    for each in decided:
        if isinstance(each, Exception):
            undone += 1
            click.echo(str(each))
            continue
        outcome = await _ended(actions, person, each)
        undone += outcome.state in ("failed", "unknown")
        click.echo(plain(outcome.told))
        if outcome.state == "approved":
            click.echo("It goes on while `twinning serve` or `twinning executor` runs.")
    if undone:
        raise TwinningError(f"{undone} of {len(decided)} not done; the lines above say why.")


async def _ended(actions: Actions, person: Person, outcome: Outcome) -> Outcome:
    """How it ended. One that can still be cancelled is waited for, and Ctrl-C cancels it."""
    if outcome.until is not None:
        wait_s = max(0.0, (outcome.until - utc_now()) / dt.timedelta(seconds=1))
        click.echo(f"It is sent in {wait_s:.0f} seconds; Ctrl-C cancels it.")
        try:
            await asyncio.sleep(wait_s + 0.05)
        except asyncio.CancelledError:
            return await actions.cancel(person.id, outcome.id, channel=CHANNEL)
    return await actions.finished(person.id, outcome.id, within_s=DONE_WITHIN_S)


def _outcome_as_json(outcome: Outcome) -> dict[str, object]:
    receipt = outcome.receipt
    return {
        "id": str(outcome.id),
        "tool": outcome.tool,
        "state": outcome.state,
        "told": outcome.told,
        "until": outcome.until.isoformat() if outcome.until else None,
        "receipt": None
        if receipt is None
        else {"text": receipt.text, "id": receipt.id, "link": receipt.link, "read_back": receipt.read_back},
    }
