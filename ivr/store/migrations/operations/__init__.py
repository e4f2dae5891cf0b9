"""Revisions of the operations store."""
