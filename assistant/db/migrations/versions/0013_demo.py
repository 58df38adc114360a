"""Which people are synthetic, and a wall that keeps everybody's own data out of them."""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"

TABLE = """
-- While it is filled, files go into a synthetic person; afterwards nothing does, whichever way it comes.
CREATE TABLE demo_people (
    owner_id uuid PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    filling boolean NOT NULL DEFAULT true,
    filled_at timestamptz NOT NULL
);
GRANT SELECT, INSERT, UPDATE, DELETE ON demo_people TO twinning_app;
ALTER TABLE demo_people ENABLE ROW LEVEL SECURITY;
ALTER TABLE demo_people FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_only ON demo_people
    USING (owner_id = NULLIF(current_setting('twinning.owner', true), '')::uuid)
    WITH CHECK (owner_id = NULLIF(current_setting('twinning.owner', true), '')::uuid);
-- Once a statement and not once a row. Row-level security shows it the row of whoever writes, and no other.
CREATE FUNCTION demo_wall() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM demo_people WHERE NOT filling) THEN
        RAISE EXCEPTION 'nothing of anybody''s own goes into a synthetic person' USING ERRCODE = 'TW001';
    END IF;
    RETURN NULL;
END $$;
"""

WALLED = (
    "documents", "connections", "health_series", "health_samples", "health_sleep", "health_nights", "health_workouts",
    "health_records", "ledger_accounts", "ledger_transactions", "ledger_plans",
)  # fmt: skip
"""What anything of the person's own comes in through."""


def upgrade() -> None:
    """Creates the table and the wall."""
    op.execute(TABLE)
    for table in WALLED:
        op.execute(f"CREATE TRIGGER demo_wall BEFORE INSERT ON {table} FOR EACH STATEMENT EXECUTE FUNCTION demo_wall()")


def downgrade() -> None:
    """Drops them; the synthetic people become ordinary ones."""
    for table in WALLED:
        op.execute(f"DROP TRIGGER demo_wall ON {table}")
    op.execute("DROP FUNCTION demo_wall()")
    op.execute("DROP TABLE demo_people")
