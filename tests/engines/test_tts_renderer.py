"""Promises of the renderer: each line spoken once, shared by all, private ones kept nowhere."""

import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from voice_agent.core.errors import UsageError
from voice_agent.engines.tts import (
    FaultKind,
    Line,
    LineCache,
    RenderedLine,
    Renderer,
    RenderFigures,
    RenderSettings,
)

STAY = Line(("We can also just stay.",))


class CountingVoice:
    """Speaks a tone that differs each time, as piper's speech does, and counts."""

    sample_rate = 22_050
    load_s = 0.5

    def __init__(self) -> None:
        self.spoken: list[tuple[str, ...]] = []
        self.may_speak = threading.Event()
        self.may_speak.set()
        self.asked = threading.Event()
        self.value = 1000

    def render(self, phrases: Sequence[str], settings: RenderSettings) -> RenderedLine:
        self.asked.set()
        assert self.may_speak.wait(10)
        self.spoken.append(tuple(phrases))
        samples = np.full(2205 * len(self.spoken), self.value, dtype=np.int16)
        return RenderedLine(samples, self.sample_rate, (0,))


class Loader:
    """Counts how often the voice is loaded."""

    def __init__(self) -> None:
        self.voice = CountingVoice()
        self.loads = 0

    def __call__(self) -> CountingVoice:
        self.loads += 1
        return self.voice


@pytest.fixture
def loader() -> Loader:
    return Loader()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "lines"


def renderer(loader: Loader, folder: Path | None, **options) -> Renderer:
    cache = None if folder is None else LineCache(folder)
    return Renderer(loader, cache, voice_digest="v", **options)


def test_new_line_is_not_ready_and_loads_nothing(loader: Loader, folder: Path):
    """Asking whether a line is ready never waits for the voice."""
    assert renderer(loader, folder).ready(STAY, 24_000) is None
    assert loader.loads == 0


def test_line_is_spoken_once_and_its_array_shared(loader: Loader, folder: Path):
    """Every session gets the very same array."""
    ours = renderer(loader, folder)
    first = ours.render(STAY, 24_000)
    assert ours.render(STAY, 24_000) is first
    assert ours.ready(STAY, 24_000) is first
    assert len(loader.voice.spoken) == 1


def test_warm_start_loads_no_voice(loader: Loader, folder: Path):
    """What an earlier process rendered is played without loading the voice."""
    before = renderer(loader, folder).render(STAY, 48_000)
    unloaded = Loader()
    after = renderer(unloaded, folder).render(STAY, 48_000)
    np.testing.assert_array_equal(after.samples, before.samples)
    assert unloaded.loads == 0


@pytest.mark.parametrize("kept_on_disk", [True, False])
def test_all_rates_come_from_one_rendering(loader: Loader, folder: Path, kept_on_disk: bool):
    """The phone and the page hear the same rendering, also when the disk keeps nothing."""
    ours = renderer(loader, folder if kept_on_disk else None)
    lengths = {ours.render(STAY, rate).duration_s for rate in (8000, 16_000, 48_000)}
    assert lengths == {0.1}
    assert len(loader.voice.spoken) == 1


