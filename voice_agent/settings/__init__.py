"""One place for configuration: variables, `.env` and the command line, and their documentation."""

from voice_agent.settings.fields import (
    Settings,
    SipSettings,
    SttSettings,
    TlsSettings,
    TtsSettings,
    WebRtcSettings,
)
from voice_agent.settings.load import load_settings, unknown_variables
from voice_agent.settings.overrides import LogSettingError, apply, in_force, settings_of
from voice_agent.settings.table import settings_table

__all__ = [
    "LogSettingError",
    "Settings",
    "SipSettings",
    "SttSettings",
    "TlsSettings",
    "TtsSettings",
    "WebRtcSettings",
    "apply",
    "in_force",
    "load_settings",
    "settings_of",
    "settings_table",
    "unknown_variables",
]
