"""Pitch and the measures of one utterance; free of LiveKit, loaded when first used."""

from voice_agent.engines.pitch.gathering import Gathered, Gathering
from voice_agent.engines.pitch.queue import InlineMeasurer, Measurer, SharedMeasurer
from voice_agent.engines.pitch.tracker import PitchTrack, PitchTracker
from voice_agent.engines.pitch.utterance import Measures, measure

__all__ = [
    "Gathered",
    "Gathering",
    "InlineMeasurer",
    "Measurer",
    "Measures",
    "PitchTrack",
    "PitchTracker",
    "SharedMeasurer",
    "measure",
]
