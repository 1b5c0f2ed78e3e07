"""What requests and answers hold, as models: checked when they come, and documented."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Body(BaseModel):
    model_config = ConfigDict(extra="ignore")


class NewSession(_Body):
    """What a page asks for."""

    mode: Literal["solo"] = "solo"
    microphone: bool = True
    country: Annotated[str | None, Field(max_length=8)] = None


class OpenedSession(_Body):
    """What opens the new session; the token is shown once."""

    id: str
    token: str


class SessionNow(_Body):
    """How a session stands."""

    id: str
    state: Literal["live", "interrupted", "ended"]
    resumable: bool


class Offer(_Body):
    """A page's WebRTC offer, with all its candidates; `page` is new with every load."""

    sdp: Annotated[str, Field(max_length=60_000)]
    type: Literal["offer"] = "offer"
    page: Annotated[str, Field(min_length=1, max_length=64)]


class Answer(_Body):
    """Our answer, with all its candidates."""

    sdp: str
    type: Literal["answer"] = "answer"


class Away(_Body):
    """The page that went."""

    page: Annotated[str, Field(min_length=1, max_length=64)]


class Message(_Body):
    """One plain sentence."""

    message: str


class Helpline(_Body):
    """One line that answers; what it does not have is left out."""

    id: str
    name: str
    about: str
    call: str | None = None
    text: str | None = None
    emergency: bool


class ServedCountry(_Body):
    """A country whose lines are known."""

    code: str
    name: str


class Helplines(_Body):
    """The lines of a country, where they were read and when, and what else may be asked for."""

    country: str
    name: str
    source: str
    checked: str | None
    lines: list[Helpline]
    countries: list[ServedCountry]


class Full(_Body):
    """Why no session can begin just now; where places are taken, the helplines."""

    message: str
    resources: Helplines | None = None
