"""Pure text matching: what was said, as cue ids."""

from voice_agent.cues.matcher import Grammar, default_grammar, is_open_ended

__all__ = ["Grammar", "default_grammar", "is_open_ended"]
