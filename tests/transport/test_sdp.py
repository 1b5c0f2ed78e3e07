"""Offers are checked before the library sees them; answers carry every address in one place."""

import pytest

from voice_agent.core.errors import UsageError
from voice_agent.transport.sdp import checked_offer, plays_to_page, with_candidates

OFFER = (
    "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=sendrecv\r\n"
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\n"
)


def test_a_good_offer_passes_unchanged() -> None:
    """What is in order is handed on as it is, with line ends repaired."""
    assert checked_offer(OFFER) == OFFER
    assert checked_offer(OFFER.replace("\r\n", "\n")) == OFFER


def test_candidates_that_are_names_are_left_out() -> None:
    """Nobody's made-up or chosen host name is looked up; addresses stay."""
    kept = "a=candidate:1 1 udp 2122 192.0.2.7 5000 typ host\r\n"
    kept6 = "a=candidate:2 1 udp 2122 fd00::7 5000 typ host\r\n"
    named = "a=candidate:3 1 udp 2122 3f1d-4bb5.local 5000 typ host\r\n"
    broken = "a=candidate:4 1\r\n"
    assert checked_offer(OFFER + kept + named + kept6 + broken) == OFFER + kept + kept6


@pytest.mark.parametrize(
    ("offer", "sentence"),
    [
        ("", "not a session description"),
        ("hello", "not a session description"),
        (OFFER + "\0", "not a session description"),
        (OFFER + "s=\u00fc\r\n", "not a session description"),
        (OFFER + "a=x\r\n" * 20_000, "fewer than"),
        ("v=0\r\ns=-\r\n", "the media none"),
        (OFFER.replace("m=audio", "m=video"), "application, video"),
        (OFFER + "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n", "audio, video"),
        (OFFER + "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n", "audio, audio"),
    ],
)
def test_anything_but_one_sound_and_one_channel_is_refused(offer: str, sentence: str) -> None:
    """Garbage, oversize, pictures and second tracks are one sentence each."""
    with pytest.raises(UsageError, match=sentence):
        checked_offer(offer)


def test_candidates_go_into_the_first_section() -> None:
    """All candidates stand once, before the second section, and are said to be all."""
    line = "candidate:1 1 udp 2122 192.0.2.1 40000 typ host"
    first, second = with_candidates(OFFER, [line, line]).split("m=application")
    assert first.count(f"a={line}\r\n") == 1
    assert first.endswith("a=end-of-candidates\r\n")
    assert "candidate" not in second
    assert with_candidates(OFFER, []).replace("a=end-of-candidates\r\n", "") == OFFER


def test_an_announced_address_is_named_with_the_same_port() -> None:
    """A container's host address is added for each UDP port, after our own."""
    lines = [
        "candidate:1 1 udp 2122 172.17.0.2 40000 typ host",
        "candidate:2 1 tcp 1518 172.17.0.2 9 typ host tcptype active",
    ]
    answer = with_candidates(OFFER, lines, ["192.0.2.9"])
    assert answer.count(" 192.0.2.9 ") == 1
    assert " 192.0.2.9 40000 typ host" in answer


@pytest.mark.parametrize(
    ("direction", "plays"),
    [("sendrecv", True), ("sendonly", True), ("recvonly", False), ("inactive", False)],
)
def test_an_answer_tells_whether_the_page_hears_us(direction: str, plays: bool) -> None:
    """Our direction in the answer decides."""
    assert plays_to_page(OFFER.replace("sendrecv", direction)) is plays
