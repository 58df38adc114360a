"""`twinning import`."""

from __future__ import annotations

from pathlib import Path

import click

from assistant.channels.terminal import progress
from assistant.commands.running import command, for_user, omac_and_person, read_settings
from assistant.figures.wording import count
from assistant.memory.ingest import Import
from assistant.memory.opening import memory_status
from assistant.rendering import plain
from assistant.worker import embed_here, embed_in_background


@click.command("import")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--wait", is_flag=True, help="Wait until everything can also be found by meaning.")
@for_user
@command
async def import_(path: Path, wait: bool, user: str | None) -> None:
    """Read a file or a folder of notes into memory."""
    async with omac_and_person(user) as (omac, person):
        with progress("Reading") as bar:
            summary = await Import(omac, person, report=lambda at: bar(at.done, at.total, Path(at.current).name)).run(
                path
            )
        for line in summary.lines():
            click.echo(plain(line))
        status = await memory_status(omac, person)
        missing = status.memories - status.embedded
        if not missing:
            return
        if wait:
            with progress("Understanding") as bar:
                await embed_here(omac, report=lambda done, total: bar(done, total, ""))
        else:
            embed_in_background(read_settings())
            click.echo(
                f"Everything can be found by its words now. Finding it by meaning too is prepared in the background "
                f"({count(missing, 'passage')}); `twinning doctor` shows how far that is."
            )
