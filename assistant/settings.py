"""Every setting, in one place. Read from the environment and from `.env`; `.env.example` is written from here."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import platformdirs
from pydantic import AfterValidator, AwareDatetime, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from assistant.errors import ConfigurationError

EMBEDDING_DIMENSIONS = 384
CONTEXT_TOKENS = 4096
"""The model's context (`num_ctx`). One constant for all providers: changing it makes Ollama reload the model."""
PROMPT_TOKENS = 2000
"""What a first turn's prompt may take of it."""


def make_folder(path: Path, *, mode: int = 0o777) -> Path:
    """Makes a folder of the person's data, with its parents, and returns it.

    Raises:
        ConfigurationError: it cannot be made or written; the text names the way out.
    """
    try:
        path.mkdir(parents=True, exist_ok=True, mode=mode)
    except OSError as error:
        raise ConfigurationError(
            f"The folder {path} cannot be made ({error.strerror}); set TWINNING_DATA_DIR to one that you may write."
        ) from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise ConfigurationError(
            f"The folder {path} cannot be written; take it back with `chown -R $USER {path}`, or set TWINNING_DATA_DIR."
        )
    return path


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"{name!r} is not a time zone; use a name such as Europe/Berlin") from error
    return name


def local_time_zone() -> str:
    """The machine's IANA time zone name, or UTC where it cannot be told."""
    link = Path("/etc/localtime")
    name = os.environ.get("TZ", "").removeprefix(":")
    if not name and link.is_symlink():
        name = str(link.resolve()).partition("zoneinfo/")[2]
    try:
        return _known_zone(name) if name else "UTC"
    except ValueError:
        return "UTC"


class Settings(BaseSettings):
    """How this house is set up. Every field is `TWINNING_` + its name in the environment."""

    model_config = SettingsConfigDict(
        env_prefix="TWINNING_",
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
    )

    data_dir: Path = Field(
        default_factory=lambda: platformdirs.user_data_path("twinning"),
        description="Where everything of yours lives: database, models, keys. Default: the XDG data folder.",
    )
    host: str = Field("127.0.0.1", description="Address on which the web chat listens.")
    port: int = Field(8000, ge=0, le=65535, description="Port of the web chat.")
    database_url: str | None = Field(
        None,
        description="A Postgres of your own (postgresql://user:password@host/name, with pgvector) "
        "instead of the one that comes along.",
    )
    redis_url: str | None = Field(
        None,
        description="Redis for rate limits and caches (redis://host:6379/0). Default: kept in the process.",
    )
    model: str | None = Field(
        None,
        description="The language model: builtin:NAME, ollama:NAME, openai:NAME or none. "
        "Default: a reachable Ollama with a chat model, else the built-in one.",
    )
    model_threads: int = Field(
        default_factory=lambda: max(1, (os.cpu_count() or 2)),
        ge=1,
        description="CPU threads for built-in models.",
    )
    ollama_url: str = Field("http://127.0.0.1:11434", description="Where Ollama listens.")
    openai_url: str | None = Field(None, description="Base URL of an OpenAI-compatible server, with /v1.")
    openai_api_key: SecretStr | None = Field(None, description="Its key, if it wants one.")
    embedding_model: str = Field(
        "builtin:all-minilm-l6-v2",
        description="What turns text into vectors: builtin:all-minilm-l6-v2, ollama:NAME or openai:NAME.",
    )
    time_zone: Annotated[str, AfterValidator(_known_zone)] = Field(
        default_factory=local_time_zone, description="Your time zone (Europe/Berlin). Default: the machine's."
    )
    week_start: int = Field(0, ge=0, le=6, description="First day of your week: 0 is Monday, 6 is Sunday.")
    secrets_dir: Path | None = Field(
        None, description="Where the keys of connected services are kept. Default: secrets in the data folder."
    )
    executor_apart: bool = Field(
        False,
        description="Approved actions are carried out by `twinning executor`, a process of its own that alone needs "
        "to read the secrets. Default: by whatever is running.",
    )
    now: AwareDatetime | None = Field(
        None, description="Fixes the clock (2026-03-01T09:00:00+01:00), for tests and demonstrations."
    )

    def clock(self) -> datetime:
        """The present instant, in the person's time zone; fixed where `TWINNING_NOW` says so."""
        return (self.now or datetime.now(UTC)).astimezone(ZoneInfo(self.time_zone))

    @property
    def models_dir(self) -> Path:
        """Where model weights are kept."""
        return self.data_dir / "models"
