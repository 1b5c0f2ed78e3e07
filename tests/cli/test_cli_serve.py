"""`serve`: what keeps it from starting is one sentence, and Ctrl-C is a good end."""

import os
import re
import signal
import socket
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from calling import Command
from running import Running

from voice_agent.web.addresses import own_addresses


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a certificate, its key, another key, and one locked by a password."""
    folder = tmp_path_factory.mktemp("pem")
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    for name in ("a", "b"):
        subprocess.run(
            [*make, "-subj", "/CN=localhost", "-keyout", f"{name}.key", "-out", f"{name}.pem"],
            cwd=folder,
            check=True,
            capture_output=True,
        )
    subprocess.run(
        ["openssl", "pkey", "-in", "a.key", "-aes256", "-passout", "pass:x", "-out", "locked.key"],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    (folder / "text").write_text("hello")
    return folder


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_port_in_use_is_a_failure(command: Command, taken: int) -> None:
    """The port is named, and what to do."""
    sentence = command.refused("serve", "--port", taken, code=1, real=True)
    assert sentence == (
        f"Port {taken} on 127.0.0.1 is in use; end the program that uses it, "
        "or give another with --port (0 takes a free one)."
    )


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (
            ("--port", "99999"),
            "--port is '99999'; give a whole number, 0 or more and at most 65535.",
        ),
        (("--port", "http"), "--port is 'http'; give a whole number, 0 or more and at most 65535."),
        (("--host", ""), "--host is ''; give a text."),
        (("--host", "no such host"), "'no such host' is no address; give one of this machine, as"),
        (
            ("--host", "192.0.2.1"),
            "This machine has no address 192.0.2.1; give one of its own with",
        ),
        (("--sip", "nonsense"), "'nonsense' is no address for calls; give HOST:PORT, as 127.0.0.1"),
        (("--sip", "127.0.0.1:x"), "'127.0.0.1:x' is no address for calls; give HOST:PORT, as"),
        (("--sip", "127.0.0.1:70000"), "the port of --sip is '70000'; give a whole number, 0 or"),
        (("--tls-cert", "a.pem"), "HTTPS needs both --tls-cert and --tls-key; give both."),
        (("--tls-key", "a.key"), "HTTPS needs both --tls-cert and --tls-key; give both."),
    ],
)
def test_wrong_address_is_named_by_its_option(
    command: Command, args: tuple[str, ...], says: str
) -> None:
    """What was given on the command line is named as it was given."""
    port = () if "--port" in args else ("--port", "0")
    assert command.refused("serve", *port, *args).startswith(says)


@pytest.mark.parametrize(
    ("cert", "key", "says"),
    [
        ("none.pem", "a.key", "The certificate {0}/none.pem cannot be read (No such file"),
        ("a.pem", "none.key", "The private key {0}/none.key cannot be read (No such file"),
        ("text", "a.key", "{0}/text is no certificate; give a PEM file"),
        ("a.pem", "text", "{0}/text is no private key; give a PEM file"),
        ("a.key", "a.pem", "{0}/a.key and {0}/a.pem are no certificate with its private key;"),
        (
            "a.pem",
            "b.key",
            "The private key {0}/b.key does not belong to the certificate {0}/a.pem",
        ),
        ("a.pem", "locked.key", "The private key {0}/locked.key is locked by a password; unlock"),
    ],
)
def test_wrong_certificate_is_one_sentence(
    command: Command, pem: Path, cert: str, key: str, says: str
) -> None:
    """What is missing, none, locked or of another certificate is named."""
    sentence = command.refused(
        "serve", "--port", "0", "--tls-cert", pem / cert, "--tls-key", pem / key
    )
    assert sentence.startswith(says.format(pem))


def test_address_of_another_machine_for_calls_is_one_sentence(command: Command) -> None:
    """The phone cannot listen where this machine is not."""
    sentence = command.refused(
        "serve", "--port", "0", "--sip", "192.0.2.1:5099", code=1, real=True, log_level="warning"
    )
    assert sentence.startswith("This machine has no address 192.0.2.1: give one of its own")


@pytest.fixture(scope="module")
def beside(cache_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service that runs already, with a phone."""
    if not os.environ.get("CI"):
        pytest.importorskip("baresip", reason="baresip-python is not installed")
    with Running(cache_dir, tmp_path_factory.mktemp("beside"), "--sip", "127.0.0.1:0") as service:
        yield service


@pytest.mark.parametrize("again", range(2))
def test_second_service_on_a_database_is_one_sentence(
    command: Command, beside: Running, again: int
) -> None:
    """Whatever native was begun meanwhile, the process ends by itself, with its exit code."""
    sentence = command.refused(
        "serve", "--port", "0", "--sip", "127.0.0.1:0", real=True, data_dir=str(beside.data_dir)
    )
    assert sentence.startswith("Another voice-agent serves the database ")


@pytest.mark.parametrize("again", range(2))
def test_second_phone_on_a_port_is_one_sentence(
    command: Command, beside: Running, again: int
) -> None:
    """The port for calls is looked at before anything is started."""
    sentence = command.refused(
        "serve", "--port", "0", "--sip", f"127.0.0.1:{beside.sip_port}", code=1, real=True
    )
    assert sentence.startswith(f"Port {beside.sip_port} on 127.0.0.1 is in use: end the program")


def test_database_of_a_newer_version_is_one_sentence(command: Command, tmp_path: Path) -> None:
    """It is refused before the phone or the page's sound are begun, and left as it was."""
    file = tmp_path / "still-here.sqlite3"
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("CREATE TABLE alembic_version (version_num)")
        database.execute("INSERT INTO alembic_version VALUES ('0099')")
    before = file.read_bytes()
    sentence = command.refused(
        "serve", "--port", "0", "--sip", "127.0.0.1:0", code=1, real=True, data_dir=str(tmp_path)
    )
    assert "was written by a newer version" in sentence
    assert file.read_bytes() == before


def test_service_for_other_devices_names_where_it_is(command: Command) -> None:
    """Bound to every address it says which ones open it, and why a phone's microphone may not."""
    process = subprocess.Popen(
        command.argv("serve", "--port", "0", "--host", "0.0.0.0"),
        env=command.env(log_level="warning", allowed_hosts="localhost,here.example"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    guard = threading.Timer(240, process.kill)
    guard.start()
    try:
        assert process.stdout is not None
        first = process.stdout.readline()
        found = re.fullmatch(r"Ready: open http://127\.0\.0\.1:(\d+)\n", first)
        assert found is not None, first
        assert (
            process.stdout.readline()
            == "From other devices: "
            + ", ".join(f"http://{name}:{found[1]}" for name in ("here.example", *own_addresses()))
            + "\n"
        )
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    finally:
        guard.cancel()
        process.kill()
    assert err.startswith("voice-agent: Another device's browser gives no microphone to a page")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_interruption_is_a_good_end(command: Command, how: signal.Signals) -> None:
    """Ctrl-C and a supervisor's end are without a traceback, with exit code 0."""
    process = subprocess.Popen(
        command.argv("serve", "--port", "0"),
        env=command.env(log_level="warning"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    guard = threading.Timer(240, process.kill)
    guard.start()
    try:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("Ready: open http://127.0.0.1:")
        process.send_signal(how)
        _, err = process.communicate(timeout=60)
    finally:
        guard.cancel()
        process.kill()
    assert process.returncode == 0
    assert err == ""
