"""Text into vectors, by the built-in MiniLM, by Ollama or by an OpenAI-compatible server.

embedder = make_embedder(settings)
vectors = await embedder.embed(["The garage code is 8812."])    # float32, (1, 384), length 1 each
"""

from __future__ import annotations

import asyncio
import ctypes
import logging
import os
import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Protocol, cast

import httpx
import numpy as np
import onnxruntime  # type: ignore[import-untyped]
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from assistant.errors import BadResponse, ConfigurationError, ModelUnavailable
from assistant.journal import Sent, journal_of, note, outside_host
from assistant.settings import EMBEDDING_DIMENSIONS, Settings
from assistant.weights import ModelStore

log = logging.getLogger(__name__)

Vectors = NDArray[np.float32]

_MAX_TOKENS = 256
"""What all-MiniLM-L6-v2 was trained on; the rest of a longer text is not seen."""
_BATCH_TOKENS = 320
"""Padded tokens of one run. More leave the CPU's caches (250-token passages then cost a third more) and take up to a
gigabyte; so few take 30 MB."""
_IDLE_S = 600.0
_TIMEOUT_S = 120.0
_TIMEOUT = httpx.Timeout(_TIMEOUT_S, connect=5.0)
_REMOTE_BATCH = 64

# What these models were trained to see before a question and before a passage (from their model cards).
_PREFIXES = {
    "nomic-embed-text": ("search_query: ", "search_document: "),
    "embeddinggemma": ("task: search result | query: ", "title: none | text: "),
}


class Embedder(Protocol):
    """Turns texts into vectors of one size.

    Attributes:
        name: Recorded with every vector; vectors of different names are not comparable.
        dimensions: Numbers per vector.
        fitted: Thresholds and weights were fitted to its cosines; those of others are put on that scale first
            (see `likeness`).
    """

    name: str
    dimensions: int
    fitted: bool

    async def embed(self, texts: Sequence[str], *, query: bool = False) -> Vectors:
        """One float32 row of length 1 per text, in order.

        Args:
            query: The texts are questions, which some models want marked.

        Raises:
            ModelUnavailable: the model is not there or does not answer.
            BadResponse: it answered with vectors of another size, or with no numbers.
        """
        ...

    def count_tokens(self, text: str) -> int:
        """How many tokens `text` takes in this model; an estimate where the tokenizer is not at hand."""
        ...

    async def aclose(self) -> None:
        """Release memory and connections."""
        ...


def make_embedder(settings: Settings) -> Embedder:
    """The embedder that `TWINNING_EMBEDDING_MODEL` names. Nothing is loaded yet.

    Raises:
        ConfigurationError: the setting is not `builtin:`, `ollama:` or `openai:` and a name.
    """
    provider, _, name = settings.embedding_model.partition(":")
    if provider == "builtin" and name:
        return BuiltinEmbedder(ModelStore(settings.models_dir), threads=settings.model_threads, model=name)
    if provider == "ollama" and name:
        return _noting(OllamaEmbedder(settings.ollama_url, name), settings)
    if provider == "openai" and name:
        key = settings.openai_api_key.get_secret_value() if settings.openai_api_key else None
        return _noting(OpenAIEmbedder(settings.openai_url, name, api_key=key), settings)
    raise ConfigurationError(
        f"TWINNING_EMBEDDING_MODEL is {settings.embedding_model!r}; "
        "set it to builtin:all-minilm-l6-v2, ollama:NAME or openai:NAME."
    )


class _Session:
    """A loaded model: tokenizers and ONNX session. About 100 MB, a quarter of a second to load."""

    def __init__(self, store: ModelStore, model: str, threads: int) -> None:
        if store.entry(model).kind != "embedding":
            raise ConfigurationError(f"{model} is not an embedding model; choose builtin:all-minilm-l6-v2.")
        if not store.installed(model):
            raise ModelUnavailable(f"The embedding model is not here yet; run `twinning model pull {model}`.")
        # Texts are tokenized one batch at a time; a pool of threads for that would only take from the model's.
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        self.tokenizer = _tokenizer(store.path(model, "tokenizer.json"))
        self.tokenizer.enable_truncation(_MAX_TOKENS)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._onnx = onnxruntime.InferenceSession(
            store.path(model, "model.onnx"), options, providers=["CPUExecutionProvider"]
        )
        _return_freed_memory()

    def run(self, encodings: Sequence[Encoding]) -> Vectors:
        """Mean of the token vectors, padding left out."""
        shape = (len(encodings), max(len(encoding.ids) for encoding in encodings))
        ids, mask = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        for row, encoding in enumerate(encodings):
            ids[row, : len(encoding.ids)] = encoding.ids
            mask[row, : len(encoding.ids)] = 1
        inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        hidden = cast("Vectors", self._onnx.run(None, inputs)[0])
        weights = mask[..., None].astype(np.float32)
        return cast("Vectors", (hidden * weights).sum(axis=1) / weights.sum(axis=1))


