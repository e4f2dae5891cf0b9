"""The telephone over Asterisk: AGI codec, connection, channel, FastAGI server and script entry."""
