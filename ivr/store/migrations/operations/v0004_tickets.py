"""Tickets."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "tickets",
        sa.Column("number", sa.String, primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("status", sa.String, nullable=False, index=True),
        sa.Column("opened_at", sa.Float, nullable=False),
        sa.Column("call", sa.String, nullable=False),
        sa.Column("line", sa.String, nullable=False),
        sa.Column("caller", sa.String, nullable=False, index=True),
        sa.Column("recording", sa.String, nullable=False),
        sa.Column("details", sa.JSON, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("audio", sa.String),
        sa.Column("seconds", sa.Float),
        sa.Column("changed_at", sa.Float),
        sa.Column("changed_by", sa.String, nullable=False),
    )
