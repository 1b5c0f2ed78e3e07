"""What a recording gives and what an output keeps, by the sample."""

import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from voice_agent.core.errors import StillHereError, UsageError
from voice_agent.transport.file import Output, Recording


def tone(path: Path, seconds: float, rate: int, **form: str) -> Path:
    at = np.arange(round(seconds * rate)) / rate
    soundfile.write(path, 0.5 * np.sin(2 * np.pi * 200 * at), rate, **form)
    return path


def heard(recording: Recording) -> np.ndarray:
    return np.concatenate(list(recording.frames()))


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000])
def test_every_rate_is_heard_at_sixteen_kilohertz(tmp_path: Path, rate: int) -> None:
    """The length stays, the level stays, and frames are whole ones of 10 ms."""
    recording = Recording(tone(tmp_path / "t.wav", 1.234, rate))
    frames = list(recording.frames())
    assert {frame.shape for frame in frames} == {(160,)}
    assert {frame.dtype for frame in frames} == {np.dtype(np.int16)}
    assert len(frames) == 124
    middle = np.concatenate(frames)[1600:16_000] / 32767
    assert np.sqrt(np.mean(middle**2)) == pytest.approx(0.5 / np.sqrt(2), rel=0.01)
    assert recording.heard_s == pytest.approx(1.234, abs=1e-4)
    assert not recording.truncated


def test_sixteen_bits_at_sixteen_kilohertz_are_heard_as_they_are(tmp_path: Path) -> None:
    """Nothing is done to what fits."""
    samples = np.arange(-1600, 1600, dtype=np.int16) * 20
    soundfile.write(tmp_path / "s.wav", samples, 16_000)
    assert np.abs(heard(Recording(tmp_path / "s.wav")).astype(int) - samples).max() <= 1


def test_channels_are_mixed_alike(tmp_path: Path) -> None:
    """Each channel counts the same; opposite ones cancel out."""
    left = np.full(1600, 0.5)
    soundfile.write(tmp_path / "a.wav", np.stack([left, np.zeros(1600)], 1), 16_000)
    soundfile.write(tmp_path / "b.wav", np.stack([left, -left], 1), 16_000)
    assert heard(Recording(tmp_path / "a.wav"))[800] == pytest.approx(8192, abs=2)
    assert not np.abs(heard(Recording(tmp_path / "b.wav"))).max() > 1


def test_floats_that_are_no_numbers_are_silence(tmp_path: Path) -> None:
    """A broken float file is heard where it can be."""
    samples = np.full(1600, 0.25, np.float32)
    samples[100:200] = np.nan
    samples[300] = np.inf
    soundfile.write(tmp_path / "f.wav", samples, 16_000, subtype="FLOAT")
    sound = heard(Recording(tmp_path / "f.wav"))
    assert not sound[100:200].any()
    assert sound[300] == 32767
    assert sound[50] == pytest.approx(8192, abs=2)


def test_wav_cut_off_says_so_when_opened(tmp_path: Path) -> None:
    """The header is compared with what is there; a WAV from a pipe promises nothing."""
    whole = tone(tmp_path / "w.wav", 1.0, 16_000, subtype="PCM_16").read_bytes()
    cut = tmp_path / "cut.wav"
    cut.write_bytes(whole[:20_001])
    assert Recording(cut).truncated
    assert not Recording(tmp_path / "w.wav").truncated
    at = whole.index(b"data") + 4
    piped = tmp_path / "piped.wav"
    piped.write_bytes(whole[:at] + struct.pack("<I", 0xFFFFFFFF) + whole[at + 4 :])
    assert not Recording(piped).truncated
    assert len(heard(Recording(piped))) == 16_000


def test_flac_cut_off_says_so_at_its_end(tmp_path: Path) -> None:
    """What can be decoded is heard; what is missing is known afterwards."""
    rng = np.random.default_rng(1)
    soundfile.write(tmp_path / "w.flac", rng.normal(0, 0.1, 64_000), 16_000)
    content = (tmp_path / "w.flac").read_bytes()
    (tmp_path / "cut.flac").write_bytes(content[: len(content) // 2])
    recording = Recording(tmp_path / "cut.flac")
    assert 0 < len(heard(recording)) < 64_000
    assert recording.truncated
    assert recording.heard_s < 4.0


@pytest.mark.parametrize("rate", [1_000, 800_000])
def test_rates_that_are_no_speech_are_refused(tmp_path: Path, rate: int) -> None:
    """A header with a rate far off is a broken one."""
    soundfile.write(tmp_path / "r.wav", np.zeros(1000), rate)
    with pytest.raises(UsageError, match=f"has {rate} samples a second; give one with 4000 to"):
        Recording(tmp_path / "r.wav")


def test_output_is_whole_only_when_complete(tmp_path: Path) -> None:
    """Until then an older file stands, and nothing lies beside it afterwards."""
    path = tmp_path / "out.wav"
    path.write_bytes(b"older")
    output = Output(path)
    output.write(np.full(240, 7, np.int16))
    assert path.read_bytes() == b"older"
    output.complete()
    output.complete()
    samples, rate = soundfile.read(path, dtype="int16")
    assert (rate, samples.tolist()) == (24_000, [7] * 240)
    assert [p.name for p in tmp_path.iterdir()] == ["out.wav"]


@pytest.mark.parametrize("wanted", [0, 1, 239, 240, 241, 479, 480, 485])
def test_output_has_the_length_asked_for(tmp_path: Path, wanted: int) -> None:
    """The last frame is cut, or silence is added."""
    output = Output(tmp_path / "out.wav")
    output.write(np.full(240, 7, np.int16))
    output.write(np.full(240, 8, np.int16))
    output.complete(wanted)
    samples, _ = soundfile.read(tmp_path / "out.wav", dtype="int16")
    assert samples.tolist() == ([7] * 240 + [8] * 240 + [0] * 5)[: max(wanted, 240)]


def written(path: Path, end: BaseException | None) -> None:
    with Output(path) as output:
        output.write(np.zeros(240, np.int16))
        if end is not None:
            raise end


def test_output_is_discarded_by_an_error_and_kept_by_an_interruption(tmp_path: Path) -> None:
    """A failed run leaves the older file; one that somebody ended leaves what it came to."""
    path = tmp_path / "out.wav"
    path.write_bytes(b"older")
    with pytest.raises(StillHereError):
        written(path, StillHereError("broken"))
    assert path.read_bytes() == b"older"
    with pytest.raises(KeyboardInterrupt):
        written(path, KeyboardInterrupt())
    assert soundfile.info(path).frames == 240
    assert [p.name for p in tmp_path.iterdir()] == ["out.wav"]


def test_output_behind_a_link_is_the_file_and_not_the_link(tmp_path: Path) -> None:
    """A link to another disk stays one."""
    (tmp_path / "there").mkdir()
    link = tmp_path / "out.wav"
    link.symlink_to(tmp_path / "there" / "real.wav")
    with Output(link) as output:
        output.write(np.zeros(240, np.int16))
    assert link.is_symlink()
    assert soundfile.info(tmp_path / "there" / "real.wav").frames == 240


def test_device_is_written_to_and_stays_one() -> None:
    """Nothing takes the place of /dev/null."""
    null = Path("/dev/null")
    with Output(null) as output:
        output.write(np.zeros(240, np.int16))
    assert null.is_char_device()