def test_sessions_that_ask_at_once_wait_for_one_rendering(loader: Loader, folder: Path):
    """Eight threads that want a new line get one array, spoken once."""
    loader.voice.may_speak.clear()
    ours = renderer(loader, folder)
    lines: list[RenderedLine] = []
    threads = [
        threading.Thread(target=lambda: lines.append(ours.render(STAY, 24_000))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    loader.voice.may_speak.set()
    for thread in threads:
        thread.join()
    assert len({id(line) for line in lines}) == 1
    assert len(loader.voice.spoken) == 1
    assert loader.loads == 1


def test_private_line_is_kept_nowhere(loader: Loader, folder: Path):
    """A line with a name is spoken for its caller alone: not on disk, not in memory."""
    ours = renderer(loader, folder)
    private = Line(("We can stay, Ada.",), private=True)
    assert ours.render(private, 24_000).sample_rate == 24_000
    assert ours.ready(private, 24_000) is None
    assert not folder.exists()


def test_damaged_line_is_spoken_again_and_told(loader: Loader, folder: Path):
    """A corrupted file is rendered anew, whole on disk afterwards, and the caller hears of it."""
    renderer(loader, folder).render(STAY, 24_000)
    (file,) = folder.iterdir()
    file.write_bytes(file.read_bytes()[:-1])
    faults = []
    ours = renderer(loader, folder, on_fault=faults.append)
    ours.render(STAY, 24_000)
    assert [fault.kind for fault in faults] == [FaultKind.DAMAGED]
    assert len(loader.voice.spoken) == 2
    assert renderer(Loader(), folder).recall(STAY, 24_000) is not None


def test_speech_goes_on_where_nothing_can_be_written(loader: Loader, tmp_path: Path):
    """An unwritable folder is told once; lines are spoken and shared from memory."""
    (tmp_path / "file").touch()
    faults = []
    ours = renderer(loader, tmp_path / "file" / "lines", on_fault=faults.append)
    first = ours.render(STAY, 24_000)
    assert ours.render(STAY, 24_000) is first
    ours.render(Line(("There is no hurry.",)), 24_000)
    kinds = [fault.kind for fault in faults]
    assert kinds.count(FaultKind.UNWRITABLE) == 1
    assert len(kinds) == len(set(kinds))


def test_memory_is_bounded(loader: Loader):
    """The line used longest ago leaves memory first."""
    ours = renderer(loader, None, memory_bytes=12_000)
    for text in ("One is here.", "Two is here.", "Three is here."):
        ours.render(Line((text,)), 8000)
    assert ours.ready(Line(("One is here.",)), 8000) is None
    assert ours.ready(Line(("Three is here.",)), 8000) is not None


def test_failed_rendering_fails_for_all_and_may_be_tried_again(folder: Path):
    """After the voice could not be loaded, the next try asks again."""
    answers: list[Exception | CountingVoice] = [UsageError("no voice"), CountingVoice()]

    def load() -> CountingVoice:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    ours = Renderer(load, LineCache(folder), voice_digest="v")
    with pytest.raises(UsageError, match="no voice"):
        ours.render(STAY, 24_000)
    assert ours.render(STAY, 24_000).duration_s > 0


def test_figures_count_what_the_voice_spoke(loader: Loader, folder: Path):
    """Lines and seconds count rendering alone, not what memory gave."""
    ours = renderer(loader, folder)
    assert ours.figures == RenderFigures(0, 0.0)
    ours.render(STAY, 24_000)
    spent_s = ours.figures.spent_s
    ours.render(STAY, 24_000)
    assert ours.figures == RenderFigures(1, spent_s)


def test_ready_asks_neither_disk_nor_resampler(loader: Loader, folder: Path):
    """An event loop may ask: what lies on disk, or in memory at another rate, is not ready."""
    renderer(loader, folder).render(STAY, 48_000)
    ours = renderer(Loader(), folder)
    assert ours.ready(STAY, 48_000) is None
    ours.render(STAY, 48_000)
    assert ours.ready(STAY, 48_000) is not None
    assert ours.ready(STAY, 8000) is None


def test_two_processes_that_speak_one_line_play_the_same(folder: Path):
    """The first on disk holds for both, as synthesis is not repeatable to the sample."""
    ours, theirs = Loader(), Loader()
    theirs.voice.value = 3
    ours.voice.may_speak.clear()
    mine: list[RenderedLine] = []
    speaking = threading.Thread(
        target=lambda: mine.append(renderer(ours, folder).render(STAY, 24_000))
    )
    speaking.start()
    assert ours.voice.asked.wait(10)
    first = renderer(theirs, folder).render(STAY, 24_000)
    ours.voice.may_speak.set()
    speaking.join()
    assert len(ours.voice.spoken) == len(theirs.voice.spoken) == 1
    np.testing.assert_array_equal(mine[0].samples, first.samples)
    assert len(list(folder.iterdir())) == 1


def test_failing_is_what_the_last_try_was(folder: Path):
    """The voice counts as failing from a line it could not speak to the next one it can."""
    answers: list[Exception | CountingVoice] = [UsageError("no voice"), CountingVoice()]

    def load() -> CountingVoice:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    ours = Renderer(load, LineCache(folder), voice_digest="v")
    with pytest.raises(UsageError):
        ours.render(STAY, 24_000)
    assert ours.failing
    ours.render(STAY, 24_000)
    assert not ours.failing