class BuiltinEmbedder:
    """all-MiniLM-L6-v2 (int8) in this process, through onnxruntime.

    Loaded by the first text, released after ten idle minutes. Each run works in a thread of its own, so a question
    does not wait behind a long import.

    Args:
        threads: CPU threads of one run.
    """

    def __init__(self, store: ModelStore, *, threads: int, model: str = "all-minilm-l6-v2") -> None:
        self.name = f"builtin:{model}"
        self.fitted = True
        self.dimensions = EMBEDDING_DIMENSIONS
        self._store = store
        self._model = model
        self._threads = threads
        self._session: _Session | None = None
        self._counter: Tokenizer | None = None
        self._loading = threading.Lock()
        self._release: asyncio.TimerHandle | None = None
        # One thread for a long import and one for a question beside it.
        self._threads_of_ours = ThreadPoolExecutor(2, thread_name_prefix="embedding")

    async def embed(self, texts: Sequence[str], *, query: bool = False) -> Vectors:
        """See `Embedder.embed`; `query` makes no difference to this model."""
        if not texts:
            return np.zeros((0, self.dimensions), np.float32)
        run = partial(asyncio.get_running_loop().run_in_executor, self._threads_of_ours)
        session = await run(self._loaded)
        self._release_later()
        encodings = await run(session.tokenizer.encode_batch, list(texts))
        vectors = np.empty((len(texts), self.dimensions), np.float32)
        for rows in _batches([len(encoding.ids) for encoding in encodings]):
            found = await run(session.run, [encodings[row] for row in rows])
            vectors[rows] = checked_vectors(found, dimensions=self.dimensions, name=self.name)
        self._release_later()
        return vectors

    def count_tokens(self, text: str) -> int:
        """Tokens of the whole text in this model, start and end marks not counted.

        Raises:
            ModelUnavailable: the model is not there.
        """
        if self._counter is None:
            if not self._store.installed(self._model):
                raise ModelUnavailable(f"The embedding model is not here yet; run `twinning model pull {self._model}`.")
            self._counter = _tokenizer(self._store.path(self._model, "tokenizer.json"))
        return len(self._counter.encode(text, add_special_tokens=False).ids)

    async def aclose(self) -> None:
        """Release the model's memory; the next text loads it again."""
        if self._release:
            self._release.cancel()
        self._forget()

    def _loaded(self) -> _Session:
        with self._loading:
            if self._session is None:
                self._session = _Session(self._store, self._model, self._threads)
            return self._session

    def _release_later(self) -> None:
        if self._release:
            self._release.cancel()
        self._release = asyncio.get_running_loop().call_later(_IDLE_S, self._forget)

    def _forget(self) -> None:
        self._session = None
        self._counter = None
        _return_freed_memory()


def _noting(embedder: _RemoteEmbedder, settings: Settings) -> Embedder:
    embedder.journal = journal_of(settings.data_dir)
    return embedder


class _RemoteEmbedder(ABC):
    """What the embedders behind HTTP share."""

    fitted = False
    journal: Path | None = None
    """Where it is noted that texts left the house, when the server is elsewhere."""

    def __init__(self, url: str, model: str, *, name: str, dimensions: int, client: httpx.AsyncClient) -> None:
        self.name = name
        self.dimensions = dimensions
        self._url = url
        self._model = model
        self._client = client

    async def embed(self, texts: Sequence[str], *, query: bool = False) -> Vectors:
        """See `Embedder.embed`."""
        found = [
            await self._embed_some(list(texts[start : start + _REMOTE_BATCH]), query=query)
            for start in range(0, len(texts), _REMOTE_BATCH)
        ]
        return np.concatenate(found) if found else np.zeros((0, self.dimensions), np.float32)

    async def _embed_some(self, texts: list[str], *, query: bool) -> Vectors:
        body = {"model": self._model, "input": _with_prefix(self._model, texts, query=query)}
        response = await self._asked(body)
        if (host := outside_host(self._url)) is not None and self.journal is not None:
            went, came = len(response.request.content), len(response.content)
            purpose, outcome = f"embedding model {self.name}", str(response.status_code)
            note(self.journal, Sent(host, purpose, went, came, outcome, classes=("personal",)))
        if response.is_error:
            raise ModelUnavailable(self._refusal(response))
        try:
            rows = self._rows(response.json())
            vectors = np.asarray(rows, np.float32)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise BadResponse(f"{self.name} answers with something else than vectors; choose another.") from error
        if len(rows) != len(texts):
            raise BadResponse(f"{self.name} answers with {len(rows)} vectors for {len(texts)} texts.")
        return checked_vectors(vectors, dimensions=self.dimensions, name=self.name)

    async def _asked(self, body: Mapping[str, Any]) -> httpx.Response:
        try:
            return await self._client.post(self._path, json={**body, "dimensions": self.dimensions})
        except httpx.TimeoutException as error:
            raise ModelUnavailable(f"{self.name} took longer than {_TIMEOUT_S:.0f} s; try again later.") from error
        except httpx.TransportError as error:
            raise ModelUnavailable(f"Nothing answers at {self._url}; {self._fix}.") from error

    def count_tokens(self, text: str) -> int:
        """An estimate: there is no endpoint that counts."""
        return estimate_tokens(text)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    _path = ""
    _fix = ""

    @abstractmethod
    def _rows(self, answer: Any) -> list[list[float]]:
        """The vectors in the server's answer."""

    def _refusal(self, response: httpx.Response) -> str:
        return f"{self.name} refuses to embed (HTTP {response.status_code}): {response.text[:200]}"


