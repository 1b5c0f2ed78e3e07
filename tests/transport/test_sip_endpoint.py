"""The endpoint itself: one a process, its port, its library and its account."""

import os
import sys

import pytest

if not os.environ.get("CI"):
    pytest.importorskip("baresip", reason="baresip-python is not installed")

from sip_caller import free_port
from sip_service import HERE, caller, ring, serving, sipp, told

from voice_agent.core.errors import StillHereError, UsageError
from voice_agent.transport.sip import Registration, SipEndpoint

pytestmark = [pytest.mark.phone, pytest.mark.filterwarnings("error")]


async def test_a_second_endpoint_in_the_process_is_refused():
    """Two endpoints in a process cannot be; the first stays up and the sentence says why."""
    async with serving() as service:
        with pytest.raises(StillHereError, match="one phone endpoint a process"):
            await SipEndpoint(port=0).start()
        await ring(service, "--seconds", 0.2)
        assert len(service.sessions) == 1


async def test_closing_hangs_up_and_frees_the_port():
    """After close the caller's call is over and the same port can be opened again."""
    async with serving() as service, caller(service, "--seconds", 15) as process:
        await service.call()
        await service.endpoint.close()
        await service.endpoint.close()
        assert "closed" in await told(process)
        again = SipEndpoint(port=service.endpoint.port)
        await again.start()
        await again.close()


async def test_a_missing_library_is_one_sentence(monkeypatch):
    """Without baresip-python the sentence names the package and what still works."""
    monkeypatch.setitem(sys.modules, "baresip", None)
    with pytest.raises(StillHereError, match=r"baresip-python.*without --sip"):
        await SipEndpoint(port=0).start()


async def test_an_account_is_registered(tmp_path):
    """With an account the endpoint registers before it says that it has started."""
    port = free_port()
    registrar = HERE / "sipp" / "registrar.xml"
    async with sipp("-sf", registrar, "-p", port, cwd=tmp_path):
        account = Registration(domain=f"127.0.0.1:{port}", user="line", password="a b;c")
        async with serving(registration=account) as service:
            assert service.endpoint.registered
            await ring(service, "--seconds", 0.2)
            assert len(service.sessions) == 1


async def test_a_refused_account_is_one_sentence(tmp_path):
    """A provider that refuses gives a sentence with its answer, without user or password."""
    port = free_port()
    registrar = HERE / "sipp" / "registrar_refusing.xml"
    async with sipp("-sf", registrar, "-p", port, cwd=tmp_path):
        account = Registration(domain=f"127.0.0.1:{port}", user="line7", password="hidden")
        with pytest.raises(StillHereError, match="answered 403") as refused:
            await SipEndpoint(port=0, registration=account).start()
        assert "hidden" not in str(refused.value)
        assert "line7" not in str(refused.value)


async def test_an_account_that_sip_cannot_carry_is_wrong_use():
    """A user name with a space is refused, naming the field and not its value."""
    account = Registration(domain="127.0.0.1", user="two words", password="x")
    with pytest.raises(UsageError, match="account's user has") as refused:
        await SipEndpoint(port=0, registration=account).start()
    assert "two words" not in str(refused.value)
