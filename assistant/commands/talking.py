"""`twinning ask | chat | route`: what needs the whole house."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from assistant import auth
from assistant.channels import terminal
from assistant.commands.running import command, for_user, read_settings, tell
from assistant.errors import BadInput
from assistant.events import Answer, Figure, Person
from assistant.figures.pictures.drawing import picture_of
from assistant.house import House, open_house


@asynccontextmanager
async def house_and_person(user: str | None) -> AsyncIterator[tuple[House, Person]]:
    """The house, and the person for whom the command acts."""
    settings = read_settings()
    async with open_house(settings, tell=tell) as house:
        yield house, await auth.owner_of_the_folder(house.database, settings, name=user)


@click.command()
@click.argument("text", required=False)
@click.option("--file", "file", type=click.Path(path_type=Path), help='JSON Lines with "id" and "text".')
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
@click.option("--chart", type=click.Path(path_type=Path), metavar="FILE.png", help="Draw the figures into a picture.")
@for_user
@command
async def ask(text: str | None, file: Path | None, as_json: bool, chart: Path | None, user: str | None) -> None:
    """Answer a question from memory, with sources."""
    if (text is None) == (file is None):
        raise BadInput('Give a question in quotes, or --file with lines such as {"id": 1, "text": "..."}.')
    if file is not None and chart is not None:
        raise BadInput("--chart draws the answer to one question; leave out --file.")
    async with house_and_person(user) as (house, person):
        if file is not None:
            failed = await terminal.ask_many(house.assistant, person, file, out=sys.stdout)
            if failed:
                raise BadInput(f"{failed} questions could not be answered; their lines say why.")
            return
        if as_json:
            answer: Answer | None = await terminal.ask(house.assistant, person, str(text))
            assert answer is not None
            click.echo(json.dumps(terminal.as_json(answer), ensure_ascii=False, indent=2))
        else:
            answer = await terminal.ask_aloud(house.assistant, person, str(text), out=sys.stdout)
        if chart is not None:
            await _draw(house, person, answer.figures if answer else (), chart)


async def _draw(house: House, person: Person, figures: Sequence[Figure], chart: Path) -> None:
    """Writes the chart of figures, for where no web chat draws it."""
    now = house.settings.clock().astimezone(ZoneInfo(person.time_zone))
    drawn = await picture_of(
        house.database, person, figures, now=now, cache=house.settings.data_dir / "cache" / "fonts"
    )
    if drawn is None:
        raise BadInput("There is nothing to draw in this answer; a chart needs figures of several days or groups.")
    chart.write_bytes(drawn)
    tell(f"The chart is in {chart}.")


@click.command()
@for_user
@command
async def chat(user: str | None) -> None:
    """Talk in the terminal."""
    async with house_and_person(user) as (house, person):
        await terminal.chat(house.assistant, person)


@click.command()
@click.argument("text", required=False)
@click.option("--file", "file", type=click.Path(path_type=Path), help='JSON Lines with "id" and "text".')
@for_user
@command
async def route(text: str | None, file: Path | None, user: str | None) -> None:
    """Show what a message would do, without doing it, as JSON."""
    if (text is None) == (file is None):
        raise BadInput('Give a message in quotes, or --file with lines such as {"id": 1, "text": "..."}.')
    questions: Iterable[dict[str, Any]] = terminal.read_questions(file) if file else [{"id": None, "text": text}]
    async with house_and_person(user) as (house, person):
        for question in questions:
            found = await house.router.route(question["text"], person=person.id, now=house.settings.clock())
            line = {
                "route": found.name,
                "args": dict(found.arguments),
                "confidence": found.confidence,
                "asked_back": found.asked_back,
                "options": list(found.options),
            }
            click.echo(json.dumps(line if file is None else {"id": question["id"], **line}, ensure_ascii=False))
