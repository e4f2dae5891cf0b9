"""Tests of flows: what a caller does and what must happen then, written beside the flows, tried in virtual time."""
