"""What `talk` says to files it cannot use, and what it leaves as it was."""

import resource
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile
from calling import Command, quiet

EXAMPLE = 'write a line such as {"t": 12.5, "type": "key_pressed", "digit": "1"}'


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("none.wav", None, "There is no recording {path}; check the path."),
        ("empty.wav", b"", "The recording {path} is empty; give one with sound in it."),
        ("text.wav", b"hello\n" * 50, "{path} is no recording that can be read; give a WAV,"),
        (
            "noise.raw",
            bytes(range(256)) * 9,
            "{path} is no recording that can be read; give a WAV,",
        ),
    ],
)
def test_no_recording_is_one_sentence(
    command: Command, tmp_path: Path, name: str, content: bytes | None, says: str
) -> None:
    """What is no recording is named, with what would work."""
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    assert command.refused("talk", "--input", path, real=True).startswith(says.format(path=path))


def test_folder_is_no_recording(command: Command, tmp_path: Path) -> None:
    """A folder is told from a file."""
    assert command.refused("talk", "--input", tmp_path).startswith(f"{tmp_path} is a folder;")


def test_recording_cut_off_is_used_as_far_as_it_goes(command: Command, tmp_path: Path) -> None:
    """A WAV shorter than its header says is heard to its end, and that is said."""
    whole = quiet(tmp_path / "whole.wav", 3.0).read_bytes()
    cut = tmp_path / "cut.wav"
    cut.write_bytes(whole[: 44 + 32_001])
    called = command("talk", "--input", cut)
    assert called.code == 0
    assert called.out.splitlines()[-1].startswith("1.0 s of recording")
    assert called.sentence == f"{cut} ends before its header says; what is there was used."


@pytest.mark.parametrize(
    ("name", "rate", "form"),
    [
        ("eight-bit.wav", 16_000, {"subtype": "PCM_U8"}),
        ("studio.wav", 96_000, {"subtype": "PCM_24"}),
        ("floats.wav", 44_100, {"subtype": "FLOAT"}),
        ("m.mp3", 44_100, {"format": "MP3", "subtype": "MPEG_LAYER_III"}),
        ("m.flac", 48_000, {}),
    ],
)
def test_recordings_of_many_kinds_are_heard(
    command: Command, tmp_path: Path, name: str, rate: int, form: dict[str, str]
) -> None:
    """Depth, rate and format are the file's own matter; nothing is remarked."""
    called = command("talk", "--input", quiet(tmp_path / name, 1.0, rate, **form))
    assert (called.code, called.err) == (0, "")
    assert called.out.splitlines()[-1].startswith("1.0 s of recording")


def test_stereo_is_mixed_and_that_is_said(command: Command, tmp_path: Path) -> None:
    """Two channels are one person here."""
    path = tmp_path / "two.wav"
    soundfile.write(path, np.zeros((16_000, 2)), 16_000)
    called = command("talk", "--input", path)
    assert called.code == 0
    assert called.sentence == f"{path} has 2 channels; they were mixed to one."


@pytest.mark.parametrize("option", ["--output", "--events"])
def test_place_that_cannot_be_written_is_one_sentence(
    command: Command, room: Path, tmp_path: Path, option: str
) -> None:
    """A missing folder, a file for a folder and a folder for a file are each named."""
    for place in (tmp_path / "none" / "x", room / "x", tmp_path):
        sentence = command.refused("talk", "--input", room, option, place)
        assert sentence.startswith(f"{place} cannot be written (")
        assert sentence.endswith("name a file in a folder that can.")


@pytest.mark.parametrize("option", ["--output", "--events"])
def test_full_device_is_a_failure_and_stays_a_device(
    command: Command, room: Path, option: str
) -> None:
    """A device is written to, never replaced; that it is full is one sentence."""
    full = Path("/dev/full")
    if not full.is_char_device():
        pytest.skip("this system has no /dev/full")
    sentence = command.refused("talk", "--input", room, option, full, code=1, real=True)
    assert sentence.startswith("/dev/full cannot be written")
    assert "No space left" in sentence
    assert full.is_char_device()


def test_full_disk_leaves_the_older_sound(command: Command, tmp_path: Path) -> None:
    """When the disk fills up in the middle, the older file is still whole."""
    recording = quiet(tmp_path / "q.wav", 30.0)
    sound = quiet(tmp_path / "out.wav", 1.0)
    before = sound.read_bytes()

    def little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

    done = subprocess.run(
        command.argv("talk", "--input", recording, "--output", sound),
        env=command.env(),
        capture_output=True,
        text=True,
        preexec_fn=little_room,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == (
        f"voice-agent: {sound} cannot be written to its end (File too large); "
        "what was there before is unchanged.\n"
    )
    assert sound.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir() if p.is_file()) == ["out.wav", "q.wav"]


