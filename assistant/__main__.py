"""The command line of Twinning."""

from __future__ import annotations

import asyncio
import errno
import json
import logging
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import click
from pydantic import ValidationError

from assistant import auth
from assistant.agent.models import list_models, pull_model
from assistant.channels import terminal
from assistant.errors import BadInput, ConfigurationError, TwinningError
from assistant.events import Person
from assistant.house import House, open_house
from assistant.memory.ingest import storable
from assistant.rendering import plain
from assistant.settings import Settings
from assistant.weights import DEFAULT_CHAT_MODEL, EMBEDDING_MODEL, ModelStore
from assistant.worker import embed_here, embed_in_background

T = TypeVar("T")


def tell(sentence: str) -> None:
    """Progress goes to standard error, so that answers can be piped."""
    click.echo(sentence, err=True)


def command(function: Callable[..., Coroutine[Any, Any, T]]) -> Callable[..., T]:
    """Runs an async command; what goes wrong on purpose is one sentence and exit code 1."""

    @wraps(function)
    def run(*args: Any, **kwargs: Any) -> T:
        try:
            return asyncio.run(function(*args, **kwargs))
        except TwinningError as error:
            raise click.ClickException(str(error)) from error
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise  # whoever read our output has enough; click ends quietly
            where = f"{error.filename}: " if error.filename else ""
            raise click.ClickException(f"{where}{error.strerror or error}; `twinning doctor` says more.") from error
        except KeyboardInterrupt:
            raise click.ClickException("Stopped; what was done so far is kept.") from None

    return run


def read_settings() -> Settings:
    """The settings.

    Raises:
        ConfigurationError: one of them will not do; the text names it.
    """
    try:
        return Settings()
    except ValidationError as error:
        wrong = "; ".join(f"TWINNING_{str(each['loc'][0]).upper()}: {each['msg']}" for each in error.errors())
        raise ConfigurationError(f"A setting will not do: {wrong}") from error


@asynccontextmanager
async def house_and_person(user: str | None) -> AsyncIterator[tuple[House, Person]]:
    """The house, and the person for whom the command acts."""
    settings = read_settings()
    async with open_house(settings, tell=tell) as house:
        yield house, await auth.owner_of_the_folder(house.database, settings, name=user)


