"""The decisions' settings, flat: as a log's first line holds them and `--set` changes them."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from voice_agent.core.config import CoreSettings, with_setting
from voice_agent.core.errors import UsageError
from voice_agent.settings.sentences import dotted, nearest, sentence


class LogSettingError(UsageError):
    """A log's settings are none of this version's."""


def in_force(settings: CoreSettings) -> dict[str, Any]:
    """Return the core's settings flat, as they stand in a log's first line.

    Example:
        >>> in_force(CoreSettings())["ladder.offer_s"]
        30.0
    """
    flat: dict[str, Any] = {}
    for group in CoreSettings.model_fields:
        for name, value in getattr(settings, group).model_dump(mode="json").items():
            flat[f"{group}.{name}"] = value
    return flat


def settings_of(header: Mapping[str, Any]) -> CoreSettings:
    """Return the settings that were in force, from a log's first line.

    Raises:
        LogSettingError: the log names a setting that this version does not have.
    """
    settings = CoreSettings()
    named = header.get("settings", {})
    if not isinstance(named, Mapping):
        raise LogSettingError(f"The log's settings are {named!r}; a log has them by name.")
    for key, value in named.items():
        try:
            settings = with_setting(settings, key, value)
        except (KeyError, ValueError) as error:
            raise LogSettingError(
                f"The log's setting {key} = {value!r} does not fit this version: "
                "replay it with the version that wrote it."
            ) from error
    return settings


def apply(core: CoreSettings, key: str, value: str) -> CoreSettings:
    """Return `core` with the field `key` ("ladder.offer_s") set to `value`, as `--set` does.

    Raises:
        UsageError: an unknown key, with the nearest known one, or a value out of bounds.
    """
    known = list(in_force(core))
    if key not in known:
        raise UsageError(f"There is no setting {key}{nearest(key, known)}.")
    group, name = key.split(".", 1)
    values = core.model_dump()
    values[group][name] = value
    try:
        return CoreSettings.model_validate(values)
    except ValidationError as error:
        raise UsageError(sentence(error, CoreSettings, dotted)) from None
