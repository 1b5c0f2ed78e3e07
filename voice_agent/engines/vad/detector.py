"""The speech detector: webrtcvad first, then level, then voicing; edges with sample positions."""

import math
from dataclasses import dataclass
from statistics import median

import numpy as np
import webrtcvad
from numpy.typing import NDArray

from voice_agent.engines.vad.edges import Edge, Ended, Hum, Started, Suspected, Withdrawn
from voice_agent.engines.vad.hum import HumTracker
from voice_agent.engines.vad.levels import SILENCE_DBFS, EchoGuard, NoiseFloor, to_dbfs
from voice_agent.engines.vad.voicing import FRAME, SAMPLE_RATE, SILENT, Voicing, VoicingMeter


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorSettings:
    """Thresholds of the detector; `benchmarks/vad.py` measures what they do."""

    mode: int = 2
    """webrtcvad's mode, 0 (lets most through) to 3; 0 and 1 move the benchmark's onsets by 10 ms at most."""
    gate_dbfs: float = -55.0
    """Nothing quieter is speech."""
    floor_dbfs: float = -65.0
    """The tracked noise floor never falls below this."""
    above_noise_db: float = 6.0
    """How far above the floor speech must be."""
    voiced_peak: float = 0.28
    """See the table in `voicing.py`. Inside a segment .24 instead finds .92 of the silences under
    breath on a telephone, .28 all of them, and both lose no sentence."""
    suspect_frames: int = 5
    """So many frames of the last seven pass the gates: suspected."""
    confirm_voiced: int = 6
    """So many voiced frames within the time to confirm: started."""
    confirm_s: float = 0.28
    unvoiced_s: float = 0.25
    """Sound without voice keeps a segment open this long: the end of "stops" is .2 s."""
    hangover_s: float = 0.2
    may_be_over_s: float = 0.09
    relearn_db: float = 6.0
    """After a withdrawal, sound without voice must be so much louder to be suspected again."""
    relearn_s: float = 20.0
    """Within this time that memory fades. Breathing at -40 dBFS, 30 breaths a minute, is suspected
    6 times a minute at 8 s, under 3 times at 20 s."""
    hum_shortest_s: float = 0.25
    hum_longest_s: float = 3.0
    echo_loss_db: float = 14.0
    """A frame so much quieter than what was played is its echo, where the caller says what."""
    echo_memory_s: float = 0.4


_IDLE, _SUSPECTED, _SPEAKING = range(3)
_A1_HZ = 55.0
_LOOK_BACK = 7
_PER_S = SAMPLE_RATE // FRAME


