"""What is switched on the lines, and strikes against callers."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "switches",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("target", sa.String, nullable=False),
        sa.Column("since", sa.Float, nullable=False),
        sa.Column("until", sa.Float, nullable=False, index=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("author", sa.String, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("audio", sa.String),
        sa.Column("seconds", sa.Float),
        sa.Column("instead", sa.Boolean, nullable=False),
        sa.Column("ended_at", sa.Float),
        sa.Column("ended_by", sa.String, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "strikes",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("caller", sa.String, nullable=False, index=True),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("author", sa.String, nullable=False),
    )
