"""A practice as it is written: lines, pauses, questions and where each answer leads."""

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

END = "end"
"""The target that ends a script."""

VARIANTS = ("phone", "taps")
"""A line `<id>-phone` is said instead of `<id>` on the phone, `<id>-taps` without a microphone."""

TEXT_PAUSE_S = 2.5
ASK_WAIT_S = 8.0

Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$")]
Seconds = Annotated[float, Field(ge=0, le=3600)]
Audience = Literal["solo", "both", "pursuer", "withdrawer"]

_VARIABLE = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_PHRASE = re.compile(r"\S.*?(?:[,.;:!?…\u2014\u2013]+[\"'”\u2019)\]]*(?=\s|$)|$)", re.DOTALL)
_SENTENCE_END = re.compile(r"[.!?…][\"'”\u2019)\]]*$")
_PHRASE_WORDS_MIN = 3


def phrases_of(text: str) -> tuple[str, ...]:
    """Return the parts of `text` between punctuation, where playout may resume.

    A phrase of fewer than three words joins a neighbour. Punctuation inside a number ("3.5",
    "9-8-8") cuts nothing. Joined with spaces, the phrases give back the words of `text`.

    Example:
        >>> phrases_of("Now, notice your feet. If you like, press them down, gently.")
        ('Now, notice your feet.', 'If you like,', 'press them down, gently.')
    """
    done: list[str] = []
    carried = ""
    for match in _PHRASE.finditer(text):
        phrase = " ".join(f"{carried} {match.group()}".split())
        carried = ""
        if len(phrase.split()) >= _PHRASE_WORDS_MIN:
            done.append(phrase)
        elif done and _SENTENCE_END.search(phrase) and not _SENTENCE_END.search(done[-1]):
            done[-1] = f"{done[-1]} {phrase}"
        else:
            carried = phrase
    if carried and done:
        done[-1] = f"{done[-1]} {carried}"
    elif carried:
        done.append(carried)
    return tuple(done)


def _refuse(sentence: str, *at: str | int) -> PydanticCustomError:
    """Return an error whose one sentence is ours; `at` is where in the file it is."""
    return PydanticCustomError("script", "{sentence}", {"sentence": sentence, "at": at})


class _Written(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class ShownChoice(_Written):
    """A button: the answer it gives, and its words."""

    id: Id
    label: Annotated[str, Field(min_length=1)]


class Shown(_Written):
    """What the page shows while a line is said."""

    breath: Literal["in", "hold", "out", "none"] | None = None
    hint: str | None = None
    choices: tuple[ShownChoice, ...] = ()


class Line(_Written):
    """One thing that is said or asked, the silence after it, and where it leads."""

    id: Id
    text: Annotated[str, Field(min_length=1)] | None = None
    ask: Annotated[str, Field(min_length=1)] | None = None
    pause_s: Annotated[Seconds, Field(description="Default: 2.5 after a text, 0 after an ask.")] = (
        TEXT_PAUSE_S
    )
    lasts_s: Annotated[
        Annotated[float, Field(gt=0, le=60)] | None,
        Field(
            description="Instead of pause_s: from its first sample to the next line's, words and "
            "silence together, for a breath's rhythm."
        ),
    ] = None
    on_speech: Annotated[
        Literal["answer", "resume"],
        Field(description="Default: resume for a text, answer for an ask."),
    ] = "resume"
    answers: Annotated[
        dict[Id, Id],
        Field(
            description="From an answer (yes, no, first, second, other, silence or an own id) "
            "to a line's id, another script's id or end."
        ),
    ] = {}
    wait_s: Annotated[
        Annotated[float, Field(gt=0, le=3600)] | None,
        Field(description="How long an ask waits before silence is the answer. Default: 8."),
    ] = None
    show: Shown | None = None
    then: Annotated[
        Id | None,
        Field(description="A line's id, another script's id or end. Default: the next line."),
    ] = None

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, data: Any) -> Any:
        if isinstance(data, dict) and data.get("ask") is not None:
            defaults = {"pause_s": 0.0, "on_speech": "answer", "wait_s": ASK_WAIT_S}
            return {**defaults, **data}
        if isinstance(data, dict) and data.get("lasts_s") is not None:
            return {"pause_s": 0.0, **data}
        return data

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if (self.text is None) == (self.ask is None):
            raise _refuse(f"the line '{self.id}' needs one of text and ask; give exactly one.")
        if re.search(r"[{}]", _VARIABLE.sub("", self.spoken)):
            raise _refuse(
                f"the line '{self.id}' has a brace that names no variable; write {{name}}.",
                "text" if self.ask is None else "ask",
            )
        if self.lasts_s and (self.pause_s or self.is_question):
            raise _refuse("lasts_s holds the pause of a text; write lasts_s or pause_s.", "lasts_s")
        if self.ask is None:
            for name in ("answers", "wait_s"):
                if getattr(self, name):
                    raise _refuse(f"{name} belongs to a question; write ask or drop it.", name)
        elif "silence" not in self.answers:
            raise _refuse(
                f"the question '{self.id}' has no answer for silence; add silence to answers.",
                "answers",
            )
        for choice in self.show.choices if self.show and self.answers else ():
            if choice.id not in self.answers:
                raise _refuse(f"the choice '{choice.id}' leads nowhere; add it to answers.", "show")
        return self

    @property
    def spoken(self) -> str:
        """The words, asked or said, with variables by name."""
        return self.text or self.ask or ""

    @property
    def is_question(self) -> bool:
        """Whether the line waits for an answer."""
        return self.ask is not None

    @property
    def variables(self) -> tuple[str, ...]:
        """The names in braces, in the order they are said, each once."""
        return tuple(dict.fromkeys(_VARIABLE.findall(self.spoken)))

    @property
    def phrases(self) -> tuple[str, ...]:
        """Where playout may resume: see `phrases_of`."""
        return phrases_of(self.spoken)

    @property
    def targets(self) -> tuple[str, ...]:
        """Where `answers` and `then` lead, each once."""
        named = [*self.answers.values(), *([self.then] if self.then else [])]
        return tuple(dict.fromkeys(named))


