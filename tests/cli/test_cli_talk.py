"""`talk` as somebody calls it: files in, files out, the same each time."""

import json
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import soundfile
from calling import Command, quiet
from scene import Scene

from voice_agent.agent.parts import Parts
from voice_agent.core import wire
from voice_agent.core.journal import expand


def events_in(path: Path) -> list[dict[str, Any]]:
    """All events of a log, blocks opened, without its first line."""
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return [wire.encode(event) for row in rows[1:] for event in expand(row)]


def of(events: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [event for event in events if event["type"] == kind]


@pytest.fixture(scope="module")
def spoken(parts: Parts, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Half a minute: somebody says two things, after the opening."""
    scene = Scene(parts, 30.0)
    scene.say(22.0, "I feel a bit far away from everything today.")
    return scene.write(tmp_path_factory.mktemp("spoken") / "spoken.wav")


def test_two_runs_give_the_same_bytes(command: Command, spoken: Path, tmp_path: Path) -> None:
    """The same recording and line cache give the same log and the same sound, to the byte."""
    runs = []
    for name in ("a", "b"):
        sound, log = tmp_path / f"{name}.wav", tmp_path / f"{name}.jsonl"
        called = command.real("talk", "--input", spoken, "--output", sound, "--events", log)
        assert called.code == 0, called.err
        runs.append((sound.read_bytes(), log.read_bytes()))
    assert runs[0] == runs[1]
    assert of(events_in(tmp_path / "a.jsonl"), "transcript")


def test_result_is_verified(command: Command, spoken: Path, tmp_path: Path) -> None:
    """What a run decided, a replay decides again."""
    log = tmp_path / "run.jsonl"
    command("talk", "--input", spoken, "--events", log)
    called = command("replay", log, "--verify")
    assert called.code == 0
    assert "identical" in called.out


def test_taps_and_keys_come_at_their_times(command: Command, tmp_path: Path) -> None:
    """`--inputs` is delivered in the order of time, whatever its order in the file."""
    given = tmp_path / "given.jsonl"
    given.write_text(
        '{"t": 4.5, "type": "key_pressed", "digit": "3"}\n\n'
        '{"t": 2.25, "type": "tapped", "control": "pause"}\n'
        '{"t": 3.5, "type": "tapped", "control": "go_on"}\n'
        '{"t": 60, "type": "tapped", "control": "stop"}\n'
    )
    log = tmp_path / "run.jsonl"
    called = command(
        "talk", "--input", quiet(tmp_path / "q.wav", 6), "--inputs", given, "--events", log
    )
    assert called.sentence.startswith("1 input lies after the end of the recording")
    events = events_in(log)
    assert [(e["t"], e["control"]) for e in of(events, "tapped")] == [
        (2.25, "pause"),
        (3.5, "go_on"),
    ]
    assert [(e["t"], e["digit"]) for e in of(events, "key_pressed")] == [(4.5, "3")]
    assert [e["t"] for e in of(events, "pause")] == [2.25, 4.5]


def test_consent_stands_in_the_log_from_the_beginning(
    command: Command, room: Path, tmp_path: Path
) -> None:
    """`--consent tone` is the person's yes, before anything is heard."""
    log = tmp_path / "run.jsonl"
    assert command("talk", "--input", room, "--consent", "tone", "--events", log).code == 0
    first = events_in(log)[0]
    assert (first["type"], first["t"]) == ("consent_changed", 0.0)
    assert (first["consent"], first["given"]) == ("tone", True)


def test_without_files_it_tells_what_was_said_and_when(command: Command, tmp_path: Path) -> None:
    """Each line that sounded stands with its time, and what the person did between them."""
    given = tmp_path / "given.jsonl"
    given.write_text('{"t": 4.5, "type": "key_pressed", "digit": "9"}\n', "utf-8")
    sound = quiet(tmp_path / "quiet.wav", 8)
    called = command("talk", "--input", sound, "--inputs", given)
    assert called.code == 0
    lines = called.out.splitlines()
    assert lines[0].startswith("     0.0 s  ")
    assert "     4.5 s  (key 9)" in lines
    times = [float(line.split(" s  ")[0]) for line in lines[:-1]]
    assert times == sorted(times)
    assert lines[-1].startswith("8.0 s of recording in ")
    with_file = command("talk", "--input", sound, "--events", tmp_path / "x.jsonl")
    assert len(with_file.out.splitlines()) == 1


def test_every_form_of_input_in_the_help_is_one_that_is_taken(tmp_path: Path) -> None:
    """What the help gives as examples is read, each of them, and all types are among them."""
    import re

    from voice_agent.agent.given import GIVEN, read_inputs
    from voice_agent.cli.talk import talk
    from voice_agent.core import wire

    examples = re.findall(r"{[^}]*}", talk.__doc__ or "")
    path = tmp_path / "examples.jsonl"
    path.write_text("\n".join(examples), "utf-8")
    assert len(read_inputs(path)) == len(examples)
    assert {json.loads(line)["type"] for line in examples} == {wire.NAMES[kind] for kind in GIVEN}


def test_script_is_begun_with(command: Command, tmp_path: Path) -> None:
    """`--script` leads into the practice instead of the conversation."""
    log = tmp_path / "run.jsonl"
    recording = quiet(tmp_path / "q.wav", 12)
    called = command("talk", "--input", recording, "--script", "feet-and-room", "--events", log)
    assert called.code == 0, called.err
    said = [e["script"] for e in of(events_in(log), "say")]
    assert said[-1] == "feet-and-room"
    assert set(said) <= {"opening", "feet-and-room"}


@pytest.mark.parametrize(
    ("samples", "rate"), [(32_000, 16_000), (32_003, 16_000), (100_001, 44_100), (9_999, 8_000)]
)
def test_output_is_as_long_as_the_input(
    command: Command, tmp_path: Path, samples: int, rate: int
) -> None:
    """Both files lie side by side, to the sample."""
    recording = quiet(tmp_path / "q.wav", samples / rate, rate)
    sound = tmp_path / "out.wav"
    assert command("talk", "--input", recording, "--output", sound).code == 0
    info = soundfile.info(sound)
    assert (info.samplerate, info.channels, info.subtype) == (24_000, 1, "PCM_16")
    assert info.frames == round(soundfile.info(recording).frames / rate * 24_000)


def test_realtime_takes_the_recordings_time(command: Command, tmp_path: Path) -> None:
    """`--realtime` keeps live speed, and decides the same."""
    recording = quiet(tmp_path / "q.wav", 3.0)
    logs = [tmp_path / "fast.jsonl", tmp_path / "live.jsonl"]
    command("talk", "--input", recording, "--events", logs[0])
    begun = time.monotonic()
    called = command("talk", "--input", recording, "--events", logs[1], "--realtime")
    assert time.monotonic() - begun >= 3.0
    spent_s = float(called.out.split(" in ")[1].split(" s")[0])
    assert 2.9 <= spent_s < 10
    assert logs[0].read_bytes() == logs[1].read_bytes()


def test_interrupted_run_keeps_what_it_came_to(command: Command, tmp_path: Path) -> None:
    """Ctrl-C ends without a traceback; the log and the sound so far can be read."""
    recording = quiet(tmp_path / "q.wav", 60.0)
    sound, log = tmp_path / "out.wav", tmp_path / "run.jsonl"
    argv = command.argv(
        "talk", "--input", recording, "--output", sound, "--events", log, "--realtime"
    )
    process = subprocess.Popen(argv, env=command.env(), stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not (log.exists() and len(log.read_text().splitlines()) > 5):
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert 0 < soundfile.info(sound).duration < 60
    assert of(events_in(log), "say")


def test_refused_practice_is_told_and_the_rest_works(
    command: Command, room: Path, scripts: Path
) -> None:
    """A wrong key in one practice leaves it out, by file and line; the session goes on."""
    wrong = scripts / "feet-and-room.yaml"
    wrong.write_text(wrong.read_text("utf-8").replace("pause_s:", "paus_s:", 1))
    called = command("talk", "--input", room, scripts_dir=str(scripts))
    assert called.code == 0
    assert "feet-and-room.yaml, line " in called.sentence
    assert "write 'pause_s'" in called.sentence


def test_broken_opening_refuses_to_start(command: Command, room: Path, scripts: Path) -> None:
    """Without an opening no session starts, and no file is touched."""
    opening = scripts / "opening.yaml"
    opening.write_text(opening.read_text("utf-8").replace("text:", "txt:", 1))
    log = room.with_name("log.jsonl")
    log.write_text("an older log\n")
    sentence = command.refused("talk", "--input", room, "--events", log, scripts_dir=str(scripts))
    assert sentence.startswith("opening.yaml, line ")
    assert log.read_text() == "an older log\n"


def test_damaged_line_is_rendered_again(
    command: Command, room: Path, cache_dir: Path, tmp_path: Path
) -> None:
    """A kept line that was damaged is told of, spoken all the same, and whole afterwards."""
    cache = tmp_path / "cache"
    (cache / "lines").mkdir(parents=True)
    for path in cache_dir.iterdir():
        if path.name != "lines":
            (cache / path.name).symlink_to(path)
    mine = Command(cache, tmp_path / "data")
    before, after = tmp_path / "before.wav", tmp_path / "after.wav"
    assert mine("talk", "--input", room, "--output", before).code == 0
    (line,) = (cache / "lines").glob("*.line")
    whole = line.read_bytes()
    damaged = whole[:-9000] + bytes(b ^ 1 for b in whole[-9000:])
    line.write_bytes(damaged)
    called = mine("talk", "--input", room, "--output", after)
    assert "is damaged (wrong checksum); it is rendered again" in called.sentence
    assert line.read_bytes() != damaged
    assert mine("talk", "--input", room, "--output", after).err == ""


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    """A copy of the practices, to be spoilt."""
    source = Path(__file__).parents[2] / "scripts_audio"
    return Path(shutil.copytree(source, tmp_path / "scripts"))
