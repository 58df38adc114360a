"""`twinning remember | recall | forget`: memory without the model."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import click

from assistant.commands.running import command, for_user, omac_and_person
from assistant.errors import BadInput, TwinningError
from assistant.events import Person
from assistant.figures.wording import count
from assistant.memory.formats.decoding import storable
from assistant.memory.memory import Omac
from assistant.rendering import plain


@click.command()
@click.argument("text")
@for_user
@command
async def remember(text: str, user: str | None) -> None:
    """Store a fact."""
    async with omac_and_person(user) as (omac, person):
        memory = await omac.remember(person, text, source="command line")
        click.echo(f"Remembered: “{plain(memory.text)}”  {memory.id}")


@click.command()
@click.argument("query")
@click.option("--limit", default=8, show_default=True, type=click.IntRange(1, 100))
@click.option("--json", "as_json", is_flag=True)
@for_user
@command
async def recall(query: str, limit: int, as_json: bool, user: str | None) -> None:
    """Find memories, best first, without answering."""
    async with omac_and_person(user) as (omac, person):
        for found in await omac.recall(person, query, limit=limit):
            if as_json:
                line = {
                    "memory_id": str(found.id),
                    "kind": found.kind,
                    "text": found.text,
                    "source": found.source,
                    "title": found.context,
                    "date": found.dated_on.isoformat() if found.dated_on else None,
                    "score": round(found.score, 4),
                }
                click.echo(json.dumps(line, ensure_ascii=False))
                continue
            dated = f", {found.dated_on.isoformat()}" if found.dated_on else ""
            title = f"{plain(found.context)} — " if found.context else ""
            click.echo(f"{found.id}  {title}{plain(found.source)}{dated}")
            click.echo("    " + plain(found.text).replace("\n", "\n    "))


@click.command()
@click.argument("memory_id", required=False)
@click.option("--about", help="Find facts by their words and pick.")
@click.option("--documents", type=click.Path(path_type=Path), help="Remove everything imported from this path.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@for_user
@command
async def forget(memory_id: str | None, about: str | None, documents: Path | None, yes: bool, user: str | None) -> None:
    """Remove a memory by its id or its words, or everything imported from a path, and prove it."""
    if sum(given is not None for given in (memory_id, about, documents)) != 1:
        raise BadInput("Give a memory's id (`twinning recall` shows them), --about WORDS, or --documents PATH.")
    async with omac_and_person(user) as (omac, person):
        if documents is not None:
            path = str(documents)
            if not path.startswith("upload:"):  # what was dropped into the chat has no other name
                path = storable(documents.expanduser().resolve())
            gone = await omac.forget_documents(person, path, ask=_sure(yes))
            click.echo(f"Removed {count(gone, 'document')} with all passages.")
            return
        ids = [_as_id(memory_id)] if memory_id else await _pick(omac, person, str(about), yes=yes)
        done = await omac.forget(person, ids)
        if not done.proven:
            raise TwinningError("A copy is still there; run `twinning doctor`.")
        click.echo(f"Forgotten: {done.memories}, and blackened in {done.messages} messages. Looked again: gone.")


def _sure(yes: bool) -> Callable[[int], bool]:
    return lambda count: yes or click.confirm(f"Remove {count} documents from memory? The files stay.")


def _as_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise BadInput(f"{text!r} is no memory id; to find a fact by its words use --about.") from None


async def _pick(omac: Omac, person: Person, about: str, *, yes: bool) -> list[UUID]:
    found = [each for each in await omac.recall(person, about, limit=20) if each.kind == "fact"][:5]
    if not found:
        raise BadInput(f"I remember no fact about {about!r}.")
    if yes:
        return [found[0].id]
    for number, each in enumerate(found, 1):
        click.echo(f"  {number}. {plain(each.text)}")
    picked = click.prompt("Forget which (0 for none)?", type=click.IntRange(0, len(found)))
    if picked == 0:
        raise BadInput("Nothing was forgotten.")
    return [found[picked - 1].id]
