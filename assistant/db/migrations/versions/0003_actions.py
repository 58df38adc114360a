"""What is changed outside: connections, operations, standing grants, the audit, the egress ledger and the inbox.

Two rules live in the database, so that no forgotten path can break them: what was proposed never changes, and an
operation moves only along its states. The audit can only be added to.
"""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"

OWNED = ("connections", "operations", "grants", "audit", "audit_heads", "notices")

TABLES = """
CREATE TABLE connections (
    owner_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    service text NOT NULL,
    account text NOT NULL DEFAULT '',
    settings jsonb NOT NULL DEFAULT '{}',
    connected_at timestamptz NOT NULL DEFAULT now(),
    checked_at timestamptz,
    trouble text,
    PRIMARY KEY (owner_id, service)
);
CREATE TABLE operations (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    tool text NOT NULL,
    service text NOT NULL,
    effect text NOT NULL CHECK (effect IN ('read', 'write', 'destructive')),
    frozen bytea NOT NULL,
    digest bytea NOT NULL,
    state text NOT NULL CHECK (state IN ('proposed', 'approved', 'claimed', 'sent', 'confirmed', 'unknown', 'failed',
                                         'denied', 'expired', 'withdrawn')),
    channel text NOT NULL,
    thread_id uuid,
    message_id uuid,
    replaces uuid,
    undoes uuid,
    grant_id uuid,
    proposed_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    decided_at timestamptz,
    decided_on text,
    not_before timestamptz,
    lease_until timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    sent_at timestamptz,
    finished_at timestamptz,
    receipt jsonb,
    trouble text,
    FOREIGN KEY (owner_id, thread_id) REFERENCES threads (owner_id, id) ON DELETE SET NULL (thread_id)
);
CREATE INDEX ix_operations_open ON operations (owner_id, proposed_at)
    WHERE state IN ('proposed', 'approved', 'claimed', 'sent');
CREATE INDEX ix_operations_owner ON operations (owner_id, proposed_at);
CREATE INDEX ix_operations_thread ON operations (thread_id) WHERE thread_id IS NOT NULL;
CREATE TABLE grants (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    tool text NOT NULL,
    target text NOT NULL,
    arguments jsonb NOT NULL,
    remaining integer NOT NULL CHECK (remaining >= 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz
);
CREATE INDEX ix_grants_owner ON grants (owner_id, tool);
CREATE TABLE audit (
    owner_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    seq bigint NOT NULL,
    body bytea NOT NULL,
    mac bytea NOT NULL,
    PRIMARY KEY (owner_id, seq)
);
CREATE TABLE audit_heads (
    owner_id uuid PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    seq bigint NOT NULL,
    mac bytea NOT NULL
);
CREATE TABLE egress (
    id uuid PRIMARY KEY,
    owner_id uuid REFERENCES users (id) ON DELETE CASCADE,
    at timestamptz NOT NULL,
    host text NOT NULL,
    method text NOT NULL,
    purpose text NOT NULL,
    classes text[] NOT NULL,
    operation_id uuid,
    bytes_out bigint NOT NULL,
    bytes_in bigint,
    outcome text
);
CREATE INDEX ix_egress_owner ON egress (owner_id, at);
CREATE TABLE notices (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind text NOT NULL,
    text text NOT NULL,
    details jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz
);
CREATE INDEX ix_notices_owner ON notices (owner_id, created_at);
ALTER TABLE threads ADD COLUMN labels jsonb NOT NULL DEFAULT '{}';
"""

RIGHTS = """
GRANT SELECT, INSERT, UPDATE, DELETE ON connections, grants, notices TO twinning_app;
GRANT SELECT, INSERT, UPDATE ON operations, audit_heads, egress TO twinning_app;
GRANT SELECT, INSERT ON audit TO twinning_app;
"""

WALL = """
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_only ON {table}
    USING (owner_id = NULLIF(current_setting('twinning.owner', true), '')::uuid)
    WITH CHECK (owner_id = NULLIF(current_setting('twinning.owner', true), '')::uuid);
"""

# What the house itself sent (a model was fetched) belongs to nobody and is shown to everybody of the house.
EGRESS_WALL = """
ALTER TABLE egress ENABLE ROW LEVEL SECURITY;
ALTER TABLE egress FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_or_house ON egress
    USING (owner_id IS NULL OR owner_id = NULLIF(current_setting('twinning.owner', true), '')::uuid)
    WITH CHECK (owner_id IS NOT DISTINCT FROM NULLIF(current_setting('twinning.owner', true), '')::uuid);
"""

STATES = """
CREATE FUNCTION operations_move() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    IF (NEW.id, NEW.owner_id, NEW.tool, NEW.service, NEW.effect, NEW.frozen, NEW.digest,
        NEW.proposed_at, NEW.expires_at)
       IS DISTINCT FROM
       (OLD.id, OLD.owner_id, OLD.tool, OLD.service, OLD.effect, OLD.frozen, OLD.digest,
        OLD.proposed_at, OLD.expires_at)
    THEN
        RAISE EXCEPTION 'what was proposed never changes' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (
        ('proposed', 'approved'), ('proposed', 'denied'), ('proposed', 'expired'), ('proposed', 'withdrawn'),
        ('approved', 'claimed'), ('approved', 'withdrawn'), ('approved', 'failed'),
        ('claimed', 'approved'), ('claimed', 'sent'), ('claimed', 'failed'),
        ('sent', 'confirmed'), ('sent', 'unknown'), ('sent', 'failed'),
        ('sent', 'approved'),
        ('unknown', 'confirmed'), ('unknown', 'failed')
    ) THEN
        RAISE EXCEPTION 'an operation does not go from % to %', OLD.state, NEW.state
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER operations_move BEFORE UPDATE ON operations FOR EACH ROW EXECUTE FUNCTION operations_move();
"""


def upgrade() -> None:
    """Creates everything."""
    op.execute(TABLES)
    op.execute(RIGHTS)
    for table in OWNED:
        op.execute(WALL.format(table=table))
    op.execute(EGRESS_WALL)
    op.execute(STATES)


def downgrade() -> None:
    """Refuses: receipts and the audit would be lost."""
    raise RuntimeError("Receipts and the audit are not thrown away; restore a backup instead.")
