"""The detector's thresholds: one frozen table, each with what it does."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorSettings:
    """Thresholds of the detector; `benchmarks/vad.py` measures what they do."""

    mode: int = 2
    """webrtcvad's mode, 0 (lets most through) to 3."""
    gate_dbfs: float = -60.0
    """Nothing quieter is suspected by webrtcvad's word alone."""
    floor_dbfs: float = -65.0
    """The tracked noise floor never falls below this."""
    above_noise_db: float = 4.0
    """How far above the floor a suspicion must be."""
    suspect_frames: int = 5
    """webrtcvad made so many of the last seven frames speech: suspected."""
    suspect_log_odds: float = -6.0
    """Unless the score is lower than this."""
    start_log_odds: float = -0.5
    """A block at or above this counts towards a start; it is suspected by itself."""
    room_margin: float = 2.5
    """A start must beat by so much what the room's own sounds score, their 95th percentile."""
    room_log_odds: float = 3.0
    """But never more than this is asked for: a loud room is not deaf."""
    start_blocks: int = 4
    """So many such blocks within the time to confirm: started."""
    confirm_s: float = 0.29
    confirm_longer_s: float = 0.12
    """So much longer while blocks count towards a start: the "s" of "stop" takes half the time."""
    stay_log_odds: float = 0.0
    """A block at or above this keeps a segment open."""
    unvoiced_s: float = 0.25
    """Sound without voice keeps a segment open this long: the end of "stops" is .2 s."""
    unvoiced_peak: float = 0.27
    """What counts as voice for that, the mean of two blocks: under noise a soft voice's correlation
    is low, and a single block of a breath may reach it."""
    after_s: float = 0.6
    """So soon after speech only sound with a voice in it is speech again: people breathe then."""
    trail_log_odds: float = -1.5
    """A block with voice at or above this, within the hangover, is still told as the segment's."""
    hangover_s: float = 0.2
    may_be_over_s: float = 0.09
    voiced_peak: float = 0.28
    """Blocks whose correlation reaches this have a voice: for hums, pitch and the voiced share."""
    relearn_db: float = 6.0
    """After a withdrawal, sound must be so much louder to be suspected by webrtcvad's word again."""
    relearn_s: float = 20.0
    """Within this time that memory fades."""
    hum_shortest_s: float = 0.25
    hum_longest_s: float = 3.0
    echo_loss_db: float = 14.0
    """A frame so much quieter than what was played is its echo, where the caller says what."""
    echo_memory_s: float = 0.4
