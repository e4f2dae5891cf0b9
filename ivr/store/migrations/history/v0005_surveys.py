"""What callers said of the service."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "survey_answers",
        sa.Column("call", sa.String, sa.ForeignKey("calls.id"), primary_key=True),
        sa.Column("survey", sa.String, primary_key=True),
        sa.Column("question", sa.String, primary_key=True),
        sa.Column("at", sa.Float, nullable=False, index=True),
        sa.Column("score", sa.Integer),
        sa.Column("scale", sa.Integer),
        sa.Column("recording", sa.String),
    )
