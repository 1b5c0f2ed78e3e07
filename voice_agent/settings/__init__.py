"""One place for configuration: variables, `.env` and the command line, and their documentation."""

from voice_agent.settings.fields import (
    Settings,
    SipSettings,
    SttSettings,
    TlsSettings,
    TtsSettings,
)
from voice_agent.settings.load import load_settings, unknown_variables
from voice_agent.settings.overrides import apply, in_force
from voice_agent.settings.table import settings_table

__all__ = [
    "Settings",
    "SipSettings",
    "SttSettings",
    "TlsSettings",
    "TtsSettings",
    "apply",
    "in_force",
    "load_settings",
    "settings_table",
    "unknown_variables",
]
