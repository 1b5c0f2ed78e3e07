"""A recording as if it were the microphone, and what the agent said as a WAV beside it."""

import os
import stat
import wave
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from voice_agent.core.errors import StillHereError, UsageError
from voice_agent.transport.base import HEARING_FRAME, HEARING_RATE, Samples

OUTPUT_RATE = 24_000
"""Hz of what is written: the voice's own band, and a whole number of samples a frame."""

_BLOCK_S = 1.0
_LEAST_RATE, _MOST_RATE = 4_000, 768_000
_UNKNOWN_SIZE = 0x7FFF_0000
"""A WAV that was written to a pipe names a size from here on, or none."""


class Recording:
    """An audio file of any format, rate and number of channels that libsndfile reads.

    Attributes:
        sample_rate: in Hz, as in the file.
        num_channels: as in the file; they are mixed to one.
        duration_s: of what is there.
        truncated: the file ends before its header says. A WAV tells when it is opened, another
            format when its end is reached.
        heard_s: how much of it was read by `frames`.

    Raises:
        UsageError: it is missing, empty, or no recording.
    """

    def __init__(self, path: Path) -> None:
        import soundfile

        self.path = path
        if path.is_dir():
            raise UsageError(f"{path} is a folder; give a recording, such as talk.wav.")
        try:
            with path.open("rb") as file:
                empty = not file.read(1)
        except FileNotFoundError:
            raise UsageError(f"There is no recording {path}; check the path.") from None
        except OSError as error:
            raise UsageError(
                f"The recording {path} cannot be read ({error.strerror}); check its rights."
            ) from None
        if empty:
            raise UsageError(f"The recording {path} is empty; give one with sound in it.")
        try:
            info = soundfile.info(str(path))
        except (soundfile.LibsndfileError, RuntimeError, TypeError) as error:  # TypeError: x.raw
            raise UsageError(
                f"{path} is no recording that can be read; give a WAV, FLAC, OGG or MP3 file."
            ) from error
        if not info.frames:
            raise UsageError(f"The recording {path} holds no sound; give one with sound in it.")
        if not _LEAST_RATE <= info.samplerate <= _MOST_RATE:
            raise UsageError(
                f"The recording {path} has {info.samplerate} samples a second; "
                f"give one with {_LEAST_RATE} to {_MOST_RATE}."
            )
        self.sample_rate: int = info.samplerate
        self.num_channels: int = info.channels
        self.duration_s: float = info.frames / info.samplerate
        self.truncated = _cut_off(path)
        self.heard_s = 0.0
        self._num_frames: int = info.frames

    def frames(self) -> Iterator[Samples]:
        """Yield the recording at 16 kHz, mixed to one channel, in whole frames of 10 ms.

        Yields:
            int16, shape (160,); the last one is filled with zeros.
        """
        import soxr

        stream: Any = (
            soxr.ResampleStream(self.sample_rate, HEARING_RATE, 1, dtype="float32")
            if self.sample_rate != HEARING_RATE
            else None
        )
        rest = np.zeros(0, np.int16)
        for mono, last in self._blocks():
            sound = stream.resample_chunk(mono, last=last) if stream is not None else mono
            whole = np.clip(np.round(sound * 32767.0), -32768, 32767).astype(np.int16)
            rest = np.concatenate((rest, whole))
            full = len(rest) // HEARING_FRAME * HEARING_FRAME
            for at in range(0, full, HEARING_FRAME):
                yield rest[at : at + HEARING_FRAME]
            rest = rest[full:]
        if len(rest):
            yield np.concatenate((rest, np.zeros(HEARING_FRAME - len(rest), np.int16)))

    def _blocks(self) -> Iterator[tuple[Any, bool]]:
        """Yield about a second at a time, float32, mixed to one channel; and whether it is the last."""
        import soundfile

        size = round(self.sample_rate * _BLOCK_S)
        read = 0
        with soundfile.SoundFile(str(self.path)) as file:
            while True:
                try:
                    sound = file.read(size, dtype="float32", always_2d=True)
                except (soundfile.LibsndfileError, RuntimeError):
                    sound = np.zeros((0, self.num_channels), np.float32)
                read += len(sound)
                self.heard_s = read / self.sample_rate
                last = len(sound) < size
                mono = sound.mean(axis=1) if self.num_channels > 1 else sound[:, 0]
                # A file of floats may hold what is no number.
                yield np.nan_to_num(mono, nan=0.0, posinf=1.0, neginf=-1.0), last
                if last:
                    break
        self.truncated = self.truncated or read < self._num_frames


