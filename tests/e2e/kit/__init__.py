"""The end-to-end test kit: real telephones, real callers, and what they measurably heard."""
