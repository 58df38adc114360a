"""Which page of a synced Notion data source is which memory, and how far the data source was read."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"

TABLES = """
CREATE TABLE notion_pages (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    data_source text NOT NULL,
    page_id text,
    memory_id uuid,
    document_id uuid,
    agreed_hash bytea,
    edited_at timestamptz,
    read_at timestamptz,
    wanted text CHECK (wanted IN ('create', 'retitle', 'trash')),
    wanted_hash bytea,
    wanted_at timestamptz,
    operation_id uuid,
    declined_hash bytea,
    conflict_hash bytea,
    UNIQUE (owner_id, data_source, page_id)
);
CREATE INDEX ix_notion_pages_owner_id ON notion_pages (owner_id);
CREATE TABLE notion_cursors (
    owner_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    data_source text NOT NULL,
    edited_until timestamptz NOT NULL,
    PRIMARY KEY (owner_id, data_source)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON notion_pages, notion_cursors TO twinning_app;
"""

WALL = """
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_only ON {table}
    USING (owner_id = NULLIF(current_setting('twinning.owner', true), '')::uuid)
    WITH CHECK (owner_id = NULLIF(current_setting('twinning.owner', true), '')::uuid);
"""


def upgrade() -> None:
    """Creates the tables."""
    op.execute(TABLES)
    for table in ("notion_pages", "notion_cursors"):
        op.execute(WALL.format(table=table))


def downgrade() -> None:
    """Drops them; the next sync begins anew and finds what is there."""
    op.execute("DROP TABLE notion_pages, notion_cursors")
