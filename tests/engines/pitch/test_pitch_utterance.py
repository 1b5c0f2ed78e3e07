"""The measures of an utterance on voices whose pitch is known, and when there are none."""

import numpy as np
import pytest
from made_voice import RATE, noise, pcm, steady, voice

from voice_agent.engines.pitch.tracker import PitchTracker
from voice_agent.engines.pitch.utterance import Measures, measure, quantiles


@pytest.fixture(scope="module")
def tracker() -> PitchTracker:
    return PitchTracker()


@pytest.mark.parametrize("level", [10.0, 14.5, 19.0, 24.0, 29.0])
def test_a_steady_tone_has_its_pitch_and_no_spread(tracker: PitchTracker, level: float) -> None:
    """From 98 to 294 Hz the median is within a tenth of a semitone, the spread under one."""
    found = measure(pcm(voice(steady(level))), tracker)
    assert found.not_measurable is None
    assert found.pitch_median_cents == pytest.approx(100 * level, abs=10)
    assert found.pitch_high_cents == pytest.approx(100 * level, abs=15)
    assert found.pitch_spread_cents == pytest.approx(0, abs=10)
    assert found.pitch_movement is not None
    assert found.pitch_movement < 100


@pytest.mark.parametrize("span", [4.0, 8.0, 12.0])
def test_a_glide_has_the_spread_of_what_it_goes_through(tracker: PitchTracker, span: float) -> None:
    """A pitch that rises evenly by a span has 34 % of it on each side; within .3 semitones."""
    rises = voice(lambda t: 12.0 + span * t / 3.0)
    found = measure(pcm(rises), tracker)
    assert found.pitch_median_cents == pytest.approx(100 * (12 + span / 2), abs=30)
    assert found.pitch_spread_cents == pytest.approx(100 * 0.34 * span, abs=30)
    assert found.pitch_high_cents == pytest.approx(100 * (12 + 0.75 * span), abs=30)
    assert found.pitch_movement == pytest.approx(100 * span / 3.0, rel=0.15)


@pytest.mark.parametrize(("depth", "hz"), [(1.0, 2.0), (2.0, 2.0), (2.0, 3.0)])
def test_a_wave_moves_as_fast_as_it_does(tracker: PitchTracker, depth: float, hz: float) -> None:
    """A sine of pitch goes through four depths a cycle; the movement is that, within a fifth."""
    waves = voice(lambda t: 16.0 + depth * np.sin(2 * np.pi * hz * t), 4.0)
    found = measure(pcm(waves), tracker)
    assert found.pitch_movement == pytest.approx(100 * 4 * depth * hz, rel=0.2)
    spread = depth * np.sin(0.34 * np.pi)
    assert found.pitch_spread_cents == pytest.approx(100 * spread, abs=30)


def test_loudness_changes_the_level_and_nothing_else(tracker: PitchTracker) -> None:
    """The same voice 12 dB quieter: what automatic gain changes is in the level alone."""
    sound = voice(lambda t: 15 + 2 * np.sin(7 * t), syllables_per_s=4.0)
    loud, quiet = measure(pcm(sound), tracker), measure(pcm(sound / 4), tracker)
    assert loud.level_dbfs is not None
    assert quiet.level_dbfs == pytest.approx(loud.level_dbfs - 12.0, abs=0.2)
    assert quiet.pitch_median_cents == pytest.approx(loud.pitch_median_cents, abs=5)
    assert quiet.pitch_movement == pytest.approx(loud.pitch_movement, rel=0.05)
    assert quiet.brightness_db == pytest.approx(loud.brightness_db, abs=0.2)
    assert quiet.rate_per_s == loud.rate_per_s


def test_a_duller_voice_is_less_bright(tracker: PitchTracker) -> None:
    """Less effort means less above 500 Hz: a low-pass takes brightness, and no pitch."""
    sound = voice(steady(16.0))
    spectrum = np.fft.rfft(sound)
    hz = np.fft.rfftfreq(len(sound), 1 / RATE)
    dull = np.fft.irfft(np.where(hz > 500, spectrum * 10 ** (-6 / 20), spectrum), len(sound))
    before, after = measure(pcm(sound), tracker), measure(pcm(dull), tracker)
    assert before.brightness_db is not None
    assert after.brightness_db == pytest.approx(before.brightness_db - 6.0, abs=0.5)
    assert after.pitch_median_cents == pytest.approx(before.pitch_median_cents, abs=3)


@pytest.mark.parametrize("rate", [2.0, 3.0, 5.0])
def test_syllables_are_counted(tracker: PitchTracker, rate: float) -> None:
    """Swells of loudness are syllables: within half a syllable a second."""
    found = measure(pcm(voice(steady(14.0), 4.0, syllables_per_s=rate)), tracker)
    assert found.rate_per_s == pytest.approx(rate, abs=0.5)


def test_pauses_and_what_was_cut_count_as_pauses(tracker: PitchTracker) -> None:
    """A second of silence inside, and one that was not kept, are two of the six seconds."""
    half = voice(steady(14.0), 2.0, margin_s=0.5)
    found = measure(pcm(np.concatenate((half, half))), tracker, cut_s=1.0)
    assert found.length_s == pytest.approx(6.0, abs=0.15)
    assert found.pause_share == pytest.approx(2.0 / 6.0, abs=0.04)
    assert found.voiced_share == pytest.approx(4.0 / 6.0, abs=0.04)


