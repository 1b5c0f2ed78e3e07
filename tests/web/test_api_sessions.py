"""Sessions over HTTP: made, refused for want of room, held by one page, left without a trace."""

import asyncio
import json
from typing import Any

import httpx
import pytest
from api_client import GONE, PLACES, SDP, Session, figure, sentence_of
from running import Running
from webrtc_peer import PagePeer


@pytest.mark.parametrize(
    "body",
    [{}, {"mode": "solo", "microphone": False, "country": "GB"}, {"country": None, "more": 1}]
    + [{"country": odd} for odd in ("", "zz", "../", "\x00", "uk", "ÄÖ")],
    ids=ascii,
)
def test_session_is_made(client: httpx.Client, body: dict[str, Any]) -> None:
    """All fields may be left out, and a country nobody knows is no reason to refuse."""
    content = json.dumps(body).encode()
    made = client.post(
        "/api/sessions", content=content, headers={"content-type": "application/json"}
    )
    assert made.status_code == 201
    assert set(made.json()) == {"id", "token"}
    assert len(made.json()["token"]) >= 32
    path, token = f"/api/sessions/{made.json()['id']}", made.json()["token"]
    headers = {"authorization": f"Bearer {token}"}
    read = client.get(path, headers=headers)
    assert read.json() == {"id": made.json()["id"], "state": "live", "resumable": True}
    assert client.delete(path, headers=headers).status_code == 204


def test_capacity_is_answered_with_helplines(client: httpx.Client) -> None:
    """Where every place is taken, 503 carries numbers that answer; a place is free again after."""
    held = [Session(client) for _ in range(PLACES)]
    refused = client.post("/api/sessions", json={})
    assert refused.status_code == 503
    assert "place is taken" in sentence_of(refused)
    assert refused.json()["resources"]["country"] == "US"
    theirs = client.post("/api/sessions", json={"country": "GB"}).json()["resources"]
    assert theirs["country"] == "GB"
    assert refused.json()["resources"]["lines"]
    assert {"id", "name", "about"} <= set(refused.json()["resources"]["lines"][0])
    for each in held:
        assert client.delete(each.path, headers=each.headers).status_code == 204
    again = Session(client)
    client.delete(again.path, headers=again.headers)


@pytest.mark.parametrize(
    ("method", "below"),
    [("GET", ""), ("POST", "/offer"), ("POST", "/away"), ("DELETE", "")],
)
def test_wrong_token_and_no_session_look_alike(
    client: httpx.Client, session: Session, other: Session, method: str, below: str
) -> None:
    """A wrong, missing or foreign token, and an unknown id, are one and the same 404."""
    body = {"sdp": SDP, "type": "offer", "page": "p"} if method == "POST" else None
    wrong = [
        {},
        {"authorization": "Bearer"},
        {"authorization": f"Bearer {session.token}x"},
        {"authorization": f"Basic {session.token}"},
        {"authorization": f"Bearer {other.token}"},
    ]
    answers = [
        client.request(method, session.path + below, headers=headers, json=body)
        for headers in wrong
    ]
    unknown = client.request(
        method, "/api/sessions/none" + below, headers=session.headers, json=body
    )
    for answer in (*answers, unknown):
        assert (answer.status_code, answer.json()) == (404, {"message": GONE})
        headers = {k: v for k, v in answer.headers.items() if k != "date"}
        assert headers == {k: v for k, v in unknown.headers.items() if k != "date"}
    assert client.get(session.path, headers=session.headers).status_code == 200


def test_second_page_is_told_where_the_session_is(running: Running) -> None:
    """While one page holds the line, another gets 409; a new offer of the same page is taken."""

    async def story() -> None:
        async with httpx.AsyncClient(base_url=running.url, timeout=60) as client:
            made = (await client.post("/api/sessions", json={})).json()
            path = f"/api/sessions/{made['id']}"
            headers = {"authorization": f"Bearer {made['token']}"}
            first, second, third = PagePeer(), PagePeer(), PagePeer()

            async def offer(peer: PagePeer, page: str) -> httpx.Response:
                body = {"sdp": await peer.offer(), "type": "offer", "page": page}
                return await client.post(f"{path}/offer", headers=headers, json=body)

            try:
                answer = await offer(first, "one")
                assert answer.status_code == 200
                assert set(answer.json()) == {"sdp", "type"}
                await first.accept(answer.json()["sdp"])
                await asyncio.wait_for(first.opened(), 60)
                refused = await offer(second, "two")
                assert refused.status_code == 409
                assert "another window" in sentence_of(refused)
                read = await client.get(path, headers=headers)
                assert read.json() == {"id": made["id"], "state": "live", "resumable": True}
                again = await offer(third, "one")
                assert again.status_code == 200
            finally:
                for peer in (first, second, third):
                    await peer.leave()
                left = await client.delete(path, headers=headers)
                assert (left.status_code, left.content) == (204, b"")
                assert (await client.get(path, headers=headers)).status_code == 404
                assert (await client.delete(path, headers=headers)).status_code == 404

    asyncio.run(story())


def test_leaving_leaves_nothing(client: httpx.Client, running: Running) -> None:
    """After DELETE the token opens nothing, and no file holds the session's id or token."""
    before = figure(client, "sessions")
    session = Session(client)
    assert client.delete(session.path, headers=session.headers).status_code == 204
    assert client.get(session.path, headers=session.headers).status_code == 404
    assert figure(client, "sessions") == before
    for file in running.data_dir.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert session.id.encode() not in content
            assert session.token.encode() not in content
    assert not any(session.id in line or session.token in line for line in running.output)


def test_of_two_pages_at_once_the_first_is_taken(running: Running) -> None:
    """While the page that was answered first connects, another gets 409 and takes nothing."""

    async def story() -> None:
        async with httpx.AsyncClient(base_url=running.url, timeout=60) as client:
            made = (await client.post("/api/sessions", json={})).json()
            path = f"/api/sessions/{made['id']}"
            headers = {"authorization": f"Bearer {made['token']}"}
            peers = [PagePeer(), PagePeer()]
            try:
                offers = [
                    {"sdp": await peer.offer(), "type": "offer", "page": page}
                    for peer, page in zip(peers, ("one", "two"), strict=True)
                ]
                answers = await asyncio.gather(
                    *(client.post(f"{path}/offer", headers=headers, json=body) for body in offers)
                )
                assert sorted(answer.status_code for answer in answers) == [200, 409]
                taken = [answer.status_code for answer in answers].index(200)
                await peers[taken].accept(answers[taken].json()["sdp"])
                await asyncio.wait_for(peers[taken].opened(), 60)
            finally:
                for peer in peers:
                    await peer.leave()
                await client.delete(path, headers=headers)

    asyncio.run(story())
