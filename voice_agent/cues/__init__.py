"""Pure text matching: what was said, as cue ids."""

from voice_agent.cues.matcher import Grammar, is_open_ended, load_grammar

__all__ = ["Grammar", "is_open_ended", "load_grammar"]