class Script(_Written):
    """A practice, or a frame: the lines around practices, each said when it is needed."""

    id: Id
    kind: Literal["practice", "frame"] = "practice"
    source: Annotated[str, Field(min_length=1, description="The row of the catalogue, or 'frame'.")]
    title: Annotated[str, Field(min_length=1)]
    audience: Annotated[tuple[Audience, ...], Field(alias="for", min_length=1)] = ("solo", "both")
    minutes: Annotated[float, Field(gt=0, le=60)]
    about: Annotated[str, Field(min_length=1)]
    fits: tuple[Id, ...] = ()
    not_for: tuple[Id, ...] = ()
    only_after: Annotated[
        tuple[Id, ...],
        Field(description="Practices of which one must have been chosen before this is offered."),
    ] = ()
    lines: Annotated[tuple[Line, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        seen: set[str] = set()
        for index, line in enumerate(self.lines):
            if line.id in seen or line.id in (END, self.id):
                why = "taken by the script itself" if line.id in (END, self.id) else "used twice"
                raise _refuse(
                    f"the line id '{line.id}' is {why}; give each line its own.",
                    "lines", index, "id",
                )  # fmt: skip
            seen.add(line.id)
        if self.kind == "practice":
            reached = set(self._reached())
            for index, line in enumerate(self.lines):
                if line.id not in reached:
                    raise _refuse(
                        f"nothing leads to the line '{line.id}'; lead to it or remove it.",
                        "lines", index, "id",
                    )  # fmt: skip
        return self

    def _reached(self) -> Iterator[str]:
        """Yield the ids of lines that can be reached from the first."""
        todo, seen = [self.first], {self.first}
        ids = {line.id for line in self.lines}
        while todo:
            here = todo.pop()
            yield here
            line = self.line(here)
            onward = set(line.targets)
            if not line.is_question or line.then:
                onward.add(self.after(here))
            onward.update(f"{here}-{variant}" for variant in VARIANTS)
            for target in (onward & ids) - seen:
                seen.add(target)
                todo.append(target)

    @property
    def first(self) -> str:
        """The id of the first line."""
        return self.lines[0].id

    @property
    def spine(self) -> tuple[str, ...]:
        """The ids of its lines in their order, each variant left out."""
        return tuple(line.id for line in self.lines if self.plain(line.id) == line.id)

    def plain(self, line_id: str) -> str:
        """Return the id of the line that this one is, or is said instead of."""
        for variant in VARIANTS:
            stem = line_id.removesuffix(f"-{variant}")
            if stem != line_id and any(line.id == stem for line in self.lines):
                return stem
        return line_id

    @property
    def elsewhere(self) -> tuple[str, ...]:
        """Targets that are no line of this script: other scripts' ids, each once."""
        ids = {END, *(line.id for line in self.lines)}
        named = (target for line in self.lines for target in line.targets)
        return tuple(dict.fromkeys(target for target in named if target not in ids))

    def line(self, line_id: str) -> Line:
        """Return the line with this id.

        Raises:
            KeyError: the script has no such line.
        """
        for line in self.lines:
            if line.id == line_id:
                return line
        raise KeyError(line_id)

    def after(self, line_id: str) -> str:
        """Return where the script goes after a line: its `then`, the next line, or `end`."""
        for index, line in enumerate(self.lines):
            if line.id == line_id:
                if line.then:
                    return line.then
                return self.lines[index + 1].id if index + 1 < len(self.lines) else END
        raise KeyError(line_id)

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """Return the JSON Schema of a practice file."""
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            **cls.model_json_schema(by_alias=True),
        }
