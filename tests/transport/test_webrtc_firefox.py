"""Offers in Firefox's form: its payload types, session-level fingerprint, hidden addresses."""

import re

import pytest

pytest.importorskip("reactor_webrtc", reason="the WebRTC library does not run here")

from promises import pitches, pumping, tone, until
from webrtc_peer import PagePeer

from voice_agent.transport.base import LineState
from voice_agent.transport.webrtc import WebRtcEndpoint

NAMED = "a=candidate:0 1 UDP 2122252543 3f1d3f0e-7d1f-4bb5-9a34-0cdd45b1c8a2.local 51034 typ host"
OFFER = f"""v=0
o=mozilla...THIS_IS_SDPARTA-99.0 4973254021398402411 0 IN IP4 0.0.0.0
s=-
t=0 0
a=sendrecv
a=fingerprint:sha-256 5A:69:C9:E8:1C:3D:18:B4:CC:37:5F:63:32:62:FC:DD:47:23:46:99:81:E2:EF:DD:71:16:5F:8E:EF:89:1F:17
a=group:BUNDLE 0 1
a=ice-options:trickle
a=msid-semantic:WMS *
m=audio 9 UDP/TLS/RTP/SAVPF 109 9 0 8 101
c=IN IP4 0.0.0.0
{NAMED}
a=DIRECTION
a=end-of-candidates
a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
a=extmap:2/recvonly urn:ietf:params:rtp-hdrext:csrc-audio-level
a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid
a=fmtp:109 maxplaybackrate=48000;stereo=1;useinbandfec=1
a=fmtp:101 0-15
a=ice-pwd:1234567890abcdef1234567890abcdef
a=ice-ufrag:abcd1234
a=mid:0
a=rtcp-mux
a=rtpmap:109 opus/48000/2
a=rtpmap:9 G722/8000/1
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000/1
a=setup:actpass
a=ssrc:1664125170 cname:{{6f1c9b4e-8d2f-4a46-8a6b-f8f2c8a8f6de}}
m=application 9 UDP/DTLS/SCTP webrtc-datachannel
c=IN IP4 0.0.0.0
a=sendrecv
a=ice-pwd:1234567890abcdef1234567890abcdef
a=ice-ufrag:abcd1234
a=mid:1
a=setup:actpass
a=sctp-port:5000
a=max-message-size:1073741823
"""


@pytest.mark.parametrize(("asked", "given"), [("sendrecv", "sendrecv"), ("recvonly", "sendonly")])
async def test_the_answer_keeps_firefoxs_numbers(asked: str, given: str) -> None:
    """Opus under 109, our voice on it, both sections bundled, and our addresses complete."""
    answer, transport = await WebRtcEndpoint().answer(OFFER.replace("DIRECTION", asked))
    audio, channel = answer.split("m=audio")[1].split("m=application")
    assert "a=rtpmap:109 opus/48000/2" in audio
    assert f"a={given}\r\n" in audio
    assert re.search(r"a=candidate:.* udp .* typ host", audio)
    assert "a=end-of-candidates" in audio
    assert "a=group:BUNDLE 0 1" in answer
    assert not channel.startswith(" 0 ")
    await transport.close()


async def test_a_page_that_hides_its_addresses_connects() -> None:
    """With a `.local` candidate alone and a session-level fingerprint, sound comes both ways."""
    peer = PagePeer()
    offer = re.sub(r"a=(candidate|end-of-candidates).*\r\n", "", await peer.offer())
    fingerprint = re.search(r"a=fingerprint.*\r\n", offer)
    assert fingerprint
    offer = re.sub(r"a=fingerprint.*\r\n", "", offer)
    offer = offer.replace("m=audio", fingerprint[0] + "m=audio", 1)
    offer = offer.replace("a=mid:0", f"{NAMED}\r\na=mid:0", 1)
    answer, transport = await WebRtcEndpoint().answer(offer)
    await peer.accept(answer)
    assert await transport.until_connected(10.0)
    async with pumping(transport) as pump:
        pump.say(tone(700, 0.5, 48_000))
        await peer.speak(tone(500, 0.5))
        await until(lambda: pitches(pump.heard()) == [500] and pitches(peer.heard()) == [700])
    assert transport.state is LineState.CONNECTED
    await transport.close()
    await peer.leave()
