"""The speech detector beside webrtcvad and Silero, on the same seeded mixes in the same run.

`python benchmarks/vad.py [--json OUT] [--minutes M] [--seed N]` compares them on each kind of mix
(`mixes.py`): frame ROC-AUC, how late a start is first noticed, silences over 5 s found, and
processor time a frame of 10 ms, one thread each.
`python benchmarks/vad.py --hours 30 [--jobs 2] [--json OUT]` runs ours alone over that many hours.

Silero is the model in the wheel `livekit-plugins-silero`, run with onnxruntime as its plugin does,
at 16 kHz, on telephone mixes at 8 kHz; without the wheel its columns stay empty.
"""

import argparse
import importlib.metadata
import json
import platform
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soxr
import webrtcvad
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

import mixes  # noqa: E402

from voice_agent.engines.vad import SpeechDetector  # noqa: E402
from voice_agent.research.evaluate import vad as evaluation  # noqa: E402
from voice_agent.research.evaluate import work  # noqa: E402
from voice_agent.research.evaluate.curves import roc_auc  # noqa: E402

RATE, FRAME = 16_000, 160
Frames = NDArray[np.int16]


@dataclass
class Outcome:
    """What one detector made of one mix."""

    heard: evaluation.Heard
    cpu_us: float
    """Processor time a frame of 10 ms."""
    cpu_us_silence: float | None = None
    cpu_us_speech: float | None = None


def ours(mix: mixes.Mix) -> Outcome:
    """Run the detector; its cost is taken in a run of its own."""
    frames = mix.sound.reshape(-1, FRAME)
    process = SpeechDetector().process
    took, count = [0.0, 0.0], [0, 0]
    for at in range(0, len(frames), 50):
        part = frames[at : at + 50]
        spoken = bool(mix.speech[at : at + 50].mean() > 0.5)
        began = time.process_time()
        for frame in part:
            process(frame)
        took[spoken] += time.process_time() - began
        count[spoken] += len(part)
    silence, speech = (1e6 * took[k] / max(count[k], 1) for k in (0, 1))
    heard = evaluation.listen(frames, gates=False)
    return Outcome(heard, 1e6 * sum(took) / sum(count), silence, speech)


def plain(mix: mixes.Mix) -> Outcome:
    """Run webrtcvad alone, mode 2: started by 5 of 7 frames, ended by .2 s; its score: their mean."""
    frames = mix.sound.reshape(-1, FRAME)
    gate = webrtcvad.Vad(2)
    began = time.process_time()
    flags = [gate.is_speech(frame.tobytes(), RATE) for frame in frames]
    cost = (time.process_time() - began) / len(frames)
    score = np.convolve(flags, np.ones(7) / 7)[: len(flags)]
    return Outcome(_segments(score, score > 4.9 / 7, np.array(flags), 7, 20), cost * 1e6)


def _segments(
    scores: NDArray[Any], starts: NDArray[Any], stays: NDArray[Any], back: int, hangover: int
) -> evaluation.Heard:
    heard = evaluation.Heard(scores.astype(np.float32), np.zeros((4, 0), bool))
    onset = last = 0
    told = -1
    for k in range(len(scores)):
        if stays[k]:
            last = k
        if told < 0 and starts[k]:
            told, onset, last = k + 1, max(0, k + 1 - back), k
            heard.suspected.append(told / 100)
        elif told >= 0 and k - last >= hangover:
            heard.starts.append((onset / 100, (last + 1) / 100, told / 100))
            told = -1
    if told >= 0:
        heard.starts.append((onset / 100, len(scores) / 100, told / 100))
    return heard


