"""Prompt audio: Indonesian text becomes 8 kHz WAV files when it is published, never during a call."""
