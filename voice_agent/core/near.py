"""Whose voice it is by how loud: the person at the microphone, or a television behind them."""

from collections import deque

MARGIN_DB = 16.0
"""Speech this far below the person's own loudest is not theirs. One voice spans about 10 dB
between its louder and its softer sentences; somebody else across the room, or a television,
lies some 20 dB lower. A whisper may lie there too: see `Meaning`, which still takes answers."""
UNKNOWN_DBFS = -58.0
"""Below this, speech is not taken for the person's before they were ever heard. Far microphones
give real talk at -48 dBFS (a tenth of the meetings that were looked at), so it lies well lower."""
ENOUGH = 6
"""Tenths of a second before speech is called far: its first syllable may be a soft one."""
ENOUGH_AMONG_OTHERS = 3
"""The same to call it near, where others have been speaking lately."""
WINDOW = 30
"""Tenths of a second looked at: others may go on where the person left off."""
LATELY = 3000
"""Hundredths of a second for which others who spoke are expected to speak again."""
REMEMBERED = 8
"""Utterances of the person of which the loudest counts."""
BACK_AFTER = 300
"""Hundredths of a second after a sound as loud as the person's in which words may be theirs,
though others go on: a single "stop" is too short to make a stretch of speech near."""
UNHEARD = 1800
"""Tenths of a second of far speech alone after which it is taken for the person's: they may have
put the phone down, or have shouted before. A television heard that long costs a rung; somebody
who is never listened to again loses everything."""
UNHEARD_AT_FIRST = 300
"""The same where nobody was near before: the microphone may be a soft one."""


class Near:
    """Tells near speech from far speech by level, a tenth of a second at a time.

    The page asks browsers for no automatic gain; where there is some, all speech sounds near,
    and everything is as if this class were not there.
    """

    def __init__(self) -> None:
        self.far = False
        """Whether what is spoken now is not the person's."""
        self.last = 0
        """When the person was last heard in this utterance, in ticks."""
        self._loud_at = 0
        self._ever = False
        self._levels: deque[float] = deque(maxlen=WINDOW)
        self._own: deque[float] = deque(maxlen=REMEMBERED)
        self._peak: float | None = None
        self._others_at = -LATELY
        self._near_at = -BACK_AFTER - 1
        self._unheard = 0
        self._loudest_far = UNKNOWN_DBFS

    @property
    def limit_dbfs(self) -> float:
        """The level below which speech is far."""
        return max(self._own) - MARGIN_DB if self._own else UNKNOWN_DBFS

    def begin(self, now: int) -> None:
        """Take that speech begins at tick `now`."""
        self.far = now - self._others_at < LATELY
        self.last = self._loud_at = now
        self._ever = False
        self._levels.clear()
        self._peak = None

    def take(self, now: int, level_dbfs: float) -> bool:
        """Take a tenth of a second of speech; whether it changed whose voice this is."""
        self._levels.append(level_dbfs)
        loud = self._loud()
        if level_dbfs >= self.limit_dbfs:
            self._loud_at = self._near_at = now
        if loud >= self.limit_dbfs:
            self._peak = loud if self._peak is None else max(self._peak, loud)
        far = loud < self.limit_dbfs
        if len(self._levels) < (ENOUGH if far else ENOUGH_AMONG_OTHERS):
            return False
        if far and self._unheard_too_long(loud):
            far, self._peak, self._loud_at = False, loud, now
        if far:
            self._others_at = now
        else:
            self.last, self._ever = self._loud_at, True
            self._unheard = 0
        changed = far != self.far
        self.far = far
        return changed

    def _unheard_too_long(self, loud: float) -> bool:
        """Count a tenth of a second of far speech; whether it must be the person's after all."""
        self._loudest_far = loud if not self._unheard else max(self._loudest_far, loud)
        self._unheard += 1
        if self._unheard < (UNHEARD if self._own else UNHEARD_AT_FIRST):
            return False
        self._own.clear()
        self._own.append(self._loudest_far)
        self._others_at = -LATELY
        return True

    def may_be(self, now: int) -> bool:
        """Whether words that come at tick `now` may be the person's, by any sound of late."""
        return not self.far or now - self._near_at <= BACK_AFTER

    @property
    def left_off(self) -> bool:
        """Whether the person spoke in this utterance, and others go on in it."""
        return self.far and self._ever

    def over(self, last: int) -> tuple[bool, int]:
        """Take that it ended at tick `last`; whether all of it was far, and the person's last."""
        if self._ever:
            return False, min(last, self.last) if self.far else last
        if len(self._levels) < 2:
            return self.far, last
        return self._loud() < self.limit_dbfs, last

    @property
    def peak_dbfs(self) -> float | None:
        """The loudest the person was in this utterance; None where they were not heard in it."""
        return self._peak

    def learn(self, peak_dbfs: float | None) -> None:
        """Take that an utterance with this peak was said by the person."""
        if peak_dbfs is not None:
            self._own.append(peak_dbfs)

    def _loud(self) -> float:
        """Return the level that a quarter of the window exceeds."""
        return sorted(self._levels)[len(self._levels) * 3 // 4]
