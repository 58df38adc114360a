"""A house of its own for each test, over the real Postgres."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import platformdirs
import pytest
from sqlalchemy.engine import make_url

from assistant import auth
from assistant.db.database import Database, connect
from assistant.events import Person
from assistant.house import House, open_house
from assistant.settings import Settings
from assistant.testing import BagEmbedder, ScriptedBrain
from assistant.weights import DEFAULT_CHAT_MODEL, EMBEDDING_MODEL, ModelStore


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(
        data_dir=tmp_path / "data", database_url=database_url, model="none", time_zone="Europe/Berlin", port=0
    )


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = connect(make_url(database_url))
    yield database
    await database.close()


@pytest.fixture
def brain() -> ScriptedBrain:
    """No model at all, until a test gives it lines to say."""
    return ScriptedBrain()


@pytest.fixture
async def house(settings: Settings, brain: ScriptedBrain) -> AsyncIterator[House]:
    async with open_house(settings, embedder=BagEmbedder(), brain=brain) as house:
        yield house


@pytest.fixture
async def ana(house: House, settings: Settings) -> Person:
    """The first person."""
    return await auth.owner_of_the_folder(house.database, settings)


def _weights(name: str, models_dir: Path) -> Path:
    store = ModelStore(models_dir)
    if not store.installed(name) and (os.environ.get("CI") or name == EMBEDDING_MODEL):
        asyncio.run(store.pull(name))
    return models_dir


@pytest.fixture(scope="session")
def embedding_weights() -> Iterator[Path]:
    """A models folder with the real embedding model (21 MB, fetched once into the account's cache)."""
    cache = platformdirs.user_cache_path("twinning")
    cache.mkdir(parents=True, exist_ok=True)
    # On the cache's own disk, where files are linked: elsewhere each run would fetch, or copy, them anew.
    with tempfile.TemporaryDirectory(prefix="tests-", dir=cache) as folder:
        yield _weights(EMBEDDING_MODEL, Path(folder) / "models")


@pytest.fixture(scope="session")
def chat_weights(embedding_weights: Path) -> Path:
    """The same with the real language model; skipped in words where it is not at hand, required in CI."""
    store = ModelStore(embedding_weights)
    if not os.environ.get("CI") and not store.cached(DEFAULT_CHAT_MODEL):
        pytest.skip("the 0.5B model is not on this machine; `make weights` fetches it (491 MB)")
    asyncio.run(store.pull(DEFAULT_CHAT_MODEL))
    return embedding_weights
