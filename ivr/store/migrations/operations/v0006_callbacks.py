"""Callbacks."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "callbacks",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("queue", sa.String, nullable=False),
        sa.Column("line", sa.String, nullable=False),
        sa.Column("call", sa.String, nullable=False),
        sa.Column("number", sa.String, nullable=False, index=True),
        sa.Column("caller", sa.String, nullable=False),
        sa.Column("opened_at", sa.Float, nullable=False),
        sa.Column("since", sa.Float, nullable=False),
        sa.Column("window", sa.String, nullable=False),
        sa.Column("begins", sa.Float),
        sa.Column("ends", sa.Float),
        sa.Column("details", sa.JSON, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("closed_at", sa.Float),
        sa.Column("closed_by", sa.String, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    is_open = sa.text("status = 'open'")
    op.create_index(
        "callbacks_open",
        "callbacks",
        ["queue", "number"],
        unique=True,
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
