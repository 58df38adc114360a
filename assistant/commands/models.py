"""`twinning model ...`."""

from __future__ import annotations

from pathlib import Path

import click

from assistant.agent.models import list_models, pull_model
from assistant.channels.terminal import progress
from assistant.commands.running import command, read_settings, tell
from assistant.weights import DEFAULT_CHAT_MODEL, EMBEDDING_MODEL, ModelStore


@click.group()
def model() -> None:
    """Language and embedding models."""


@model.command("list")
@command
async def model_list() -> None:
    """Show the models that are here or can be fetched."""
    for each in await list_models(read_settings()):
        state = "here" if each.installed else "can be fetched"
        size = f", {each.size / 1e6:,.0f} MB" if each.size else ""
        click.echo(f"{each.name}   ({state}{size})")


@model.command("pull")
@click.argument("names", nargs=-1)
@click.option("--from", "source", type=click.Path(path_type=Path), help="A file or folder that has the weights.")
@command
async def model_pull(names: tuple[str, ...], source: Path | None) -> None:
    """Fetch models; without a name, the built-in ones."""
    settings = read_settings()
    for name in names or (EMBEDDING_MODEL, DEFAULT_CHAT_MODEL):
        with progress(name) as bar:
            await pull_model(
                settings, name, source=source, progress=lambda at: bar(at.done, at.total or 0, at.transport)
            )
        click.echo(f"{name} is here.")


@model.command("check")
@click.argument("names", nargs=-1)
@command
async def model_check(names: tuple[str, ...]) -> None:
    """Read the weights again and compare them with the manifest."""
    store = ModelStore(read_settings().models_dir)
    for name in names or [entry.name for entry in store.entries() if store.installed(entry.name)]:
        await store.check(name)
        click.echo(f"{name} is what the manifest names.")


@model.command("probe")
@command
async def model_probe() -> None:
    """Test the language model and show in which mode it works."""
    # Only here: the whole house takes a second to import, which fetching and listing models do not need.
    from assistant.house import open_house

    async with open_house(read_settings(), tell=tell) as house:
        status = await house.brain.probe()
        click.echo(f"{status.model or 'no model'}: mode {status.mode.value}. {status.why}")
