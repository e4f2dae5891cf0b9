"""What callers really said, as a person heard it."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "utterance_checks",
        sa.Column("turn", sa.String, primary_key=True),
        sa.Column("said", sa.Text, nullable=False),
        sa.Column("checked_at", sa.Float, nullable=False),
    )
