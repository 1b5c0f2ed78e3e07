"""Calls that cannot be, and requests that are none: refused, and nothing of them is logged."""

import logging
import os
import socket

import pytest

if not os.environ.get("CI"):
    pytest.importorskip("baresip", reason="baresip-python is not installed")

from sip_service import ring, scenario, serving

pytestmark = [pytest.mark.phone, pytest.mark.filterwarnings("error")]


async def test_calls_beyond_the_most_are_told_so(tmp_path):
    """Above `max_calls` four more lines come flagged `refused`; the next caller hears busy."""
    async with serving(max_calls=1) as service:
        six = ("-m", 6, "-l", 6, "-r", 50)
        async with scenario(service, "ordinary", tmp_path, *six) as process:
            await process.done()
        refused = [session.line.refused for session in service.sessions]
        assert refused == [False, True, True, True, True]


async def test_an_ordinary_caller_is_answered(tmp_path):
    """An independent SIP implementation gets its 200 and can hang up."""
    async with serving() as service:
        async with scenario(service, "ordinary", tmp_path, "-timeout_error") as process:
            code, out = await process.done()
        assert code == 0, out
        assert len(service.sessions) == 1


@pytest.mark.parametrize("name", ["unknown_codec", "malformed"])
async def test_a_call_that_cannot_be_is_refused(name, tmp_path):
    """An offer without a common codec (488) or that cannot be read reaches nobody."""
    async with serving() as service:
        async with scenario(service, name, tmp_path, "-timeout_error") as process:
            code, out = await process.done()
        assert code == 0, out
        assert service.sessions == []
        await ring(service, "--seconds", 0.2)
        assert len(service.sessions) == 1


def broken_requests(port: int) -> list[bytes]:
    good = (
        f"INVITE sip:x@127.0.0.1:{port} SIP/2.0\r\n"
        "Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK1\r\nMax-Forwards: 70\r\n"
        "From: <sip:+15551234567@127.0.0.1>;tag=1\r\nTo: <sip:x@127.0.0.1>\r\n"
        "Call-ID: 15551234567\r\nCSeq: 1 INVITE\r\nContact: <sip:+15551234567@127.0.0.1:9>\r\n"
    )
    return [
        b"",
        b"\r\n\r\n",
        bytes(range(256)) * 4,
        good[:70].encode(),
        (good.replace("From:", "Mrof:") + "\r\n").encode(),
        (good.replace("CSeq: 1 INVITE\r\n", "") + "\r\n").encode(),
        (good + "Content-Length: 99999\r\n\r\nv=0").encode(),
        (good + "Content-Length: -1\r\n\r\nv=0").encode(),
        (good + "X-Long: " + "a" * 50_000 + "\r\n\r\n").encode(),
        (good.replace("INVITE", "SPEAK") + "Content-Length: 0\r\n\r\n").encode(),
        b"SIP/2.0 200 OK\r\n" + good.split("\r\n", 1)[1].encode() + b"\r\n",
    ]


async def test_broken_requests_leave_the_service_up():
    """After requests that are none, the next caller is answered."""
    async with serving() as service:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for request in broken_requests(service.endpoint.port):
                sender.sendto(request, ("127.0.0.1", service.endpoint.port))
        events = await ring(service, "--seconds", 0.2)
        assert "established" in events
        assert len(service.sessions) == 1


async def test_nothing_of_a_caller_is_logged(caplog, capfd):
    """Neither number, address, Call-ID nor keys reach a log, stdout or stderr."""
    with caplog.at_level(logging.DEBUG):
        async with serving() as service:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                for request in broken_requests(service.endpoint.port):
                    sender.sendto(request, ("127.0.0.1", service.endpoint.port))
            await ring(service, "--user", "+15551234567", "--keys", "7", "--seconds", 0.8)
            assert service.sessions[0].keys == "7"
    printed = capfd.readouterr()
    records = "\n".join(str(vars(record)) for record in caplog.records)
    for text in (printed.out, printed.err, caplog.text, records):
        assert "5551234567" not in text
        assert "DTMF" not in text
        assert "sip:" not in text
    assert printed.err == ""
