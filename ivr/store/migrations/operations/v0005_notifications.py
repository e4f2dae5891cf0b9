"""Notifications."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "notifications",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("recipient", sa.String, nullable=False),
        sa.Column("call", sa.String, nullable=False),
        sa.Column("line", sa.String, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("details", sa.JSON, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("problem", sa.Text, nullable=False),
        sa.Column("next_at", sa.Float, index=True),
        sa.Column("until", sa.Float, nullable=False),
        sa.Column("delivered_at", sa.Float),
        sqlite_autoincrement=True,
    )
