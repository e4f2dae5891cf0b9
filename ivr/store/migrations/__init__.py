"""Alembic's folder: `env.py` for both stores, one folder of revisions for each.

A new revision: `migrations/<store>/v000N_what.py`, then raise the store's `head` in `ivr.store.database`.
"""
