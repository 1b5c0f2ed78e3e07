"""From frames to a speech score: webrtcvad on every frame, the rest only where there is something.

A frame of 10 ms costs a few microseconds; every third one ends a block. A block is measured
(spectrum, voicing, score) when webrtcvad heard speech lately and the level stands above the room's,
or voice was found lately; and every third block in any case, to learn the bands' floors and so that
nothing depends on webrtcvad alone.
"""

import numpy as np
import webrtcvad
from numpy.typing import NDArray

from voice_agent.engines.vad.analysis import BLOCK, FRAME, SAMPLE_RATE, WINDOW, Analyser
from voice_agent.engines.vad.levels import SILENCE_DBFS, NoiseFloor, to_dbfs
from voice_agent.engines.vad.scorer import Scorer

_SCALE = np.float32(1 / 32768)
_RECENT = (1 << 6) - 1
_HOLD_BLOCKS = 5
_PROBE_BLOCKS = 3
_VOICED_PEAK = 0.28
_VOICED_SNR = 0.3  # bels
_ABOVE_DB = 2.0
BLOCK_FRAMES = BLOCK // FRAME
NOTHING = -7.0
"""Log-odds of a block that was not worth measuring, at the room's level."""


_MURMUR_PEAK = 0.7  # engines reach .65
_MURMUR_ABOVE_DB = 12.0  # a resampler's ringing before a word lies lower
_MURMUR_BLOCKS = 3  # after the first, on the same pitch: a knock rings for two, rumble wanders
_MURMUR = 2.5
"""Log-odds of a steady closed-mouth tone, which the fitted score takes for a machine's after a
while. A hum is an answer; a machine's tone is soon the floor of its bands."""


class Front:
    """One call's score: `push` every frame; what stands here is of the block ended last."""

    def __init__(self, mode: int, lowest_dbfs: float) -> None:
        self._is_speech = webrtcvad.Vad(mode).is_speech
        self._lowest_dbfs = lowest_dbfs
        self._floor = NoiseFloor(lowest_dbfs, block_frames=17)
        self.analyser = Analyser()
        self.scorer = Scorer()
        self._samples = np.zeros(WINDOW, np.float32)
        self._before = self._samples[:FRAME]
        self._last = self._samples[BLOCK:]
        self._block = self._samples[FRAME:]
        self._ones = np.ones(BLOCK, np.float32)
        self._parts: list[bytes] = []
        self._heard_bits = 0
        self._hold = 0
        self._murmurs = self._lag = 0
        self._blocks = 0
        self.heard = False
        """Whether webrtcvad made the newest frame speech."""
        self.measured = False
        """Whether the block was worth measuring."""
        self.log_odds = NOTHING
        self.power = 0.0
        """Mean square of the block, without its mean."""
        self.level_dbfs = SILENCE_DBFS
        self.floor_dbfs = self._floor.dbfs

    def push(self, frame: NDArray[np.int16]) -> bool:
        """Take a frame (int16, shape (160,)); return whether it ended a block."""
        part = frame.tobytes()
        heard = self.heard = self._is_speech(part, SAMPLE_RATE)
        self._heard_bits = (self._heard_bits << 1 | heard) & _RECENT
        parts = self._parts
        parts.append(part)
        if len(parts) < BLOCK_FRAMES:
            return False
        self._before[:] = self._last
        np.multiply(np.frombuffer(b"".join(parts), np.int16), _SCALE, out=self._block)
        parts.clear()
        self._measure()
        return True

    def _measure(self) -> None:
        block = self._block
        mean = float(block.dot(self._ones)) / BLOCK
        self.power = max(float(block.dot(block)) / BLOCK - mean * mean, 0.0)
        level = self.level_dbfs = to_dbfs(self.power)
        floor = self.floor_dbfs = self._floor.push(level)
        self._blocks = (self._blocks + 1) % _PROBE_BLOCKS
        probe = self._blocks == 0
        above = level - floor
        analyser = self.analyser
        if not (self._hold or (self._heard_bits and above >= _ABOVE_DB)):
            quiet = level < self._lowest_dbfs
            if quiet or not probe:
                if probe:
                    analyser.look(self._samples)
                    analyser.learn_floor()
                self.measured = False
                self.scorer.skip()
                self.log_odds += 0.3 * (NOTHING + 0.1 * min(above, 20.0) - self.log_odds)
                return
        analyser.measure(self._samples)
        if probe:
            analyser.learn_floor()
        scorer = self.scorer
        scorer.push(analyser, (self._heard_bits & 7).bit_count())
        self.measured = True
        self.log_odds = scorer.log_odds()
        if self._hold:
            self._hold -= 1
        if analyser.peak < _VOICED_PEAK:
            self._murmurs = 0
            return
        if analyser.mean_snr > _VOICED_SNR:
            self._hold = _HOLD_BLOCKS
        if analyser.peak >= _MURMUR_PEAK and above >= _MURMUR_ABOVE_DB and analyser.is_murmur():
            steady = abs(analyser.lag - self._lag) <= 1
            self._murmurs = self._murmurs + 1 if steady else 0
            self._lag = analyser.lag
            if self._murmurs >= _MURMUR_BLOCKS:
                self.log_odds = max(self.log_odds, _MURMUR)
        else:
            self._murmurs = 0
