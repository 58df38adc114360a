"""`twinning insights`: what stands out in the person's own figures, and what they think of being told so."""

from __future__ import annotations

import click

from assistant import auth
from assistant.commands.acting import as_json_option, print_json, whose
from assistant.commands.running import command, database_of_the_folder, for_user, read_settings
from assistant.db import insights as stored
from assistant.jobs import insights as job
from assistant.rendering import plain


@click.group(invoke_without_command=True)
@as_json_option
@for_user
@click.pass_context
def insights(ctx: click.Context, as_json: bool, user: str | None) -> None:
    """Look for what stands out in your figures; thumbs up or down per kind."""
    if ctx.invoked_subcommand is None:
        _look(as_json, user)


@command
async def _look(as_json: bool, user: str | None) -> None:
    settings = read_settings()
    async with database_of_the_folder(settings) as database:
        person = await auth.owner_of_the_folder(database, settings, name=user)
        for each in await job.run(database, person, now=settings.clock()):
            if as_json:
                evidence = [dict(row) for row in each.evidence]
                print_json({"kind": each.kind.key, "key": each.key, "text": each.text, "evidence": evidence})
            else:
                click.echo(f"{each.kind.title}: {plain(each.text)}")
        if as_json:
            return
        for status in await job.kinds(database, person):
            how = f"silent, until `twinning insights vote {status.kind.key} up`" if status.silent else "told"
            click.echo(f"  {status.kind.title}: {how} ({status.told} so far)")
        async with database.session(person.id) as session:
            budget = await stored.budget(session, person.id)
        click.echo(f"At most {budget} a day (`twinning insights budget`); all of them are in `twinning inbox`.")


@insights.command()
@click.argument("which")
@click.argument("thumb", type=click.Choice(["up", "down"]))
@for_user
@command
async def vote(which: str, thumb: str, user: str | None) -> None:
    """Give a thumb to one by the beginning of its id; two down on a kind make it silent. Up takes a kind's name too."""
    settings = read_settings()
    async with database_of_the_folder(settings) as database:
        person = await auth.owner_of_the_folder(database, settings, name=whose(user))
        status = await job.vote(database, person, which, up=thumb == "up")
        said = "are not told any more" if status.silent else "are told"
        click.echo(f"Noted: {status.kind.title} {said}.")


@insights.command()
@click.argument("per_day", type=click.IntRange(0, 50))
@for_user
@command
async def budget(per_day: int, user: str | None) -> None:
    """Say how many may be told on one day; 0 is none."""
    settings = read_settings()
    async with database_of_the_folder(settings) as database:
        person = await auth.owner_of_the_folder(database, settings, name=whose(user))
        async with database.session(person.id) as session:
            await stored.set_budget(session, person.id, per_day)
        click.echo(f"At most {per_day} a day from now on.")
