"""The look-up by words puts cosines on the scale that the weights were fitted to (see `memory/likeness.py`).

A memory without a vector counts as one that is not like the question at all (0), on that scale too.
"""

from __future__ import annotations

from alembic import op

revision = "0015"
down_revision = "0014"

FUNCTION = """
DROP FUNCTION memories_by_words;
CREATE FUNCTION memories_by_words(
    lexemes text[], shares float8[], vector halfvec, model text, at timestamptz, lexical_weight float8, most integer,
    slope float8, intercept float8,
    OUT id uuid, OUT cosine float8, OUT lexical float8
) RETURNS SETOF record
LANGUAGE sql STABLE SECURITY DEFINER ROWS 60 SET search_path = pg_catalog, public
AS $$
    SELECT m.id, m.cosine, sum(w.share) AS lexical
    FROM unnest(lexemes, shares) AS w (lexeme, share)
    CROSS JOIN LATERAL (
        SELECT memories.id,
               CASE WHEN embedding_model = model THEN intercept + slope * (1 - (embedding <=> vector)) ELSE 0 END
               AS cosine
        FROM public.memories
        WHERE search @@ to_tsquery('simple', quote_literal(w.lexeme))
          AND owner_id = NULLIF(current_setting('twinning.owner', true), '')::uuid
          AND (valid_until IS NULL OR valid_until > at)
    ) m
    GROUP BY m.id, m.cosine
    ORDER BY m.cosine + lexical_weight * sum(w.share) DESC, m.id
    LIMIT most
$$;
REVOKE ALL ON FUNCTION memories_by_words FROM PUBLIC;
GRANT EXECUTE ON FUNCTION memories_by_words TO twinning_app;
"""


def upgrade() -> None:
    """Puts the one function in the place of the other."""
    op.execute(FUNCTION)


def downgrade() -> None:
    """Refuses, as the ones before do."""
    raise RuntimeError("Schema 0014 cannot be gone back to; restore a backup instead.")