for_user = click.option("--user", help="Act for this person instead of the first one.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="twinning")
@click.option("--verbose", is_flag=True, help="Log to standard error.")
def main(*, verbose: bool) -> None:
    """Twinning: a personal assistant that remembers, cites and stays on your own machine."""
    logging.basicConfig(level=logging.INFO if verbose else logging.ERROR, stream=sys.stderr)


@main.command()
@click.option("--port", type=int, help="Instead of TWINNING_PORT.")
@command
async def serve(port: int | None) -> None:
    """Start everything and open the web chat."""
    # Only here: the web chat's libraries take two seconds to import, which no other command should wait for.
    from assistant.serve import serve as run_server

    settings = read_settings()
    await run_server(settings if port is None else settings.model_copy(update={"port": port}), tell=tell)


@main.command()
@click.argument("text", required=False)
@click.option("--file", "file", type=click.Path(path_type=Path), help='JSON Lines with "id" and "text".')
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
@for_user
@command
async def ask(text: str | None, file: Path | None, as_json: bool, user: str | None) -> None:
    """Answer a question from memory, with sources."""
    if (text is None) == (file is None):
        raise BadInput('Give a question in quotes, or --file with lines such as {"id": 1, "text": "..."}.')
    async with house_and_person(user) as (house, person):
        if file is not None:
            failed = await terminal.ask_many(house.assistant, person, file, out=sys.stdout)
            if failed:
                raise BadInput(f"{failed} questions could not be answered; their lines say why.")
        elif as_json:
            answer = await terminal.ask(house.assistant, person, str(text))
            click.echo(json.dumps(terminal.as_json(answer), ensure_ascii=False, indent=2))
        else:
            await terminal.ask_aloud(house.assistant, person, str(text), out=sys.stdout)


@main.command()
@for_user
@command
async def chat(user: str | None) -> None:
    """Talk in the terminal."""
    async with house_and_person(user) as (house, person):
        await terminal.chat(house.assistant, person)


@main.command()
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
            found = await house.router.route(question["text"], person=person.id)
            line = {
                "route": found.name,
                "args": dict(found.arguments),
                "confidence": found.confidence,
                "asked_back": found.asked_back,
                "options": list(found.options),
            }
            click.echo(json.dumps(line if file is None else {"id": question["id"], **line}, ensure_ascii=False))


@main.command()
@click.argument("text")
@for_user
@command
async def remember(text: str, user: str | None) -> None:
    """Store a fact."""
    async with house_and_person(user) as (house, person):
        memory = await house.omac.remember(person, text, source="command line")
        click.echo(f"Remembered: “{plain(memory.text)}”  {memory.id}")


@main.command()
@click.argument("query")
@click.option("--limit", default=8, show_default=True, type=click.IntRange(1, 100))
@click.option("--json", "as_json", is_flag=True)
@for_user
@command
async def recall(query: str, limit: int, as_json: bool, user: str | None) -> None:
    """Find memories, best first, without answering."""
    async with house_and_person(user) as (house, person):
        for found in await house.omac.recall(person, query, limit=limit):
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


@main.command()
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
    async with house_and_person(user) as (house, person):
        if documents is not None:
            path = str(documents)
            if not path.startswith("upload:"):  # what was dropped into the chat has no other name
                path = storable(documents.expanduser().resolve())
            gone = await house.omac.forget_documents(person, path, ask=_sure(yes))
            click.echo(f"Removed {gone} documents with all their passages.")
            return
        ids = [_as_id(memory_id)] if memory_id else await _pick(house, person, str(about), yes=yes)
        done = await house.omac.forget(person, ids)
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


async def _pick(house: House, person: Person, about: str, *, yes: bool) -> list[UUID]:
    found = [each for each in await house.omac.recall(person, about, limit=20) if each.kind == "fact"][:5]
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


@main.command("import")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--wait", is_flag=True, help="Wait until everything can also be found by meaning.")
@for_user
@command
async def import_(path: Path, wait: bool, user: str | None) -> None:
    """Read a file or a folder of notes into memory."""
    async with house_and_person(user) as (house, person):
        with terminal.progress("Reading") as bar:
            summary = await house.import_path(
                person, path, progress=lambda at: bar(at.done, at.total, Path(at.current).name)
            )
        for line in summary.lines():
            click.echo(plain(line))
        status = await house.memory_status(person)
        missing = status.memories - status.embedded
        if not missing:
            return
        if wait:
            with terminal.progress("Understanding") as bar:
                await embed_here(house, report=lambda done, total: bar(done, total, ""))
        else:
            embed_in_background(house.settings)
            click.echo(
                f"Everything can be found by its words now. {missing:,} passages are still being made findable by "
                "meaning, in the background; `twinning doctor` shows how far that is."
            )


@main.group()
def user() -> None:
    """People of this house."""


@user.command("code")
@click.option("--new", "new_person", is_flag=True, help="For another person, instead of the first one.")
@command
async def user_code(new_person: bool) -> None:
    """Print a one-time code with which a person makes (or, the first one, regains) their account."""
    settings = read_settings()
    async with open_house(settings, tell=tell) as house:
        code = await (auth.invite(house.database) if new_person else auth.first_code(house.database, settings))
        click.echo(f"{code}   (good for 24 hours, once; open http://{settings.host}:{settings.port}/welcome)")


@user.command("list")
@command
async def user_list() -> None:
    """List the people of this house."""
    async with open_house(read_settings(), tell=tell) as house:
        for name, signed_up in await auth.everyone(house.database):
            click.echo(f"{name}{'' if signed_up else '   (no account yet)'}")


@main.group()
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
        with terminal.progress(name) as bar:
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
    async with open_house(read_settings(), tell=tell) as house:
        status = await house.brain.probe()
        click.echo(f"{status.model or 'no model'}: mode {status.mode.value}. {status.why}")


@main.command()
@click.option("--json", "as_json", is_flag=True)
@command
async def doctor(as_json: bool) -> None:
    """Look at everything that has to work; every finding names its fix."""
    # Only here: nothing else needs what it looks at.
    from assistant.doctor import Verdict, examine

    marks = {Verdict.GOOD: "✓", Verdict.LOOK: "!", Verdict.BAD: "✗"}
    bad = 0
    async for finding in examine(read_settings(), tell=tell):
        bad += finding.verdict is Verdict.BAD
        if as_json:
            click.echo(json.dumps(finding.as_json(), ensure_ascii=False))
        else:
            click.echo(f"{marks[finding.verdict]} {finding.name}: {finding.saw}")
            if finding.fix:
                click.echo(f"    → {finding.fix}")
    if bad:
        raise TwinningError(f"{bad} of these need you.")


if __name__ == "__main__":
    main()
