"""`twinning user ...`."""

from __future__ import annotations

import click

from assistant import auth
from assistant.commands.running import command, database_of_the_folder, for_user, read_settings


@click.group()
def user() -> None:
    """People of this house."""


@user.command("code")
@click.option("--new", "new_person", is_flag=True, help="For another person, instead of the first one.")
@command
async def user_code(new_person: bool) -> None:
    """Print a one-time code with which a person makes (or, the first one, regains) their account."""
    settings = read_settings()
    async with database_of_the_folder(settings) as database:
        code = await (auth.invite(database) if new_person else auth.first_code(database, settings))
        click.echo(f"{code}   (good for 24 hours, once; open http://{settings.host}:{settings.port}/welcome)")


@user.command("list")
@command
async def user_list() -> None:
    """List the people of this house."""
    async with database_of_the_folder(read_settings()) as database:
        for name, signed_up in await auth.everyone(database):
            click.echo(f"{name}{'' if signed_up else '   (no account yet)'}")


@user.command("sign-out")
@for_user
@command
async def user_sign_out(user: str | None) -> None:
    """Sign a person out of the web chat in all browsers, for when a device is lost."""
    settings = read_settings()
    async with database_of_the_folder(settings) as database:
        person = await auth.owner_of_the_folder(database, settings, name=user)
        ended = await auth.end_sign_ins(database, person)
        click.echo(f"{person.name} was signed in {len(ended)} times and is now signed in nowhere.")
