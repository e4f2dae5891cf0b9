"""What stands before the flow: blocked callers, announcements, a sign of life, surge, opening hours."""
