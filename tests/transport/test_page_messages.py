"""Messages of a page: only objects with a type, never more than the bounds, never an error."""

import pytest

from voice_agent.transport.page_messages import (
    MAX_MESSAGE_BYTES,
    MAX_MESSAGES,
    Inbox,
    Outbox,
    decoded,
)


def test_an_object_with_a_type_is_a_message() -> None:
    """The page's JSON objects come through as they are."""
    assert decoded(b'{"type":"tapped","control":"stop"}') == {"type": "tapped", "control": "stop"}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b'"stop"',
        b'[{"type":"x"}]',
        b"{}",
        b'{"type":1}',
        b"\xff",
        b'{"type":"x","n":Infinity}',
        b'{"type":"x","n":' + b"9" * 5_000 + b"}",
        b"[" * 16_000,
        b'{"a":' * 3_000,
    ],
)
def test_anything_else_is_none(data: bytes) -> None:
    """Garbage of any kind is None, not an exception."""
    assert decoded(data) is None


def test_the_inbox_drops_what_is_too_large_or_too_many() -> None:
    """One byte too large and one message too many are counted and gone."""
    inbox = Inbox()
    fits = b'{"type":"' + b"x" * (MAX_MESSAGE_BYTES - 11) + b'"}'
    inbox.put(fits)
    inbox.put(fits + b" ")
    assert (len(fits), inbox.dropped) == (MAX_MESSAGE_BYTES, 1)
    for _ in range(MAX_MESSAGES):
        inbox.put(b'{"type":"tapped"}')
    assert inbox.dropped == 2
    assert len(inbox.take()) == MAX_MESSAGES
    assert inbox.take() == []


def test_the_outbox_keeps_the_newest() -> None:
    """When nothing can be sent, the oldest message gives way."""
    outbox = Outbox()
    for number in range(MAX_MESSAGES + 2):
        outbox.put({"type": "show", "number": number})
    assert (len(outbox.waiting), outbox.dropped) == (MAX_MESSAGES, 2)
    assert outbox.waiting[0] == b'{"type":"show","number":2}'
