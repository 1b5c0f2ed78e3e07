"""Flat against expressive speech under what lines, rooms and gain do to it: AUC, weights, cost.

`python benchmarks/affect.py [--json OUT] [--jobs N]`. Actors of VOICE_AGENT_EVAL_DATA (default
../shared/data), each against their own neutral sentences; `voice-agent eval affect` measures each
condition. "Held out" fits the three weights on all actors but the one it scores.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from machine import describe, machine
from manifests import affect, table
from mixes import RATE, at_level, data_folder, noises, pink, speech_frames, telephone
from numpy.typing import NDArray

from voice_agent.core.prosody import EFFORT, HEIGHT, MOVEMENT
from voice_agent.engines.pitch.tracker import PitchTracker
from voice_agent.engines.pitch.utterance import measure
from voice_agent.research.evaluate.affect import COLUMNS, evaluate
from voice_agent.research.evaluate.curves import roc_auc
from voice_agent.research.evaluate.manifest import Row, read

Sound = NDArray[np.float32]
Floats = NDArray[np.float64]
LOUD_DBFS = -26.0
MEASURES = (
    "brightness_db", "pitch_movement", "pitch_high_cents", "pitch_median_cents",
    "pitch_spread_cents", "rate_per_s", "pause_share", "level_dbfs",
)  # fmt: skip
STEPS = {fall.name: fall.step for fall in (EFFORT, MOVEMENT, HEIGHT)}
WEIGHTS = (
    (1, 0, 0),
    (0, 1, 0),
    (0, 0, 1),
    (1, 1, 0),
    (1, 1, 1),
    (3, 2, 1),
    (9, 6, 5),
    (3, 2, 2),
    (2, 1, 1),
)


def same_loudness(sound: Sound) -> Sound:
    """Return a clip whose speech lies at -26 dBFS: what automatic gain ends in."""
    frames = sound[: len(sound) // 160 * 160].reshape(-1, 160)
    active = float(np.square(frames[speech_frames(sound)[: len(frames)]]).mean())
    return (sound * np.sqrt(10 ** (LOUD_DBFS / 10) / active)).astype(np.float32)


def cut_close(sound: Sound) -> Sound:
    """Return a clip from its first to its last sound, with no silence around it."""
    spoken = np.flatnonzero(speech_frames(sound)) * 160
    return sound[spoken[0] : spoken[-1] + 160]


def conditions(data: Path) -> dict[str, Callable[[Sound, np.random.Generator], Sound]]:
    """Return what is done to each clip, by name."""
    rooms = np.concatenate(list(noises(data).values()))

    def noisy(sound: Sound, rng: np.random.Generator, under_db: float, *, real: bool) -> Sound:
        if real:
            at = int(rng.integers(0, len(rooms) - len(sound)))
            under = rooms[at : at + len(sound)]
        else:
            under = pink(len(sound), rng)
        return same_loudness(sound) + at_level(under, LOUD_DBFS - under_db)

    return {
        "as recorded": lambda sound, _rng: sound,
        "same loudness": lambda sound, _rng: same_loudness(sound),
        "cut close": lambda sound, _rng: cut_close(sound),
        "telephone": lambda sound, _rng: telephone(same_loudness(sound)),
        "pink noise, 20 dB": lambda sound, rng: noisy(sound, rng, 20, real=False),
        "real noise, 20 dB": lambda sound, rng: noisy(sound, rng, 20, real=True),
        "pink noise, 10 dB": lambda sound, rng: noisy(sound, rng, 10, real=False),
    }


def written(folder: Path, rows: Sequence[Row], change: Callable[..., Sound]) -> list[Row]:
    """Write every clip as it is heard under a condition; return the rows that name them."""
    out = []
    for number, row in enumerate(rows):
        sound, _ = soundfile.read(row["audio"], dtype="float32")
        path = folder / f"{number}.flac"
        changed = change(sound, np.random.default_rng(number))
        soundfile.write(path, np.clip(changed, -1.0, 1.0), RATE)
        out.append([str(path) if each == "audio" else row[each] for each in COLUMNS])
    return read(table(folder, COLUMNS, out), COLUMNS)


def falls(rows: Sequence[Row], found: Sequence[dict[str, Any]], measures: dict[str, Any]) -> Floats:
    """Return how far each test row lies below its speaker's median, by measure, shape (n, 8)."""
    usual: dict[str, list[list[float]]] = {}
    for row in rows:
        if row["role"] == "baseline":
            usual.setdefault(row["speaker"], []).append(measures[row["audio"]])
    medians = {speaker: np.median(each, axis=0) for speaker, each in usual.items()}
    return np.array(
        [medians[each["speaker"]] - [each["measures"][m] for m in MEASURES] for each in found]
    )


