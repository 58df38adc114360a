"""Recall for one owner among a thousand, at 10,000 and 100,000 memories, and how fast memories come in at that size."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

import numpy as np
import psutil
import psycopg
from pgvector.utils import HalfVector
from sqlalchemy import text

from assistant.db import documents, memories, users
from assistant.db.database import Database, open_database
from assistant.events import Person
from assistant.memory.ingest import BATCH_PASSAGES, EMBED_BATCH
from assistant.memory.memory import Omac
from assistant.memory.quoting import CANDIDATES
from assistant.testing import BagEmbedder
from bench.homes import home, settings
from bench.synthetic import MODEL, Memories, Question, Vectors, batches, rows
from bench.table import Row, median, percentile, plain_text

OWNERS = 1_000
OTHERS_ROWS = 20_000
SIZES = (10_000, 100_000)
IMPORTED = 4_000
"""Of the last size, so many come in through the production functions, with all indexes in place."""
DOCUMENT_ROWS = 20
QUESTIONS = 60
COLUMNS = (
    "id", "kind", "text", "context", "content_hash", "position", "source", "said_by", "dated_on", "created_at",
)  # fmt: skip


@dataclass
class Owner:
    """Whose memories are searched."""

    id: UUID
    texts: list[str] = field(default_factory=list)
    vectors: list[Vectors] = field(default_factory=list)


async def measure() -> list[Row]:
    """Recall at both sizes, then the rates."""
    found: list[Row] = []
    with home() as folder:
        database = await open_database(settings(folder))
        try:
            me, made = await _people(database), Memories(seed=2)
            await asyncio.to_thread(_fill, database, folder, await _strangers(database), OTHERS_ROWS, Memories(seed=1))
            for size in SIZES:
                last = size == SIZES[-1]
                missing = size - len(me.texts) - (IMPORTED if last else 0)
                await asyncio.to_thread(_fill, database, folder, [me], missing, made)
                if last:
                    found += await _import(database, me, made)
                    print(plain_text(found), flush=True)
                fresh = await _recall(
                    database, folder, me, made.questions(me.texts, np.concatenate(me.vectors), QUESTIONS)
                )
                found += fresh
                print(plain_text(found), flush=True)
        finally:
            await database.close()
    return found


async def _people(database: Database) -> Owner:
    async with database.session(None) as session:
        user = await users.create(session, "bench", time_zone="UTC", week_start=0)
    return Owner(user.id)


async def _strangers(database: Database) -> list[Owner]:
    async with database.session(None) as session:
        made = [await users.create(session, f"stranger {n}", time_zone="UTC", week_start=0) for n in range(OWNERS - 1)]
    return [Owner(user.id) for user in made]


def _fill(database: Database, folder: Path, owners: Sequence[Owner], count: int, made: Memories) -> None:
    """Brings in rows the quick way: what is measured comes after. The graph is built at the end, as restoring does."""
    url = database.admin_url.render_as_string(hide_password=False)
    names = ", ".join(COLUMNS)
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute("SET maintenance_work_mem = '512MB'")
        (definition,) = admin.execute("SELECT pg_get_indexdef('ix_memories_embedding'::regclass)").fetchone() or ("",)
        admin.execute("DROP INDEX ix_memories_embedding")
        turn = 0
        for part in batches(count, 5_000):
            texts, vectors = made.texts(part.stop - part.start), made.vectors(part.stop - part.start)
            statement = f"COPY memories ({names}, owner_id, embedding, embedding_model) FROM STDIN"
            with admin.cursor() as cursor, cursor.copy(statement) as copy:
                for row, vector, words in zip(rows(texts), vectors, texts, strict=True):
                    owner = owners[turn % len(owners)]
                    turn += 1
                    owner.texts.append(words)
                    copy.write_row([*(row[name] for name in COLUMNS), owner.id, HalfVector(vector).to_text(), MODEL])
            owners[0].vectors.append(vectors)
        admin.execute(
            "INSERT INTO lexemes SELECT owner_id, lexeme, count(*) FROM memories,"
            " unnest(tsvector_to_array(search)) AS lexeme WHERE owner_id = ANY (%s) GROUP BY 1, 2"
            " ON CONFLICT (owner_id, lexeme) DO UPDATE SET memories = excluded.memories",
            ([owner.id for owner in owners],),
        )
        admin.execute(definition)
        for table in ("memories", "lexemes"):
            admin.execute(f"VACUUM ANALYZE {table}")


# Coming in -----------------------------------------------------------------------------------------------------------


async def _import(database: Database, me: Owner, made: Memories) -> list[Row]:
    """Through the production functions, in the batches of an import: first the rows, then their vectors."""
    texts, vectors = made.texts(IMPORTED), made.vectors(IMPORTED)
    ids: list[UUID] = []
    used = _postgres_seconds(database)
    started = time.perf_counter()
    for part in batches(IMPORTED, BATCH_PASSAGES):
        async with database.session(me.id) as session:
            fresh = []
            for few in batches(part.stop - part.start, DOCUMENT_ROWS):
                document, path = uuid4(), f"/notes/{uuid4()}.md"
                await documents.add(session, me.id, id=document, path=path, title="Made up", content_hash=b"")
                fresh += rows(texts[part][few], document=document, source=path)
            await memories.add(session, me.id, fresh)
            ids += [row["id"] for row in fresh]
    words_s, words_cpu = time.perf_counter() - started, _postgres_seconds(database) - used
    used, started = _postgres_seconds(database), time.perf_counter()
    for part in batches(IMPORTED, EMBED_BATCH):
        async with database.session(me.id) as session:
            await memories.set_vectors(session, me.id, dict(zip(ids[part], vectors[part], strict=True)), model=MODEL)
    vectors_s, vectors_cpu = time.perf_counter() - started, _postgres_seconds(database) - used
    me.texts += texts
    me.vectors.append(vectors)
    size = f"at {len(me.texts):,} rows, with all indexes"
    return [
        Row("coming in", f"rows stored and findable by words, {size}", IMPORTED / words_s, "rows/s", 2_000, True,
            note=f"Postgres alone used {1e3 * words_cpu / IMPORTED:.2f} ms of processor time a row"),
        Row("coming in", "vectors stored and findable by meaning, the same", IMPORTED / vectors_s, "rows/s",
            note=f"Postgres alone {1e3 * vectors_cpu / IMPORTED:.2f} ms a row, nearly all for the graph index"),
        Row("coming in", "both, one after the other", IMPORTED / (words_s + vectors_s), "rows/s", 2_000, True),
    ]  # fmt: skip


def _postgres_seconds(database: Database) -> float:
    """Processor time of all backends of this server so far, seconds."""
    with psycopg.connect(database.admin_url.render_as_string(hide_password=False)) as admin:
        pids = [
            pid for (pid,) in admin.execute("SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'")
        ]
        mine = admin.info.backend_pid
    total = 0.0
    for pid in pids:
        if pid != mine:
            times = psutil.Process(pid).cpu_times()
            total += times.user + times.system
    return total


# Recall --------------------------------------------------------------------------------------------------------------


class _Given(BagEmbedder):
    """Embeds whatever comes as the vector that it was given."""

    name = MODEL
    vector: Vectors

    async def embed(self, texts: Sequence[str], *, query: bool = False) -> Vectors:
        """One row per text."""
        return np.stack([self.vector] * len(texts))


async def _recall(database: Database, folder: Path, me: Owner, questions: Sequence[Question]) -> list[Row]:
    total = len(me.texts)
    embedder = _Given()
    omac = Omac(
        database, embedder, keys_dir=folder / "keys", cache_dir=folder / "cache", clock=lambda: dt.datetime.now(dt.UTC)
    )
    person = Person(me.id, "bench", "UTC")
    whole: list[float] = []
    took: list[float] = []
    trip: list[float] = []
    overlaps: list[float] = []
    for turn in range(3):  # the first one warms up
        for question in questions:
            async with database.session(me.id) as session:
                started = time.perf_counter()
                found, _ = await memories.recall(
                    session, me.id, words=question.words, vector=question.vector, model=MODEL,
                    now=dt.datetime.now(dt.UTC), limit=10, total=total,
                )  # fmt: skip
                middle = time.perf_counter()
                await session.execute(text("SELECT 1"))
                ended = time.perf_counter()
                if turn:
                    took.append(1e3 * (middle - started))
                    trip.append(1e3 * (ended - middle))
                else:
                    best = best_of_all(database, me.id, question)
                    overlaps.append(len(best & {each.id for each in found}) / len(best))
            embedder.vector = question.vector
            started = time.perf_counter()
            await omac.search(person, question.words, limit=CANDIDATES)
            if turn:
                whole.append(1e3 * (time.perf_counter() - started))
    subject, size = "recall", f"{total:,} memories of one among {OWNERS:,} owners"
    exact = sum(each == 1 for each in overlaps) / len(overlaps)
    beside = f"`SELECT 1` beside it {median(trip):.2f} ms"
    return [
        Row(subject, f"{size}, p50", median(took), "ms", 10, note=beside),
        Row(subject, f"{size}, p95", percentile(took, 0.95), "ms", 25),
        Row(subject, f"{size}: top 10 exactly that of all rows", 100 * exact, "%", 100, True,
            note=f"of {len(overlaps)} questions; mean overlap {100 * float(np.mean(overlaps)):.1f} %; "
                 "vectors in clusters, real ones lie looser (DECISIONS.md)"),
        Row(subject, f"{size}: as an answer asks it, p50", median(whole), "ms",
            note=f"the best {CANDIDATES}, with its transaction and without embedding the question"),
    ]  # fmt: skip


# The same formula over every row of the owner, without candidates and without the graph index.
_EVERY_ROW = """
WITH words AS MATERIALIZED (
    SELECT to_tsquery('simple', quote_literal(q.lexeme)) AS query, coalesce(l.memories, 0) AS memories,
           ln(1 + (SELECT count(*) FROM memories WHERE owner_id = %(owner)s)
                  / greatest(coalesce(l.memories, 0), 0.5::float8)) AS weight,
           sum(coalesce(l.memories, 0)) OVER (ORDER BY coalesce(l.memories, 0), q.lexeme) AS postings
    FROM unnest(tsvector_to_array(to_tsvector('english', %(words)s))) AS q (lexeme)
    LEFT JOIN lexemes l ON l.owner_id = %(owner)s AND l.lexeme = q.lexeme
), lexical AS MATERIALIZED (
    SELECT m.id, sum(w.weight) / (SELECT sum(weight) FROM words) AS share
    FROM words w JOIN memories m ON m.search @@ w.query AND m.owner_id = %(owner)s
    WHERE w.postings <= %(postings)s
    GROUP BY m.id
)
SELECT m.id, 1 - (m.embedding <=> CAST(%(vector)s AS halfvec)) + %(weight)s * coalesce(l.share, 0) AS score
FROM memories m LEFT JOIN lexical l USING (id) WHERE m.owner_id = %(owner)s
ORDER BY score DESC, m.id LIMIT 10
"""


def best_of_all(database: Database, owner: UUID, question: Question) -> set[UUID]:
    """The best ten by looking at every row; as the owner of the tables, whom the text index serves."""
    values = {
        "owner": owner,
        "words": question.words,
        "vector": HalfVector(question.vector).to_text(),
        "weight": memories.LEXICAL_WEIGHT,
        "postings": memories.POSTINGS,
    }
    with psycopg.connect(database.admin_url.render_as_string(hide_password=False)) as admin:
        return {found for found, _ in admin.execute(_EVERY_ROW, values)}
