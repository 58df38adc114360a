"""`twinning serve`."""

from __future__ import annotations

import click

from assistant.commands.running import command, read_settings, tell
from assistant.serve import serve as run_server


@click.command()
@click.option("--port", type=int, help="Instead of TWINNING_PORT.")
@command
async def serve(port: int | None) -> None:
    """Start everything and open the web chat."""
    settings = read_settings()
    await run_server(settings if port is None else settings.model_copy(update={"port": port}), tell=tell)
