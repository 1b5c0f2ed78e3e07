"""How fast `voice-agent talk` runs over a recording on one core, and where the time goes.

    python benchmarks/talk.py [--minutes 5] [--share 0.2] [--runs 3] [--seed 1] [--json OUT]

The recording: sentences read aloud (VOICE_AGENT_EVAL_DATA/read, default ../shared/data/read; the
bundled voice where they are missing) in a quiet room, so spread by the seed that speech makes up
`--share` of it. Each run is the whole command in a process of its own that is pinned to one core,
with --output and --events: start, models, everything. One run before them, not counted, renders the
lines that are said: the line cache is warm. Then one run more, under timers, for the parts.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from machine import describe, machine

ROOT = Path(__file__).resolve().parents[1]
RATE = 16_000
GOAL = 10.0
PARTS = {
    "detector": [("voice_agent.engines.vad.detector", "SpeechDetector", "process")],
    "recogniser, partials": [],
    "recogniser, finals": [("voice_agent.agent.decoders", "Decoders", "__call__")],
    "voice": [
        ("voice_agent.agent.speaking", "Speaking", "fill"),
        ("voice_agent.agent.speaking", "Speaking", "say"),
        ("voice_agent.engines.tts.renderer", "Renderer", "render"),
    ],
    "core": [("voice_agent.core.session", "Session", "handle")],
    "writing": [
        ("voice_agent.transport.file", "Output", "write"),
        ("voice_agent.store.logfile", "LogWriter", "write"),
        ("voice_agent.core.journal", "Journal", "add"),
        ("voice_agent.core.journal", "Journal", "close"),
    ],
    "loading models": [("voice_agent.agent.decoders", "Decoders", "_get")],
}
"""What is timed, as module, class and method; each second counts for the innermost alone."""


def recording(path: Path, minutes: float, share: float, seed: int) -> dict[str, Any]:
    """Write the recording and return of what it was made."""
    import numpy as np
    import soundfile

    rng = np.random.default_rng(seed)
    clips, source = _read_aloud()
    loud = [clip for clip in clips if len(clip)]
    length = round(minutes * 60 * RATE)
    sound = rng.normal(0, 10 ** (-70 / 20), length)
    chosen: list[Any] = []
    spoken = 0
    while True:
        clip = loud[rng.integers(len(loud))]
        if spoken + len(clip) > share * length and chosen:
            break
        chosen.append(clip)
        spoken += len(clip)
    # What is not speech is dealt out between the sentences, at random but at least a second each.
    gaps = rng.dirichlet(np.ones(len(chosen) + 1)) * (length - spoken - RATE * (len(chosen) + 1))
    at = 0.0
    for gap, clip in zip(gaps, chosen, strict=False):
        at += RATE + gap
        sound[round(at) : round(at) + len(clip)] += clip
        at += len(clip)
    soundfile.write(path, np.clip(sound, -1, 1), RATE, subtype="PCM_16")
    return {
        "minutes": minutes,
        "sentences": len(chosen),
        "speech_share": round(spoken / length, 3),
        "speech": source,
        "seed": seed,
    }


def _read_aloud() -> tuple[list[Any], str]:
    """Return sentences, cut to what is louder than -45 dBFS, and where they come from."""
    import numpy as np
    import soundfile

    data = Path(os.environ.get("VOICE_AGENT_EVAL_DATA", ROOT.parent / "shared" / "data"))
    paths = [
        path for path in sorted((data / "read").glob("*.flac")) if path.with_suffix(".txt").exists()
    ]
    if paths:
        sounds = [soundfile.read(path, dtype="float64")[0] for path in paths]
        source = f"{len(paths)} sentences read aloud"
    else:
        sys.path.insert(0, str(ROOT / "tests" / "agent"))
        from scene import Scene

        from voice_agent.agent.parts import prepare
        from voice_agent.settings import load_settings

        scene = Scene(prepare(load_settings()), 0.01)
        texts = (
            "I had an argument with my brother this morning, and I do not know what to do now.",
            "It has been a long week and I did not sleep well.",
            "The carpet is warm, and my feet are on it.",
        )
        sounds = [scene.voice(text) for text in texts]
        source = f"{len(texts)} sentences of the bundled voice"
    cut = []
    for sound in sounds:
        loud = np.flatnonzero(np.abs(sound) > 10 ** (-45 / 20))
        cut.append(sound[loud[0] : loud[-1] + 1])
    return cut, source


def run(core: int, source: Path, folder: Path, *, timers: Path | None = None) -> dict[str, float]:
    """Run the command once on one core; return seconds of the wall, of the core and of its run."""
    talk = ["talk", "--input", str(source), "--output", str(folder / "out.wav")]
    talk += ["--events", str(folder / "out.jsonl")]
    command = [sys.executable, "-m", "voice_agent", *talk]
    if timers:
        command = [sys.executable, __file__, "--timed", str(timers), *talk]
    before = os.times()
    begun = time.monotonic()
    done = subprocess.run(
        command,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: os.sched_setaffinity(0, {core}),
    )
    wall_s = time.monotonic() - begun
    after = os.times()
    if done.returncode:
        raise SystemExit(f"talk failed:\n{done.stderr or done.stdout}")
    cpu_s = after.children_user + after.children_system
    return {"wall_s": wall_s, "cpu_s": cpu_s - before.children_user - before.children_system}


def timed(out: Path, arguments: list[str]) -> None:
    """Run the command in this process under timers and write its seconds of the core by part."""
    spent = dict.fromkeys(PARTS, 0.0)
    stack: list[tuple[str, float]] = []
    begun = time.process_time()

    def enter(part: str) -> None:
        now = time.process_time()
        if stack:
            outer, since = stack[-1]
            spent[outer] += now - since
        stack.append((part, now))

    def leave() -> None:
        now = time.process_time()
        part, since = stack.pop()
        spent[part] += now - since
        if stack:
            stack[-1] = (stack[-1][0], now)

    def wrap(part: str, inner: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            final = kwargs.get("final", True)
            enter(part if final else "recogniser, partials")
            try:
                return inner(*args, **kwargs)
            finally:
                leave()

        return wrapped

    from importlib import import_module

    for part, places in PARTS.items():
        for module, name, method in places:
            owner = getattr(import_module(module), name)
            setattr(owner, method, wrap(part, getattr(owner, method)))
    from voice_agent.cli import main as command

    ready = time.process_time()
    sys.argv = ["voice-agent", *arguments]
    try:
        command()
    except SystemExit as left:
        if left.code:
            raise
    ended = time.process_time()
    spent["reading, the loop and the rest"] = ended - ready - sum(spent.values())
    spent["imports before the command"] = ready - begun
    out.write_text(json.dumps(spent))


def main() -> None:
    """Measure, print a table, write JSON where asked."""
    if sys.argv[1:2] == ["--timed"]:
        timed(Path(sys.argv[2]), sys.argv[3:])
        return
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=5, help="of the recording")
    parser.add_argument("--share", type=float, default=0.2, help="of it that is speech")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)))
    parser.add_argument("--json", type=Path, metavar="OUT")
    options = parser.parse_args()
    where = machine()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "in.wav"
        made = recording(source, options.minutes, options.share, options.seed)
        run(options.core, source, folder)  # warms the line cache
        runs = [run(options.core, source, folder) for _ in range(options.runs)]
        run(options.core, source, folder, timers=folder / "parts.json")
        parts = json.loads((folder / "parts.json").read_text())
    audio_s = options.minutes * 60
    wall_s = statistics.median(one["wall_s"] for one in runs)
    cpu_s = statistics.median(one["cpu_s"] for one in runs)
    print(describe(where))
    print(
        f"talk over {audio_s:.0f} s, {made['speech_share']:.0%} speech ({made['speech']}), line "
        f"cache warm, one core, median of {options.runs}"
    )
    print(f"{'':34}{'seconds':>10}{'x real time':>13}{'goal':>7}")
    print(f"{'the whole command, on the wall':34}{wall_s:10.2f}{audio_s / wall_s:13.1f}{GOAL:7.0f}")
    print(f"{'the same, time of the core':34}{cpu_s:10.2f}{audio_s / cpu_s:13.1f}")
    total = sum(parts.values())
    print(f"{'where it goes, time of the core':34}{'seconds':>10}{'share':>13}")
    for part, seconds in sorted(parts.items(), key=lambda item: -item[1]):
        print(f"{part:34}{seconds:10.2f}{seconds / total:13.1%}")
    if options.json:
        result = {
            "machine": where,
            "recording": made,
            "runs": runs,
            "wall_s": wall_s,
            "cpu_s": cpu_s,
            "times_real_time": audio_s / wall_s,
            "times_real_time_cpu": audio_s / cpu_s,
            "parts_s": parts,
        }
        options.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
