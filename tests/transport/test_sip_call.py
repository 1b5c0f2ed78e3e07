"""What a phone call promises, shown on a call whose sound and events the test makes itself."""

import asyncio
import os
from types import SimpleNamespace

import numpy as np
import pytest

from voice_agent.transport.base import HEARING_FRAME, LineState
from voice_agent.transport.sip_call import SipTransport

if os.environ.get("CI"):
    import baresip
else:
    baresip = pytest.importorskip("baresip", reason="baresip-python is not installed")

pytestmark = pytest.mark.phone

LOUD = np.full(80, 5000, np.int16)
SILENT = np.zeros(80, np.int16)


class FakeAudio:
    """The library's `CallAudio`, with a line that sends only when the test says so."""

    def __init__(self, rate: int = 8000) -> None:
        self.rate = rate
        self.queued = b""
        self.came = b""
        self.fault: Exception | None = None

    def info(self) -> SimpleNamespace:
        if self.fault:
            raise self.fault
        return SimpleNamespace(
            tx_ready=True,
            rx_ready=True,
            tx_sample_rate=self.rate,
            tx_channels=1,
            rx_sample_rate=self.rate,
            rx_channels=1,
            tx_buffered=len(self.queued),
            rx_buffered=len(self.came),
        )

    def read(self, max_bytes: int) -> bytes:
        taken, self.came = self.came[:max_bytes], self.came[max_bytes:]
        return taken

    def write(self, pcm: bytes) -> int:
        self.queued += pcm
        return len(pcm)

    def flush_tx(self) -> None:
        self.queued = b""


class FakeCall:
    def __init__(self, rate: int = 8000) -> None:
        self.audio = FakeAudio(rate)
        self.state = baresip.CallState.ESTABLISHED
        self.remote_on_hold = False
        self.hangups = 0
        self.listener = None

    def on(self, listener) -> None:
        self.listener = listener

    def happen(self, name: str, text: str | None = None) -> None:
        self.listener(SimpleNamespace(event=baresip.Event[name], text=text))

    async def hangup(self) -> None:
        self.hangups += 1


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def call() -> FakeCall:
    return FakeCall()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def line(call: FakeCall, clock: Clock) -> SipTransport:
    return SipTransport(call, lost_after_s=10.0, clock=clock)


def keys(line: SipTransport) -> str:
    return "".join(message["digit"] for message in line.received())


@pytest.mark.parametrize("rate", [8000, 16000])
def test_frames_heard_are_10_ms_at_16_khz(rate):
    """Whatever the codec's rate, a second of it is heard as frames of exactly 160 samples."""
    call = FakeCall(rate)
    line = SipTransport(call)
    call.audio.came = np.zeros(rate, np.int16).tobytes()
    frames = []
    while (frame := line.read()) is not None:
        frames.append(frame)
    assert {len(frame) for frame in frames} == {HEARING_FRAME}
    assert len(frames) in (99, 100)


def test_nothing_new_is_none(line):
    """With nothing received, read gives None and the line stays up."""
    assert line.read() is None
    assert line.state is LineState.CONNECTED


def test_the_first_frame_comes_with_a_cushion(line, call):
    """An empty queue gets 30 ms of silence first, so that a pump a little late makes no gap."""
    line.write(LOUD)
    assert call.audio.queued == bytes(3 * 160) + LOUD.tobytes()
    line.write(LOUD)
    assert len(call.audio.queued) == 5 * 160


def test_speech_is_never_more_than_80_ms_ahead(line, call):
    """A pump that writes too fast is held to 80 ms, so that a stop is heard within 100 ms."""
    for _ in range(50):
        line.write(LOUD)
    assert len(call.audio.queued) == 8 * 160
    assert line.dropped_frames == 50 - 5


def test_a_long_queue_shrinks_in_pauses(line, call):
    """Frames without speech are left out until no more than 50 ms are queued."""
    for _ in range(8):
        line.write(LOUD)
    call.audio.queued = call.audio.queued[320:]
    line.write(SILENT)
    assert len(call.audio.queued) == 6 * 160


def test_flush_silences_what_is_queued(line, call):
    """After flush nothing of what was queued is left to send."""
    line.write(LOUD)
    line.flush()
    assert call.audio.queued == b""


@pytest.mark.parametrize("samples", [0, 79, 160])
def test_a_frame_of_another_length_is_refused(line, samples):
    """Write takes 80 samples and nothing else."""
    with pytest.raises(ValueError, match="give 80"):
        line.write(np.zeros(samples, np.int16))


