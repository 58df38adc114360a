"""Figures that were told, so that a later correction can be told too; and what the person thinks of insights."""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"

TABLES = """
CREATE TABLE figures_told (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    thread_id uuid,
    question text NOT NULL,
    query jsonb NOT NULL,
    area text NOT NULL CHECK (area IN ('health', 'money')),
    start_on date NOT NULL,
    end_on date NOT NULL,
    told text NOT NULL,
    answer jsonb NOT NULL,
    told_at timestamptz NOT NULL,
    flagged_at timestamptz
);
CREATE INDEX ix_figures_told_owner_id ON figures_told (owner_id, area, end_on) WHERE flagged_at IS NULL;
CREATE TABLE insights (
    owner_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    key text NOT NULL,
    kind text NOT NULL,
    day date NOT NULL,
    notice_id uuid,
    text text NOT NULL,
    evidence jsonb NOT NULL,
    vote smallint CHECK (vote IN (-1, 1)),
    PRIMARY KEY (owner_id, key)
);
CREATE TABLE insight_settings (
    owner_id uuid PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    per_day integer NOT NULL DEFAULT 3 CHECK (per_day >= 0)
);
-- All that sums over counted transactions ask for, so that the wide rows stay unread.
CREATE INDEX ix_ledger_counted ON ledger_transactions (owner_id, booked_on)
    INCLUDE (amount, currency, kind, category, payee, account_id) WHERE mark = '';
CREATE INDEX ix_ledger_marked ON ledger_transactions (owner_id, booked_on) WHERE mark <> '';
GRANT SELECT, INSERT, UPDATE, DELETE ON figures_told, insights, insight_settings TO twinning_app;
"""

WALL = """
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_only ON {table}
    USING (owner_id = NULLIF(current_setting('twinning.owner', true), '')::uuid)
    WITH CHECK (owner_id = NULLIF(current_setting('twinning.owner', true), '')::uuid);
"""

WALLED = ("figures_told", "insights", "insight_settings")


def upgrade() -> None:
    """Creates the tables."""
    op.execute(TABLES)
    for table in WALLED:
        op.execute(WALL.format(table=table))


def downgrade() -> None:
    """Drops them."""
    op.execute("DROP INDEX ix_ledger_counted, ix_ledger_marked")
    op.execute(f"DROP TABLE {', '.join(WALLED)}")
