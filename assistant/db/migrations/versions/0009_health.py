"""Health: readings, their days, sleep and nights, workouts, and the order of sources."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"

TABLES = """
-- One metric from one source. Readings name it by a number, so that millions of them stay narrow.
-- rank: by the stated rule or the person's own order; where several have a day, the smallest counts.
CREATE TABLE health_series (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    owner_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    metric text NOT NULL,
    source text NOT NULL,
    unit text NOT NULL,
    shown_unit text NOT NULL,
    known boolean NOT NULL DEFAULT true,
    rank integer NOT NULL DEFAULT 0,
    UNIQUE (owner_id, metric, source)
);
-- Columns in the order in which they pack. No foreign keys: checking them would take as long as storing the reading; a
-- trigger on health_series does what they would.
-- span_s: 0 as posted, 1 single records of a device, 86400 a whole day's figure; never added to each other.
CREATE TABLE health_samples (
    owner_id uuid NOT NULL,
    at timestamptz NOT NULL,
    value double precision NOT NULL,
    low double precision,
    high double precision,
    given double precision,
    series_id integer NOT NULL,
    span_s integer NOT NULL DEFAULT 0,
    day date NOT NULL,
    given_unit text NOT NULL DEFAULT '',
    mark text NOT NULL DEFAULT '' CHECK (mark IN ('', 'impossible', 'future')),
    PRIMARY KEY (series_id, at, span_s)
);
CREATE INDEX ix_health_samples_day ON health_samples (series_id, day);
-- Whoever deletes a series, or a person with all of them, sees the rows behind the wall for the length of this call.
CREATE FUNCTION health_series_gone() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before text := coalesce(current_setting('twinning.owner', true), '');
BEGIN
    PERFORM set_config('twinning.owner', OLD.owner_id::text, true);
    DELETE FROM health_samples WHERE series_id = OLD.id;
    PERFORM set_config('twinning.owner', before, true);
    RETURN NULL;
END
$$;
CREATE TRIGGER health_series_gone AFTER DELETE ON health_series FOR EACH ROW EXECUTE FUNCTION health_series_gone();
-- What the readings of one day come to; kept with every change, so that ten years are some thousand rows.
-- readings: those that count; where all of a day are marked it is 0, and total, low, high and latest are NULL.
-- values, counts: of levels only, each value once and in order, with how often the day has it.
-- chosen: the one row of a metric and day that counts.
CREATE TABLE health_days (
    owner_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    series_id integer NOT NULL REFERENCES health_series (id) ON DELETE CASCADE,
    day date NOT NULL,
    span_s integer NOT NULL DEFAULT 0,
    readings integer NOT NULL,
    total double precision,
    low double precision,
    high double precision,
    latest double precision,
    latest_at timestamptz,
    left_out integer NOT NULL DEFAULT 0,
    values double precision[],
    counts integer[],
    chosen boolean NOT NULL DEFAULT false,
    PRIMARY KEY (series_id, day, span_s)
);
CREATE INDEX ix_health_days_owner_id ON health_days (owner_id, day) WHERE chosen;
CREATE TABLE health_sleep (
    owner_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    source text NOT NULL,
    start_at timestamptz NOT NULL,
    end_at timestamptz NOT NULL,
    stage text NOT NULL CHECK (stage IN ('awake', 'asleep', 'in_bed', 'core', 'deep', 'rem')),
    offset_s integer NOT NULL,
    end_offset_s integer NOT NULL,
    mark text NOT NULL DEFAULT '' CHECK (mark IN ('', 'impossible', 'future')),
    PRIMARY KEY (owner_id, source, start_at, stage)
);
-- offset_s: from UTC to the local clock when the person woke up; start_offset_s: when they fell asleep.
-- They differ in a night of a DST change. chosen: the one row of kind 'night' that counts for a day.
CREATE TABLE health_nights (
    owner_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    source text NOT NULL,
    day date NOT NULL,
    kind text NOT NULL CHECK (kind IN ('night', 'nap')),
    shape text NOT NULL CHECK (shape IN ('aggregated', 'older', 'segments')),
    start_at timestamptz,
    end_at timestamptz,
    start_offset_s integer NOT NULL DEFAULT 0,
    offset_s integer NOT NULL DEFAULT 0,
    asleep_s integer,
    in_bed_s integer,
    core_s integer,
    deep_s integer,
    rem_s integer,
    awake_s integer,
    mark text NOT NULL DEFAULT '' CHECK (mark IN ('', 'impossible', 'future')),
    chosen boolean NOT NULL DEFAULT false,
    UNIQUE NULLS NOT DISTINCT (owner_id, source, day, kind, shape, start_at)
);
CREATE INDEX ix_health_nights_owner_id ON health_nights (owner_id, day);
CREATE TABLE health_workouts (
    owner_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    key text NOT NULL,
    name text NOT NULL,
    source text NOT NULL,
    start_at timestamptz NOT NULL,
    end_at timestamptz NOT NULL,
    day date NOT NULL,
    duration_s double precision,
    energy_kj double precision,
    energy_unit text NOT NULL DEFAULT '',
    distance_m double precision,
    distance_unit text NOT NULL DEFAULT '',
    details jsonb NOT NULL DEFAULT '{}',
    mark text NOT NULL DEFAULT '' CHECK (mark IN ('', 'impossible', 'future')),
    PRIMARY KEY (owner_id, key)
);
CREATE INDEX ix_health_workouts_owner_id ON health_workouts (owner_id, day);
-- What a post holds besides figures (symptoms, medications, ECGs, ...): kept as it came.
CREATE TABLE health_records (
    owner_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind text NOT NULL,
    key text NOT NULL,
    at timestamptz,
    body jsonb NOT NULL,
    PRIMARY KEY (owner_id, kind, key)
);
-- Which source counts where several have the same day; metric '' stands for all of them.
CREATE TABLE health_priorities (
    owner_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    metric text NOT NULL DEFAULT '',
    source text NOT NULL,
    position integer NOT NULL,
    PRIMARY KEY (owner_id, metric, source)
);
-- Keys with which a phone posts. Read before it is known who posts, so not behind the wall; only a hash is kept.
CREATE TABLE ingest_tokens (
    token_hash bytea PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz,
    UNIQUE (user_id, name)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON health_series, health_samples, health_days, health_sleep, health_nights,
    health_workouts, health_records, health_priorities, ingest_tokens TO twinning_app;
"""

# The sub-select is asked once for each statement, and not for each of fifty thousand readings.
WALL = """
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_only ON {table}
    USING (owner_id = (SELECT NULLIF(current_setting('twinning.owner', true), '')::uuid))
    WITH CHECK (owner_id = (SELECT NULLIF(current_setting('twinning.owner', true), '')::uuid));
"""

WALLED = (
    "health_series", "health_samples", "health_days", "health_sleep", "health_nights", "health_workouts",
    "health_records", "health_priorities",
)  # fmt: skip


def upgrade() -> None:
    """Creates the tables."""
    op.execute(TABLES)
    for table in WALLED:
        op.execute(WALL.format(table=table))


def downgrade() -> None:
    """Drops them, with all readings."""
    op.execute(f"DROP TABLE {', '.join([*reversed(WALLED), 'ingest_tokens'])}")
    op.execute("DROP FUNCTION health_series_gone()")
