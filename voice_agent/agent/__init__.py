"""The agent: joins engines, cues and the core to any transport, live or over a file."""
