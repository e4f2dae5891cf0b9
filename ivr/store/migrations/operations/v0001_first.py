"""Agents."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "agents",
        sa.Column("extension", sa.String, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("queues", sa.JSON, nullable=False),
        sa.Column("ha1", sa.String, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
    )
