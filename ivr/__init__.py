"""Sambung: the telephone front door of an Indonesian public service."""

__version__ = "0.1.0"
