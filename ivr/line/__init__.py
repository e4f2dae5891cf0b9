"""What stands before the flow: blocked callers, announcements, surge, opening hours."""
