"""How the InfluxDB that readings come from was found when it was last asked."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


class Found(NamedTuple):
    """A connected InfluxDB.

    Attributes:
        wanted: What is to be read from it, as the person wrote it: `body.weight = weight_body_mass kg; ...`.
        trouble: Why it could not be read; "" when it could.
        asked_at: When that was.
    """

    wanted: str
    trouble: str
    asked_at: dt.datetime | None


# A refusal of what is copied there is no trouble of reading.
_FOUND = text("""
SELECT coalesce(c.settings ->> 'read', ''),
    CASE WHEN w.refused <> '' AND strpos(c.trouble, w.refused) > 0 THEN '' ELSE coalesce(c.trouble, '') END,
    c.checked_at
FROM connections c LEFT JOIN influx_copies w ON w.owner_id = c.owner_id
WHERE c.owner_id = :owner AND c.service = 'influxdb'
""")


async def found(session: AsyncSession, owner: UUID) -> Found | None:
    """The one that is connected; None when none is."""
    row = (await session.execute(_FOUND, {"owner": owner})).one_or_none()
    return Found(*row) if row else None
