"""Levels: the loudness of a frame, the floor under it, and what of it is our own echo."""

from collections import deque
from math import log10

SILENCE_DBFS = -90.0
"""What digital silence is called; 16-bit audio holds nothing below it."""

_KNOWN_BLOCKS = 4
"""A call may begin in mid-speech: the first two seconds say nothing about the room yet."""


def to_dbfs(mean_square: float) -> float:
    """Return a mean square (1.0 is full scale) in dBFS, at least -90.

    Example:
        >>> to_dbfs(0.01), to_dbfs(0.0)
        (-20.0, -90.0)
    """
    return SILENCE_DBFS if mean_square <= 1e-9 else 10.0 * log10(mean_square)


class NoiseFloor:
    """The lowest smoothed level of the last `blocks` half seconds, by minimum statistics.

    Speech never lasts four seconds without a dip between words, so its floor is the room's.
    After Martin, "Noise power spectral density estimation based on optimal smoothing and
    minimum statistics" (2001), over the whole band.
    """

    def __init__(self, lowest_dbfs: float, blocks: int = 8, block_frames: int = 50) -> None:
        self._lowest = lowest_dbfs
        self._block_frames = block_frames
        self._past: deque[float] = deque(maxlen=blocks - 1)
        self._past_lowest = lowest_dbfs
        self._block = 0.0
        self._frames = 0
        self._smooth: float | None = None
        self.dbfs = lowest_dbfs

    def push(self, level_dbfs: float) -> float:
        """Take one frame's level and return the floor, in dBFS."""
        if self._smooth is None:
            self._smooth = level_dbfs
        self._smooth += 0.2 * (level_dbfs - self._smooth)
        if self._frames == 0 or self._smooth < self._block:
            self._block = self._smooth
        self._frames += 1
        known = len(self._past) >= _KNOWN_BLOCKS
        lowest = min(self._past_lowest, self._block) if known else self._lowest
        if self._frames == self._block_frames:
            self._past.append(self._block)
            self._past_lowest = min(self._past)
            self._frames = 0
        self.dbfs = max(lowest, self._lowest)
        return self.dbfs


class EchoGuard:
    """Says whether a frame is only our own voice coming back.

    An echo is quieter than what was played, by at least the loss of the way back. A frame more
    than `loss_db` below the loudest frame of the last `frames` is taken for it.
    """

    def __init__(self, loss_db: float, frames: int) -> None:
        self._loss_db = loss_db
        self._played: deque[float] = deque(maxlen=frames)
        self._left = 0

    @property
    def listens(self) -> bool:
        """Whether something was played within its memory."""
        return self._left > 0

    def masks(self, level_dbfs: float, playout_dbfs: float | None) -> bool:
        """Take what is played now (None: nothing) and what is heard, both in dBFS."""
        if playout_dbfs is not None:
            self._left = self._played.maxlen or 0
        if self._left == 0:
            return False
        self._left -= 1
        self._played.append(SILENCE_DBFS if playout_dbfs is None else playout_dbfs)
        if self._left == 0:
            self._played.clear()
            return False
        return level_dbfs < max(self._played) - self._loss_db
