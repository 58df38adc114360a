"""Processor time of the built-in embedding model, on one thread."""

from __future__ import annotations

import time

from assistant.memory.embedding import BuiltinEmbedder
from assistant.weights import ModelStore
from bench.homes import home, with_embedding_model
from bench.table import Row, median

SENTENCE = "On Tuesday the plumber changed the filter of the boiler in the cellar and asked us to call in May."
RUNS = 30


async def measure() -> list[Row]:
    """A sentence of 20 words alone and in a batch, and a passage of 250 tokens."""
    assert len(SENTENCE.split()) == 20
    with home() as folder:
        await with_embedding_model(folder)
        embedder = BuiltinEmbedder(ModelStore(folder / "models"), threads=1)
        passage = SENTENCE
        while embedder.count_tokens(f"{passage} {SENTENCE}") <= 250:
            passage += f" {SENTENCE}"
        while embedder.count_tokens(f"{passage} again") <= 250:
            passage += " again"
        await embedder.embed([SENTENCE, passage])
        alone = [await _processor_ms(embedder, [f"{SENTENCE} {n}"]) for n in range(RUNS)]
        many = [await _processor_ms(embedder, [f"{SENTENCE} {n}" for n in range(64)]) / 64 for _ in range(4)]
        long = [await _processor_ms(embedder, [passage]) for _ in range(RUNS)]
        tokens = embedder.count_tokens(passage)
        await embedder.aclose()
    return [
        Row("embedding", "processor time per sentence of 20 words", median(alone), "ms", 15, note="one by one"),
        Row("embedding", "the same in a batch of 64", median(many), "ms"),
        Row("embedding", f"processor time per passage of {tokens} tokens", median(long), "ms",
            note=f"{1e3 / median(long):.0f} passages a second on one core"),
    ]  # fmt: skip


async def _processor_ms(embedder: BuiltinEmbedder, texts: list[str]) -> float:
    used = time.process_time()
    await embedder.embed(texts)
    return 1e3 * (time.process_time() - used)
