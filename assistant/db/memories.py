"""Questions about memories. Hybrid recall is one statement: rare words and near vectors, scored together."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
from sqlalchemy import TextClause, bindparam, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlalchemy.ext.asyncio import AsyncSession

from assistant.db.tables import Memory
from assistant.settings import EMBEDDING_DIMENSIONS

POSTINGS = 1000
"""How many memories the lexical leg reads at most: the rarest words that fit in it are looked up, and they count."""
SPARE = 5
"""So many more vectors are taken than wanted: the graph's own rounding lets near ties change places."""
EXACT_BELOW = 5000
"""An owner with fewer memories is compared with all of them; the graph index could starve behind the owner filter."""
LEXICAL_WEIGHT = 0.85
"""What a full match of the words adds to the cosine."""
ROWS_AT_ONCE = 1000
"""Memories of one INSERT: a file of many passages does not become one statement of hundreds of megabytes."""


@dataclass(frozen=True)
class Word:
    """One lexeme of a question.

    Attributes:
        weight: Its inverse document frequency among the owner's memories.
        memories: In how many of them it stands.
    """

    weight: float
    memories: int


@dataclass(frozen=True)
class Candidate:
    """A memory with how well it fits.

    Attributes:
        cosine: Similarity to the question, about -1..1, on the scale given to `recall`; 0 without a vector.
        lexical: Share of the question's word weight (inverse document frequency) that its rare words cover, 0..1.
        score: Both together; candidates come sorted by it.
    """

    id: UUID
    kind: str
    text: str
    context: str
    source: str
    said_by: str
    document_id: UUID | None
    position: int
    dated_on: dt.date | None
    created_at: dt.datetime
    cosine: float
    lexical: float
    score: float


# What is scored is cosine + LEXICAL_WEIGHT * share of the rare words. Its top `limit` is found whole: every row with a
# rare word is scored, and of the others, which have nothing but their cosine, the nearest are enough. Common words
# are left out of it because no index helps to find rows that have several of them; they count when the found are ranked
# (`memory/ranking.py`). Texts are read at the end, of those that are given back.
# `memories_by_words` is a function because row-level security keeps a plain query from the text index (see its
# migration). It looks the words up one by one: matched in one query, every row's text vector would be unpacked.
_WORDS_OF_QUESTION = """
WITH words AS MATERIALIZED (
    SELECT q.lexeme, coalesce(l.memories, 0) AS memories,
           ln(1 + CAST(:total AS float8) / greatest(coalesce(l.memories, 0), 0.5::float8)) AS weight,
           sum(coalesce(l.memories, 0)) OVER (ORDER BY coalesce(l.memories, 0), q.lexeme) AS postings
    FROM unnest(tsvector_to_array(to_tsvector('english', :words))) AS q (lexeme)
    LEFT JOIN lexemes l ON l.owner_id = :owner AND l.lexeme = q.lexeme
),
rare AS MATERIALIZED (
    SELECT array_agg(lexeme ORDER BY lexeme) AS lexemes,
           array_agg(weight / (SELECT sum(weight) FROM words) ORDER BY lexeme) AS shares
    FROM words WHERE memories > 0 AND postings <= :postings
),
"""

_BY_GRAPH = """
by_vector AS MATERIALIZED (
    SELECT id, embedding <=> CAST(:vector AS halfvec) AS distance FROM memories
    WHERE owner_id = :owner AND embedding_model = :model AND (valid_until IS NULL OR valid_until > :now)
    ORDER BY distance
    LIMIT :nearest
),
"""

# `+ 0` hides the distance from the graph index: all of the owner's vectors are compared.
_BY_SCAN = _BY_GRAPH.replace("embedding <=> CAST(:vector AS halfvec)", "(embedding <=> CAST(:vector AS halfvec)) + 0")

_SCORED = """
by_words AS MATERIALIZED (
    SELECT found.* FROM rare, memories_by_words(
        lexemes, shares, CAST(:vector AS halfvec), :model, :now, :lexical_weight, :limit, :slope, :intercept
    ) AS found
),
best AS MATERIALIZED (
    SELECT id, max(cosine) AS cosine, max(lexical) AS lexical, max(cosine) + :lexical_weight * max(lexical) AS score
    FROM (
        SELECT id, cosine, lexical FROM by_words
        UNION ALL SELECT id, :intercept + :slope * (1 - distance), 0 FROM by_vector
    ) AS either
    GROUP BY id
    ORDER BY score DESC, id
    LIMIT :limit
)
SELECT m.id, m.kind, m.text, m.context, m.source, m.said_by, m.document_id, m.position, m.dated_on, m.created_at,
       best.cosine, best.lexical, best.score,
       CAST((SELECT jsonb_object_agg(lexeme, jsonb_build_array(weight, memories)) FROM words) AS text) AS words
FROM best JOIN memories m ON m.id = best.id
ORDER BY best.score DESC, m.id
"""

