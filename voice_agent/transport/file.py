"""A recording as if it were the microphone, and what the agent said as a WAV beside it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from voice_agent.core.errors import UsageError
from voice_agent.transport.base import HEARING_FRAME, HEARING_RATE, Samples

OUTPUT_RATE = 24_000
"""Hz of what is written: the voice's own band, and a whole number of samples a frame."""

_BLOCK_S = 1.0


class Recording:
    """An audio file of any format, rate and number of channels that libsndfile reads.

    Raises:
        UsageError: it is missing, empty, or no recording.
    """

    def __init__(self, path: Path) -> None:
        import soundfile

        self.path = path
        if path.is_dir():
            raise UsageError(f"{path} is a folder; give a recording, such as talk.wav.")
        if not path.exists():
            raise UsageError(f"There is no recording {path}; check the path.")
        if not path.stat().st_size:
            raise UsageError(f"The recording {path} is empty; give one with sound in it.")
        try:
            info = soundfile.info(str(path))
        except (soundfile.LibsndfileError, RuntimeError) as error:
            raise UsageError(
                f"{path} is no recording that can be read; give a WAV, FLAC, OGG or MP3 file."
            ) from error
        if not info.frames:
            raise UsageError(f"The recording {path} holds no sound; give one with sound in it.")
        self.sample_rate: int = info.samplerate
        self.num_channels: int = info.channels
        self.duration_s: float = info.frames / info.samplerate
        self.truncated = False
        """Whether the file ended before its header said it would; known after `frames`."""

    def frames(self) -> Iterator[Samples]:
        """Yield the recording at 16 kHz, mixed to one channel, in whole frames of 10 ms.

        Yields:
            int16, shape (160,); the last one is filled with zeros.
        """
        import soundfile
        import soxr

        stream: Any = (
            soxr.ResampleStream(self.sample_rate, HEARING_RATE, 1, dtype="float32")
            if self.sample_rate != HEARING_RATE
            else None
        )
        rest = np.zeros(0, np.int16)
        read = 0
        block = max(1, round(self.sample_rate * _BLOCK_S))
        expected = round(self.duration_s * self.sample_rate)
        with soundfile.SoundFile(str(self.path)) as file:
            while True:
                try:
                    sound = file.read(block, dtype="float32", always_2d=True)
                except (soundfile.LibsndfileError, RuntimeError):
                    sound = np.zeros((0, self.num_channels), np.float32)
                read += len(sound)
                last = len(sound) < block
                mono = sound.mean(axis=1) if self.num_channels > 1 else sound[:, 0]
                if stream is not None:
                    mono = stream.resample_chunk(np.ascontiguousarray(mono), last=last)
                whole = np.clip(np.round(mono * 32767.0), -32768, 32767).astype(np.int16)
                rest = np.concatenate((rest, whole))
                full = len(rest) // HEARING_FRAME * HEARING_FRAME
                for at in range(0, full, HEARING_FRAME):
                    yield rest[at : at + HEARING_FRAME]
                rest = rest[full:]
                if last:
                    break
        self.truncated = read < expected
        if len(rest):
            yield np.concatenate((rest, np.zeros(HEARING_FRAME - len(rest), np.int16)))


class Output:
    """The agent's side as a 16-bit WAV, written as it goes.

    Raises:
        UsageError: the file cannot be written there.
    """

    def __init__(self, path: Path, sample_rate: int = OUTPUT_RATE) -> None:
        import soundfile

        try:
            self._file = soundfile.SoundFile(
                str(path), "w", samplerate=sample_rate, channels=1, subtype="PCM_16", format="WAV"
            )
        except (soundfile.LibsndfileError, RuntimeError, OSError) as error:
            raise UsageError(
                f"{path} cannot be written; give a folder that exists and can be written to."
            ) from error

    def write(self, frame: Samples) -> None:
        """Append a frame."""
        self._file.write(frame)

    def close(self) -> None:
        """Complete the file."""
        self._file.close()