def held_out(steps: Floats, flat: NDArray[np.bool_], speakers: NDArray[np.str_]) -> float:
    """Return the AUC of weights fitted without the speaker they score (ridge logistic)."""
    scores = np.zeros(len(flat))
    x = np.column_stack([steps, np.ones(len(flat))])
    for speaker in np.unique(speakers):
        train = speakers != speaker
        w = np.zeros(x.shape[1])
        for _ in range(25):  # Newton's steps
            p = 1 / (1 + np.exp(-x[train] @ w))
            hessian = (x[train] * (p * (1 - p))[:, None]).T @ x[train] + 2.0 * np.eye(len(w))
            w -= np.linalg.solve(hessian, x[train].T @ (p - flat[train]) + 2.0 * w)
        scores[~train] = x[~train] @ w
    return roc_auc(scores, flat)


def weights(rows: Sequence[Row], found: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Return the AUC of single measures, of written weights, and of fitted ones, speakers held out."""
    tracker = PitchTracker()
    measures = {}
    for row in rows:
        if row["role"] == "baseline":
            sound, _ = soundfile.read(row["audio"], dtype="int16")
            one = measure(sound, tracker)
            measures[row["audio"]] = [getattr(one, name) for name in MEASURES]
    below = falls(rows, found, measures)
    flat = np.array([each["label"] == "flat" for each in found])
    speakers = np.array([each["speaker"] for each in found])
    out = {f"alone: {m}": roc_auc(below[:, n], flat) for n, m in enumerate(MEASURES)}
    steps = np.clip(below[:, :3] / [STEPS[m] for m in MEASURES[:3]], -3, 3)
    for each in WEIGHTS:
        out[f"effort, movement, height {each}"] = roc_auc(steps @ np.array(each, float), flat)
    out["fitted, speakers held out"] = held_out(steps, flat, speakers)
    with_level = np.column_stack([steps, np.clip(below[:, 7] / 6.0, -3, 3)])
    out["fitted with level, speakers held out"] = held_out(with_level, flat, speakers)
    return out


def cost(rows: Sequence[Row]) -> float:
    """Return milliseconds of one core a second of speech, clip by clip as live, the model loaded."""
    tracker = PitchTracker()
    clips = [soundfile.read(row["audio"], dtype="int16")[0] for row in rows[:60]]
    measure(clips[0], tracker)
    begun_s = time.process_time()
    for clip in clips:
        measure(clip, tracker)
    return 1000 * (time.process_time() - begun_s) / (sum(map(len, clips)) / RATE)


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, metavar="OUT")
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    before = machine()
    found: dict[str, Any] = {"conditions": {}}
    data = data_folder()
    with tempfile.TemporaryDirectory() as folder:
        clean = read(affect(Path(folder) / "affect", data), COLUMNS)
        names = ("roc_auc", "roc_auc_female", "roc_auc_male", "not_measurable_share")
        print(f"{'':<20}" + "".join(f"{name:>22}" for name in names))
        for number, (name, change) in enumerate(conditions(data).items()):
            place = Path(folder) / str(number)
            place.mkdir()
            result = evaluate(written(place, clean, change), jobs=options.jobs)
            found["conditions"][name] = result.metrics
            shown = (result.metrics[each] for each in names)
            print(f"{name:<20}" + "".join(f"{'-' if v is None else f'{v:.3f}':>22}" for v in shown))
            if name == "as recorded":
                found["weights"] = weights(clean, result.rows)
    print()
    for name, auc in found["weights"].items():
        print(f"{name:<44} {auc:.3f}")
    found["ms_per_s_of_speech"] = cost(clean)
    print(f"\n{found['ms_per_s_of_speech']:.1f} ms of one core a second of sound that is measured")
    print(describe(before))
    if options.json is not None:
        options.json.write_text(json.dumps({"machine": before, **found}, indent=1) + "\n")


if __name__ == "__main__":
    main()
