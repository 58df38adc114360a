"""What all commands share: how they run, whom they act for, and where they tell how far they are."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import wraps
from typing import Any, TypeVar

import click
from pydantic import ValidationError

from assistant import auth
from assistant.db.database import Database, open_database
from assistant.errors import ConfigurationError, TwinningError
from assistant.events import Person
from assistant.memory.memory import Omac
from assistant.memory.opening import open_omac
from assistant.settings import Settings

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


for_user = click.option("--user", help="Act for this person instead of the first one.")


@asynccontextmanager
async def database_of_the_folder(settings: Settings) -> AsyncIterator[Database]:
    """The database alone, for commands that need neither memory nor model."""
    database = await open_database(settings, tell=tell)
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def omac_and_person(user: str | None) -> AsyncIterator[tuple[Omac, Person]]:
    """The memory without the model, and the person for whom the command acts."""
    settings = read_settings()
    async with open_omac(settings, tell=tell) as omac:
        yield omac, await auth.owner_of_the_folder(omac.database, settings, name=user)