class Silero:
    """The model with its own windows and memory; one thread."""

    def __init__(self) -> None:
        import onnxruntime

        wheel = importlib.metadata.distribution("livekit-plugins-silero")
        model = wheel.locate_file("livekit/plugins/silero/resources/silero_vad.onnx")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(
            str(model), options, providers=["CPUExecutionProvider"]
        )

    def probabilities(self, sound: NDArray[np.float32], rate: int) -> NDArray[np.float64]:
        """Return one probability a window of 32 ms."""
        window, context = (512, 64) if rate == RATE else (256, 32)
        state = np.zeros((2, 1, 128), np.float32)
        piece = np.zeros((1, window + context), np.float32)
        sampled = np.array(rate, np.int64)
        found = []
        for at in range(0, len(sound) - window + 1, window):
            piece[0, :context] = piece[0, window:]
            piece[0, context:] = sound[at : at + window]
            feed = {"input": piece, "state": state, "sr": sampled}
            value, state = self._session.run(None, feed)
            found.append(value.item())
        return np.array(found)

    def __call__(self, mix: mixes.Mix) -> Outcome:
        """Run it with its plugin's thresholds: .5 to start, .35 to stay, two windows, .2 s."""
        sound = mix.sound.astype(np.float32) / 32768
        rate = 8_000 if mix.kind.startswith("phone") else RATE
        if rate != RATE:
            sound = soxr.resample(sound, RATE, rate).astype(np.float32)
        began = time.process_time()
        values = self.probabilities(sound, rate)
        cost = (time.process_time() - began) / (len(mix.sound) / FRAME)
        # A frame's score is its window's, which is known up to 31 ms after the frame.
        window = np.minimum(np.arange(len(mix.sound) // FRAME) * 10 // 32, len(values) - 1)
        scores = values[window]
        told = np.concatenate([np.zeros(6), scores[:-6]])  # and told at the end of the second
        found = _segments(scores, (told >= 0.5) & (scores >= 0.5), scores >= 0.35, 7, 20)
        return Outcome(found, cost * 1e6)


def figures(mix: mixes.Mix, outcome: Outcome) -> dict[str, Any]:
    """Return what is printed of one detector on one mix."""
    speech, heard = mix.segments, outcome.heard
    length_s = len(mix.speech) / 100
    counted = evaluation.compare(speech, [(a, b) for a, b, _ in heard.starts], length_s)
    late = sorted(evaluation.delays(speech, heard))
    parts = {"silence": outcome.cpu_us_silence, "speech": outcome.cpu_us_speech}
    return {
        "roc_auc": round(roc_auc(heard.scores, mix.speech), 4),
        "start_delay_p50_s": late[len(late) // 2] if late else None,
        "start_delay_p95_s": late[int(0.95 * (len(late) - 1))] if late else None,
        "starts_within_150_ms": round(sum(at <= 0.15 for at in late) / max(1, len(late)), 4),
        "silences": counted["silences"],
        "silences_found_share": round(counted["found"] / max(1, counted["silences"]), 4),
        "silences_broken": counted["broken"],
        "silences_invented": counted["invented"],
        "cpu_us_per_frame": round(outcome.cpu_us, 2),
        **{f"cpu_us_{name}": round(us, 2) for name, us in parts.items() if us is not None},
    }


def compare(minutes: float, seed: int) -> dict[str, Any]:
    """Measure all three on one scene of each kind."""
    sources = mixes.Sources.load(mixes.data_folder())
    detectors: dict[str, Callable[[mixes.Mix], Outcome]] = {"voice_agent": ours, "webrtcvad": plain}
    try:
        detectors["silero"] = Silero()
    except importlib.metadata.PackageNotFoundError:
        print("livekit-plugins-silero is not installed: no peer.", file=sys.stderr)
    result: dict[str, Any] = {}
    scenes = [(kind, None) for kind in (*mixes.KINDS, *mixes.HARD)]
    for kind, level_dbfs in (*scenes, ("pink", -26.0), ("pink", -20.0)):
        mix = mixes.mix(kind, sources, minutes * 60, seed, level_dbfs)
        if level_dbfs is not None:
            kind = f"{kind}, speech at {level_dbfs:.0f} dBFS"
        found = {name: figures(mix, detector(mix)) for name, detector in detectors.items()}
        if "silero" in found:
            ratio = found["voice_agent"]["cpu_us_per_frame"] / found["silero"]["cpu_us_per_frame"]
            found["cpu_ratio_to_silero"] = round(ratio, 3)
        result[kind] = found
        show(kind, found)
    return result


def show(kind: str, found: dict[str, Any]) -> None:
    """Print one kind's figures, a line a detector."""
    print(f"{kind}: cost {found.get('cpu_ratio_to_silero', '-')} of Silero's")
    for name, values in found.items():
        if isinstance(values, dict):
            print(f"  {name:12}" + " ".join(f"{key} {value}" for key, value in values.items()))
    sys.stdout.flush()


_sources: list[mixes.Sources] = []


def one_scene(task: tuple[str, float, int]) -> tuple[str, dict[str, float]]:
    """Make one scene, listen to it, and return the counts."""
    kind, minutes, seed = task
    if not _sources:
        _sources.append(mixes.Sources.load(mixes.data_folder()))
    mix = mixes.mix(kind, _sources[0], minutes * 60, seed)
    frames = mix.sound.reshape(-1, FRAME)
    began = time.process_time()
    heard = evaluation.listen(frames, gates=False)
    cpu_s = time.process_time() - began
    length_s = len(mix.speech) / 100
    counted = evaluation.compare(mix.segments, [(a, b) for a, b, _ in heard.starts], length_s)
    spoken = evaluation.delays(mix.segments, heard)
    counted["starts_within_150_ms"] = sum(delay <= 0.15 for delay in spoken)
    counted["starts_noticed"] = len(spoken)
    return kind, {**counted, "hours": length_s / 3600, "cpu_s": cpu_s}


def long_run(hours: float, seed: int, jobs: int, kinds: Sequence[str]) -> dict[str, Any]:
    """Listen to many hours, and say what was found and invented."""
    minutes = 10.0
    count = round(hours * 60 / minutes)
    tasks = [(kinds[k % len(kinds)], minutes, seed + k // len(kinds)) for k in range(count)]

    def progress(done: int, of: int) -> None:
        print(f"\r{done}/{of}", end="", file=sys.stderr)

    totals: dict[str, Counter[str]] = {kind: Counter() for kind in (*kinds, "all")}
    for kind, counted in work.over(one_scene, tasks, jobs=jobs, progress=progress):
        totals[kind].update(counted)  # type: ignore[arg-type]
        totals["all"].update(counted)  # type: ignore[arg-type]
    result = {}
    for kind, sums in totals.items():
        result[kind] = {
            "hours": round(sums["hours"], 2),
            "silences": sums["silences"],
            "silences_found_share": round(sums["found"] / sums["silences"], 4),
            "silences_broken": sums["broken"],
            "silences_invented": sums["invented"],
            "silences_invented_per_h": round(sums["invented"] / sums["hours"], 3),
            "starts_within_150_ms": round(sums["starts_within_150_ms"] / sums["starts_noticed"], 4),
            "cpu_us_per_frame": round(sums["cpu_s"] / sums["hours"] / 0.36, 2),
        }
        print(f"{kind:14}" + " ".join(f"{key} {value}" for key, value in result[kind].items()))
    return result


def main() -> None:
    """Measure, print a table, write JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--minutes", type=float, default=20, help="of each mix")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--hours", type=float, help="ours alone, over so many hours of mixes")
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    if options.hours:
        found = long_run(options.hours, options.seed, options.jobs, mixes.KINDS)
    else:
        found = compare(options.minutes, options.seed)
    machine = {"python": platform.python_version(), "cpu": platform.machine()}
    if options.json:
        options.json.write_text(json.dumps({"machine": machine, "mixes": found}, indent=1))


if __name__ == "__main__":
    main()
