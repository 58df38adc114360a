"""`twinning token ...`."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import click

from assistant import auth
from assistant.commands.running import command, database_of_the_folder, for_user, read_settings
from assistant.figures.health import ingest_tokens


@click.group()
def token() -> None:
    """Keys with which a phone posts health data."""


@token.command("add")
@click.argument("name")
@for_user
@command
async def token_add(name: str, user: str | None) -> None:
    """Make a key and print it, this once."""
    settings = read_settings()
    async with database_of_the_folder(settings) as database:
        person = await auth.owner_of_the_folder(database, settings, name=user)
        click.echo(await ingest_tokens.add(database, person.id, name))
    click.echo(
        "This is shown once. In the app's automation post to "
        f"http://THIS-MACHINE:{settings.port}{ingest_tokens.PATH} with a header of your choice that holds it, such as "
        "Authorization: Bearer KEY.",
        err=True,
    )


@token.command("list")
@for_user
@command
async def token_list(user: str | None) -> None:
    """List a person's keys by name, with when each was used last."""
    settings = read_settings()
    zone = ZoneInfo(settings.time_zone)
    async with database_of_the_folder(settings) as database:
        person = await auth.owner_of_the_folder(database, settings, name=user)
        for name, made, used in await ingest_tokens.listed(database, person.id):
            last = f"last used {used.astimezone(zone):%Y-%m-%d %H:%M}" if used else "not used yet"
            click.echo(f"{name}   made {made.astimezone(zone):%Y-%m-%d}, {last}")


@token.command("remove")
@click.argument("name")
@for_user
@command
async def token_remove(name: str, user: str | None) -> None:
    """Take a key away; what posts with it is refused from then on."""
    settings = read_settings()
    async with database_of_the_folder(settings) as database:
        person = await auth.owner_of_the_folder(database, settings, name=user)
        await ingest_tokens.remove(database, person.id, name)
        click.echo(f"The key {' '.join(name.split())} is gone.")
