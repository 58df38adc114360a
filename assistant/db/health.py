"""Questions about health readings: laid beside what is stored, merged, and summed up by day. All set-based.

`known_days` and `load` put a batch into temporary tables; each question after them speaks about that batch, in the
same transaction. Stored readings are looked up by their key for what came in, and never read as a whole: what a batch
costs must not grow with the millions that are there. Postgres knows nothing yet of tables that have just been filled,
so it is not left to choose: `OFFSET 0` has a sub-select asked for each row before it, `ORDER BY` has it take the index.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, LiteralString, NamedTuple
from uuid import UUID

import psycopg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

PREPARE = (
    "SELECT pg_advisory_xact_lock(hashtextextended('health ' || :owner, 0))",
    # Compiling a plan takes longer here than running it.
    "SET LOCAL jit = off",
    """
    CREATE TEMP TABLE health_packs (
        place integer NOT NULL, series_id integer NOT NULL, day date NOT NULL, first_at timestamptz NOT NULL,
        last_at timestamptz NOT NULL, day_long boolean NOT NULL
    ) ON COMMIT DROP
    """,
    """
    CREATE TEMP TABLE health_incoming (
        series_id integer NOT NULL, at timestamptz NOT NULL, span_s integer NOT NULL, day date NOT NULL,
        value double precision NOT NULL, low double precision, high double precision, given double precision,
        unit smallint NOT NULL, mark smallint NOT NULL, known boolean NOT NULL
    ) ON COMMIT DROP
    """,
)
# A figure of a whole day may lie at another instant, where a journey has moved midnight.
KNOWN = """
    SELECT place FROM health_packs p
    WHERE (
        SELECT true FROM health_samples s
        WHERE s.series_id = p.series_id AND s.at >= p.first_at AND s.at <= p.last_at AND s.owner_id = :owner
        ORDER BY s.at LIMIT 1
    ) OR p.day_long AND (
        SELECT true FROM health_days d WHERE d.series_id = p.series_id AND d.day = p.day AND d.span_s = 86400
    )
    """
_AS_STORED = """
    series_id, at, span_s, day, value, NULLIF(low, 'NaN') AS low, NULLIF(high, 'NaN') AS high,
    NULLIF(given, 'NaN') AS given, (CAST(:units AS text[]))[unit + 1] AS given_unit,
    (CAST('{"",impossible,future}' AS text[]))[mark + 1] AS mark
    """
# Already in the order of the key.
ADD = f"""
    INSERT INTO health_samples (owner_id, series_id, at, span_s, day, value, low, high, given, given_unit, mark)
    SELECT :owner, {_AS_STORED} FROM health_incoming WHERE NOT known
    """  # noqa: S608 - the columns above
# Where a minute of midnight and the figure of a day may be taken for each other: days with either of the two stored, of
# the series that came. Two local dates of one instant are at most two days apart.
NEAR = """
    CREATE TEMP TABLE health_near ON COMMIT DROP AS
    SELECT DISTINCT p.series_id, p.day, d.span_s FROM health_packs p CROSS JOIN LATERAL (
        SELECT d.span_s FROM health_days d
        WHERE d.series_id = p.series_id AND d.day BETWEEN p.day - 2 AND p.day + 2 AND d.span_s IN (0, 86400) OFFSET 0
    ) d
    """
# A post with one row at midnight does not say whether that is a minute (span 0) or the day (86400). Where the day's
# figure is stored and the post has no other row of that day, it is a correction of it.
ADOPT = """
    WITH alone AS MATERIALIZED (
        SELECT i.series_id, min(i.at) AS at FROM health_incoming i JOIN health_near n USING (series_id, day)
        WHERE i.span_s = 0 AND n.span_s = 86400 GROUP BY i.series_id, i.day HAVING min(i.at) = max(i.at)
    ), stored AS MATERIALIZED (
        SELECT s.series_id, s.at FROM alone CROSS JOIN LATERAL (
            SELECT s.series_id, s.at FROM health_samples s
            WHERE s.series_id = alone.series_id AND s.at = alone.at AND s.span_s = 86400 AND s.owner_id = :owner
            OFFSET 0
        ) s
    )
    UPDATE health_incoming i SET span_s = 86400 FROM stored s
    WHERE i.series_id = s.series_id AND i.at = s.at AND i.span_s = 0
    """
# What is known now of an instant replaces what was taken for the other of the two; and a day has one figure, though a
# journey moves its midnight.
OUTDATED = """
    CREATE TEMP TABLE health_outdated ON COMMIT DROP AS
    SELECT s.* FROM health_incoming i
    JOIN health_near n ON n.series_id = i.series_id AND n.day = i.day AND n.span_s = 86400 - i.span_s
    CROSS JOIN LATERAL (
        SELECT s.series_id, s.at, s.span_s, s.day FROM health_samples s
        WHERE s.series_id = i.series_id AND s.at = i.at AND s.span_s = n.span_s AND s.owner_id = :owner OFFSET 0
    ) s
    UNION
    SELECT s.* FROM health_incoming i CROSS JOIN LATERAL (
        SELECT s.series_id, s.at, s.span_s, s.day FROM health_samples s
        WHERE s.series_id = i.series_id AND s.day = i.day AND s.span_s = 86400 AND s.at <> i.at AND s.owner_id = :owner
        OFFSET 0
    ) s
    WHERE i.known AND i.span_s = 86400
    """
CORRECT = (
    NEAR,
    ADOPT,
    OUTDATED,
    """
    DELETE FROM health_samples s USING health_outdated o
    WHERE s.series_id = o.series_id AND s.at = o.at AND s.span_s = o.span_s AND s.owner_id = :owner
    """,
    f"""
    CREATE TEMP TABLE health_differing ON COMMIT DROP AS
    SELECT i.*, s.day AS old_day
    FROM (SELECT {_AS_STORED} FROM health_incoming WHERE known) i
    LEFT JOIN LATERAL (
        SELECT * FROM health_samples s
        WHERE s.series_id = i.series_id AND s.at = i.at AND s.span_s = i.span_s AND s.owner_id = :owner OFFSET 0
    ) s ON true
    WHERE s.series_id IS NULL OR (s.day, s.value, s.low, s.high, s.given, s.given_unit, s.mark)
        IS DISTINCT FROM (i.day, i.value, i.low, i.high, i.given, i.given_unit, i.mark)
    """,  # noqa: S608 - the columns above
    """
    INSERT INTO health_samples
        (owner_id, series_id, at, span_s, day, value, low, high, given, given_unit, mark)
    SELECT :owner, series_id, at, span_s, day, value, low, high, given, given_unit, mark
    FROM health_differing WHERE old_day IS NULL ORDER BY series_id, at
    """,
    """
    UPDATE health_samples s
    SET day = d.day, value = d.value, low = d.low, high = d.high, given = d.given, given_unit = d.given_unit,
        mark = d.mark
    FROM health_differing d
    WHERE d.old_day IS NOT NULL AND s.series_id = d.series_id AND s.at = d.at AND s.span_s = d.span_s
        AND s.owner_id = :owner
    """,
)
TOUCHED = (
    """
    CREATE TEMP TABLE health_touched ON COMMIT DROP AS
    SELECT DISTINCT series_id, day FROM health_incoming WHERE NOT known
    """,
    "ANALYZE health_touched",
)
TOUCHED_BY_CORRECTIONS = """
    INSERT INTO health_touched
    (SELECT series_id, day FROM health_differing
    UNION SELECT series_id, old_day FROM health_differing WHERE old_day IS NOT NULL
    UNION SELECT series_id, day FROM health_outdated)
    EXCEPT SELECT series_id, day FROM health_touched
    """
COUNTS = """
    SELECT count(*) FILTER (WHERE old_day IS NULL), count(*) FILTER (WHERE old_day IS NOT NULL) FROM health_differing
    """
# What the person saw of the days that are about to change.
REMEMBER = """
    CREATE TEMP TABLE health_before ON COMMIT DROP AS
    SELECT r.metric, d.day, d.readings, d.total, d.low, d.high, d.latest, d.values, d.counts, true AS had
    FROM (
        SELECT DISTINCT r.metric, t.day FROM health_touched t JOIN health_series r ON r.id = t.series_id
    ) m
    JOIN health_series r ON r.metric = m.metric AND r.owner_id = :owner
    JOIN health_days d ON d.series_id = r.id AND d.day = m.day AND d.chosen
    """
REBUILD = (
    "DELETE FROM health_days d USING health_touched t WHERE d.series_id = t.series_id AND d.day = t.day",
    """
    CREATE TEMP TABLE health_rows ON COMMIT DROP AS
    SELECT s.* FROM health_touched t CROSS JOIN LATERAL (
        SELECT s.series_id, s.day, s.span_s, s.at, s.value, s.low, s.high, s.mark = '' AS good FROM health_samples s
        WHERE s.series_id = t.series_id AND s.day = t.day AND s.owner_id = :owner OFFSET 0
    ) s
    """,
    # Chosen to begin with: most days have one source, and a second writing of the row is saved.
    """
    INSERT INTO health_days (owner_id, series_id, day, span_s, readings, total, low, high, latest, latest_at, left_out,
        values, counts, chosen)
    SELECT :owner, a.series_id, a.day, a.span_s, a.readings, v.total, a.low, a.high, a.latest, a.latest_at, a.left_out,
        CASE WHEN r.metric = ANY (:totals) THEN NULL ELSE coalesce(v.values, '{}') END,
        CASE WHEN r.metric = ANY (:totals) THEN NULL ELSE coalesce(v.counts, '{}') END,
        true
    FROM (
        SELECT series_id, day, span_s, count(*) FILTER (WHERE good) AS readings,
            count(*) FILTER (WHERE NOT good) AS left_out,
            min(least(value, low)) FILTER (WHERE good) AS low, max(greatest(value, high)) FILTER (WHERE good) AS high,
            (array_agg(value ORDER BY at DESC) FILTER (WHERE good))[1] AS latest,
            max(at) FILTER (WHERE good) AS latest_at
        FROM health_rows GROUP BY series_id, day, span_s
    ) a
    LEFT JOIN (
        -- Summed up in the order of the values, so that the same readings always give the same bits.
        SELECT series_id, day, span_s, sum(value * n ORDER BY value) AS total,
            array_agg(value ORDER BY value) AS values, array_agg(n ORDER BY value) AS counts
        FROM (
            SELECT series_id, day, span_s, value, count(*)::integer AS n
            FROM health_rows WHERE good GROUP BY series_id, day, span_s, value
        ) g
        GROUP BY series_id, day, span_s
    ) v ON v.series_id = a.series_id AND v.day = a.day AND v.span_s = a.span_s
    JOIN health_series r ON r.id = a.series_id
    """,
)
METRIC_DAYS = (
    "CREATE TEMP TABLE health_metric_days ON COMMIT DROP AS"
    " SELECT DISTINCT r.metric, t.day FROM health_touched t JOIN health_series r ON r.id = t.series_id",
    "ANALYZE health_metric_days",
)
# Of one source the kind of reading that tells most: of totals the larger one, of levels the one with more readings.
# Of several sources the first by rank, then the one with more readings, then by name.
CHOOSE = """
    UPDATE health_days d SET chosen = c.first
    FROM (
        SELECT id, day, span_s, best AND row_number() OVER (
            PARTITION BY metric, day ORDER BY NOT best, readings = 0, rank, readings DESC, source
        ) = 1 AS first
        FROM (
            SELECT r.id, r.metric, r.rank, r.source, h.day, h.span_s, h.readings, row_number() OVER (
                PARTITION BY r.id, h.day
                ORDER BY h.readings = 0, CASE WHEN h.values IS NULL THEN h.total END DESC NULLS LAST, h.readings DESC,
                    h.span_s
            ) = 1 AS best
            FROM health_metric_days m
            JOIN health_series r ON r.metric = m.metric AND r.owner_id = :owner
            JOIN health_days h ON h.series_id = r.id AND h.day = m.day
        ) b
    ) c
    WHERE d.series_id = c.id AND d.day = c.day AND d.span_s = c.span_s AND d.chosen <> c.first
    """
CHANGED = """
    SELECT m.metric, m.day, coalesce(b.had, false) AND coalesce(b.readings, 0) > 0
    FROM health_metric_days m
    LEFT JOIN health_before b ON b.metric = m.metric AND b.day = m.day
    LEFT JOIN (
        SELECT r.metric, d.* FROM health_metric_days m
        JOIN health_series r ON r.metric = m.metric AND r.owner_id = :owner
        JOIN health_days d ON d.series_id = r.id AND d.day = m.day AND d.chosen
    ) a ON a.metric = m.metric AND a.day = m.day
    WHERE (coalesce(b.readings, 0), b.total, b.low, b.high, b.latest, b.values, b.counts)
        IS DISTINCT FROM (coalesce(a.readings, 0), a.total, a.low, a.high, a.latest, a.values, a.counts)
    ORDER BY m.metric, m.day
    """


async def prepare(session: AsyncSession, owner: UUID) -> None:
    """Makes whoever else stores health of this person wait, and the room for a batch."""
    for statement in PREPARE:
        await _do(session, statement, owner=str(owner))


async def _do(session: AsyncSession, statement: str, **values: Any) -> Any:
    used = {name: value for name, value in values.items() if f":{name}" in statement}
    return await session.execute(text(statement), used)


class Series(NamedTuple):
    """One metric from one source: its number, the unit in which it is stored, and the one in which it is shown."""

    number: int
    unit: str
    shown: str


async def series(session: AsyncSession, owner: UUID) -> dict[tuple[str, str], Series]:
    """Every series of the person, by metric and source."""
    rows = await session.execute(
        text("SELECT metric, source, id, unit, shown_unit FROM health_series WHERE owner_id = :owner"),
        {"owner": owner},
    )
    return {(metric, source): Series(number, unit, shown) for metric, source, number, unit, shown in rows}


async def add_series(session: AsyncSession, owner: UUID, rows: Sequence[dict[str, Any]]) -> None:
    """Stores new series: metric, source, unit, shown_unit, known, rank."""
    await session.execute(
        text(
            "INSERT INTO health_series (owner_id, metric, source, unit, shown_unit, known, rank)"
            " VALUES (:owner, :metric, :source, :unit, :shown_unit, :known, :rank)"
        ),
        [{"owner": owner, **row} for row in rows],
    )


async def show_series_in(session: AsyncSession, number: int, unit: str) -> None:
    """From now on this series is shown in `unit`."""
    await session.execute(
        text("UPDATE health_series SET shown_unit = :unit WHERE id = :id"), {"id": number, "unit": unit}
    )


async def newest_units(session: AsyncSession, numbers: Sequence[int]) -> dict[int, str]:
    """The unit in which the newest reading of each of these series came; "" for the one in which it is stored."""
    rows = await session.execute(
        text(
            "SELECT r.id, (SELECT s.given_unit FROM health_samples s WHERE s.series_id = r.id"
            " ORDER BY s.at DESC, s.span_s LIMIT 1) FROM health_series r WHERE r.id = ANY (:ids)"
        ),
        {"ids": list(numbers)},
    )
    return {number: unit for number, unit in rows if unit is not None}


async def known_days(session: AsyncSession, owner: UUID, packed: bytearray) -> list[int]:
    """Of which of these days anything is stored already: the places that their rows name.

    Args:
        packed: Days of series for `health_packs`, like the readings for `load`.
    """
    await _copy(session, "health_packs", packed)
    return list((await _do(session, KNOWN, owner=owner)).scalars())


async def load(session: AsyncSession, packed: bytearray) -> None:
    """Puts readings into the batch's table, as Postgres' own binary rows (`COPY ... WITH (FORMAT binary)`)."""
    await _copy(session, "health_incoming", packed)


async def _copy(session: AsyncSession, table: LiteralString, packed: bytearray) -> None:
    raw = (await (await session.connection()).get_raw_connection()).driver_connection
    assert isinstance(raw, psycopg.AsyncConnection)
    async with raw.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN (FORMAT binary)") as copy:
        await copy.write(packed)


async def merge(session: AsyncSession, owner: UUID, *, units: Sequence[str], any_known: bool) -> tuple[int, int]:
    """Stores what is new or differs of the batch; returns how many were added and how many changed.

    Args:
        units: Those that numbers were converted from, by their number in the rows.
        any_known: Whether anything is stored of any of its days.
    """
    added, changed = (await _do(session, ADD, owner=owner, units=list(units))).rowcount, 0
    create, analyze = TOUCHED
    await _do(session, create)
    if any_known:
        for statement in CORRECT:
            await _do(session, statement, owner=owner, units=list(units))
        await _do(session, TOUCHED_BY_CORRECTIONS)
        more, changed = (await _do(session, COUNTS)).one()
        added += more
    await _do(session, analyze)
    return added, changed


async def rebuild(session: AsyncSession, owner: UUID, *, totals: Sequence[str]) -> list[tuple[str, dt.date, bool]]:
    """Sums up anew the days that the merge touched, and chooses who counts.

    Returns:
        (metric, day, whether it had a figure before) for each whose figure is another one now.
    """
    await _do(session, REMEMBER, owner=owner)
    for statement in REBUILD:
        await _do(session, statement, owner=owner, totals=list(totals))
    return await _chosen_anew(session, owner)


async def _chosen_anew(session: AsyncSession, owner: UUID) -> list[tuple[str, dt.date, bool]]:
    for statement in (*METRIC_DAYS, CHOOSE):
        await _do(session, statement, owner=owner)
    return [(metric, day, had) for metric, day, had in await _do(session, CHANGED, owner=owner)]


async def priorities(session: AsyncSession, owner: UUID) -> dict[str, list[str]]:
    """The person's order of sources by metric; "" for all metrics."""
    rows = await session.execute(
        text("SELECT metric, source FROM health_priorities WHERE owner_id = :owner ORDER BY metric, position"),
        {"owner": owner},
    )
    orders: dict[str, list[str]] = {}
    for metric, source in rows:
        orders.setdefault(metric, []).append(source)
    return orders


