"""What the log promises: readable or JSON, on stderr, and nothing personal in any record."""

import io
import json
import logging
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from voice_agent.core.errors import UsageError
from voice_agent.log import configure, get_logger, mask

PERSONAL = [
    "+1 (415) 555-0134",
    "415.555.0134",
    "4155550134",
    "0041 79 123 45 67",
    "%2B14155550134",
    "555-0134",
    "sip:ada@pbx.example:5060",
    "sips%3Aada%40pbx.example",
    "tel:4155550134",
    "ada.lovelace+x@example.org",
    "ada@pbx",
    "203.0.113.77",
    "2001:db8::77",
]


@pytest.fixture(autouse=True)
def _restore_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, hook = root.handlers[:], root.level, threading.excepthook
    names = ("voice_agent", "uvicorn.access", "sqlalchemy", "httpx", "httpcore")
    levels = {name: logging.getLogger(name).level for name in names}
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, value in levels.items():
        logging.getLogger(name).setLevel(value)
    threading.excepthook = hook
    logging.captureWarnings(False)
    structlog.reset_defaults()


def _records(out: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


@pytest.fixture
def out() -> io.StringIO:
    stream = io.StringIO()
    configure("debug", json=True, stream=stream)
    return stream


@pytest.mark.parametrize("personal", PERSONAL)
@pytest.mark.parametrize("around", ["{}", "call from {}, then", "<{}>", "peer={} ok", "('{}',)"])
def test_mask_leaves_nothing_of_a_number_or_an_address(personal: str, around: str) -> None:
    """Whatever stands around it, a number, URI or address is gone."""
    masked = mask(around.format(personal))
    assert personal not in masked
    for part in ("0134", "ada", "example", "113.77", "db8", "45 67"):
        assert part not in masked


@pytest.mark.parametrize(
    "harmless",
    [
        "listening on http://127.0.0.1:8080",
        "0.0.0.0 and [::1]:5060",
        "2025-11-22 05:25:01 and 2025-11-22T05:25:01.123Z",
        "call 988 or text 741741",
        "the third of 16 lines after 12.5 s",
        "session f3a81b2c3d4e5f6789012345",
        "",
    ],
)
def test_mask_keeps_what_is_nobodys(harmless: str) -> None:
    """Times, own addresses, helplines and ids stay readable."""
    assert mask(harmless) == harmless


def test_record_is_one_json_object_with_its_fields(out: io.StringIO) -> None:
    """Off a terminal each record is one line of JSON."""
    get_logger("voice_agent.web").info("session started", mode="solo", word_count=3, t=1.5)
    (record,) = _records(out)
    assert record["event"] == "session started"
    assert (record["mode"], record["word_count"], record["t"]) == ("solo", 3, 1.5)
    assert (record["level"], record["logger"]) == ("info", "voice_agent.web")
    assert record["timestamp"].endswith("Z")


@pytest.mark.parametrize(
    "key",
    ["text", "transcript", "words", "phone", "number", "caller", "from_", "sdp", "token", "name",
     "user_transcript", "callerNumber", "auth_token", "display_name", "Authorization", "to_uri"],
)  # fmt: skip
def test_forbidden_field_is_dropped_wherever_it_stands(out: io.StringIO, key: str) -> None:
    """A field for what was said or who said it never reaches the log, nested or not."""
    get_logger("voice_agent.x").info("e", **{key: "hush"}, inner={"a": [{key: "hush"}]})
    assert "hush" not in out.getvalue()
    assert _records(out)[0]["inner"] == {"a": [{}]}


@pytest.mark.parametrize("personal", PERSONAL)
def test_personal_value_is_masked_in_ours_and_in_libraries_records(
    out: io.StringIO, personal: str
) -> None:
    """In a message, an argument, a nested value or a key: masked, whoever logs it."""
    log = get_logger("voice_agent.x")
    message = f"about {personal}"
    log.info(message, peer=personal, inner=[{"k": (personal,), personal: 1}])
    log.info("about %s", personal)
    for name in ("uvicorn.error", "livekit.agents", "alembic.runtime", "voice_agent.transport.sip"):
        logging.getLogger(name).warning("about %s", personal, extra={"peer": personal})
    warnings.warn(f"about {personal}", stacklevel=1)
    assert len(_records(out)) == 7
    assert personal not in out.getvalue()
    assert "0134" not in out.getvalue()


def test_number_given_as_a_whole_number_is_masked(out: io.StringIO) -> None:
    """A phone number is one also without quotes; a Unix time and a count are not."""
    get_logger("voice_agent.x").info("e", peer=14155550134, at_unix=1732252800, n=48000)
    (record,) = _records(out)
    assert (record["peer"], record["at_unix"], record["n"]) == ("[number]", 1732252800, 48000)


def test_librarys_texts_are_left_out_but_its_figures_stay(out: io.StringIO) -> None:
    """A library may put a transcript in any field: only figures and its first line are kept."""
    logging.getLogger("livekit.agents").info(
        "received\nhush hush", extra={"anything": "hush", "delay": 0.3}
    )
    (record,) = _records(out)
    assert record["event"] == "received"
    assert record["delay"] == 0.3
    assert "hush" not in out.getvalue()


@pytest.mark.parametrize("logger", ["voice_agent.x", "livekit.agents", "asyncio"])
def test_exception_is_its_type_and_place_in_one_line(out: io.StringIO, logger: str) -> None:
    """An exception's message, arguments and local variables stay out; type and place stay in."""
    words = "hush hush"
    try:
        int(words)
    except ValueError:
        get_logger(logger).exception("failed")
        logging.getLogger(logger).exception("failed", stack_info=True)
    for record in _records(out):
        assert record["exception"]["type"] == "builtins.ValueError"
        assert "test_log.py" in record["exception"]["stack"]
    assert len(_records(out)) == 2
    assert "hush" not in out.getvalue()


def test_exception_as_a_value_is_its_type(out: io.StringIO) -> None:
    """`error=error` logs no message either."""
    get_logger("voice_agent.x").warning("failed", error=ValueError("hush"))
    assert _records(out)[0]["error"] == "builtins.ValueError"


def test_our_own_errors_sentence_is_kept_and_masked(out: io.StringIO) -> None:
    """A sentence written for people may be read in the log, without numbers."""
    error = UsageError("The trunk for +14155550134 is not set up; run phone setup.")
    get_logger("voice_agent.x").error("failed", exc_info=error)
    sentence = _records(out)[0]["exception"]["sentence"]
    assert sentence == "The trunk for [number] is not set up; run phone setup."


def test_fault_of_a_thread_goes_through_the_log(out: io.StringIO) -> None:
    """A thread that ends by a fault leaves one clean record and no traceback."""
    thread = threading.Thread(target=int, args=("hush",))
    thread.start()
    thread.join()
    (record,) = _records(out)
    assert record["exception"]["type"] == "builtins.ValueError"
    assert "hush" not in out.getvalue()


def test_debug_is_ours_alone() -> None:
    """Level debug opens our records; libraries, which may print transcripts there, stay at info."""
    out = io.StringIO()
    configure("debug", json=True, stream=out)
    get_logger("voice_agent.x").debug("ours")
    for name in ("livekit.agents", "faster_whisper", "alembic", "sqlalchemy.engine"):
        logging.getLogger(name).debug("theirs")
    logging.getLogger("sqlalchemy.engine").info("INSERT with its values")
    logging.getLogger("uvicorn.access").info("127.0.0.1 - GET /")
    assert [r["event"] for r in _records(out)] == ["ours"]


def test_level_holds_for_all() -> None:
    """Below the level nothing is written."""
    out = io.StringIO()
    configure("warning", json=True, stream=out)
    get_logger("voice_agent.x").info("no")
    logging.getLogger("uvicorn.error").info("no")
    logging.getLogger("uvicorn.error").warning("yes")
    assert [r["event"] for r in _records(out)] == ["yes"]


def test_terminal_gets_readable_lines_also_for_exceptions() -> None:
    """On a terminal, or with json=False, a record is one readable line, still clean."""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    out = Terminal()
    configure("info", stream=out)
    get_logger("voice_agent.x").info("session started", mode="solo", text="hush")
    try:
        int("hush")
    except ValueError:
        logging.getLogger("livekit.agents").exception("failed")
    lines = out.getvalue().splitlines()
    assert len(lines) == 2
    assert "session started" in lines[0]
    assert "ValueError" in lines[1]
    assert "hush" not in out.getvalue()
    with pytest.raises(json.JSONDecodeError):
        json.loads(lines[0])


def test_default_is_json_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    """Results belong to stdout: the log goes to stderr, as JSON when that is not a terminal."""
    configure()
    get_logger("voice_agent.x").info("here")
    printed = capsys.readouterr()
    assert printed.out == ""
    assert json.loads(printed.err)["event"] == "here"


def test_without_configure_nothing_goes_to_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    """Used as a library, our loggers leave stdout alone."""
    structlog.reset_defaults()
    get_logger("voice_agent.x").warning("here", text="hush")
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "hush" not in printed.err


def test_configuring_twice_writes_each_record_once() -> None:
    """A second call replaces the first."""
    first, second = io.StringIO(), io.StringIO()
    configure(json=True, stream=first)
    configure(json=True, stream=second)
    get_logger("voice_agent.x").info("once")
    assert first.getvalue() == ""
    assert len(_records(second)) == 1


def test_record_that_cannot_be_rendered_is_reported_without_its_values(
    out: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    """A faulty record leaves a trace but not its arguments, neither in the log nor on stderr."""
    faulty = logging.LogRecord("voice_agent.x", logging.INFO, "x.py", 1, "%d", ("hush",), None)
    (ours,) = [h for h in logging.getLogger().handlers if getattr(h, "stream", None) is out]
    ours.handle(faulty)
    assert out.getvalue() == "a log record of voice_agent.x could not be written\n"
    assert "hush" not in capsys.readouterr().err


def test_start_without_a_word_imports_no_structlog() -> None:
    """What only logs later is ready sooner: structlog comes with the first record."""
    code = (
        "import sys; from voice_agent import log; log.configure(); "
        "l = log.get_logger('voice_agent.x'); l.debug('unseen'); "
        "assert 'structlog' not in sys.modules; l.info('seen'); assert 'structlog' in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stderr)["event"] == "seen"
