"""Engines: one third-party library each, plain classes for our loop and LiveKit plugins."""