class OllamaEmbedder(_RemoteEmbedder):
    """An embedding model of an Ollama server (`POST /api/embed`).

    It is asked for vectors of `dimensions` numbers; Ollama cuts and normalises those of larger models.
    """

    _path = "/api/embed"
    _fix = "start Ollama or correct TWINNING_OLLAMA_URL"

    def __init__(
        self,
        url: str,
        model: str,
        *,
        dimensions: int = EMBEDDING_DIMENSIONS,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        client = httpx.AsyncClient(base_url=url, timeout=_TIMEOUT, transport=transport)
        super().__init__(url, model, name=f"ollama:{model}", dimensions=dimensions, client=client)

    def _rows(self, answer: Any) -> list[list[float]]:
        return list(answer["embeddings"])

    def _refusal(self, response: httpx.Response) -> str:
        if response.status_code == httpx.codes.NOT_FOUND:
            return f"Ollama has no model {self._model}; run `twinning model pull {self.name}`."
        return super()._refusal(response)


class OpenAIEmbedder(_RemoteEmbedder):
    """An embedding model of an OpenAI-compatible server (`POST /v1/embeddings`)."""

    _path = "embeddings"
    _fix = "start that server or correct TWINNING_OPENAI_URL"

    def __init__(
        self,
        url: str | None,
        model: str,
        *,
        api_key: str | None = None,
        dimensions: int = EMBEDDING_DIMENSIONS,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        if not url:
            raise ConfigurationError("TWINNING_OPENAI_URL is not set; set it to the server's base URL, with /v1.")
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        client = httpx.AsyncClient(base_url=url, headers=headers, timeout=_TIMEOUT, transport=transport)
        super().__init__(url, model, name=f"openai:{model}", dimensions=dimensions, client=client)

    def _rows(self, answer: Any) -> list[list[float]]:
        return [item["embedding"] for item in sorted(answer["data"], key=lambda item: item["index"])]

    def _refusal(self, response: httpx.Response) -> str:
        if response.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            return f"{self._url} refuses the key; correct TWINNING_OPENAI_API_KEY."
        return super()._refusal(response)


def estimate_tokens(text: str) -> int:
    """Tokens of a text where no tokenizer is at hand: a word is about 1.3, and never fewer than 1 per 5 letters."""
    return max(round(len(text.split()) * 1.3), len(text) // 5)


def checked_vectors(vectors: Vectors, *, dimensions: int, name: str) -> Vectors:
    """The rows at length 1.

    Raises:
        BadResponse: a row has another size, is zero, or is not made of finite numbers.
    """
    if vectors.ndim != 2 or vectors.shape[1] != dimensions:
        size = vectors.shape[1] if vectors.ndim == 2 else "uneven"
        raise BadResponse(
            f"{name} answers with vectors of {size} numbers, and the memory keeps {dimensions}; "
            f"choose a model that gives {dimensions}, or builtin:all-minilm-l6-v2."
        )
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not np.isfinite(lengths).all() or (lengths == 0).any():
        raise BadResponse(f"{name} answers with a vector that is not made of numbers; restart it or choose another.")
    return cast("Vectors", (vectors / lengths).astype(np.float32))


def _with_prefix(model: str, texts: Sequence[str], *, query: bool) -> list[str]:
    for family, (question, passage) in _PREFIXES.items():
        if family in model:
            return [(question if query else passage) + text for text in texts]
    return list(texts)


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Row numbers in runs of similar length, so that little is padding."""
    batch: list[int] = []
    for row in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and lengths[row] * (len(batch) + 1) > _BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


def _tokenizer(path: Path) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(path))
    # The file says: cut at 128 and pad to 128. The model takes 256, and padding is ours to do.
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def _return_freed_memory() -> None:
    """Loading leaves about 60 MB freed but kept by glibc's allocator; give it back."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # absent in musl
        if trim:
            trim(0)