def test_a_g722_line_gets_its_own_rate(clock):
    """On a 16 kHz line the voice goes out at 16 kHz: twice the bytes for the same time."""
    call = FakeCall(16000)
    line = SipTransport(call, clock=clock)
    for _ in range(5):
        line.write(LOUD)
    assert abs(len(call.audio.queued) - (3 + 5) * 320) <= 320
    assert line.playout_rate == 8000


def test_restarted_sound_is_carried_on(line, call):
    """When the streams were replaced in mid-call, read and write wait for the new ones."""
    call.audio.fault = baresip.AudioRestarted("renegotiated")
    assert line.read() is None
    line.write(LOUD)
    assert line.state is LineState.CONNECTED
    call.audio.fault = None
    call.audio.came = bytes(640)
    assert line.read() is not None


def test_a_key_counts_when_it_goes_down(line, call):
    """A key is reported at its start, once, and not again at its release."""
    call.happen("CALL_DTMF_START", "5")
    assert keys(line) == "5"
    call.happen("CALL_DTMF_END")
    assert keys(line) == ""


def test_the_same_press_by_two_ways_is_one(line, call, clock):
    """A phone that sends a key in RTP and by INFO pressed it once; a second press is another."""
    call.happen("CALL_DTMF_START", "5")
    clock.now += 0.3
    call.happen("CALL_DTMF_END")
    clock.now += 0.02
    call.happen("CALL_DTMF_START", "5")
    call.happen("CALL_DTMF_END")
    assert keys(line) == "5"
    clock.now += 0.05
    call.happen("CALL_DTMF_START", "5")
    assert keys(line) == "5"


def test_a_second_report_while_the_key_is_down_is_the_same_press(line, call, clock):
    """An INFO that comes while the key is still held is no second press."""
    call.happen("CALL_DTMF_START", "5")
    clock.now += 0.1
    call.happen("CALL_DTMF_START", "5")
    assert keys(line) == "5"


def test_a_press_without_a_release_does_not_block_the_next(line, call, clock):
    """Presses told by INFO may come without a release between them: each counts."""
    call.happen("CALL_DTMF_START", "5")
    clock.now += 0.2
    call.happen("CALL_DTMF_START", "5")
    assert keys(line) == "55"


def test_only_the_keys_of_a_telephone_count(line, call, clock):
    """0-9, * and # are keys; the letters A to D are not."""
    for key in "0123456789*#ABCD":
        clock.now += 1
        call.happen("CALL_DTMF_START", key)
    assert keys(line) == "0123456789*#"


def test_hold_is_held_and_its_music_is_not_heard(line, call):
    """On hold the state is HELD and nothing is heard or sent; off hold the line is as before."""
    call.happen("CALL_HOLD")
    call.audio.came = LOUD.tobytes() * 4
    line.write(LOUD)
    assert line.state is LineState.HELD
    assert line.read() is None
    assert call.audio.queued == b""
    call.happen("CALL_RESUME")
    assert line.state is LineState.CONNECTED
    assert line.read() is None


def test_a_dead_line_is_lost_and_may_come_back(line, call, clock):
    """Without packets for 10 s the line is LOST; with the next one it is CONNECTED."""
    clock.now += 10.0
    assert line.state is LineState.CONNECTED
    clock.now += 0.01
    assert line.state is LineState.LOST
    call.audio.came = bytes(640)
    line.read()
    assert line.state is LineState.CONNECTED


def test_a_phone_that_sends_nothing_in_silence_is_not_lost(line, call, clock):
    """A report every 5 s keeps the line up where silence is not transmitted."""
    for _ in range(6):
        clock.now += 5.0
        call.happen("CALL_RTCP")
    assert line.state is LineState.CONNECTED


def test_hangup_closes_at_once(line, call):
    """After the caller hung up: CLOSED, nothing to read, and writing does nothing."""
    call.audio.came = bytes(640)
    call.happen("CALL_CLOSED")
    line.write(LOUD)
    line.flush()
    assert line.state is LineState.CLOSED
    assert line.read() is None
    assert call.audio.queued == b""


def test_close_twice_hangs_up_once(line, call):
    """A second close does nothing."""

    async def twice() -> None:
        await line.close()
        await line.close()

    asyncio.run(twice())
    assert call.hangups == 1
    assert line.state is LineState.CLOSED
