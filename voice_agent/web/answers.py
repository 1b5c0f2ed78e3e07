"""How a refusal reaches whoever asked: JSON for programs, a plain page for a person's browser."""

import html
from collections.abc import Iterable, Mapping
from typing import Any

from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Scope

from voice_agent.library import Resources

_TITLES = {404: "Not here", 421: "Not at this address", 503: "Not just now"}


def wants_page(scope: Scope) -> bool:
    """Whether a person's browser asks for a page to show."""
    if scope["method"] not in ("GET", "HEAD") or scope["path"].startswith(("/api/", "/static/")):
        return False
    accepted = (value for name, value in scope["headers"] if name == b"accept")
    return any(b"text/html" in value for value in accepted)


def refusal(
    scope: Scope,
    status: int,
    sentence: str,
    *,
    lines: Iterable[str] = (),
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> Response:
    """Return the answer that says `sentence`; to a browser with `lines`, who to call, below it."""
    if not wants_page(scope):
        return JSONResponse({"message": sentence, **more}, status, headers=headers)
    title = _TITLES.get(status, "Not now")
    below = "".join(f"<li>{html.escape(line)}</li>" for line in lines)
    listed = f"<p>If you need somebody now:</p><ul>{below}</ul>" if below else ""
    return HTMLResponse(
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title></head><body><main><h1>{title}</h1>"
        f"<p>{html.escape(sentence)}</p>{listed}</main></body></html>",
        status,
        headers=headers,
    )


def who_to_call(resources: Resources, country: str) -> list[str]:
    """Return a country's lines, each as one line of text, the emergency number first."""
    lines: list[dict[str, Any]] = resources.as_json(country)["lines"]
    return [_line(line) for line in sorted(lines, key=lambda line: not line["emergency"])]


def _line(line: Mapping[str, Any]) -> str:
    ways = [f"{how} {line[how]}" for how in ("call", "text") if line.get(how)]
    return f"{line['name']}: {' or '.join(ways)}."
