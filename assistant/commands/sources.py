"""`twinning sources`."""

from __future__ import annotations

import click

from assistant import auth
from assistant.commands.running import command, database_of_the_folder, for_user, read_settings
from assistant.errors import BadInput
from assistant.figures.health.metrics import METRICS, key_of
from assistant.figures.health.taking import set_priority, standings
from assistant.rendering import plain


@click.command()
@click.argument("metric", required=False)
@click.argument("order", nargs=-1)
@click.option("--reset", is_flag=True, help="Go back to the stated rule: watch, then others, then phone.")
@for_user
@command
async def sources(metric: str | None, order: tuple[str, ...], reset: bool, user: str | None) -> None:
    """Show or say which device counts where several have the same day.

    METRIC, then its sources, the first counts. METRIC is one such as step_count, "sleep" for nights, or "all".
    """
    if reset and order:
        raise BadInput("Give an order or --reset, not both.")
    if reset and metric is None:
        raise BadInput('Name the metric to reset, or "all".')
    settings = read_settings()
    async with database_of_the_folder(settings) as database:
        person = await auth.owner_of_the_folder(database, settings, name=user)
        known = await standings(database, person.id)
        if metric is not None and (order or reset):
            key = "" if metric == "all" else key_of(metric)
            there = {source for name, all_of in known.items() if key in ("", name) for source in all_of}
            if missing := [each for each in order if each not in there]:
                raise BadInput(f"There is no source {missing[0]!r}; there are: {', '.join(sorted(there)) or 'none'}.")
            changed = await set_priority(database, person.id, key, order, now=settings.clock())
            days = len({day for _, day in changed})
            click.echo(f"{days:,} {'day counts' if days == 1 else 'days count'} otherwise now.")
            known = await standings(database, person.id)
    if not known:
        click.echo("No health readings are here yet.")
    for name, all_of in sorted(known.items()):
        if metric in (None, "all") or name == key_of(str(metric)):
            title = METRICS[name].title if name in METRICS else name
            click.echo(plain(f"{name} ({title}): {', then '.join(all_of)}"))
