"""Still Here: a voice that notices silence, offers to stay, and guides paced practices."""

__all__ = ["__version__"]

__version__ = "0.1.0"
