"""What callers said, and what was made of it."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "utterances",
        sa.Column("turn", sa.String, primary_key=True),
        sa.Column("call", sa.String, sa.ForeignKey("calls.id"), nullable=False, index=True),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("grammar", sa.String, nullable=False),
        sa.Column("hypotheses", sa.JSON, nullable=False),
        sa.Column("confidence", sa.Float),
        sa.Column("decision", sa.String, nullable=False),
        sa.Column("onset", sa.Float),
        sa.Column("ended", sa.Float),
        sa.Column("result", sa.Float),
        sa.Column("audio", sa.String),
    )
