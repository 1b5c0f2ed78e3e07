"""Hums: a segment that is one steady, closed-mouth tone is an answer, not words."""

from statistics import median

from voice_agent.engines.vad.analysis import BLOCK, SAMPLE_RATE, Voicing

MURMUR_ABOVE_700 = 0.02
"""Share of the energy between 70 and 1800 Hz that a closed mouth lets through above 700 Hz.

Synthetic hums have .000 to .01 (in the telephone band up to .035); of 797 segments of real speech
and spoken words, the nearest with a steady pitch, a "no", has .20, and no segment passes.
"""

_PER_S = SAMPLE_RATE / BLOCK
_KEPT = round(4 * _PER_S)


class HumTracker:
    """Collects a segment's frames and says at its end whether all of it was a hum.

    A hum that is missed goes to the recogniser; a word taken for a hum would be an answer the
    person did not give. So every one of the conditions must hold.
    """

    def __init__(self) -> None:
        self._pitch: list[float] = []
        self._above: list[float] = []

    def clear(self) -> None:
        """Begin a new segment."""
        self._pitch.clear()
        self._above.clear()

    def add(self, voicing: Voicing | None) -> None:
        """Take one block of the segment, None where it has no voice; after 4 s nothing is kept."""
        if voicing is not None and len(self._pitch) < _KEPT:
            self._pitch.append(voicing.pitch_hz)
            self._above.append(voicing.above_700)

    def is_hum(self, length_s: float, shortest_s: float, longest_s: float) -> bool:
        """Say whether a segment of `length_s` was a hum."""
        voiced = len(self._pitch)
        if not shortest_s <= length_s <= longest_s or voiced < 0.75 * length_s * _PER_S:
            return False
        # The attack and the release glide: judge what lies between.
        edge = max(1, voiced // 10)
        pitch = self._pitch[edge:-edge]
        above = sorted(self._above[edge:-edge])
        if len(pitch) < 4:
            return False
        middle = median(pitch)
        stable = sum(abs(value / middle - 1.0) < 0.06 for value in pitch)
        return stable >= 0.9 * len(pitch) and above[int(0.9 * len(above))] < MURMUR_ABOVE_700
