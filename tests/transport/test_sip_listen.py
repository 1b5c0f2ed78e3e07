"""An address that cannot be used is one sentence, before any phone is started."""

import logging
import socket

import pytest

from voice_agent.core.errors import UsageError
from voice_agent.transport.sip_listen import (
    PhoneError,
    free_address,
    joined,
    keep_callers_out_of_logs,
)


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM])
def test_a_port_in_use_is_named(kind):
    """A port taken by another program, by UDP or TCP, is named with a way out."""
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", 0))
        if kind is socket.SOCK_STREAM:
            taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PhoneError, match=rf"Port {port} on 127\.0\.0\.1 is in use.*--sip"):
            free_address("127.0.0.1", port)


def test_an_address_of_another_machine_is_refused():
    """An address this machine does not have is an error: the stack would start in silence."""
    with pytest.raises(PhoneError, match=r"no address 203\.0\.113\.1"):
        free_address("203.0.113.1", 0)


@pytest.mark.parametrize("port", [-1, 65536])
def test_a_port_out_of_range_is_wrong_use(port):
    """A port outside 0 to 65535 is wrong use."""
    with pytest.raises(UsageError, match="is not a port"):
        free_address("127.0.0.1", port)


def test_a_host_that_is_none_is_wrong_use():
    """A host that is no address is wrong use."""
    with pytest.raises(UsageError, match="not an address"):
        free_address("no such host", 5060)


def test_port_zero_takes_a_free_one():
    """Port 0 gives a port that is free."""
    host, port = free_address("127.0.0.1", 0)
    assert host == "127.0.0.1"
    assert port > 1023
    assert joined(host, port) == f"127.0.0.1:{port}"
    assert joined("::1", port) == f"[::1]:{port}"


def test_the_librarys_records_never_reach_a_log(caplog):
    """A record of the phone library says only that there was one: its words may name a caller."""
    keep_callers_out_of_logs()
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("baresip.native").error("call from sip:+15551234567@host")
        logging.getLogger("baresip.call").info("finished", extra={"peer": "sip:+15551234567"})
    assert "5551234567" not in caplog.text
    assert not any("5551234567" in str(vars(record)) for record in caplog.records)
