"""The settings themselves: groups of fields, each with its default, bounds and meaning."""

import ipaddress
import os
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from voice_agent.core.config import CoreSettings
from voice_agent.shipped import shipped

PREFIX = "VOICE_AGENT_"
NESTED = "__"


def _home(variable: str, fallback: str) -> Path:
    given = os.environ.get(variable, "")
    # The XDG specification: a relative path is to be ignored.
    base = Path(given) if given and Path(given).is_absolute() else Path.home() / fallback
    return base / "still-here"


def _shown(text: str) -> dict[str, Any]:
    """What the table says instead of a default that depends on the machine."""
    return {"default_text": text}


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class SipSettings(_Group):
    """The phone: where calls are answered, and a provider or PBX to register with."""

    host: str = Field(
        default="127.0.0.1", min_length=1, description="Address the phone listens on."
    )
    port: int = Field(
        default=5060, ge=0, le=65535, description="UDP and TCP port; 0 takes a free one."
    )
    user: str | None = Field(
        default=None, description="User name at the provider or PBX; none: no login."
    )
    domain: str | None = Field(default=None, description="Host name of the provider or PBX.")
    password: SecretStr | None = Field(
        default=None, description="Password there; never shown or logged."
    )
    max_calls: int = Field(
        default=20, ge=1, le=1000, description="Calls at once; a further one hears the helplines."
    )

    @model_validator(mode="after")
    def _registration_is_whole(self) -> "SipSettings":
        if (self.user is None) != (self.domain is None):
            raise ValueError("give both user and domain, or neither")
        return self


class SttSettings(_Group):
    """Recognition of speech."""

    partial_model: str = Field(
        default="tiny.en", min_length=1, description="Model for words while the person speaks."
    )
    final_model: str = Field(
        default="base", min_length=1, description="Model for the words of a whole utterance."
    )
    threads: int = Field(default=1, ge=1, le=64, description="Threads of one recognition.")
    file_latency_s: float = Field(
        default=0.25,
        ge=0,
        le=10,
        description="Seconds after the audio it used at which a result arrives in a file run.",
    )


class TtsSettings(_Group):
    """The voice."""

    voice: str = Field(default="en_US-joe-medium", min_length=1, description="Name of the voice.")
    line_cache_mb: int = Field(
        default=512, ge=1, le=100_000, description="Megabytes of rendered lines kept on disk."
    )


class WebRtcSettings(_Group):
    """The page's sound, where it reaches this machine from outside its network."""

    announced: str = Field(
        default="",
        json_schema_extra=_shown("unset"),
        description="IP addresses, separated by commas, by which pages reach this machine besides "
        "its own (of a router or a container's host).",
    )
    lowest_port: int = Field(
        default=0, ge=0, le=65535, description="Lowest UDP port of the page's sound; 0: any."
    )
    highest_port: int = Field(
        default=0, ge=0, le=65535, description="Highest UDP port of the page's sound; 0: any."
    )
    ice_servers: str = Field(
        default="",
        json_schema_extra=_shown("unset"),
        description="STUN or TURN URLs, separated by commas; the service asks them for addresses. "
        "Unset: nobody is asked.",
    )

    @field_validator("announced")
    @classmethod
    def _are_addresses(cls, value: str) -> str:
        for address in _listed(value):
            try:
                ipaddress.ip_address(address)
            except ValueError:
                raise ValueError("give IP addresses, separated by commas") from None
        return value

    @field_validator("ice_servers")
    @classmethod
    def _are_servers(cls, value: str) -> str:
        if not all(
            url.startswith(("stun:", "stuns:", "turn:", "turns:")) for url in _listed(value)
        ):
            raise ValueError("give URLs such as stun:example.org:3478, separated by commas")
        return value

    @model_validator(mode="after")
    def _ports_are_a_range(self) -> "WebRtcSettings":
        if (self.lowest_port == 0) != (
            self.highest_port == 0
        ) or self.lowest_port > self.highest_port:
            raise ValueError("give lowest_port and highest_port, the lower one first, or neither")
        return self

    @property
    def addresses(self) -> tuple[str, ...]:
        """The announced addresses, one by one."""
        return _listed(self.announced)

    @property
    def servers(self) -> tuple[str, ...]:
        """The servers' URLs, one by one."""
        return _listed(self.ice_servers)

    @property
    def ports(self) -> tuple[int, int]:
        """Lowest and highest port; (0, 0) leaves it to the system."""
        return self.lowest_port, self.highest_port


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


