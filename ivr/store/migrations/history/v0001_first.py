"""Calls, queue visits, ring attempts, talk legs, recordings, events."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "calls",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("started_at", sa.Float, nullable=False),
        sa.Column("line", sa.String),
        sa.Column("caller", sa.String),
        sa.Column("flow", sa.String),
        sa.Column("version", sa.String),
        sa.Column("channel", sa.String),
        sa.Column("last_step", sa.String),
        sa.Column("answered_at", sa.Float),
        sa.Column("agent", sa.String),
        sa.Column("ended_at", sa.Float),
        sa.Column("end_reason", sa.String),
        sa.Column("end_detail", sa.Text),
    )
    op.create_index("calls_started", "calls", ["started_at"])
    op.create_table(
        "queue_visits",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("call", sa.String, sa.ForeignKey("calls.id"), nullable=False, index=True),
        sa.Column("queue", sa.String),
        sa.Column("position", sa.Integer),
        sa.Column("joined_at", sa.Float),
        sa.Column("left_at", sa.Float),
        sa.Column("outcome", sa.String),
        sa.Column("waited", sa.Float),
    )
    op.create_table(
        "ring_attempts",
        sa.Column("visit", sa.String, sa.ForeignKey("queue_visits.id"), primary_key=True),
        sa.Column("agent", sa.String, primary_key=True),
        sa.Column("rang_at", sa.Float, primary_key=True),
        sa.Column("call", sa.String, sa.ForeignKey("calls.id"), nullable=False, index=True),
        sa.Column("ended_at", sa.Float),
        sa.Column("outcome", sa.String),
    )
    op.create_table(
        "talk_legs",
        sa.Column("visit", sa.String, sa.ForeignKey("queue_visits.id"), primary_key=True),
        sa.Column("agent", sa.String, primary_key=True),
        sa.Column("answered_at", sa.Float, primary_key=True),
        sa.Column("call", sa.String, sa.ForeignKey("calls.id"), nullable=False, index=True),
        sa.Column("recording", sa.String),
        sa.Column("ended_at", sa.Float),
        sa.Column("ended_by", sa.String),
    )
    op.create_table(
        "recordings",
        sa.Column("path", sa.String, primary_key=True),
        sa.Column("call", sa.String, sa.ForeignKey("calls.id"), nullable=False, index=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("seconds", sa.Float),
    )
    op.create_table(
        "events",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("call", sa.String, sa.ForeignKey("calls.id"), index=True),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("data", sa.JSON, nullable=False),
        sqlite_autoincrement=True,
    )
    for table in ("calls", "ring_attempts", "talk_legs"):
        is_open = sa.text("ended_at IS NULL")
        op.create_index(f"{table}_open", table, ["ended_at"], sqlite_where=is_open, postgresql_where=is_open)
