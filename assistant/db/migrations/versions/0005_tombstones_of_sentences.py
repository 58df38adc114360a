"""Tombstones also keep the sentences of a forgotten passage, and where it came from, as keyed hashes.

A passage whose neighbours change is cut elsewhere at the next import; the hash of the whole then finds nothing.
"""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Adds the columns; earlier tombstones keep the hash of the whole only."""
    op.execute("ALTER TABLE tombstones ADD unit_hmacs bytea[] NOT NULL DEFAULT '{}', ADD source_hmac bytea")


def downgrade() -> None:
    """Drops them."""
    op.execute("ALTER TABLE tombstones DROP COLUMN unit_hmacs, DROP COLUMN source_hmac")
