"""Run by Alembic. The connection comes from `ivr.store.database`, inside a transaction of its own."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
