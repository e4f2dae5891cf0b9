"""Calls without Asterisk: virtual time, scripted or typed callers, simulated agents."""
