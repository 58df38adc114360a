"""What goes to an InfluxDB, and up to where one was read."""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"

TABLES = """
-- Days of which readings have come since they were last copied. A row goes when it was copied as it is noted here;
-- what changes meanwhile counts `changes` up and stays. Never more rows than days, with a server connected or without.
CREATE TABLE influx_waiting (
    owner_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    series_id integer NOT NULL REFERENCES health_series (id) ON DELETE CASCADE,
    day date NOT NULL,
    changes bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (owner_id, series_id, day)
);
-- To which database the copy goes: with another one everything waits again.
CREATE TABLE influx_copies (
    owner_id uuid PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    target text NOT NULL,
    points bigint NOT NULL DEFAULT 0,
    refused text NOT NULL DEFAULT '',
    copied_at timestamptz
);
-- Up to where each series of an InfluxDB was read.
CREATE TABLE influx_cursors (
    owner_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    target text NOT NULL,
    wanted text NOT NULL,
    read_until timestamptz NOT NULL,
    PRIMARY KEY (owner_id, target, wanted)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON influx_waiting, influx_copies, influx_cursors TO twinning_app;
"""

# In the transaction that stores the readings, so that nobody can be killed between the two. Two transactions may note
# the same days: in one order, so that none waits for the other in a circle.
NOTES = """
CREATE FUNCTION influx_waiting_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO influx_waiting AS waiting (owner_id, series_id, day)
    SELECT DISTINCT owner_id, series_id, day FROM changed ORDER BY owner_id, series_id, day
    ON CONFLICT (owner_id, series_id, day) DO UPDATE SET changes = waiting.changes + 1;
    RETURN NULL;
END $$;
CREATE TRIGGER influx_waiting_added AFTER INSERT ON health_days
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION influx_waiting_note();
CREATE TRIGGER influx_waiting_changed AFTER UPDATE ON health_days
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION influx_waiting_note();
"""

WALL = """
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_only ON {table}
    USING (owner_id = NULLIF(current_setting('twinning.owner', true), '')::uuid)
    WITH CHECK (owner_id = NULLIF(current_setting('twinning.owner', true), '')::uuid);
"""

WALLED = ("influx_waiting", "influx_copies", "influx_cursors")


def upgrade() -> None:
    """Creates the tables, and what notes the days that wait."""
    op.execute(TABLES)
    for table in WALLED:
        op.execute(WALL.format(table=table))
    op.execute(NOTES)


def downgrade() -> None:
    """Drops them; the InfluxDB keeps what it has."""
    op.execute("DROP TRIGGER influx_waiting_added ON health_days; DROP TRIGGER influx_waiting_changed ON health_days")
    op.execute("DROP FUNCTION influx_waiting_note()")
    op.execute(f"DROP TABLE {', '.join(WALLED)}")
