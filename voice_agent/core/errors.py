"""Errors whose one sentence says what is wrong, with the value, and what would work."""


class StillHereError(Exception):
    """A fault a person can act on; `str()` is one sentence, shown without a traceback."""

    exit_code = 1


class UsageError(StillHereError):
    """The call was wrong: a missing file, an unknown name, a value out of range."""

    exit_code = 2


class ScriptError(UsageError):
    """A practice file says something it may not say."""

    def __init__(self, path: str, line: int | None, sentence: str) -> None:
        self.path = path
        self.line = line
        self.sentence = sentence
        place = path if line is None else f"{path}, line {line}"
        super().__init__(f"{place}: {sentence}")


class SchemaError(UsageError):
    """A log was written by a version whose schema this one does not know."""

    def __init__(self, found: object, known: int) -> None:
        self.found = found
        self.known = known
        super().__init__(
            f"The log has schema {found!r}; this version reads schema {known}: "
            "replay it with the version that wrote it."
        )


class MalformedEventError(StillHereError):
    """A line of a log or a message of the page is not an event."""


class StateError(StillHereError):
    """Something happened that the table of states does not provide for (a fault of ours)."""

    def __init__(self, stage: str, happening: str) -> None:
        self.stage = stage
        self.happening = happening
        super().__init__(f"'{happening}' cannot happen while '{stage}'; the stage is unchanged.")
