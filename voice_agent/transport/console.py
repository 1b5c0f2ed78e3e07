"""This machine's microphone and speaker, by the optional library sounddevice."""

from types import TracebackType
from typing import Any, Self

import numpy as np

from voice_agent.core.errors import StillHereError
from voice_agent.transport.base import HEARING_FRAME, HEARING_RATE, Samples

PLAYOUT_RATE = 24_000


class ConsoleError(StillHereError):
    """There is no sound card, or the library for it is missing."""


def _library() -> Any:
    try:
        import sounddevice
    except (ImportError, OSError) as error:
        raise ConsoleError(
            "This machine's microphone needs sounddevice and PortAudio, which are not there: "
            "install the extra 'console', or give a recording with --input."
        ) from error
    return sounddevice


class _Device:
    """An open stream of the sound card, ended with the `with`."""

    _stream: Any

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stream.stop()
        self._stream.close()


class Speaker(_Device):
    """Plays frames as they come; `write` returns when there is room for more."""

    def __init__(self, sample_rate: int = PLAYOUT_RATE) -> None:
        device = _library()
        try:
            self._stream = device.OutputStream(samplerate=sample_rate, channels=1, dtype="int16")
            self._stream.start()
        except device.PortAudioError as error:
            raise ConsoleError(
                "There is no loudspeaker to play to; write a file with --output instead."
            ) from error

    def write(self, frame: Samples) -> None:
        """Play a frame, int16, shape (n,)."""
        self._stream.write(np.ascontiguousarray(frame))


class Microphone(_Device):
    """Gives frames of 10 ms at 16 kHz; `read` waits for the next one, and so keeps time."""

    def __init__(self) -> None:
        device = _library()
        try:
            self._stream = device.InputStream(
                samplerate=HEARING_RATE, channels=1, dtype="int16", blocksize=HEARING_FRAME
            )
            self._stream.start()
        except device.PortAudioError as error:
            raise ConsoleError(
                "There is no microphone to listen to; give a recording with --input."
            ) from error

    def read(self) -> Samples:
        """Return the next frame, int16, shape (160,)."""
        frame, _overflowed = self._stream.read(HEARING_FRAME)
        samples: Samples = frame[:, 0]
        return samples
