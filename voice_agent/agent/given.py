"""Taps, keys and ratings for a run over a recording, from a file of JSON lines."""

import json
import math
from pathlib import Path
from typing import Any

from voice_agent.agent.said import FROM_PAGE, check
from voice_agent.core import inputs as i
from voice_agent.core import wire
from voice_agent.core.config import CoreSettings, with_setting
from voice_agent.core.errors import MalformedEventError, UsageError

GIVEN = (*FROM_PAGE, i.ConnectionLost, i.ConnectionRestored, i.Held, i.Unheld, i.ParticipantLeft,
         i.SettingChanged)  # fmt: skip
"""Inputs that may stand in `--inputs`."""


def read_inputs(path: Path) -> list[i.Input]:
    """Read taps, keys and ratings with their times, one JSON object a line.

    Raises:
        UsageError: the file cannot be read, or a line is no such input.
    """
    try:
        rows = path.read_text("utf-8").splitlines()
    except OSError as error:
        raise UsageError(
            f"The inputs {path} cannot be read ({error.strerror}); check the path."
        ) from None
    except UnicodeDecodeError:
        raise UsageError(f"The inputs {path} are not UTF-8 text; {_EXAMPLE}.") from None
    out: list[i.Input] = []
    for number, row in enumerate(rows, 1):
        if not row.strip():
            continue
        try:
            out.append(_given(json.loads(row)))
        except MalformedEventError as error:
            raise UsageError(f"{path}, line {number}: {error}") from None
        except (ValueError, RecursionError):
            raise UsageError(f"{path}, line {number}: this is not JSON; {_EXAMPLE}.") from None
    return sorted(out, key=lambda event: event.t)


_EXAMPLE = 'write a line such as {"t": 12.5, "type": "key_pressed", "digit": "1"}'


def _given(obj: Any) -> i.Input:
    """Return what a line of `--inputs` stands for, with its values checked.

    Raises:
        MalformedEventError: it is none of `GIVEN`, or has a value that means nothing.
    """
    name = obj.get("type") if isinstance(obj, dict) else None
    known = [wire.NAMES[kind] for kind in GIVEN]
    if not isinstance(name, str):
        raise MalformedEventError(f"this is no event with a type; {_EXAMPLE}.")
    if name not in known:
        raise MalformedEventError(f"'{name}' cannot be given; give one of {', '.join(known)}.")
    event = wire.decode(obj)
    assert isinstance(event, i.Input)
    if not 0 <= event.t < math.inf:
        raise MalformedEventError(f"t is {event.t}; give seconds from the beginning, 0 or more.")
    check(event)
    match event:
        case i.SettingChanged(key=key, value=value):
            try:
                with_setting(CoreSettings(), key, value)
            except (KeyError, ValueError):
                raise MalformedEventError(
                    f"The setting {key} cannot be {value!r}; docs/settings.md lists them."
                ) from None
    return event
