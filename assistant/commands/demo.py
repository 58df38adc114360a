"""`twinning demo`: a synthetic person to try everything on."""

from __future__ import annotations

from pathlib import Path

import click

from assistant.channels.terminal import progress
from assistant.commands.running import command, for_user, omac_and_person, read_settings
from assistant.demo import living
from assistant.errors import BadInput
from assistant.jobs import insights
from assistant.rendering import plain
from assistant.settings import Settings

QUESTIONS = (
    "How did I sleep in the last 7 nights compared with last month?",
    "What did I spend on groceries since January?",
    "On how many days did I walk more than 10,000 steps in the last 90 days?",
    "What were my three biggest purchases last month?",
    "When is Noor's birthday?",
)


@click.command()
@click.option("--remove", "removes", is_flag=True, help="Take all of it out again, and prove it.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@for_user
@command
async def demo(removes: bool, yes: bool, user: str | None) -> None:
    """Fill an empty house with a synthetic person, or take it out again.

    It has a year of health, money and notes to ask about, all made up. Nothing of your own can be added to it.
    """
    settings = read_settings()
    if removes:
        await _remove(settings, yes=yes, user=user)
    else:
        await _fill(settings, user=user)


async def _fill(settings: Settings, *, user: str | None) -> None:
    async with omac_and_person(user) as (omac, person):
        with progress("Making it up") as bar:
            filled = await living.fill(
                omac,
                person,
                _folder(settings),
                now=settings.clock(),
                report=lambda at: bar(at.done, at.total, Path(at.current).name),
            )
        told = await insights.run(omac.database, person, now=settings.clock())
    rows = filled.rows
    click.echo(
        f"A synthetic person lives here now, from {filled.first} to {filled.last}: "
        f"{rows.get('health_samples', 0):,} readings, {rows.get('ledger_transactions', 0):,} transactions and "
        f"{rows.get('documents', 0):,} notes, all made up; every source begins with “demo”."
    )
    if told:
        click.echo(f"{len(told)} things stood out: `twinning inbox`.")
    click.echo("Ask, here or in the web chat (`twinning serve`), for example:")
    for question in QUESTIONS:
        click.echo(f"  twinning ask {question!r}" if "'" not in question else f'  twinning ask "{question}"')
    click.echo("Nothing of your own can be added to it. `twinning demo --remove` takes all of it out.")


async def _remove(settings: Settings, *, yes: bool, user: str | None) -> None:
    async with omac_and_person(user) as (omac, person):
        facts, messages = await living.told(omac.database, person)
        if facts or messages:
            said = f"{facts:,} facts and {messages:,} messages that you said to it meanwhile go too."
            if not yes and not click.confirm(f"{said} Remove the synthetic person?"):
                raise BadInput("Nothing was removed.")
        gone = await living.remove(omac.database, person, _folder(settings))
    total = sum(gone.rows.values())
    click.echo(f"Removed: {total:,} rows of {len(gone.rows)} tables, and the files. Counted again: nothing is left.")
    if gone.account:
        click.echo(f"The account {plain(gone.account)} stays, empty; sign in again.")


def _folder(settings: Settings) -> Path:
    return settings.data_dir / "demo"
