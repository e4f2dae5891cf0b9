"""Asterisk as a program: found or fetched, configured, started, watched. Calls are `ivr.agi`'s."""
