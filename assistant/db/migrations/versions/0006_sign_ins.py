"""Who is signed in where: a session that is ended here is ended everywhere, whatever its cookie says."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"

TABLE = """
CREATE TABLE sign_ins (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);
CREATE INDEX ix_sign_ins_user_id ON sign_ins (user_id);
GRANT SELECT, INSERT, DELETE ON sign_ins TO twinning_app;
"""


def upgrade() -> None:
    """Creates the table; cookies of before name no row, so everybody signs in once more."""
    op.execute(TABLE)


def downgrade() -> None:
    """Drops it."""
    op.execute("DROP TABLE sign_ins")