class TlsSettings(_Group):
    """HTTPS, which a phone's browser needs before it gives a microphone."""

    cert: Path | None = Field(default=None, description="Certificate file (PEM).")
    key: Path | None = Field(default=None, description="Private key file (PEM).")

    @model_validator(mode="after")
    def _both_or_neither(self) -> "TlsSettings":
        if (self.cert is None) != (self.key is None):
            raise ValueError("give both cert and key, or neither")
        return self


class Settings(CoreSettings, BaseSettings):
    """All settings; the core's groups (`ladder`, `patience`, …) are fields here too."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter=NESTED,
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        frozen=True,
        # Other programs' variables may stand in the same .env; `unknown_variables` reports ours.
        extra="ignore",
        validate_default=False,
    )

    host: str = Field(
        default="127.0.0.1", min_length=1, description="Address of the page and the API."
    )
    port: int = Field(default=8080, ge=0, le=65535, description="Port of both; 0 takes a free one.")
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("localhost", "127.0.0.1", "[::1]"),
        description="Host names by which the page may be opened, separated by commas.",
    )
    max_sessions: int = Field(
        default=40,
        ge=1,
        le=10_000,
        description="Sessions at once; a further one is shown the helplines.",
    )
    country: str = Field(
        default="US",
        pattern="^[A-Z]{2}$",
        description="Country whose helplines are shown unless the page says another (ISO 3166).",
    )
    keep_minutes: float = Field(
        default=30.0,
        ge=0,
        le=30,
        description="Minutes after which a session that was cut off is deleted.",
    )
    data_dir: Path = Field(
        default_factory=lambda: _home("XDG_DATA_HOME", ".local/share"),
        description="Folder of the database.",
        json_schema_extra=_shown("$XDG_DATA_HOME/still-here or ~/.local/share/still-here"),
    )
    cache_dir: Path = Field(
        default_factory=lambda: _home("XDG_CACHE_HOME", ".cache"),
        description="Folder of rendered lines and of checksums already verified.",
        json_schema_extra=_shown("$XDG_CACHE_HOME/still-here or ~/.cache/still-here"),
    )
    database_url: str = Field(
        default_factory=lambda fields: f"sqlite:///{fields['data_dir'] / 'still-here.sqlite3'}",
        min_length=1,
        repr=False,  # it may hold a password
        description="Database as an SQLAlchemy URL.",
        json_schema_extra=_shown("sqlite:///, then still-here.sqlite3 in the data folder"),
    )
    scripts_dir: Path = Field(
        default_factory=lambda: shipped("scripts_audio"),
        description="Folder of the practices.",
        json_schema_extra=_shown("the practices that ship with the package"),
    )
    metrics_public: bool = Field(
        default=False, description="Whether /metrics answers others than this machine."
    )
    log_json: bool | None = Field(
        default=None, description="JSON logs: true or false; unset: JSON unless on a terminal."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least that is logged."
    )
    sip: SipSettings = Field(default_factory=SipSettings)
    stt: SttSettings = Field(default_factory=SttSettings)
    tts: TtsSettings = Field(default_factory=TtsSettings)
    tls: TlsSettings = Field(default_factory=TlsSettings)
    webrtc: WebRtcSettings = Field(default_factory=WebRtcSettings)

    @field_validator("allowed_hosts", mode="before")
    @classmethod
    def _split_hosts(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(host.strip().lower() for host in value.split(",") if host.strip())
        return value

    @field_validator("country", mode="before")
    @classmethod
    def _upper_country(cls, value: object) -> object:
        return value.strip().upper() if isinstance(value, str) else value

    @field_validator("log_level", mode="before")
    @classmethod
    def _lower_level(cls, value: object) -> object:
        return value.strip().lower() if isinstance(value, str) else value

    @field_validator("data_dir", "cache_dir", "scripts_dir")
    @classmethod
    def _expand_home(cls, value: Path) -> Path:
        return value.expanduser()

    @property
    def core(self) -> CoreSettings:
        """The part the decisions see."""
        return CoreSettings(**{name: getattr(self, name) for name in CoreSettings.model_fields})
