"""Money: one small ledger of accounts and dated transactions, with categories, rates and what is planned."""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"

TABLES = """
CREATE TABLE ledger_accounts (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    source text NOT NULL,
    source_id text NOT NULL,
    name text NOT NULL,
    number text NOT NULL DEFAULT '',
    -- '' until a statement tells it: the person may name an account before anything of it came in.
    currency text NOT NULL DEFAULT '',
    kind text NOT NULL DEFAULT 'asset',
    own boolean NOT NULL DEFAULT true,
    active boolean NOT NULL DEFAULT true,
    balance bigint,
    balance_on date,
    UNIQUE (owner_id, source, source_id)
);
-- Amounts are signed, in minor units of the currency (ISO 4217): minus is money that went out.
CREATE TABLE ledger_transactions (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    account_id uuid NOT NULL REFERENCES ledger_accounts (id) ON DELETE CASCADE,
    booked_on date NOT NULL,
    amount bigint NOT NULL,
    currency char(3) NOT NULL,
    payee text NOT NULL DEFAULT '',
    -- The payee without what differs from one purchase to the next: numbers, legal forms, capitals.
    payee_key text NOT NULL DEFAULT '',
    memo text NOT NULL DEFAULT '',
    counter_number text NOT NULL DEFAULT '',
    -- What the source says, to fall back to when a rule is taken away; `category` is what counts.
    given_category text NOT NULL DEFAULT '',
    category text NOT NULL DEFAULT '',
    category_by text NOT NULL DEFAULT '' CHECK (category_by IN ('', 'person', 'rule', 'learned', 'source')),
    kind text NOT NULL DEFAULT 'ordinary' CHECK (kind IN ('ordinary', 'transfer', 'refund')),
    kind_by text NOT NULL DEFAULT '' CHECK (kind_by IN ('', 'person', 'source', 'matched')),
    transfer_id uuid,
    source text NOT NULL,
    source_id text,
    split_of text,
    fingerprint bytea NOT NULL,
    occurrence integer NOT NULL DEFAULT 0,
    mark text NOT NULL DEFAULT '' CHECK (mark IN ('', 'future', 'pending')),
    original jsonb NOT NULL DEFAULT '{}',
    changed_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX ux_ledger_by_source_id ON ledger_transactions (owner_id, account_id, source, source_id)
    WHERE source_id IS NOT NULL;
CREATE UNIQUE INDEX ux_ledger_by_fingerprint ON ledger_transactions (owner_id, account_id, fingerprint, occurrence)
    WHERE source_id IS NULL;
CREATE INDEX ix_ledger_by_day ON ledger_transactions (owner_id, booked_on)
    INCLUDE (amount, currency, kind, category, account_id);
CREATE INDEX ix_ledger_by_account ON ledger_transactions (account_id, booked_on);
CREATE INDEX ix_ledger_choices ON ledger_transactions (owner_id, payee_key) WHERE category_by = 'person';
CREATE TABLE ledger_rules (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    position integer NOT NULL,
    field text NOT NULL CHECK (field IN ('payee', 'memo', 'any')),
    pattern text NOT NULL,
    category text NOT NULL
);
CREATE INDEX ix_ledger_rules_owner_id ON ledger_rules (owner_id, position);
-- How the columns of a bank's CSV are to be read, once the person has said so; by a hash of its header.
CREATE TABLE ledger_mappings (
    owner_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    header_hash bytea NOT NULL,
    mapping jsonb NOT NULL,
    PRIMARY KEY (owner_id, header_hash)
);
CREATE TABLE ledger_rates (
    owner_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    base char(3) NOT NULL,
    quote char(3) NOT NULL,
    day date NOT NULL,
    rate numeric NOT NULL CHECK (rate > 0),
    source text NOT NULL,
    PRIMARY KEY (owner_id, base, quote, day)
);
-- Bills, budgets and piggy banks.
CREATE TABLE ledger_plans (
    owner_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    source text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('bill', 'budget', 'saving')),
    source_id text NOT NULL,
    name text NOT NULL,
    amount bigint,
    currency char(3),
    next_on date,
    details jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (owner_id, source, kind, source_id)
);
-- How far each service was read, and how that went.
CREATE TABLE ledger_syncs (
    owner_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    source text NOT NULL,
    read_until date,
    read_at timestamptz,
    tried_at timestamptz,
    trouble text NOT NULL DEFAULT '',
    details jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (owner_id, source)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON ledger_accounts, ledger_transactions, ledger_rules, ledger_mappings,
    ledger_rates, ledger_plans, ledger_syncs TO twinning_app;
"""

WALL = """
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_only ON {table}
    USING (owner_id = NULLIF(current_setting('twinning.owner', true), '')::uuid)
    WITH CHECK (owner_id = NULLIF(current_setting('twinning.owner', true), '')::uuid);
"""

WALLED = (
    "ledger_accounts", "ledger_transactions", "ledger_rules", "ledger_mappings", "ledger_rates", "ledger_plans",
    "ledger_syncs",
)  # fmt: skip


def upgrade() -> None:
    """Creates the tables."""
    op.execute(TABLES)
    for table in WALLED:
        op.execute(WALL.format(table=table))


def downgrade() -> None:
    """Drops them, with all transactions."""
    op.execute(f"DROP TABLE {', '.join(reversed(WALLED))}")
