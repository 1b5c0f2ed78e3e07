"""The practices and the resources on disk: read, checked, and found by name."""

from voice_agent.library.check import check, schema_text
from voice_agent.library.files import Library, load_library
from voice_agent.library.finding import Finding
from voice_agent.library.resources import Country, Resource, Resources, load_resources

__all__ = [
    "Country",
    "Finding",
    "Library",
    "Resource",
    "Resources",
    "check",
    "load_library",
    "load_resources",
    "schema_text",
]