RECALL_BY_GRAPH = text(_WORDS_OF_QUESTION + _BY_GRAPH + _SCORED)
RECALL_BY_SCAN = text(_WORDS_OF_QUESTION + _BY_SCAN + _SCORED)


async def recall(
    session: AsyncSession,
    owner: UUID,
    *,
    words: str,
    vector: npt.NDArray[np.float32],
    model: str,
    now: dt.datetime,
    limit: int,
    total: int,
    slope: float = 1.0,
    intercept: float = 0.0,
) -> tuple[list[Candidate], dict[str, Word]]:
    """The owner's memories that fit best, best first; and the question's lexemes.

    Args:
        words: The question; its words are stemmed as the memories' are.
        vector: Its embedding, (dimensions,).
        model: The embedding model; vectors of another one are not compared.
        now: Memories that ended before are left out.
        total: How many memories the owner has (see `count`), roughly if they are many.
        slope, intercept: The straight line that puts the model's cosines on the scale of the weights.
    """
    values = {
        "owner": owner,
        "words": words,
        "vector": halfvec(vector),
        "model": model,
        "now": now,
        "limit": limit,
        "nearest": limit + SPARE,
        "total": total,
        "postings": POSTINGS,
        "lexical_weight": LEXICAL_WEIGHT,
        "slope": slope,
        "intercept": intercept,
    }
    rows = (await session.execute(RECALL_BY_SCAN if total < EXACT_BELOW else RECALL_BY_GRAPH, values)).all()
    if len(rows) < limit and total >= EXACT_BELOW:
        # The graph starved: most of its rows are other people's, or most of the owner's have no vector yet.
        rows = (await session.execute(RECALL_BY_SCAN, values)).all()
    lexemes: dict[str, tuple[float, int]] = json.loads(rows[0].words) if rows and rows[0].words else {}
    return [Candidate(*row[:-1]) for row in rows], {lexeme: Word(*each) for lexeme, each in lexemes.items()}


async def count(session: AsyncSession, owner: UUID) -> int:
    """How many memories the owner has."""
    return (await session.execute(select(func.count()).where(Memory.owner_id == owner))).scalar_one()


async def embedding_progress(session: AsyncSession, owner: UUID) -> tuple[int, int]:
    """(memories with a vector, all memories)."""
    row = (
        await session.execute(select(func.count(Memory.embedding_model), func.count()).where(Memory.owner_id == owner))
    ).one()
    return row[0], row[1]


async def one_writer(session: AsyncSession, owner: UUID) -> None:
    """Waits until no other transaction changes the owner's memories: word counts and doubles are theirs together."""
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))").bindparams(key=f"memories {owner}")
    )


async def add(session: AsyncSession, owner: UUID, rows: Sequence[Mapping[str, Any]]) -> None:
    """Stores memories and counts their words.

    Args:
        rows: Columns of the table, without the owner; the same ones in every row.
    """
    if not rows:
        return
    await one_writer(session, owner)
    columns = tuple(rows[0])
    for start in range(0, len(rows), ROWS_AT_ONCE):
        few = rows[start : start + ROWS_AT_ONCE]
        await session.execute(_add_rows(columns), {"owner": owner, **{c: [row[c] for row in few] for c in columns}})
    await _count_words(session, owner, [row["id"] for row in rows], sign=1)


@cache
def _add_rows(columns: tuple[str, ...]) -> TextClause:
    """INSERT with an array for each column: reading it takes Postgres half as long as a list of values for each row."""
    types = Memory.__table__.c
    names, given = ", ".join(columns), ", ".join(f":{column}" for column in columns)
    return text(
        f"INSERT INTO memories (owner_id, {names}) SELECT :owner, * FROM unnest({given})"  # noqa: S608 - columns' names
    ).bindparams(_OWNER, *(bindparam(column, type_=ARRAY(types[column].type)) for column in columns))


async def remove(session: AsyncSession, owner: UUID, ids: Sequence[UUID]) -> int:
    """Deletes memories with their words; returns how many there were."""
    if not ids:
        return 0
    await one_writer(session, owner)
    await _count_words(session, owner, ids, sign=-1)
    gone = await session.execute(
        delete(Memory).where(Memory.owner_id == owner, Memory.id.in_(ids)).returning(Memory.id)
    )
    return len(gone.all())


