"""Edges: each way a person's sound, taps and keys come in and the voice goes out."""
