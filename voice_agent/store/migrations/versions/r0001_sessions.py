"""Schema 1: sessions and the lines of their logs."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("mode", sa.String(16), nullable=False),
        sa.Column("via", sa.String(16), nullable=False),
        sa.Column("country", sa.String(2), nullable=False),
        sa.Column("created_unix", sa.Double(), nullable=False),
        sa.Column("touched_unix", sa.Double(), nullable=False),
        sa.Column("closed_unix", sa.Double(), nullable=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("research_kept", sa.Boolean(), nullable=False),
        sa.Column("anchor_unix_s", sa.Double(), nullable=True),
        sa.Column("header", sa.JSON(), nullable=False),
        sa.Column("owner", sa.String(32), nullable=False),
        sa.CheckConstraint("state IN ('live', 'interrupted', 'ended')", name="known_state"),
    )
    op.create_index("sessions_by_touch", "sessions", ["touched_unix"])
    op.create_table(
        "lines",
        sa.Column(
            "session_id",
            sa.String(64),
            sa.ForeignKey("sessions.id", name="line_of_session", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("seq", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("body", sa.Text(), nullable=False),
    )
