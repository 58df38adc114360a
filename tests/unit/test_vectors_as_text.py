"""How a vector is written for Postgres."""

from __future__ import annotations

import numpy as np

from assistant.db.memories import halfvec
from assistant.settings import EMBEDDING_DIMENSIONS


def test_every_half_precision_number_is_read_back_as_itself() -> None:
    every = np.arange(2**16, dtype=np.uint16).view(np.float16)
    every = every[np.isfinite(every)]
    rows = np.resize(every, (-(-len(every) // EMBEDDING_DIMENSIONS), EMBEDDING_DIMENSIONS))
    for row in rows:
        # As halfvec's input function does: the text to single precision, that to half.
        read = np.array(halfvec(row)[1:-1].split(","), np.float32).astype(np.float16)
        assert (read == row).all()


def test_a_number_between_two_is_rounded_to_the_nearer() -> None:
    vector = np.full(EMBEDDING_DIMENSIONS, 0.1, np.float32)
    assert halfvec(vector) == "[" + ",".join(["0.099976"] * EMBEDDING_DIMENSIONS) + "]"
