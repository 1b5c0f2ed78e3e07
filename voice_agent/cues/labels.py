"""One label for what was said: cue ids to the labels that `voice-agent eval intents` measures."""

from collections.abc import Iterable

LABELS = (
    "crisis",
    "crisis_check",
    "violence",
    "stop",
    "pause",
    "resume",
    "repeat",
    "yes",
    "no",
    "numb",
    "break",
    "person",
    "other",
)
"""The most urgent first (DESIGN, "Data for `eval`")."""

SHUTDOWN_STRONG = frozenset({"numb"})
"""Cues that speak of a possible shutdown by themselves."""
SHUTDOWN_WEAK = frozenset({"dont_know", "whatever", "im_fine", "nothing"})
"""Cues that mean nothing alone: only a change against the person's own habit counts."""

_OF_CUE = {
    "crisis_emergency": "crisis",
    "crisis": "crisis",
    "harm_other": "crisis",
    "crisis_check": "crisis_check",
    "violence_now": "violence",
    "violence": "violence",
    "stop": "stop",
    "pause": "pause",
    "resume": "resume",
    "repeat": "repeat",
    "yes": "yes",
    # A hum nods: it chooses and goes on as a yes does, though it never consents (core/intents.py).
    "hum": "yes",
    "no": "no",
    "break": "break",
    "person": "person",
    **dict.fromkeys(SHUTDOWN_STRONG | SHUTDOWN_WEAK, "numb"),
}
_URGENCY = {label: place for place, label in enumerate(LABELS)}


def label_of(cues: Iterable[str]) -> str:
    """Return the most urgent label that one of `cues` has, or "other".

    Example:
        >>> label_of(("yes", "crisis")), label_of(("louder",)), label_of(())
        ('crisis', 'other', 'other')
    """
    return min(
        (_OF_CUE.get(cue, "other") for cue in cues), key=_URGENCY.__getitem__, default="other"
    )
