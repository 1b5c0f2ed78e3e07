"""What is sent to the HTTP API and cannot be used: each gets one sentence, and nothing remains."""

import json
import re
from typing import Any

import httpx
import pytest
from api_client import SDP, Session, figure, sentence_of

from voice_agent.web.guard import MOST_BYTES


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"mode": "couple"}, "mode: give 'solo'."),
        ({"mode": 3}, "mode: give 'solo'."),
        ({"microphone": "maybe"}, "microphone: give a valid boolean"),
        ({"country": "X" * 9}, "country: give at most 8 characters."),
        ({"country": 7}, "country: give a valid string."),
        ({"country": "\ud800"}, "country: give a valid string"),
        ([], "The body is no JSON object; send one, such as {}."),
        (None, "The body is no JSON object; send one, such as {}."),
        ("text", "The body is no JSON object; send one, such as {}."),
    ],
)
def test_wrong_type_is_one_sentence(client: httpx.Client, body: Any, says: str) -> None:
    """422 names the field and what to give; the value itself is not repeated."""
    before = figure(client, "sessions")
    answer = client.post(
        "/api/sessions",
        content=json.dumps(body),
        headers={"content-type": "application/json"},
    )
    assert answer.status_code == 422
    assert sentence_of(answer).startswith(says)
    assert figure(client, "sessions") == before


def test_missing_body_is_one_sentence(client: httpx.Client) -> None:
    """Nothing sent is told from something wrong."""
    answer = client.post("/api/sessions")
    assert answer.status_code == 422
    assert sentence_of(answer) == "The body is no JSON object; send one, such as {}."


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"{bad", "application/json"),
        (b"\xff\xfe\x00", "application/json"),
        (b"[" * 60_000, "application/json"),
        (b'{"mode": "solo"}', "text/plain"),
        (b"mode=solo", "application/x-www-form-urlencoded"),
    ],
)
def test_garbage_is_no_json(client: httpx.Client, content: bytes, kind: str) -> None:
    """400 says so; a form of another site, which needs no permission to be sent, is none either."""
    answer = client.post("/api/sessions", content=content, headers={"content-type": kind})
    assert answer.status_code == 400
    assert "JSON" in sentence_of(answer)


@pytest.mark.parametrize("chunked", [False, True])
def test_oversized_body_is_refused(client: httpx.Client, chunked: bool) -> None:
    """413, whether the length was announced or not; and the next request is answered."""
    body = b'{"country": "' + b"x" * MOST_BYTES + b'"}'
    parts = (body[at : at + 4096] for at in range(0, len(body), 4096))
    answer = client.post(
        "/api/sessions",
        content=parts if chunked else body,
        headers={"content-type": "application/json"},
    )
    assert answer.status_code == 413
    assert sentence_of(answer) == "That is more than this service takes at once."
    assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    ("sdp", "says"),
    [
        ("garbage", "The offer is not a session description"),
        ("", "The offer is not a session description"),
        (SDP, "The offer has the media none"),
        (SDP + "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n", "The offer has the media video"),
        (SDP + "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n", "The offer "),
        ("v=0\r\n" + "m=audio\r\n" * 3, "The offer has the media"),
        ("v=0\x00", "The offer is not a session description"),
        ("ü", "The offer is not a session description"),
    ],
)
def test_garbage_offer_leaves_nothing_behind(
    client: httpx.Client, session: Session, sdp: str, says: str
) -> None:
    """400 says what to send; the session waits as before, and can be left."""
    before = figure(client, "sessions")
    answer = client.post(
        f"{session.path}/offer",
        headers={**session.headers, "content-type": "application/json"},
        content=json.dumps({"sdp": sdp, "type": "offer", "page": "p"}),
    )
    assert answer.status_code == 400
    assert sentence_of(answer).startswith(says)
    assert figure(client, "sessions") == before
    read = client.get(session.path, headers=session.headers)
    assert read.json() == {"id": session.id, "state": "live", "resumable": True}


@pytest.mark.parametrize(
    "body",
    [
        {"sdp": SDP, "type": "answer", "page": "p"},
        {"sdp": 1, "page": "p"},
        {"sdp": SDP, "page": ""},
        {"sdp": SDP, "page": "x" * 65},
        {"sdp": SDP},
        {"page": "p"},
    ],
)
def test_wrong_offer_is_one_sentence(
    client: httpx.Client, session: Session, body: dict[str, Any]
) -> None:
    """A field that is missing or wrong is named."""
    answer = client.post(f"{session.path}/offer", headers=session.headers, json=body)
    assert answer.status_code == 422
    assert re.match(r"(sdp|type|page): ", sentence_of(answer))
