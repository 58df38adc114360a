"""A standing grant names the account that it holds for.

Earlier ones get the account that was connected when they were given and still is. Where that cannot be told (nothing
was ever proposed with the tool, or the service was connected anew since), the grant ends: its action is asked again.
"""

from __future__ import annotations

from alembic import op

revision = "0014"
down_revision = "0013"

# Person by person, as the wall between people holds for the tables' owner too.
FILL = """
DO $$
DECLARE
    person uuid;
BEGIN
    FOR person IN SELECT id FROM users LOOP
        PERFORM set_config('twinning.owner', person::text, true);
        UPDATE grants SET account = c.account
            FROM connections c JOIN operations o ON o.owner_id = c.owner_id AND o.service = c.service
            WHERE grants.owner_id = person AND c.owner_id = person AND o.tool = grants.tool
                AND c.connected_at <= grants.created_at;
        UPDATE grants SET revoked_at = now() WHERE owner_id = person AND account IS NULL AND revoked_at IS NULL;
        UPDATE grants SET account = '' WHERE owner_id = person AND account IS NULL;
    END LOOP;
    PERFORM set_config('twinning.owner', '', true);
END $$;
"""


def upgrade() -> None:
    """Adds the column and fills it."""
    op.execute("ALTER TABLE grants ADD account text")
    op.execute(FILL)
    op.execute("ALTER TABLE grants ALTER account SET NOT NULL")


def downgrade() -> None:
    """Drops it."""
    op.execute("ALTER TABLE grants DROP COLUMN account")
