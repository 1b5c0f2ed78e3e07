"""The settings' documentation, made from the code."""

from pydantic.fields import FieldInfo

from voice_agent.core.config import CoreSettings
from voice_agent.settings.fields import Settings
from voice_agent.settings.sentences import group_fields, variable


def settings_table() -> str:
    """Return the settings as a Markdown table: variable, default, meaning (docs/settings.md)."""
    rows = ["| variable | default | meaning |", "|---|---|---|"]
    own = [name for name in Settings.model_fields if name not in CoreSettings.model_fields]
    for name in [*own, *CoreSettings.model_fields]:
        field = Settings.model_fields[name]
        inner = group_fields(field.annotation)
        leaves: dict[tuple[str, ...], FieldInfo]
        leaves = {(name, n): f for n, f in inner.items()} if inner else {(name,): field}
        rows += [
            f"| `{variable(place)}` | {_default(leaf)} | {leaf.description} |"
            for place, leaf in leaves.items()
        ]
    return "\n".join(rows) + "\n"


def settings_page() -> str:
    """Return docs/settings.md: `python -m voice_agent.settings > docs/settings.md`."""
    return (
        "# Settings\n\nSet as environment variables, in a file `.env` in the working folder, or, "
        "for a few, on the command line, which wins. This page is made from the code "
        "(`python -m voice_agent.settings > docs/settings.md`); a test fails when it is stale.\n\n"
        + settings_table()
    )


def _default(field: FieldInfo) -> str:
    extra = field.json_schema_extra
    if isinstance(extra, dict) and "default_text" in extra:
        return str(extra["default_text"])
    value = field.default
    if value is None:
        return "unset"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{','.join(value)}`" if isinstance(value, tuple) else f"`{value}`"
