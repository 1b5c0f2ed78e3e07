"""Loading: variables, `.env` and the command line become one checked `Settings`."""

import difflib
import os
from collections.abc import Mapping
from typing import Any

from dotenv import dotenv_values
from pydantic import ValidationError
from pydantic_settings.exceptions import SettingsError

from voice_agent.core.errors import UsageError
from voice_agent.settings.fields import NESTED, PREFIX, Settings
from voice_agent.settings.sentences import first_field, group_fields, sentence, variable


def load_settings(**overrides: Any) -> Settings:
    """Return the settings of the environment and `.env`, with `overrides` above both.

    An override may be a dict of a group's fields (`sip={"port": 5070}`); None means "not given".

    Raises:
        UsageError: one sentence with the variable, what is wrong and what would work; no secrets.
    """
    try:
        return Settings(**_given(overrides))
    except ValidationError as error:
        raise UsageError(sentence(error, Settings, variable)) from None
    except SettingsError as error:
        raise UsageError(_unreadable(str(error))) from None
    except UnicodeDecodeError:
        raise UsageError("The file .env is not UTF-8 text; save it as UTF-8.") from None


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: _given(value) if isinstance(value, Mapping) else value
        for key, value in values.items()
        if value is not None
    }


def _unreadable(text: str) -> str:
    name = next((n for n in Settings.model_fields if f'"{n}"' in text), None)
    if name is None:
        return "The settings cannot be read; check the variables that begin with VOICE_AGENT_."
    whole = variable([name])
    return (
        f"{whole} is not a JSON object; set one variable a field, such as "
        f"{whole}{NESTED}{first_field(Settings, name).upper()}."
    )


def _variables() -> list[str]:
    """Every variable: the groups (as one JSON object), their fields, and the others."""
    groups = {name: group_fields(field.annotation) for name, field in Settings.model_fields.items()}
    fields = [variable([name, inner]) for name in groups for inner in groups[name]]
    return [*(variable([name]) for name in groups), *fields]


def unknown_variables(environ: Mapping[str, str] | None = None) -> list[str]:
    """Return one sentence for each variable with our prefix that is no setting.

    Args:
        environ: the variables; without it, those of the environment and of `.env`.
    """
    known = _variables()
    sentences = []
    for name in sorted({*os.environ, *_env_file()} if environ is None else environ):
        whole = name.upper()  # a variable counts in either case
        group = variable([whole.removeprefix(PREFIX).split(NESTED)[0]])
        if not whole.startswith(PREFIX) or {whole, group} & {*known, *_OTHERS}:
            continue
        ours = {k.removeprefix(PREFIX): k for k in known}
        near = difflib.get_close_matches(whole.removeprefix(PREFIX), ours, n=1)
        meant = f"; did you mean {ours[near[0]]}?" if near else "."
        sentences.append(f"{name} is not a setting and has no effect{meant}")
    return sentences


_OTHERS = {"VOICE_AGENT_EVAL_DATA"}
"""Where the tests find recordings: not the service's, and no slip."""


def _env_file() -> list[str]:
    """Return the names that stand in `.env`, where there is one that can be read."""
    try:
        return list(dotenv_values(".env", encoding="utf-8"))
    except (OSError, UnicodeDecodeError):  # `load_settings` says so
        return []
