"""`twinning sync`: keeps memory and figures in step with a service."""

from __future__ import annotations

import click

from assistant.commands.running import command, for_user, omac_and_person, read_settings, tell
from assistant.context import Context
from assistant.jobs import influx_sync, ledger_sync, notion_sync
from assistant.outside import make_outside
from assistant.rendering import plain


class _Services(click.Group):
    """Names what there is where a service is not known, as `twinning connect` does."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if self.get_command(ctx, args[0]) is None:
            there = ", ".join(self.list_commands(ctx))
            raise click.ClickException(f"There is no service {plain(args[0])!r} to sync; there are {there}.")
        return super().resolve_command(ctx, args)


@click.group(cls=_Services)
def sync() -> None:
    """Keep memory and figures in step with a service, now."""


@sync.command()
@click.option("--forget-many", is_flag=True, help="Forget everything that is in Notion's trash, however much it is.")
@for_user
@command
async def notion(forget_many: bool, user: str | None) -> None:
    """Keep memory in step with the chosen data source of Notion; changes there wait for your approval."""
    async with omac_and_person(user) as (omac, person):
        settings = read_settings()
        actions = make_outside(settings, omac.database).actions
        ctx = Context(person=person, omac=omac, now=settings.clock(), actions=actions)
        if not await notion_sync.chosen(ctx):
            click.echo("No data source is chosen; `twinning connect notion` asks for one.")
            return
        report = await notion_sync.run(ctx, forget_many=forget_many)
        click.echo(plain(report.text) if report else "Notion and memory are in step.")
        if report and report.waiting:
            click.echo("`twinning approvals` shows what waits.")


@sync.command()
@for_user
@command
async def influxdb(user: str | None) -> None:
    """Copy new readings to InfluxDB, and read what was chosen there."""
    async with omac_and_person(user) as (omac, person):
        settings = read_settings()
        report = await influx_sync.run(make_outside(settings, omac.database), person, now=settings.clock())
        click.echo(plain(report.text) if report else "No InfluxDB is connected; `twinning connect influxdb` does that.")


all_option = click.option("--all", "full", is_flag=True, help="Read everything, not only what can have changed.")
many_option = click.option(
    "--remove-many", is_flag=True, help="Remove what is no longer there, however much of it is missing."
)


@sync.command()
@all_option
@many_option
@for_user
@command
async def firefly(full: bool, remove_many: bool, user: str | None) -> None:
    """Read accounts, transactions, bills, budgets and piggy banks of Firefly III; nothing is written there."""
    await _ledger("firefly", full=full, remove_many=remove_many, user=user)


@sync.command()
@all_option
@many_option
@for_user
@command
async def akaunting(full: bool, remove_many: bool, user: str | None) -> None:
    """Read accounts and transactions of Akaunting; nothing is written there."""
    await _ledger("akaunting", full=full, remove_many=remove_many, user=user)


async def _ledger(name: str, *, full: bool, remove_many: bool, user: str | None) -> None:
    async with omac_and_person(user) as (omac, person):
        settings = read_settings()
        actions = make_outside(settings, omac.database).actions
        ctx = Context(person=person, omac=omac, now=settings.clock(), actions=actions)
        report = await ledger_sync.run(ctx, name, full=full, remove_many=remove_many, report=tell)
        click.echo(plain(report.text) if report else f"Nothing is connected; `twinning connect {name}` does that.")
