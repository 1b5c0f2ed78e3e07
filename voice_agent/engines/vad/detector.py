"""The speech detector: a fast suspicion, a second opinion, a hangover; edges with positions."""

import math
from statistics import median

import numpy as np
from numpy.typing import NDArray

from voice_agent.engines.vad.analysis import FRAME, SAMPLE_RATE, Voicing
from voice_agent.engines.vad.edges import Edge, Ended, Hum, Started, Suspected, Withdrawn
from voice_agent.engines.vad.front import BLOCK_FRAMES, NOTHING, Front
from voice_agent.engines.vad.hum import HumTracker
from voice_agent.engines.vad.levels import SILENCE_DBFS, EchoGuard, to_dbfs
from voice_agent.engines.vad.scorer import probability
from voice_agent.engines.vad.thresholds import DetectorSettings

SCORE_DELAY_FRAMES = 6
"""The newest score is about the frame so many frames ago: what follows tells more than what was."""


_ALL_ECHO = 7
"""All three frames of a block may be our own voice. Where one is louder, somebody speaks into it: a
word has soft sounds, and with those left out "stop" was not heard while the voice sounded."""
_INT16, _SHAPE = np.dtype(np.int16), (FRAME,)
_IDLE, _SUSPECTED, _SPEAKING = range(3)
_A1_HZ = 55.0
_NEW_BLOCKS = 5
_NEW_DB = 12.0
_LOUD_DB = 3.0
_RISE, _FALL = 0.095, 0.005
"""Steps by which an estimate settles where a twentieth of what it follows lies above."""
_LOOK_BACK = (1 << 7) - 1
_LONG_LOOK_BACK = (1 << 15) - 1
_PER_S = SAMPLE_RATE // FRAME


def _run(bits: int) -> int:
    """Return how many bits back a run of set ones began, looking over gaps of up to four."""
    run = missed = 0
    for back in range(bits.bit_length()):
        if bits >> back & 1:
            run, missed = back + 1, 0
        else:
            missed += 1
            if missed > 4:
                break
    return run