_WORDS = """
    SELECT :owner AS owner_id, lexeme, count(*)::int AS memories
    FROM memories, unnest(tsvector_to_array(search)) AS lexeme
    WHERE id = ANY (:ids) AND owner_id = :owner
    GROUP BY lexeme
    ORDER BY lexeme
"""
_IDS = bindparam("ids", type_=ARRAY(PG_UUID))
_OWNER = bindparam("owner", type_=PG_UUID)
_ADD_WORDS = text(
    f"INSERT INTO lexemes AS old (owner_id, lexeme, memories) {_WORDS} "
    "ON CONFLICT (owner_id, lexeme) DO UPDATE SET memories = old.memories + excluded.memories"
).bindparams(_IDS, _OWNER)
_REMOVE_WORDS = text(
    f"WITH gone AS ({_WORDS}), fewer AS ("  # noqa: S608 - a constant
    "  UPDATE lexemes l SET memories = l.memories - gone.memories FROM gone"
    "  WHERE l.owner_id = gone.owner_id AND l.lexeme = gone.lexeme AND l.memories > gone.memories)"
    "DELETE FROM lexemes l USING gone"
    "  WHERE l.owner_id = gone.owner_id AND l.lexeme = gone.lexeme AND l.memories <= gone.memories"
).bindparams(_IDS, _OWNER)


async def _count_words(session: AsyncSession, owner: UUID, ids: Sequence[UUID], *, sign: int) -> None:
    await session.execute(_ADD_WORDS if sign > 0 else _REMOVE_WORDS, {"owner": owner, "ids": list(ids)})


async def get(session: AsyncSession, owner: UUID, ids: Sequence[UUID]) -> list[Memory]:
    """Memories by id, in the order of `ids`; those that are gone are left out."""
    found = await session.scalars(select(Memory).where(Memory.owner_id == owner, Memory.id.in_(ids)))
    by_id = {memory.id: memory for memory in found}
    return [by_id[each] for each in ids if each in by_id]


async def facts(session: AsyncSession, owner: UUID, *, now: dt.datetime, limit: int) -> list[Memory]:
    """What the person told us and what still holds, newest first."""
    found = await session.scalars(
        select(Memory)
        .where(
            Memory.owner_id == owner,
            Memory.kind == "fact",
            (Memory.valid_until.is_(None)) | (Memory.valid_until > now),
        )
        .order_by(Memory.created_at.desc(), Memory.id)
        .limit(limit)
    )
    return list(found)


async def by_content(session: AsyncSession, owner: UUID, content_hash: bytes) -> Memory | None:
    """The fact with exactly this content, if it is remembered and still holds."""
    found: Memory | None = await session.scalar(
        select(Memory).where(
            Memory.owner_id == owner,
            Memory.content_hash == content_hash,
            Memory.kind == "fact",
            Memory.valid_until.is_(None),
        )
    )
    return found


async def without_vector(session: AsyncSession, owner: UUID, *, limit: int) -> list[Memory]:
    """Memories that still need a vector, newest first."""
    found = await session.scalars(
        select(Memory)
        .where(Memory.owner_id == owner, Memory.embedding_model.is_(None))
        .order_by(Memory.created_at.desc())
        .limit(limit)
    )
    return list(found)


async def drop_other_vectors(session: AsyncSession, owner: UUID, *, model: str) -> int:
    """Takes away vectors that another model made, so that they are made anew; returns how many."""
    gone = await session.execute(
        update(Memory)
        .where(Memory.owner_id == owner, Memory.embedding_model != model)
        .values(embedding=None, embedding_model=None)
        .returning(Memory.id)
    )
    return len(gone.all())


_SET_VECTORS = text(
    "UPDATE memories SET embedding = v.vector::halfvec, embedding_model = :model "
    "FROM unnest(:ids, :vectors) AS v (id, vector) WHERE memories.id = v.id AND memories.owner_id = :owner"
).bindparams(_IDS, _OWNER, bindparam("vectors", type_=ARRAY(TEXT)))


async def set_vectors(
    session: AsyncSession, owner: UUID, vectors: Mapping[UUID, npt.NDArray[np.float32]], *, model: str
) -> None:
    """Stores the vectors that `model` made."""
    await session.execute(
        _SET_VECTORS,
        {
            "owner": owner,
            "ids": list(vectors),
            "vectors": [halfvec(vector) for vector in vectors.values()],
            "model": model,
        },
    )


_HALFVEC = "[" + ",".join(["%.5g"] * EMBEDDING_DIMENSIONS) + "]"


def halfvec(vector: npt.NDArray[np.floating[Any]]) -> str:
    """The vector as Postgres reads a halfvec: five digits tell every half-precision number from its neighbours.

    A third of the time that pgvector's own `to_text` takes, of which an import has one for every passage.
    """
    return _HALFVEC % tuple(vector.astype(np.float16).tolist())
