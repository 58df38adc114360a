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
    flagged_at timestamptz,
    -- What was asked in a conversation goes with it.
    FOREIGN KEY (owner_id, thread_id) REFERENCES threads (owner_id, id) ON DELETE CASCADE
);
CREATE INDEX ix_figures_told_thread ON figures_told (thread_id) WHERE thread_id IS NOT NULL;
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
-- What the counted transactions of a month come to, and how often names occur; triggers keep both, whoever writes.
CREATE TABLE ledger_months (
    owner_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    month date NOT NULL,
    account_id uuid NOT NULL REFERENCES ledger_accounts (id) ON DELETE CASCADE,
    currency text NOT NULL,
    category text NOT NULL,
    kind text NOT NULL,
    direction smallint NOT NULL,
    amount bigint NOT NULL,
    transactions integer NOT NULL
);
-- By a digest, because a name from a file may be longer than an index takes.
CREATE UNIQUE INDEX ux_ledger_months
    ON ledger_months (owner_id, month, account_id, currency, md5(category), kind, direction);
CREATE TABLE ledger_names (
    owner_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    account_id uuid NOT NULL REFERENCES ledger_accounts (id) ON DELETE CASCADE,
    currency text NOT NULL,
    category text NOT NULL,
    payee text NOT NULL,
    transactions integer NOT NULL
);
CREATE UNIQUE INDEX ux_ledger_names ON ledger_names (owner_id, account_id, currency, md5(category), md5(payee));
-- What came is added, what is gone only ever taken off what is there: a person who is deleted gets no new rows.
CREATE FUNCTION ledger_summed_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO ledger_months AS m
            SELECT owner_id, date_trunc('month', booked_on)::date, account_id, currency, category, kind,
                sign(amount)::smallint, sum(amount), count(*)
            FROM came WHERE mark = '' GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY 1, 2, 3, 4, 5, 6, 7
            ON CONFLICT (owner_id, month, account_id, currency, md5(category), kind, direction) DO UPDATE
            SET amount = m.amount + excluded.amount, transactions = m.transactions + excluded.transactions;
        INSERT INTO ledger_names AS n
            SELECT owner_id, account_id, currency, category, payee, count(*)
            FROM came WHERE mark = '' GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
            ON CONFLICT (owner_id, account_id, currency, md5(category), md5(payee)) DO UPDATE
            SET transactions = n.transactions + excluded.transactions;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        UPDATE ledger_months m SET amount = m.amount - g.amount, transactions = m.transactions - g.transactions
        FROM (
            SELECT owner_id, date_trunc('month', booked_on)::date AS month, account_id, currency, category, kind,
                sign(amount)::smallint AS direction, sum(amount) AS amount, count(*) AS transactions
            FROM gone WHERE mark = '' GROUP BY 1, 2, 3, 4, 5, 6, 7
        ) g
        WHERE (m.owner_id, m.month, m.account_id, m.currency, md5(m.category), m.kind, m.direction)
            = (g.owner_id, g.month, g.account_id, g.currency, md5(g.category), g.kind, g.direction);
        UPDATE ledger_names n SET transactions = n.transactions - g.transactions
        FROM (
            SELECT owner_id, account_id, currency, category, payee, count(*) AS transactions
            FROM gone WHERE mark = '' GROUP BY 1, 2, 3, 4, 5
        ) g
        WHERE (n.owner_id, n.account_id, n.currency, md5(n.category), md5(n.payee))
            = (g.owner_id, g.account_id, g.currency, md5(g.category), md5(g.payee));
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER ledger_added AFTER INSERT ON ledger_transactions
    REFERENCING NEW TABLE AS came FOR EACH STATEMENT EXECUTE FUNCTION ledger_summed_up();
CREATE TRIGGER ledger_corrected AFTER UPDATE ON ledger_transactions
    REFERENCING OLD TABLE AS gone NEW TABLE AS came FOR EACH STATEMENT EXECUTE FUNCTION ledger_summed_up();
CREATE TRIGGER ledger_removed AFTER DELETE ON ledger_transactions
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION ledger_summed_up();
-- All that sums over counted transactions ask for, so that the wide rows stay unread.
CREATE INDEX ix_ledger_counted ON ledger_transactions (owner_id, booked_on)
    INCLUDE (amount, currency, kind, category, account_id) WHERE mark = '';
CREATE INDEX ix_ledger_marked ON ledger_transactions (owner_id, booked_on) WHERE mark <> '';
GRANT SELECT, INSERT, UPDATE, DELETE ON figures_told, insights, insight_settings, ledger_months, ledger_names
    TO twinning_app;
"""

WALL = """
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_only ON {table}
    USING (owner_id = NULLIF(current_setting('twinning.owner', true), '')::uuid)
    WITH CHECK (owner_id = NULLIF(current_setting('twinning.owner', true), '')::uuid);
"""

WALLED = ("figures_told", "insights", "insight_settings", "ledger_months", "ledger_names")


def upgrade() -> None:
    """Creates the tables."""
    op.execute(TABLES)
    for table in WALLED:
        op.execute(WALL.format(table=table))


def downgrade() -> None:
    """Drops them."""
    for trigger in ("ledger_added", "ledger_corrected", "ledger_removed"):
        op.execute(f"DROP TRIGGER {trigger} ON ledger_transactions")
    op.execute("DROP FUNCTION ledger_summed_up")
    op.execute("DROP INDEX ix_ledger_counted, ix_ledger_marked")
    op.execute(f"DROP TABLE {', '.join(WALLED)}")
