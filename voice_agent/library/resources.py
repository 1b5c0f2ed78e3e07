"""Whom to call, by country: the numbers as shown, as spoken, and when they were checked."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from voice_agent.core.errors import ScriptError
from voice_agent.library.located import plain, read_yaml, refusal

RESOURCES_FILE = "resources.yaml"

_Words = Annotated[str, Field(min_length=1)]


class _Written(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Resource(_Written):
    """One place to turn to."""

    id: _Words
    name: _Words
    about: _Words
    when: Annotated[str, Field(min_length=1, description="Begins the sentence that reads it out.")]
    call: Annotated[str | None, Field(pattern=r"^[0-9+*#-]+$")] = None
    text: Annotated[str | None, Field(pattern=r"^[0-9+-]+$")] = None
    say: Annotated[str, Field(min_length=1, description="How it is spoken in a sentence.")]
    slowly: Annotated[str | None, Field(description="How it is read out. Default: as `say`.")] = (
        None
    )
    emergency: bool = False
    source: Annotated[str, Field(min_length=1, description="The organisation's own site.")]
    checked: dt.date | None

    @property
    def read_out(self) -> str:
        """The number as it is read out slowly."""
        return self.slowly or self.say

    @property
    def invitation(self) -> str:
        """What one can do, as it follows "you can": `call or text nine eight eight`."""
        if self.call is None and self.text is None:
            return f"look at {self.say}"
        ways = "call or text" if self.call and self.text else "call" if self.call else "text"
        return f"{ways} {self.say}"


class Country(_Written):
    """The resources of one country, the most likely needed first."""

    name: _Words
    lines: Annotated[tuple[Resource, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _has_what_the_crisis_lines_need(self) -> Self:
        ids = [line.id for line in self.lines]
        for needed in ("crisis", "emergency"):
            if ids.count(needed) != 1:
                sentence = f"{self.name} needs one line with the id '{needed}'; write exactly one."
                raise PydanticCustomError("script", "{sentence}", {"sentence": sentence})
        return self

    def line(self, line_id: str) -> Resource:
        """Return the resource with this id, or raise KeyError."""
        for line in self.lines:
            if line.id == line_id:
                return line
        raise KeyError(line_id)

    @property
    def source(self) -> str:
        """The sites of all lines."""
        return ", ".join(dict.fromkeys(line.source for line in self.lines))

    @property
    def checked(self) -> dt.date | None:
        """The day the oldest line was checked; None where one never was."""
        days = [line.checked for line in self.lines]
        return None if None in days else min(day for day in days if day)

    def variables(self) -> dict[str, str]:
        """Return what fills the braces of `crisis.yaml` and `conversation.yaml`.

        `emergency` and `emergency_slowly`, `crisis` (follows "you can"), `crisis_slowly` (a
        number, always), `crisis_call` and `crisis_text` (a number, or empty) and `numbers`
        (all of them, in sentences).
        """
        crisis, emergency = self.line("crisis"), self.line("emergency")
        return {
            "emergency": emergency.say,
            "emergency_slowly": emergency.read_out,
            "crisis": crisis.invitation,
            "crisis_slowly": (crisis if crisis.call else emergency).read_out,
            "crisis_call": crisis.say if crisis.call else "",
            "crisis_text": crisis.say if crisis.text else "",
            "numbers": " ".join(f"{line.when} {line.read_out}." for line in self.lines),
        }


class _File(_Written):
    fallback: _Words
    countries: Annotated[dict[str, Country], Field(min_length=1)]

    @model_validator(mode="after")
    def _has_its_fallback(self) -> Self:
        if self.fallback not in self.countries:
            sentence = f"fallback is '{self.fallback}'; give one of the countries."
            raise PydanticCustomError("script", "{sentence}", {"sentence": sentence})
        return self


@dataclass(frozen=True, slots=True)
class Resources:
    """All countries' resources, and the one that stands in for the others."""

    countries: Mapping[str, Country]
    fallback: str

    def code_for(self, code: str | None) -> str:
        """Return the code under which `code` is served: itself (in capitals) or the fallback."""
        wanted = (code or "").strip().upper()
        wanted = {"UK": "GB"}.get(wanted, wanted)
        return wanted if wanted in self.countries else self.fallback

    def for_country(self, code: str | None) -> Country:
        """Return the resources of a country (ISO 3166-1 alpha-2), or those for anywhere."""
        return self.countries[self.code_for(code)]

    def as_json(self, code: str | None) -> dict[str, Any]:
        """Return what `GET /api/resources` answers; what is not there is left out."""
        country = self.for_country(code)
        return {
            "country": self.code_for(code),
            "name": country.name,
            "source": country.source,
            "checked": country.checked.isoformat() if country.checked else None,
            "lines": [
                line.model_dump(
                    include={"id", "name", "about", "call", "text", "emergency"}, exclude_none=True
                )
                for line in country.lines
            ],
            "countries": [{"code": c, "name": at.name} for c, at in self.countries.items()],
        }


def load_resources(path: Path) -> Resources:
    """Read the resources file.

    Raises:
        ScriptError: it cannot be read, or lacks something; no session starts without it.
    """
    tree = read_yaml(path)
    try:
        written = _File.model_validate(plain(tree))
    except ValidationError as error:
        models: dict[str, type[BaseModel]] = {"": _File, "countries": Country, "lines": Resource}
        raise refusal(path.name, tree, error, models) from error
    for code in written.countries:
        if code != code.upper():
            raise ScriptError(path.name, None, f"the country is '{code}'; write it in capitals.")
    return Resources(written.countries, written.fallback)
