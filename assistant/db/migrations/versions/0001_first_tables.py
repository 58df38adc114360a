"""The first tables, with row-level security on every one that holds a person's data."""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None

OWNED = ("documents", "memories", "lexemes", "tombstones", "threads", "messages", "route_examples")

TABLES = """
CREATE TABLE users (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    name_key text NOT NULL UNIQUE,
    password_hash text,
    time_zone text NOT NULL,
    week_start integer NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE sign_up_codes (
    code_hash bytea PRIMARY KEY,
    user_id uuid REFERENCES users (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);
CREATE TABLE documents (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    path text NOT NULL,
    key text NOT NULL DEFAULT '',
    title text NOT NULL,
    content_hash bytea NOT NULL,
    dated_on date,
    properties jsonb NOT NULL DEFAULT '{}',
    links jsonb NOT NULL DEFAULT '[]',
    imported_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (owner_id, path, key),
    UNIQUE (owner_id, id)
);
CREATE INDEX ix_documents_owner_id ON documents (owner_id);
CREATE INDEX ix_documents_content ON documents (owner_id, content_hash);
CREATE TABLE memories (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind IN ('fact', 'passage')),
    text text NOT NULL,
    context text NOT NULL DEFAULT '',
    content_hash bytea NOT NULL,
    document_id uuid,
    position integer NOT NULL DEFAULT 0,
    source text NOT NULL,
    message_id uuid,
    said_by text NOT NULL,
    dated_on date,
    created_at timestamptz NOT NULL DEFAULT now(),
    valid_from timestamptz,
    valid_until timestamptz,
    embedding halfvec(384),
    embedding_model text,
    search tsvector NOT NULL GENERATED ALWAYS AS
        (setweight(to_tsvector('english', context), 'A') || to_tsvector('english', text)) STORED,
    FOREIGN KEY (owner_id, document_id) REFERENCES documents (owner_id, id) ON DELETE CASCADE
);
-- Vectors stay in the row: read without a detour, they are what an exact scan of a small owner compares.
ALTER TABLE memories ALTER COLUMN embedding SET STORAGE MAIN;
CREATE INDEX ix_memories_owner_id ON memories (owner_id);
CREATE INDEX ix_memories_search ON memories USING gin (search);
CREATE INDEX ix_memories_embedding ON memories
    USING hnsw (embedding halfvec_cosine_ops) WITH (m = 16, ef_construction = 64);
CREATE INDEX ix_memories_unembedded ON memories (owner_id, created_at) WHERE embedding_model IS NULL;
CREATE INDEX ix_memories_document ON memories (document_id, position);
CREATE INDEX ix_memories_content ON memories (owner_id, content_hash);
CREATE TABLE lexemes (
    owner_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    lexeme text NOT NULL,
    memories integer NOT NULL,
    PRIMARY KEY (owner_id, lexeme)
);
CREATE TABLE tombstones (
    memory_id uuid PRIMARY KEY,
    owner_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    content_hmac bytea NOT NULL,
    forgotten_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ix_tombstones_owner_id ON tombstones (owner_id);
CREATE TABLE threads (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    channel text NOT NULL,
    title text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (owner_id, id)
);
CREATE INDEX ix_threads_owner_id ON threads (owner_id);
CREATE TABLE messages (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    thread_id uuid NOT NULL,
    role text NOT NULL CHECK (role IN ('person', 'assistant')),
    text text NOT NULL,
    state text NOT NULL DEFAULT 'complete' CHECK (state IN ('complete', 'partial', 'refused')),
    details jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    search tsvector NOT NULL GENERATED ALWAYS AS (to_tsvector('english', text)) STORED,
    FOREIGN KEY (owner_id, thread_id) REFERENCES threads (owner_id, id) ON DELETE CASCADE
);
CREATE INDEX ix_messages_owner_id ON messages (owner_id);
CREATE INDEX ix_messages_thread ON messages (thread_id, created_at);
CREATE INDEX ix_messages_search ON messages USING gin (search);
CREATE TABLE route_examples (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    text text NOT NULL,
    route text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (owner_id, text)
);
CREATE INDEX ix_route_examples_owner_id ON route_examples (owner_id);
"""

APP_ROLE = """
DO $$ BEGIN
    -- Roles belong to the whole server, so a second database finds it there.
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'twinning_app') THEN
        CREATE ROLE twinning_app LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
GRANT USAGE ON SCHEMA public TO twinning_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO twinning_app;
REVOKE ALL ON alembic_version FROM twinning_app;
GRANT SELECT ON alembic_version TO twinning_app;
"""

WALL = """
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_only ON {table}
    USING (owner_id = NULLIF(current_setting('twinning.owner', true), '')::uuid)
    WITH CHECK (owner_id = NULLIF(current_setting('twinning.owner', true), '')::uuid);
"""


def upgrade() -> None:
    """Creates everything."""
    op.execute("CREATE EXTENSION IF NOT EXISTS vector")
    op.execute(TABLES)
    op.execute(APP_ROLE)
    for table in OWNED:
        op.execute(WALL.format(table=table))


def downgrade() -> None:
    """Refuses: going back would drop everything that is remembered."""
    raise RuntimeError("There is nothing before the first tables.")
