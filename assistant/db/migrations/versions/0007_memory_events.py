"""What happened in memory and waits for rules, and which deliveries of n8n's were taken."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"

OWNED = ("memory_events", "delivered")

TABLES = """
CREATE TABLE memory_events (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    seq bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    event text NOT NULL CHECK (event IN ('added', 'corrected', 'forgotten', 'contradiction')),
    memory_id uuid NOT NULL,
    text text CHECK (event <> 'forgotten' OR text IS NULL),
    source text NOT NULL,
    happened_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ix_memory_events_owner ON memory_events (owner_id, seq);
CREATE TABLE delivered (
    owner_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    id text NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (owner_id, id)
);
CREATE INDEX ix_delivered_received ON delivered (owner_id, received_at);
GRANT SELECT, INSERT, DELETE ON memory_events, delivered TO twinning_app;
"""

WALL = """
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_only ON {table}
    USING (owner_id = NULLIF(current_setting('twinning.owner', true), '')::uuid)
    WITH CHECK (owner_id = NULLIF(current_setting('twinning.owner', true), '')::uuid);
"""


def upgrade() -> None:
    """Creates both tables, behind the wall between people."""
    op.execute(TABLES)
    for table in OWNED:
        op.execute(WALL.format(table=table))


def downgrade() -> None:
    """Drops them: what waited is told to nobody, and a delivery could be taken twice."""
    for table in OWNED:
        op.execute(f"DROP TABLE {table}")