def test_recording_is_never_written_over(command: Command, room: Path, tmp_path: Path) -> None:
    """A file that is both read and written, or written twice, is refused before it is touched."""
    before = room.read_bytes()
    other = tmp_path / "." / "x.jsonl"
    assert command.refused("talk", "--input", room, "--output", room).startswith(
        "--input and --output name the same file"
    )
    assert command.refused(
        "talk", "--input", room, "--output", tmp_path / "x.jsonl", "--events", other
    ).startswith("--output and --events name the same file")
    assert room.read_bytes() == before


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("--script", "nope"), "There is no practice 'nope'; give one of: "),
        (("--consent", "nope"), "There is no consent 'nope'; give one of: tone, transcript."),
        (("--mode", "couple"), "The mode 'couple' comes with a later version; give solo."),
        (("--mode", "trio"), "There is no mode 'trio'; give solo."),
    ],
)
def test_unknown_name_touches_nothing(
    command: Command, room: Path, tmp_path: Path, args: tuple[str, ...], says: str
) -> None:
    """What is not known is named with what is; an older log and sound stay as they were."""
    log, sound = tmp_path / "log.jsonl", tmp_path / "out.wav"
    log.write_text("older")
    sound.write_text("older")
    sentence = command.refused("talk", "--input", room, "--events", log, "--output", sound, *args)
    assert sentence.startswith(says)
    assert (log.read_text(), sound.read_text()) == ("older", "older")


def test_options_of_a_recording_need_one(command: Command, tmp_path: Path) -> None:
    """Without `--input` what belongs to a recording is refused, not passed over."""
    sentence = command.refused("talk", "--output", tmp_path / "x.wav")
    assert sentence == "--output needs a recording; give one with --input."


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("x", f"this is not JSON; {EXAMPLE}."),
        ("[]", f"this is no event with a type; {EXAMPLE}."),
        ('{"type": "say", "t": 1}', "'say' cannot be given; give one of tapped, key_pressed, "),
        ('{"type": "tapped", "t": 1}', "An event 'tapped' needs the field 'control'."),
        ('{"type": "tapped", "control": "stop"}', "An event 'tapped' needs the field 't'."),
        ('{"type": "tapped", "control": "fly", "t": 1}', "control is 'fly'; give one of stop, "),
        ('{"type": "tapped", "control": "choice", "t": 1}', "A tapped choice needs the field "),
        ('{"type": "key_pressed", "digit": "12", "t": 1}', "digit is '12'; give one of 0, 1, "),
        ('{"type": "key_pressed", "digit": "1", "t": -1}', "t is -1.0; give seconds from the "),
        ('{"type": "key_pressed", "digit": "1", "t": NaN}', "nan does not fit the field 't'"),
        (
            '{"type": "consent_changed", "consent": "all", "given": true, "t": 1}',
            "consent is 'all'",
        ),
        ('{"type": "distress_rated", "when": "now", "t": 1}', "when is 'now'; give one of before,"),
        ('{"type": "distress_rated", "when": "after", "rating": 11, "t": 1}', "rating is 11; give"),
        ('{"type": "setting_changed", "key": "x.y", "value": 1, "t": 1}', "The setting x.y cannot"),
    ],
)
def test_bad_line_of_inputs_is_named_by_its_number(tmp_path: Path, line: str, says: str) -> None:
    """File, line and what would work stand in the sentence."""
    from voice_agent.agent.given import read_inputs
    from voice_agent.core.errors import UsageError

    path = tmp_path / "given.jsonl"
    path.write_text('{"t": 0.5, "type": "tapped", "control": "dot"}\n\n' + line + "\n")
    with pytest.raises(UsageError) as caught:
        read_inputs(path)
    assert str(caught.value).startswith(f"{path}, line 3: {says}")


def test_bad_inputs_file_is_refused_before_the_run(
    command: Command, room: Path, tmp_path: Path
) -> None:
    """A missing file, a folder, other bytes and a bad line are each one sentence."""
    sentence = command.refused("talk", "--input", room, "--inputs", tmp_path / "none")
    assert sentence.startswith(f"The inputs {tmp_path / 'none'} cannot be read (No such file")
    assert "Is a directory" in command.refused("talk", "--input", room, "--inputs", tmp_path)
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    assert "are not UTF-8 text" in command.refused(
        "talk", "--input", room, "--inputs", tmp_path / "bytes"
    )
    (tmp_path / "bad").write_text("x\n")
    assert command.refused("talk", "--input", room, "--inputs", tmp_path / "bad").startswith(
        f"{tmp_path / 'bad'}, line 1: "
    )


def test_wrong_setting_is_named_by_its_variable(command: Command, room: Path) -> None:
    """A value out of bounds is refused; a slip of the pen is remarked on."""
    sentence = command.refused("talk", "--input", room, ladder__soft_s="-3")
    assert sentence.startswith("VOICE_AGENT_LADDER__SOFT_S is '-3'; give a number")
    called = command("talk", "--input", room, lader__soft_s="3")
    assert called.code == 0
    assert "did you mean VOICE_AGENT_LADDER__SOFT_S?" in called.err


def test_cache_that_cannot_be_written_is_told_and_done_without(
    command: Command, room: Path, tmp_path: Path
) -> None:
    """Lines are spoken all the same, rendered each time."""
    (tmp_path / "file").write_text("x")
    mine = Command(tmp_path / "file", command.data_dir)
    called = mine("talk", "--input", room)
    assert called.code == 0
    assert called.err.startswith("voice-agent: Lines cannot be ")
    assert called.err.count("rendered anew") == len(called.err.splitlines()) <= 2


def test_console_without_a_sound_card_is_one_sentence(command: Command) -> None:
    """Where there is no microphone, a recording is what to give."""
    called = command("talk")
    if called.code == 0:
        pytest.skip("this machine has a sound card")
    assert called.code == 1
    assert called.sentence.endswith("--input.")
