"""Possible shutdown: at least two families of signs, turn after turn, against one's own baseline."""

from collections import deque
from dataclasses import dataclass

from voice_agent.core.baseline import Baseline
from voice_agent.core.config import ShutdownSettings
from voice_agent.core.findings import Reason, ShutdownSuspected
from voice_agent.core.inputs import Transcript, UtteranceMeasured
from voice_agent.core.prosody import Past, past

STRONG_CUES = frozenset({"numb"})
"""Words that are a sign by themselves."""
WEAK_CUES = frozenset({"dont_know", "whatever", "im_fine", "nothing"})
"""Words that anybody says; only a change against one's own rate is a sign."""

_MEASURES = (
    "latency_s", "length_s", "rate_per_s", "pitch_movement", "pitch_high_cents", "brightness_db",
)  # fmt: skip
_FAMILIES = ("words", "latency", "length", "pitch", "effort", "pace")
_LARGEST = 2.0
_ORDINARY = (1.0, 20.0)
"""What the own rate of weak words begins with: one in twenty turns, as in ordinary talk."""
_REMEMBERED = 16
_MOST_TURNS = 20


@dataclass(frozen=True, slots=True)
class _Turn:
    families: dict[str, Past]

    @property
    def beyond(self) -> int:
        """How many families are past their lines."""
        return sum(each.size >= 1.0 for each in self.families.values())


class Shutdown:
    """Judges one person's utterances; remembers their habits, never their words.

    Give it each final transcript, then the measures of the same utterance. Over the last `turns`
    turns each family has a mean size (1 is its line). Where `families` of them are past their
    lines, and none of those turns is without a family past its own, shutdown is suspected. There
    is no second finding before as many turns in a row were as usual.
    """

    def __init__(self, settings: ShutdownSettings) -> None:
        self.settings = settings
        self.baseline = Baseline()
        self._cues: dict[int, frozenset[str]] = {}
        self._turns: deque[_Turn] = deque(maxlen=_MOST_TURNS)
        self._weak: deque[bool] = deque()
        self._weak_before = list(_ORDINARY)
        self._flat = 0
        self._as_usual = 0
        self.suspected = False
        """Whether a finding stands: since it, not enough turns were as usual."""

    def hear(self, event: Transcript) -> None:
        """Take the words of an utterance, as cues."""
        if event.final:
            self._cues[event.utterance] = frozenset(event.cues) & (STRONG_CUES | WEAK_CUES)
            while len(self._cues) > _REMEMBERED:
                del self._cues[next(iter(self._cues))]

    @property
    def live(self) -> bool:
        """Whether enough was heard to know what is usual."""
        return self.baseline.voiced_s >= self.settings.baseline_s

    def measured(self, event: UtteranceMeasured) -> ShutdownSuspected | None:
        """Take an utterance's measures; a finding when shutdown is suspected anew."""
        cues = self._cues.pop(event.utterance, frozenset())
        if self._is_aside(event, cues):
            return None
        if not self.live:
            self._usual(event)
            self._said_weakly(cues)
            return None
        families = past(event, self.baseline.usual, self.settings)
        families["words"] = self._words(cues)
        self._said_weakly(cues)
        self._turns.append(_Turn(families))
        sizes = self._sizes()
        enough = len([size for size in sizes.values() if size >= 1.0]) >= self.settings.families
        flat = enough and all(turn.beyond for turn in self._latest())
        self._flat = self._flat + 1 if flat else 0
        self._as_usual = (
            0 if self._turns[-1].beyond >= self.settings.families else self._as_usual + 1
        )
        if self._as_usual >= self.settings.turns:
            self.suspected = False
        if not flat or self._flat > self.settings.habit_turns:
            self._usual(event)
        if not flat or self.suspected:
            return None
        self.suspected = True
        return ShutdownSuspected(
            t=event.t, speaker=event.speaker, score=_score(sizes), reasons=self._why(sizes)
        )

    def _latest(self) -> list[_Turn]:
        return list(self._turns)[-self.settings.turns :]

    def _sizes(self) -> dict[str, float]:
        """Return each family's mean size over the last turns, where most of them have one."""
        latest = self._latest()
        if len(latest) < self.settings.turns:
            return {}
        out = {}
        for name in _FAMILIES:
            sizes = [turn.families[name].size for turn in latest if name in turn.families]
            if 2 * len(sizes) > len(latest):
                out[name] = sum(min(max(size, 0.0), _LARGEST) for size in sizes) / len(sizes)
        return out

    def _is_aside(self, event: UtteranceMeasured, cues: frozenset[str]) -> bool:
        """Whether it is a mere "mhm" while somebody else speaks: no turn, neither usual nor not."""
        short = event.length_s is not None and event.length_s < self.settings.aside_s
        return event.latency_s is None and short and not cues

    def _usual(self, event: UtteranceMeasured) -> None:
        """Add what was measured to what is usual."""
        length_s = event.length_s or 0.0
        # Where the voice cannot be measured, half of the time counts as voiced, as it mostly is.
        voiced_s = length_s * (0.5 if event.voiced_share is None else event.voiced_share)
        self.baseline.add({name: getattr(event, name) for name in _MEASURES}, voiced_s)

    def _said_weakly(self, cues: frozenset[str]) -> None:
        """Count whether weak words were said; what is older than the last turns is one's own rate."""
        self._weak.append(bool(cues & WEAK_CUES))
        while len(self._weak) >= self.settings.turns:
            self._weak_before[0] += self._weak.popleft()
            self._weak_before[1] += 1

    def _words(self, cues: frozenset[str]) -> Past:
        """Judge the words: strong ones alone, weak ones by how much more often than usual."""
        s = self.settings
        if cues & STRONG_CUES:
            return Past(
                _LARGEST,
                Reason(
                    family="words", measured=1, baseline=0, threshold=1,
                    sentence="says so in words",
                ),
            )  # fmt: skip
        share = (sum(self._weak) + bool(cues)) / s.turns
        own = self._weak_before[0] / self._weak_before[1]
        line = max(s.words_share, s.words_factor * own)
        return Past(
            share / line,
            Reason(
                family="words",
                measured=round(share, 2),
                baseline=round(own, 2),
                threshold=round(line, 2),
                sentence=f'"I don\'t know" or the like in {share:.0%} of the last turns, usually '
                f"{own:.0%} (noted from {line:.0%})",
            ),
        )

    def _why(self, sizes: dict[str, float]) -> tuple[Reason, ...]:
        """Return, of each family past its line, its newest reason; the farthest family first."""
        past_line = sorted((n for n in sizes if sizes[n] >= 1.0), key=lambda n: -sizes[n])
        newest = [
            next(
                turn.families[name]
                for turn in reversed(self._latest())
                if name in turn.families and turn.families[name].size >= 1.0
            )
            for name in past_line
        ]
        return tuple(each.reason for each in newest)


def _score(sizes: dict[str, float]) -> float:
    """Return 0 to 1: a quarter of the sum of sizes, so that two families at their lines are .5."""
    return round(min(sum(sizes.values()) / 4, 1.0), 2)