class SpeechDetector:
    """One call's ear: 10 ms frames in, edges out; reads no clock and keeps 40 ms of audio."""

    def __init__(self, settings: DetectorSettings = DetectorSettings()) -> None:  # noqa: B008 - frozen
        self.settings = settings
        self._front = Front(settings.mode, settings.floor_dbfs)
        self._echo = EchoGuard(settings.echo_loss_db, round(settings.echo_memory_s * _PER_S))
        self._echoes = 0  # one bit a frame of the newest three
        self._mind_echo = False
        self._peak = self._two_peaks = 0.0
        self._hum = HumTracker()
        self._confirm = round(settings.confirm_s * _PER_S)
        self._confirm_longer = self._confirm + round(settings.confirm_longer_s * _PER_S)
        self._hangover = round(settings.hangover_s * _PER_S)
        self._unvoiced = round(settings.unvoiced_s * _PER_S)
        self._after = round(settings.after_s * _PER_S)
        self._may_be_over = round(settings.may_be_over_s * _PER_S)
        self._frame = 0
        self._again_dbfs = SILENCE_DBFS
        self._room = NOTHING
        self._rise = 0.0
        self._again_step = settings.relearn_db * BLOCK_FRAMES / (settings.relearn_s * _PER_S)
        self.keeps_pitch = False
        """Whether the pitch of voiced blocks is kept for `take_pitch_cents`."""
        self._pitches_hz: list[float] = []
        self._power = 0.0
        self._voiced = 0
        self._blocks = 0
        self.reset()

    def reset(self) -> None:
        """Draw a hard boundary: whatever was going on is forgotten, the noise floor is not."""
        self._stage = _IDLE
        self._heard = 0  # one bit a frame, the newest lowest: webrtcvad made it speech
        self._loud = 0  # and: its block stood above the room
        self._onset = self._frame * FRAME
        self._begun = self._frame
        self._last_active = self._last_voiced = self._trail = self._frame
        self._since = 0
        self._agreed = 0
        self._has_voice = False
        self._ended = self._frame - self._after
        self._agreeing = False
        self._levels: list[float] = []
        self.log_odds = NOTHING
        """How much the frame `SCORE_DELAY_FRAMES` ago looks like speech."""

    def process(
        self, frame: NDArray[np.int16], playout_dbfs: float | None = None
    ) -> tuple[Edge, ...]:
        """Take one frame and return what it changed.

        Args:
            frame: int16, shape (160,), 16 kHz.
            playout_dbfs: level of what we played in this frame, given only where the transport
                does not cancel echo.

        Raises:
            ValueError: The frame has another shape or type.
        """
        if frame.dtype != _INT16 or frame.shape != _SHAPE:
            raise ValueError(
                f"A frame is 160 samples of int16 (10 ms at 16 kHz), not {frame.shape} of "
                f"{frame.dtype}: resample and cut it first."
            )
        front = self._front
        block = front.push(frame)
        self._frame += 1
        heard = front.heard
        if playout_dbfs is not None or self._mind_echo:
            heard = not self._is_echo(frame, playout_dbfs) and heard
        self._heard = (self._heard << 1 | heard) & _LONG_LOOK_BACK
        self._loud = self._loud << 1 & _LONG_LOOK_BACK
        voiced = self._take_block() if block else False
        if self._stage == _IDLE:
            return self._idle(block) if heard or block else ()
        if self._stage == _SUSPECTED:
            return self._suspected(block, heard, voiced)
        return self._speaking(block, voiced)

    def _is_echo(self, frame: NDArray[np.int16], playout_dbfs: float | None) -> bool:
        level = to_dbfs(float(np.mean(np.square(frame, dtype=np.float64))) / 2**30)
        echo = self._echo.masks(level, playout_dbfs)
        self._echoes = (self._echoes << 1 | echo) & 7
        self._mind_echo = self._echo.listens or self._echoes > 0
        return echo

    def _take_block(self) -> bool:
        """Take over what the front measured; return whether the block has a voice."""
        front = self._front
        self._blocks += 1
        self._power += front.power
        self._again_dbfs -= self._again_step
        if self._echoes == _ALL_ECHO:
            self.log_odds = NOTHING
            return False
        self.log_odds = front.log_odds
        if front.level_dbfs >= front.floor_dbfs + _LOUD_DB:
            self._loud |= 7
        peak = front.analyser.peak if front.measured else 0.0
        self._two_peaks, self._peak = (self._peak + peak) / 2, peak
        voiced = peak >= self.settings.voiced_peak
        self._voiced += voiced
        if voiced and self.keeps_pitch:
            self._pitches_hz.append(front.analyser.voicing().pitch_hz)
        return voiced

    def _idle(self, block: bool) -> tuple[Edge, ...]:
        settings, front = self.settings, self._front
        recent = self._heard & _LOOK_BACK
        fast = (
            recent & 1
            and recent.bit_count() >= settings.suspect_frames
            and self.log_odds >= settings.suspect_log_odds
            and front.level_dbfs >= settings.gate_dbfs
            and front.level_dbfs >= front.floor_dbfs + settings.above_noise_db
            and front.level_dbfs >= self._again_dbfs
        )
        if block:
            self._room += _RISE if self.log_odds > self._room else -_FALL
        scored = block and self.log_odds >= self._start_log_odds()
        if not (fast or scored):
            return ()
        # Where the sound began, not before a pause of .05 s in it.
        begun = self._frame - max(_run(self._heard | self._loud), 3)
        return (self._suspect(max(begun, self._begun), scored=scored),)

    def _suspect(self, begun: int, *, scored: bool) -> Suspected:
        """Begin a suspicion since frame `begun`; `scored`: this block counts towards a start."""
        self._stage = _SUSPECTED
        self._onset = begun * FRAME
        self._since = 0
        self._rise = 0.0
        self._agreed = int(scored)
        self._agreeing = scored
        self._has_voice = self._two_peaks >= self.settings.unvoiced_peak
        self._levels = [SILENCE_DBFS] * _NEW_BLOCKS + [self._front.level_dbfs]
        self._last_active = self._frame
        self._hum.clear()
        return Suspected(self._onset)

    def _start_log_odds(self) -> float:
        """Return what a block must reach: more in a room whose own sounds are like speech."""
        settings = self.settings
        asked = min(self._room + settings.room_margin, settings.room_log_odds)
        return max(asked, settings.start_log_odds)

    def _suspected(self, block: bool, heard: bool, voiced: bool) -> tuple[Edge, ...]:
        self._since += 1
        if heard:
            self._last_active = self._frame
        if block:
            self._add_to_hum(voiced)
            self._levels.append(self._front.level_dbfs)
            self._rise += _RISE if self.log_odds > self._room else -_FALL
            self._agreeing = self.log_odds >= self._start_log_odds()
            if self._agreeing:
                self._last_active = self._frame
                self._agreed += 1
                if self._agreed >= self.settings.start_blocks and (
                    self._has_voice or self._frame - self._ended >= self._after
                ):
                    self._stage = _SPEAKING
                    self._last_voiced = self._trail = self._frame
                    return (Started(self._onset),)
        silent = self._frame - self._last_active
        short_of_blocks = self._agreeing and self._agreed < self.settings.start_blocks
        confirm = self._confirm_longer if short_of_blocks else self._confirm
        if self._since >= confirm or silent >= self._hangover:
            self._stage = _IDLE
            self._room += self._rise
            withdrawn = Withdrawn(self._onset)
            self._heard = self._loud = 0
            self._begun = self._frame
            before, since = max(self._levels[:-_NEW_BLOCKS]), max(self._levels[-_NEW_BLOCKS:])
            if heard and since >= before + _NEW_DB:
                # What was withdrawn was before this: a breath, and now perhaps a word.
                self._begun -= _NEW_BLOCKS * BLOCK_FRAMES
                return (withdrawn, self._suspect(self._begun, scored=False))
            again_dbfs = max(before, since) + self.settings.relearn_db
            self._again_dbfs = max(self._again_dbfs, again_dbfs)
            return (withdrawn,)
        return ()

    def _speaking(self, block: bool, voiced: bool) -> tuple[Edge, ...]:
        settings = self.settings
        if block:
            self._add_to_hum(voiced)
            if self._two_peaks >= settings.unvoiced_peak:
                self._last_voiced = self._frame
                if self.log_odds >= settings.trail_log_odds and self._loud & 1:
                    self._trail = self._frame
            if (
                self.log_odds >= settings.stay_log_odds
                and self._loud & 1
                and self._frame - self._last_voiced <= self._unvoiced
            ):
                self._last_active = self._frame
        if self._frame - self._last_active < self._hangover:
            return ()
        self._stage = _IDLE
        self._heard = self._loud = 0
        self._begun = self._last_active
        self._ended = self._frame
        last = max(self._last_active * FRAME, self._trail * FRAME, self._onset + FRAME)
        ended = Ended(self._onset, last)
        length_s = (last - self._onset) / SAMPLE_RATE
        if self._hum.is_hum(length_s, settings.hum_shortest_s, settings.hum_longest_s):
            return (Hum(self._onset, last), ended)
        return (ended,)

    def _add_to_hum(self, voiced: bool) -> None:
        self._hum.add(self._front.analyser.voicing() if voiced else None)

    @property
    def probability(self) -> float:
        """How much the frame `SCORE_DELAY_FRAMES` ago looks like speech, 0 to 1."""
        return probability(self.log_odds)

    @property
    def speaking(self) -> bool:
        """Whether a confirmed segment is open."""
        return self._stage == _SPEAKING

    @property
    def onset(self) -> int:
        """Where the newest suspicion or segment began."""
        return self._onset

    @property
    def silence(self) -> int:
        """Samples since the last frame of speech, of a suspicion or the beginning."""
        frames = self._frame - self._last_active
        return frames * FRAME if frames >= BLOCK_FRAMES else 0

    @property
    def silence_in_segment(self) -> int:
        """Samples of non-speech at the end of the open segment; 0 where none is open."""
        return self.silence if self.speaking else 0

    @property
    def may_be_over(self) -> bool:
        """Whether the open segment may have ended: the recogniser may begin its last pass."""
        return self.speaking and self._frame - self._last_active >= self._may_be_over

    @property
    def samples(self) -> int:
        """Samples taken so far."""
        return self._frame * FRAME

    @property
    def level_dbfs(self) -> float:
        """Level since the last `take_features`."""
        return to_dbfs(self._power / self._blocks) if self._blocks else SILENCE_DBFS

    @property
    def noise_dbfs(self) -> float:
        """The tracked floor."""
        return self._front.floor_dbfs

    @property
    def voiced(self) -> float:
        """Share of voiced blocks since the last `take_features`, 0 to 1."""
        return self._voiced / self._blocks if self._blocks else 0.0

    def take_features(self) -> tuple[float, float, float]:
        """Return (level_dbfs, noise_dbfs, voiced), quantised to .1 dB and .01, and begin anew."""
        taken = (round(self.level_dbfs, 1), round(self.noise_dbfs, 1), round(self.voiced, 2))
        self._power = 0.0
        self._voiced = self._blocks = 0
        return taken

    def take_pitch_cents(self) -> int | None:
        """Return the median pitch since the last call, in cents above 55 Hz, and begin anew.

        None where nothing was voiced, and always unless `keeps_pitch` was set: without the tone
        consent no pitch leaves the detector.
        """
        pitches, self._pitches_hz = self._pitches_hz, []
        if not pitches or not self.keeps_pitch:
            return None
        return round(1200 * math.log2(median(pitches) / _A1_HZ))


__all__ = ["BLOCK_FRAMES", "SCORE_DELAY_FRAMES", "DetectorSettings", "SpeechDetector", "Voicing"]
