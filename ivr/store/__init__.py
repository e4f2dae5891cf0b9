"""The record: what happened (history) and what is set up (operations), each with one writer."""
