"""The browser's line with a real Chromium: sound and messages both ways, and how it ends."""

import asyncio
import os
import shutil
import threading
import wave
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("reactor_webrtc", reason="the WebRTC library does not run here")

from promises import Pump, pitch_hz, pumping, rms, tone, until

from voice_agent.transport.base import LineState
from voice_agent.transport.webrtc import WebRtcEndpoint, WebRtcTransport

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        CHROMIUM is None and os.environ.get("CI") != "true", reason="needs Chromium"
    ),
]

PAGE = b"""<!doctype html><title>test</title><audio id=voice autoplay></audio><script>
let pc, channel, analyser, context; const told = []
async function offer(microphone) {
  pc = new RTCPeerConnection()
  if (microphone) {
    const plain = {echoCancellation: false, noiseSuppression: false, autoGainControl: false}
    const stream = await navigator.mediaDevices.getUserMedia({audio: plain})
    pc.addTrack(stream.getTracks()[0], stream)
  } else pc.addTransceiver('audio', {direction: 'recvonly'})
  channel = pc.createDataChannel('events')
  channel.onmessage = event => told.push(JSON.parse(event.data))
  channel.onopen = () => channel.send(JSON.stringify({type: 'tapped', control: 'stop'}))
  pc.ontrack = event => {
    const stream = new MediaStream([event.track])
    voice.srcObject = stream
    context = new AudioContext()
    analyser = new AnalyserNode(context, {fftSize: 8192, smoothingTimeConstant: 0})
    context.createMediaStreamSource(stream).connect(analyser)
  }
  await pc.setLocalDescription()
  await new Promise(done => {
    const look = () => pc.iceGatheringState == 'complete' && done()
    pc.onicegatheringstatechange = look; look(); setTimeout(done, 2000)
  })
  return pc.localDescription.sdp
}
const accept = sdp => pc.setRemoteDescription({type: 'answer', sdp})
function heard() {
  const levels = new Float32Array(analyser.frequencyBinCount), wave = new Float32Array(8192)
  analyser.getFloatFrequencyData(levels); analyser.getFloatTimeDomainData(wave)
  const at = levels.indexOf(Math.max(...levels))
  return {hz: at * context.sampleRate / 8192, rms: Math.hypot(...wave) / Math.sqrt(8192)}
}
</script>"""


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[Any]:
    """Chromium whose microphone hears a tone of 600 Hz at 8000 of 32768."""
    playwright = pytest.importorskip("playwright.async_api", reason="needs playwright")
    microphone = tmp_path / "microphone.wav"
    with wave.open(str(microphone), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(48_000)
        file.writeframes(tone(600, 5.0, 48_000).tobytes())
    async with playwright.async_playwright() as driver:
        chromium = await driver.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                "--use-fake-ui-for-media-stream",
                "--use-fake-device-for-media-stream",
                f"--use-file-for-fake-audio-capture={microphone}",
                "--autoplay-policy=no-user-gesture-required",
            ],
        )
        yield chromium
        await chromium.close()


async def connect(page: Any, microphone: bool) -> WebRtcTransport:
    offer = await page.evaluate(f"offer({str(microphone).lower()})")
    answer, transport = await WebRtcEndpoint().answer(offer)
    await page.evaluate("sdp => accept(sdp)", answer)
    assert await transport.until_connected(10.0)
    await page.wait_for_function("channel.readyState == 'open'")
    return transport


async def sounds_right(page: Any, pump: Pump) -> bool:
    heard = await page.evaluate("heard()")
    return abs(heard["hz"] - 800) < 12 and 0.1 < heard["rms"] < 0.16


async def voice_is_heard(page: Any, pump: Pump) -> None:
    """A sine of 800 Hz at 6000 of 32768 has an rms of 0.129 in the page."""
    pump.say(tone(800, 6.0, 48_000, 6_000.0))
    for _ in range(50):
        if await sounds_right(page, pump):
            return
        await asyncio.sleep(0.1)
    raise AssertionError(await page.evaluate("heard()"))


async def test_chromium_is_heard_and_hears(browser: Any, url: str) -> None:
    """Level and pitch of the microphone and of the voice, and messages, arrive both ways."""
    page = await browser.new_page()
    await page.goto(url)
    transport = await connect(page, microphone=True)
    transport.send({"type": "show", "state": "listening"})
    async with pumping(transport) as pump:
        await until(lambda: len(pump.frames) > 250)
        heard = np.concatenate(pump.frames[-100:])
        assert pitch_hz(heard) == pytest.approx(600, abs=2)
        assert rms(heard) == pytest.approx(8_000 / 2**0.5, rel=0.05)
        await voice_is_heard(page, pump)
        assert pump.messages == [{"type": "tapped", "control": "stop"}]
    assert await page.evaluate("told") == [{"type": "show", "state": "listening"}]
    await transport.close()


async def test_chromium_without_microphone_hears_and_taps(browser: Any, url: str) -> None:
    """A page that was refused the microphone still hears us and is understood."""
    page = await browser.new_page()
    await page.goto(url)
    transport = await connect(page, microphone=False)
    async with pumping(transport) as pump:
        await voice_is_heard(page, pump)
        assert pump.messages == [{"type": "tapped", "control": "stop"}]
        assert not pump.frames
    await transport.close()


@pytest.mark.parametrize("ending", ["pc.close()", "location.reload()", "channel.close()"])
async def test_a_page_that_says_goodbye_is_closed_at_once(
    browser: Any, url: str, ending: str
) -> None:
    """Closing the connection, the channel, or loading again is CLOSED within a second."""
    page = await browser.new_page()
    await page.goto(url)
    transport = await connect(page, microphone=True)
    async with pumping(transport):
        await page.evaluate(f"() => {{ {ending} }}")
        await until(lambda: transport.state is LineState.CLOSED, 1.0)
    await transport.close()


@pytest.mark.parametrize("microphone", [True, False])
async def test_a_page_whose_tab_is_closed_is_lost_soon(
    browser: Any, url: str, microphone: bool
) -> None:
    """A tab that is gone without a word is LOST, or CLOSED, within 4 s."""
    page = await browser.new_page()
    await page.goto(url)
    transport = await connect(page, microphone)
    async with pumping(transport) as pump:
        await voice_is_heard(page, pump)
        await page.close()
        await until(lambda: transport.state is not LineState.CONNECTED, 4.0)
    await transport.close()


async def test_our_hanging_up_reaches_the_page(browser: Any, url: str) -> None:
    """When the service closes, the page's channel closes within a second."""
    page = await browser.new_page()
    await page.goto(url)
    transport = await connect(page, microphone=True)
    await transport.close()
    await page.wait_for_function("channel.readyState == 'closed'", timeout=1_000)