async def put_priorities(session: AsyncSession, owner: UUID, metric: str, sources: Sequence[str]) -> None:
    """Replaces the order of a metric; an empty one takes it away."""
    await session.execute(
        text("DELETE FROM health_priorities WHERE owner_id = :owner AND metric = :metric"),
        {"owner": owner, "metric": metric},
    )
    if sources:
        await session.execute(
            text(
                "INSERT INTO health_priorities (owner_id, metric, source, position)"
                " VALUES (:owner, :metric, :source, :position)"
            ),
            [
                {"owner": owner, "metric": metric, "source": source, "position": position}
                for position, source in enumerate(sources)
            ],
        )


async def put_ranks(session: AsyncSession, owner: UUID, ranks: dict[int, int]) -> list[tuple[str, dt.date, bool]]:
    """Gives series new ranks and chooses anew for all days of their metrics.

    Returns:
        Like `rebuild`.
    """
    await session.execute(
        text("UPDATE health_series SET rank = :rank WHERE id = :id"),
        [{"id": number, "rank": rank} for number, rank in ranks.items()],
    )
    await session.execute(
        text(
            "CREATE TEMP TABLE health_touched ON COMMIT DROP AS"
            " SELECT series_id, day FROM health_days WHERE series_id = ANY (:ids) GROUP BY series_id, day"
        ),
        {"ids": list(ranks)},
    )
    await _do(session, REMEMBER, owner=owner)
    return await _chosen_anew(session, owner)
