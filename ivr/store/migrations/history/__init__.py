"""Revisions of the history store."""
