"""What a person brings is nowhere in what the service writes: number, name, words and token."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from handset import RATE, Handset
from kept import Kept, begins, is_event
from quick import phone_service
from running import Running
from scene import NATURAL, Scene

from voice_agent.core.script import phrases_of
from voice_agent.engines.tts.line import Line

NUMBER = "+15557654321"
NAME = "Philomena Quandary"
CALLER = f'"{NAME}" <sip:{NUMBER}@203.0.113.77>'
TEXT = "The purple pineapple belongs to Archibald."
PLANTED = ("5557654321", "7654321", "philomena", "quandary", "203.0.113.77")
WORDS = ("purple", "pineapple", "archibald", "belongs")


def everything(folder: Path) -> dict[str, bytes]:
    """Return the bytes of every file below `folder`, and every name as a file's bytes."""
    found = {}
    for path in folder.rglob("*"):
        found[f"name of {path.name}"] = str(path.relative_to(folder)).encode()
        if path.is_file():
            found[path.name] = path.read_bytes()
    return found


def assert_nowhere(words: tuple[str, ...], places: dict[str, bytes]) -> None:
    """Fail with the word and the place where one of the words is found, in any case of letters."""
    for name, content in places.items():
        for word in words:
            for code in ("utf-8", "utf-16-le"):
                assert word.lower().encode(code) not in content.lower(), f"'{word}' is in {name}"


def names_of(cache_dir: Path) -> dict[str, bytes]:
    return {"cache": "\n".join(str(path) for path in cache_dir.rglob("*")).encode()}


async def metrics(service: Running) -> bytes:
    async with httpx.AsyncClient() as client:
        return (await client.get(f"{service.url}/metrics")).content


@pytest.fixture
def web(cache_dir: Path, tmp_path: Path) -> Iterator[Running]:
    data = tmp_path / "data"
    data.mkdir()
    with Running(cache_dir, data, VOICE_AGENT_LOG_LEVEL="debug") as service:
        yield service


@pytest.mark.phone
async def test_a_call_leaves_no_number_name_or_word(cache_dir, parts, tmp_path):
    """Who calls and what they say stands in no output, file, name or figure, during the call or after."""
    words = parts.renderer.render(Line(phrases_of(TEXT), NATURAL), RATE).samples
    service = phone_service(cache_dir, tmp_path, VOICE_AGENT_LOG_LEVEL="debug")
    with service:
        kept = Kept(service.data_dir)
        async with Handset(service.sip_port, caller=CALLER) as phone:
            call = await kept.new([])
            need = await call.until(begins("opening-phone", "need"))
            phone.speak_up(words)
            said = await call.until(is_event("transcript", final=True), after_t=need["t"])
            assert said["words"] >= 4
            assert said.get("text") is None
            await phone.press("4")
            await call.until(is_event("key_pressed"))
            during = everything(service.data_dir)
            call_id = phone._id
        assert_nowhere((*PLANTED, *WORDS, call_id), during)
        await kept.nothing(5)
        figures = await metrics(service)
        assert_nowhere((*PLANTED, *WORDS), {"metrics": figures})
        after = everything(service.data_dir)
        assert_nowhere((call.session,), after)
    output = {"output": "\n".join(service.output).encode()}
    places = {**everything(service.data_dir), **output, **names_of(cache_dir)}
    assert_nowhere((*PLANTED, *WORDS, call_id), places)


@pytest.mark.phone
async def test_a_caller_is_not_named_when_something_goes_wrong(cache_dir, tmp_path):
    """A second INVITE, a wish to be transferred, an unknown request or noise names nobody."""
    refer = f"Refer-To: <sip:{NUMBER}@203.0.113.77>\r\n"
    with phone_service(cache_dir, tmp_path, VOICE_AGENT_LOG_LEVEL="debug") as service:
        async with Handset(service.sip_port, caller=CALLER) as phone:
            await phone.sound()
            for request, more in (("INVITE", ""), ("REFER", refer), ("NONSENSE", "")):
                answer = await phone.ask(request, more=more)
                assert answer.startswith("SIP/2.0")
            phone._sip.sendto(f"{NAME} {NUMBER} no SIP at all\r\n\r\n".encode(), phone._service)
    assert_nowhere(PLANTED, {"output": "\n".join(service.output).encode()})


def test_a_recording_leaves_no_words_without_consent(cache_dir, parts, tmp_path):
    """`talk --events` without consent to a transcript writes cues and counts, never words."""
    recording = Scene(parts, 34.0).say(30.0, TEXT).write(tmp_path / "in.wav")
    out = tmp_path / "out"
    out.mkdir()
    command = [sys.executable, "-m", "voice_agent", "talk", "--input", recording]
    command += ["--output", out / "said.wav", "--events", out / "events.jsonl"]
    env = {
        **os.environ,
        "VOICE_AGENT_CACHE_DIR": str(cache_dir),
        "VOICE_AGENT_DATA_DIR": str(out / "data"),
        "VOICE_AGENT_LOG_LEVEL": "debug",
    }
    done = subprocess.run(
        list(map(str, command)), check=False, env=env, capture_output=True, timeout=240
    )
    assert done.returncode == 0, done.stderr.decode()
    events = (out / "events.jsonl").read_text()
    counts = [int(n) for n in re.findall(r'"final": ?true.*?"words": ?(\d+)', events)]
    assert max(counts) >= 4
    assert_nowhere(WORDS, {"stdout": done.stdout, "stderr": done.stderr, **everything(out)})


def test_a_token_is_nowhere_but_with_its_page(web):
    """A session's token, right, wrong or put into an address, is in no log, file or figure."""
    with httpx.Client(base_url=web.url) as client:
        made = client.post("/api/sessions", json={"mode": "solo", "microphone": False})
        assert made.status_code == 201
        session, token = made.json()["id"], made.json()["token"]
        mine = {"Authorization": f"Bearer {token}"}
        url = f"/api/sessions/{session}"
        assert client.get(url, headers=mine).json()["state"] == "live"
        assert client.get(url, headers={"Authorization": f"Bearer {token}x"}).status_code == 404
        client.get(url, params={"token": token})
        client.post(f"{url}/offer", headers=mine, json={"sdp": token, "type": "offer", "page": "p"})
        client.post(f"{url}/offer", headers=mine, content=b'{"page": "' + token.encode())
        figures = client.get("/metrics").content
        during = {"metrics": figures, **everything(web.data_dir)}
        assert_nowhere((token,), during)
        assert client.delete(url, headers=mine).status_code == 204
    web.stop()
    after = everything(web.data_dir)
    assert_nowhere((session,), after)
    assert_nowhere((token, session), {"output": "\n".join(web.output).encode()})
    assert_nowhere((token,), after)