class SpeechDetector:
    """One call's ear: 10 ms frames in, edges out; reads no clock and keeps 50 ms of audio."""

    def __init__(self, settings: DetectorSettings = DetectorSettings()) -> None:
        self.settings = settings
        self._vad = webrtcvad.Vad(settings.mode)
        self._meter = VoicingMeter()
        self._floor = NoiseFloor(settings.floor_dbfs)
        self._echo = EchoGuard(settings.echo_loss_db, round(settings.echo_memory_s * _PER_S))
        self._hum = HumTracker()
        self._samples = np.zeros(FRAME, np.float32)
        self._confirm = round(settings.confirm_s * _PER_S)
        self._unvoiced = round(settings.unvoiced_s * _PER_S)
        self._hangover = round(settings.hangover_s * _PER_S)
        self._may_be_over = round(settings.may_be_over_s * _PER_S)
        self._frame = 0
        self._unvoiced_gate_db = SILENCE_DBFS
        self.keeps_pitch = False
        """Whether the pitch of voiced frames is kept for `take_pitch_cents`."""
        self._pitches_hz: list[float] = []
        self.frame_dbfs = SILENCE_DBFS
        """Level of the last frame."""
        self.frame_voicing = SILENT
        """Voicing of the last frame; `SILENT` where nobody asked."""
        self._power = 0.0
        self._voiced = 0
        self._counted = 0
        self.reset()

    def reset(self) -> None:
        """Draw a hard boundary: whatever was going on is forgotten, the noise floor is not."""
        self._stage = _IDLE
        self._passed = 0  # one bit a frame, the newest lowest
        self._voiced_bits = 0
        self._onset = 0
        self._last_active = self._frame
        self._last_voiced = self._frame
        self.probability = 0.0
        """How much the last frames look like speech, 0 to 1; for curves, not calibrated."""
        self._since = 0
        self._confirmed = 0
        self._loudest = SILENCE_DBFS

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
        if frame.dtype != np.int16 or frame.shape != (FRAME,):
            raise ValueError(
                f"A frame is 160 samples of int16 (10 ms at 16 kHz), not {frame.shape} of "
                f"{frame.dtype}: resample and cut it first."
            )
        passed, voiced = self._measure(frame, playout_dbfs)
        self._frame += 1
        self._passed = (self._passed << 1 | passed) & 0xFFFFF
        self._voiced_bits = (self._voiced_bits << 1 | voiced) & 0xFFFFF
        self._counted += 1
        self._voiced += voiced
        if voiced and self.keeps_pitch:
            self._pitches_hz.append(self.frame_voicing.pitch_hz)
        if self._stage == _IDLE:
            return self._idle()
        if self._stage == _SUSPECTED:
            return self._suspected(passed, voiced)
        return self._speaking(passed, voiced)

    def _measure(self, frame: NDArray[np.int16], playout_dbfs: float | None) -> tuple[bool, bool]:
        settings, samples = self.settings, self._samples
        np.multiply(frame, np.float32(1 / 32768), out=samples)
        mean = float(samples.mean())
        power = max(float(np.dot(samples, samples)) / FRAME - mean * mean, 0.0)
        self._power += power
        level = self.frame_dbfs = to_dbfs(power)
        self._meter.push(samples)
        floor = self._floor.push(level)
        self._unvoiced_gate_db -= settings.relearn_db / (settings.relearn_s * _PER_S)
        heard = self._vad.is_speech(frame.tobytes(), SAMPLE_RATE)
        echo = self._echo.masks(level, playout_dbfs)
        passed = (
            heard
            and not echo
            and level >= settings.gate_dbfs
            and level >= floor + settings.above_noise_db
        )
        self.frame_voicing = self._meter.measure() if passed else SILENT
        peak = self.frame_voicing.peak
        target = min(1.0, 0.3 + 1.5 * peak) if passed else 0.0
        self.probability += 0.3 * (target - self.probability)
        return passed, passed and peak >= settings.voiced_peak

    def _idle(self) -> tuple[Edge, ...]:
        recent = self._passed & ((1 << _LOOK_BACK) - 1)
        if recent.bit_count() < self.settings.suspect_frames or not recent & 1:
            return ()
        voiced = (self._voiced_bits & ((1 << _LOOK_BACK) - 1)).bit_count()
        if voiced < 3 and self.frame_dbfs < self._unvoiced_gate_db:
            return ()
        self._stage = _SUSPECTED
        self._onset = (self._frame - recent.bit_length()) * FRAME
        self._since = 0
        self._confirmed = 0
        self._loudest = self.frame_dbfs
        self._last_active = self._last_voiced = self._frame
        self._hum.clear()
        edges: tuple[Edge, ...] = (Suspected(self._onset),)
        if voiced:
            self._confirmed = voiced
        return edges

    def _suspected(self, passed: bool, voiced: bool) -> tuple[Edge, ...]:
        self._since += 1
        self._confirmed += voiced
        self._hum.add(self.frame_voicing, voiced)
        if passed:
            self._last_active = self._frame
            self._loudest = max(self._loudest, self.frame_dbfs)
        if voiced:
            self._last_voiced = self._frame
        if self._confirmed >= self.settings.confirm_voiced:
            self._stage = _SPEAKING
            self._last_voiced = self._frame
            return (Started(self._onset),)
        silent = self._frame - self._last_active
        if self._since >= self._confirm or silent >= self._hangover:
            self._stage = _IDLE
            self._unvoiced_gate_db = max(
                self._unvoiced_gate_db, self._loudest + self.settings.relearn_db
            )
            self._passed = 0
            return (Withdrawn(self._onset),)
        return ()

    def _speaking(self, passed: bool, voiced: bool) -> tuple[Edge, ...]:
        self._hum.add(self.frame_voicing, voiced)
        if voiced:
            self._last_voiced = self._frame
        if passed and self._frame - self._last_voiced <= self._unvoiced:
            self._last_active = self._frame
        if self._frame - self._last_active < self._hangover:
            return ()
        self._stage = _IDLE
        self._passed = self._voiced_bits = 0
        last = self._last_active * FRAME
        ended = Ended(self._onset, last)
        settings = self.settings
        length_s = (last - self._onset) / SAMPLE_RATE
        if self._hum.is_hum(length_s, settings.hum_shortest_s, settings.hum_longest_s):
            return (Hum(self._onset, last), ended)
        return (ended,)

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
        return (self._frame - self._last_active) * FRAME

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
        return to_dbfs(self._power / self._counted) if self._counted else SILENCE_DBFS

    @property
    def noise_dbfs(self) -> float:
        """The tracked floor."""
        return self._floor.dbfs

    @property
    def voiced(self) -> float:
        """Share of voiced frames since the last `take_features`, 0 to 1."""
        return self._voiced / self._counted if self._counted else 0.0

    def take_features(self) -> tuple[float, float, float]:
        """Return (level_dbfs, noise_dbfs, voiced), quantised to .1 dB and .01, and begin anew."""
        taken = (round(self.level_dbfs, 1), round(self.noise_dbfs, 1), round(self.voiced, 2))
        self._power = 0.0
        self._voiced = self._counted = 0
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


__all__ = ["DetectorSettings", "SpeechDetector", "Voicing"]