def _cut_off(path: Path) -> bool:
    """Whether a WAV's header promises more bytes of sound than there are."""
    with path.open("rb") as file:
        head = file.read(12)
        if head[:4] != b"RIFF" or head[8:] != b"WAVE":
            return False
        length = path.stat().st_size
        while len(chunk := file.read(8)) == 8:
            size = int.from_bytes(chunk[4:], "little")
            if chunk[:4] == b"data":
                return size < _UNKNOWN_SIZE and file.tell() + size > length
            file.seek(size + size % 2, os.SEEK_CUR)
    return False


class Output:
    """The agent's side as a 16-bit WAV; it takes its place, and an older one's, when complete.

    As a context manager it is discarded on an error, and completed as far as it came when
    somebody interrupts.

    Args:
        path: the file.
        sample_rate: in Hz.

    Raises:
        UsageError: the file cannot be written there.
    """

    def __init__(self, path: Path, sample_rate: int = OUTPUT_RATE) -> None:
        self._path = path
        self._beside: Path | None = None
        self._held: bytes = b""
        self._written = 0
        self._closed = False
        try:
            if path.is_dir():
                raise IsADirectoryError(21, "it is a folder")
            if not path.exists() or stat.S_ISREG(path.stat().st_mode):
                whole = path.resolve()
                self._beside = whole.with_name(f".{whole.name}.{os.getpid()}.new")
                self._target = whole
            self._raw = (self._beside or path).open("wb")
        except OSError as error:
            raise UsageError(
                f"{path} cannot be written ({error.strerror}); name a file in a folder that can."
            ) from None
        self._wave = wave.open(self._raw, "wb")  # noqa: SIM115 - closed by complete or discard
        self._wave.setnchannels(1)
        self._wave.setsampwidth(2)
        self._wave.setframerate(sample_rate)

    def write(self, frame: Samples) -> None:
        """Append a frame, int16, shape (n,).

        Raises:
            StillHereError: the disk is full or gone.
        """
        self._flush()
        self._held = frame.astype("<i2").tobytes()

    def _flush(self) -> None:
        try:
            self._wave.writeframesraw(self._held)
        except OSError as error:
            self.discard()
            raise self._unwritten(error) from None
        self._written += len(self._held) // 2
        self._held = b""

    def complete(self, num_samples: int | None = None) -> None:
        """Finish the file; a second call does nothing.

        Args:
            num_samples: its length, to which the last frame is cut or silence is added.

        Raises:
            StillHereError: the disk is full or gone; an older file is still there.
        """
        if self._closed:
            return
        if num_samples is not None:
            self._held = self._held[: 2 * max(0, num_samples - self._written)]
            missing = num_samples - self._written - len(self._held) // 2
            self._held += bytes(2 * max(0, missing))
        self._flush()
        self._closed = True
        try:
            self._wave.close()
            self._raw.close()
            if self._beside is not None:
                self._beside.replace(self._target)
        except OSError as error:
            self._closed = False
            self.discard()
            raise self._unwritten(error) from None

    def discard(self) -> None:
        """Leave what was there before; after `complete` it does nothing."""
        if self._closed:
            return
        self._closed = True
        for close in (self._wave.close, self._raw.close):
            try:
                close()
            except OSError:
                continue  # the disk is full, and this is thrown away
        if self._beside is not None:
            self._beside.unlink(missing_ok=True)

    def _unwritten(self, error: OSError) -> StillHereError:
        kept = "; what was there before is unchanged" if self._beside is not None else ""
        return StillHereError(
            f"{self._path} cannot be written to its end ({error.strerror}){kept}."
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None or issubclass(kind, KeyboardInterrupt):
            self.complete()
        else:
            self.discard()
