"""The whole agent over recordings that the bundled voice speaks: real models, times, silence."""

from pathlib import Path

import pytest
from scene import Scene
from told import Told, run

from voice_agent.agent.parts import Parts
from voice_agent.library import load_library
from voice_agent.research.replay import replay
from voice_agent.shipped import shipped


@pytest.fixture(scope="session")
def quiet(parts: Parts, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Somebody who never makes a sound, for two and a half minutes."""
    folder = tmp_path_factory.mktemp("quiet")
    return run(parts, Scene(parts, 150).write(folder / "quiet.wav"), folder)


@pytest.fixture(scope="session")
def spoken(parts: Parts, tmp_path_factory: pytest.TempPathFactory) -> tuple[Scene, Told]:
    """Somebody who talks, is asked, says yes, coughs, says something, stops, and goes on."""
    folder = tmp_path_factory.mktemp("spoken")
    scene = Scene(parts, 205)
    scene.say(25.0, "I had an argument with my brother this morning.")
    scene.say(70.0, "Yes.")
    scene.say(86.5, "Yes.")
    scene.cough(92.0)
    scene.say(109.0, "The carpet is warm.")
    scene.say(122.0, "Stop.")
    scene.say(140.0, "Go on.")
    return scene, run(parts, scene.write(folder / "spoken.wav"), folder, consents=("transcript",))


def test_the_first_words_take_under_twenty_seconds(quiet: Told) -> None:
    """What it is, how to stop it and what is kept: all is said within 20 s, the question too."""
    assert [line for _, script, line in quiet.said() if script == "opening"] == [
        "what", "quiet", "kept", "driving", "need",
    ]  # fmt: skip
    assert quiet.first("playout_finished", script="opening", line="need")["t"] < 20


def test_the_voice_sounds_when_it_says_it_does(quiet: Told) -> None:
    """Between the start and the end of a line there is a voice at a comfortable level."""
    start = quiet.first("playout_started", line="what")["t"]
    assert -35 < quiet.level_dbfs(start, start + 3) < -12


def test_silence_is_answered_by_the_ladder_in_its_order(quiet: Told) -> None:
    """A soft word, then an offer, then company, each once and at its time."""
    since = quiet.first("playout_finished", line="need")["t"]
    rungs = [(e["rung"], round(e["t"] - since)) for e in quiet.of("silence_reached")]
    assert rungs == [("soft", 12), ("offer", 30), ("wait", 60)]
    assert len(quiet.of("offer")) == 1


def test_between_its_words_the_agent_is_silent_to_the_sample(quiet: Told) -> None:
    """From the end of the question to the soft word not one sample sounds."""
    end = quiet.first("playout_finished", line="need")["t"]
    soft = quiet.first("say", script="ladder")["t"]
    assert soft - end > 11
    assert quiet.silent(end + 0.02, soft - 0.02)


def test_the_pause_of_a_script_is_exact_to_the_sample(quiet: Told) -> None:
    """The silence between two lines of the opening is the script's, give or take one frame."""
    finished = quiet.first("playout_finished", line="what")["t"]
    line = quiet.first("line_rendered", line="what")
    started = quiet.first("playout_started", line="what")["t"]
    sounded_s = line["samples"] / line["sample_rate"]
    assert finished - started - sounded_s == pytest.approx(0.2, abs=0.011)


def test_words_are_recognised_as_they_come_and_at_the_end(spoken: tuple[Scene, Told]) -> None:
    """Partials arrive while the person speaks, and the final says what was said."""
    scene, told = spoken
    _, end, _ = scene.said[0]
    partials = [e for e in told.of("transcript", final=False) if e["t"] < end]
    assert partials
    final = told.first("transcript", after=25, final=True)
    assert "argument" in final["text"].lower()
    assert "brother" in final["text"].lower()


def test_what_somebody_tells_is_thanked_once(spoken: tuple[Scene, Told]) -> None:
    """The first thing said is thanked; the thanks ask nothing."""
    _, told = spoken
    assert len(told.of("say", script="conversation", line="thanks")) == 1


def test_a_spoken_yes_takes_the_offer(spoken: tuple[Scene, Told]) -> None:
    """After "yes" to the offer the first practice begins within a second."""
    scene, told = spoken
    offered = told.of("offer")[0]["t"]
    assert offered < 70
    _, end, _ = scene.said[1]
    begun = told.first("say", script="feet-and-room", line="invite")["t"]
    assert 0 < begun - end < 1.0


def test_a_cough_pauses_and_the_voice_goes_on_at_the_phrase(spoken: tuple[Scene, Told]) -> None:
    """A cough holds the voice for a moment; nothing is skipped and nothing is answered."""
    _, told = spoken
    pauses = [e for e in told.of("pause") if 91.9 < e["t"] < 92.6]
    resumed = [e for e in told.of("resume") if 91.9 < e["t"] < 93.0]
    assert len(pauses) == len(resumed) == 1
    assert not [e for e in told.of("say") if 91.9 < e["t"] < 93.0]


def test_an_aside_pauses_at_once_and_the_script_goes_on(spoken: tuple[Scene, Told]) -> None:
    """Speech in a practice pauses playout within .15 s; an aside changes nothing else."""
    scene, told = spoken
    onset, end, _ = scene.said[3]
    paused = told.first("pause", after=onset)["t"]
    assert paused - onset < 0.15
    resumed = told.first("resume", after=end)["t"]
    assert resumed - end < 1.5
    assert told.silent(paused + 0.03, resumed)


def test_stop_is_silent_at_once_and_asks_nothing(spoken: tuple[Scene, Told]) -> None:
    """From .35 s after "stop" until "go on" not one sample sounds."""
    scene, told = spoken
    _, end, _ = scene.said[4]
    go_on, _, _ = scene.said[5]
    stopped = told.first("stop", after=122)["t"]
    assert stopped - end < 0.35
    assert told.silent(end + 0.35, go_on)


def test_go_on_says_the_same_line_again(spoken: tuple[Scene, Told]) -> None:
    """After a stop, "go on" goes on at the line that was cut."""
    scene, told = spoken
    before = [(s, line) for t, s, line in told.said() if t < 122][-1]
    after = next((s, line) for t, s, line in told.said() if t > scene.said[5][0])
    assert after == before


def test_every_session_of_this_suite_replays_identically(
    quiet: Told, spoken: tuple[Scene, Told]
) -> None:
    """The inputs alone, fed to the core again, give every finding and command again."""
    library = load_library(shipped("scripts_audio"))
    for told in (quiet, spoken[1]):
        done = replay(told.lines[0], told.lines[1:], library)
        assert done.difference is None, str(done.difference)


def test_no_word_is_written_without_the_transcript_consent(parts: Parts, tmp_path: Path) -> None:
    """Without a yes a transcript holds its cues and its length, never its words."""
    scene = Scene(parts, 30).say(23.5, "My sister lives in Rotterdam.")
    told = run(parts, scene.write(tmp_path / "words.wav"), tmp_path)
    finals = told.of("transcript", final=True)
    assert finals
    assert finals[0]["words"] >= 3
    assert "text" not in finals[0]
    assert "rotterdam" not in (tmp_path / "words.jsonl").read_text().lower()


def test_a_hum_takes_the_offer(parts: Parts, tmp_path: Path) -> None:
    """A hum after the offer chooses its first practice, without a word."""
    scene = Scene(parts, 75).hum(64.0)
    told = run(parts, scene.write(tmp_path / "hum.wav"), tmp_path)
    assert told.of("hummed")
    assert told.first("say", after=64, script="feet-and-room")["t"] < 66


def test_words_of_crisis_are_asked_about_plainly(parts: Parts, tmp_path: Path) -> None:
    """Somebody who says it is asked in one sentence within a second of the end of theirs."""
    scene = Scene(parts, 60).say(24.0, "I want to end my life.")
    told = run(parts, scene.write(tmp_path / "crisis.wav"), tmp_path)
    assert told.of("crisis_flagged")
    _, end, _ = scene.said[0]
    asked = told.first("playout_started", script="crisis", line="ask")["t"]
    assert asked - end <= 1.0
    assert told.first("say", after=asked, script="crisis", line="line")
    assert not [e for e in told.of("end") if e["why"] != "left"]


def test_pitch_is_noted_only_with_the_tone_consent(parts: Parts, tmp_path: Path) -> None:
    """With a yes the features of speech hold a man's pitch; without one there is none at all."""
    scene = Scene(parts, 30).say(23.5, "My sister lives in Rotterdam.")
    recording = scene.write(tmp_path / "tone.wav")
    without = run(parts, recording, tmp_path)
    assert not [e for e in without.of("features") if "pitch_cents" in e]
    given = run(parts, recording, tmp_path, consents=("tone",))
    cents = [e["pitch_cents"] for e in given.of("features") if "pitch_cents" in e]
    assert len(cents) > 5
    middle_hz = 55 * 2 ** (sorted(cents)[len(cents) // 2] / 1200)
    assert 70 < middle_hz < 200
