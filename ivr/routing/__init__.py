"""Queues, agents and who waits where. `ami.py` alone speaks to Asterisk's manager interface."""
