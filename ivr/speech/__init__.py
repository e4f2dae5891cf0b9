"""Hearing Indonesian: what may be said becomes a graph, Vosk decodes with a model of our own."""