@pytest.mark.parametrize("snr_db", [3.0, 9.0])
def test_in_noise_nothing_is_measured(tracker: PitchTracker, snr_db: float) -> None:
    """Noise would be taken for liveliness: the reason is given, and no pitch."""
    sound = voice(steady(14.0), dbfs=-20.0)
    found = measure(pcm(sound + noise(len(sound), -20.0 - snr_db)), tracker)
    assert found.not_measurable in {"noise", "short"}
    assert found.pitch_median_cents is None
    assert found.brightness_db is None
    assert found.length_s > 0


def test_in_a_quiet_office_it_is_measured(tracker: PitchTracker) -> None:
    """At 25 dB above the noise the pitch is the same as without."""
    sound = voice(steady(14.0), dbfs=-20.0)
    found = measure(pcm(sound + noise(len(sound), -45.0)), tracker)
    assert found.not_measurable is None
    assert found.pitch_median_cents == pytest.approx(1400, abs=10)


@pytest.mark.parametrize("after", [1.0, 0.4])
def test_clipped_sound_is_not_measured(tracker: PitchTracker, after: float) -> None:
    """Tops cut flat are seen at full scale, and when somebody turned it down later."""
    driven = np.clip(voice(steady(14.0), dbfs=-8.0) * 4.0, -1.0, 1.0)
    assert measure(pcm(driven * after), tracker).not_measurable == "clipped"


def test_automatic_gain_at_work_is_not_measured(tracker: PitchTracker) -> None:
    """A room that is 20 dB quieter once somebody spoke tells that the gain went down."""
    sound = voice(steady(14.0), dbfs=-40.0, margin_s=1.5) + noise(16_000 * 6, -72.0, seed=2)
    spoke = np.arange(len(sound)) > 1.5 * RATE
    turned = sound * np.where(spoke, 10 ** (10 / 20), 10 ** (30 / 20))
    assert measure(pcm(turned), tracker).not_measurable == "gain"
    assert measure(pcm(sound * 10 ** (10 / 20)), tracker).not_measurable is None
    floor = measure(pcm(turned[round(1.2 * RATE) :]), tracker, noise_dbfs=-38.0)
    assert floor.not_measurable == "gain"


@pytest.mark.parametrize(
    "sound",
    [
        np.zeros(0),
        np.zeros(100),
        np.zeros(16_000),
        noise(16_000, -30.0),
        voice(steady(14.0), 0.1),
    ],
    ids=["empty", "a few samples", "silence", "hiss", "a blip"],
)
def test_what_has_no_voice_is_short(tracker: PitchTracker, sound: np.ndarray) -> None:
    """There is no measure and no fault, only the reason."""
    found = measure(pcm(sound), tracker)
    assert found.not_measurable == "short"
    assert found.pitch_median_cents is None


def test_numbers_are_quantised(tracker: PitchTracker) -> None:
    """Cents are whole, levels tenths, times and shares hundredths: the core gets no more."""
    found: Measures = measure(pcm(voice(lambda t: 12 + t)), tracker)
    for cents in (found.pitch_median_cents, found.pitch_high_cents, found.pitch_spread_cents):
        assert isinstance(cents, int)
    for tenths in (found.level_dbfs, found.above_noise_db, found.brightness_db, found.rate_per_s):
        assert tenths is not None
        assert tenths == round(tenths, 1)
    for hundredths in (found.length_s, found.voiced_share, found.pause_share):
        assert hundredths is not None
        assert hundredths == round(hundredths, 2)


def test_the_same_sound_gives_the_same_measures(tracker: PitchTracker) -> None:
    """Two runs, and two trackers, agree in every number."""
    sound = pcm(voice(lambda t: 15 + 3 * np.sin(5 * t), syllables_per_s=4.0))
    assert measure(sound, tracker) == measure(sound, tracker) == measure(sound, PitchTracker())


def test_weights_decide_a_quantile() -> None:
    """What is nine times as loud counts nine times."""
    values = np.array([1.0, 2.0])
    assert quantiles(values, np.array([1.0, 1.0]), (0.5,)) == [1.5]
    assert quantiles(values, np.array([9.0, 1.0]), (0.4,)) == [1.0]


def test_a_recording_cut_close_is_measured(tracker: PitchTracker) -> None:
    """Without a silence around it, the stops between the sounds tell how quiet the room is."""
    close = np.concatenate([voice(steady(14.0 + n), 0.4, margin_s=0.03) for n in range(6)])
    assert measure(pcm(close), tracker).not_measurable is None
    hissing = close + noise(len(close), -29.0)
    assert measure(pcm(hissing), tracker).not_measurable in {"noise", "short"}


def test_a_far_microphone_has_the_same_pitch(tracker: PitchTracker) -> None:
    """At -62 dBFS, above a quieter room, all but the level is as close by."""
    sound = pcm(voice(lambda t: 15 + 2 * np.sin(7 * t)) * 0.8)
    far = (sound / 100).round().astype(np.int16)
    near_by, away = measure(sound, tracker), measure(far, tracker)
    assert away.not_measurable is None
    assert away.pitch_median_cents == pytest.approx(near_by.pitch_median_cents, abs=20)
    assert away.pitch_movement == pytest.approx(near_by.pitch_movement, rel=0.15)
