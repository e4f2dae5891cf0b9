"""Calls by the caller's number."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the index."""
    op.create_index("calls_caller", "calls", ["caller", "started_at"])
