"""Fit the speech score's coefficients, and say how they do on voices and noises left out.

`python benchmarks/fit_vad.py [--write] [--left-out] [--scenes N] [--units N] [--seed N]`. Scenes of a minute are
made as in `mixes.py`, with levels, breaths and noises drawn wider; the product's own front end
(`engines/vad/front.py`) measures them; the units are fitted by Adam on the cross-entropy.
The actors of `affect` are never fitted on: they are what the fit is judged by.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

import mixes  # noqa: E402

from voice_agent.engines.vad import scorer  # noqa: E402
from voice_agent.engines.vad.detector import DetectorSettings  # noqa: E402
from voice_agent.engines.vad.front import Front  # noqa: E402
from voice_agent.engines.vad.scorer import INPUTS  # noqa: E402
from voice_agent.research.evaluate import vad as evaluation  # noqa: E402
from voice_agent.research.evaluate.curves import roc_auc  # noqa: E402

DELAY_FRAMES = 6
"""The score of a block is about the second block before it: what follows tells more than what came before."""
Table = NDArray[np.float32]


@dataclass
class Measured:
    """One scene: its background, and inputs and targets of its measured blocks."""

    kind: str
    inputs: Table
    targets: Table


def measure(sound: NDArray[np.int16], speech: NDArray[np.bool_]) -> tuple[Table, Table, Table]:
    """Return inputs and targets of the measured blocks, and the index of each."""
    front = Front(DetectorSettings().mode, DetectorSettings().floor_dbfs)
    inputs, targets, index = [], [], []
    for k, frame in enumerate(sound[: len(sound) // 160 * 160].reshape(-1, 160)):
        if front.push(frame) and front.measured and k >= 5 + DELAY_FRAMES:
            inputs.append(front.scorer.inputs.copy())
            about = k - DELAY_FRAMES
            targets.append(speech[about - 2 : about + 1].mean())
            index.append(k)
    return np.array(inputs), np.array(targets, np.float32), np.array(index)


def other_voices(clips: Sequence[mixes.Clip]) -> list[mixes.Clip]:
    """Return the clips as longer and shorter throats would say them: 15 % slower to 18 % faster."""
    found = list(clips)
    for pace in (0.85, 0.92, 1.09, 1.18):
        for clip in clips:
            sound = soxr.resample(clip.sound, mixes.RATE * pace, mixes.RATE).astype(np.float32)
            count = len(sound) // mixes.FRAME
            at = np.minimum((np.arange(count) * pace).astype(int), len(clip.speech) - 1)
            name = f"{clip.name}x{pace}"
            sound = sound[: count * mixes.FRAME]
            found.append(mixes.Clip(name, f"{clip.speaker}x{pace}", sound, clip.speech[at]))
    return found


def training_scene(sources: mixes.Sources, seed: int) -> mixes.Mix:
    """Return a minute with one of many backgrounds, at levels drawn wider than the benchmark's."""
    rng = np.random.default_rng([seed, 4242])
    on_phone = rng.random() < 0.4
    speech, flags, level = mixes.scene(sources, 60, rng, phone=on_phone, longest_s=12)
    lift = rng.uniform(-14, 10)
    speech, level = speech * mixes.db(lift), level + lift
    n = len(speech)
    for _ in range(int(rng.integers(0, 5))):
        murmur = mixes.murmur(rng.uniform(0.25, 2.5), rng)
        frames = len(murmur) // mixes.FRAME
        at = int(rng.integers(0, len(flags) - frames))
        if not flags[max(0, at - 20) : at + frames + 20].any():
            flags[at : at + frames] = True
            speech[at * mixes.FRAME : (at + frames) * mixes.FRAME] = murmur * mixes.db(
                level + rng.uniform(-6, 3)
            )
    sound = speech + mixes.room(n, rng) * mixes.db(rng.uniform(-10, 10))
    kind = rng.choice(["clean", "breath", "pink", "recorded", "machine", "keys", "music"],
                      p=[0.06, 0.22, 0.12, 0.28, 0.22, 0.03, 0.07])  # fmt: skip
    under = level - rng.uniform(3, 22)
    match kind:
        case "breath":
            sound += mixes.breath(n, rng) * mixes.db(level - rng.uniform(6, 24))
        case "pink":
            tilt = rng.uniform(0.3, 0.8)
            white = rng.standard_normal(n, dtype=np.float32)
            noise = mixes.filtered(white, lambda hz: np.maximum(hz, 20) ** -tilt)
            sound += mixes.at_level(noise, 0) * mixes.db(under)
        case "recorded":
            kind = sorted(sources.noises)[rng.integers(len(sources.noises))]
            sound += mixes.recorded(n, rng, {kind: sources.noises[kind]}) * mixes.db(under)
        case "machine":
            sound += mixes.machine(n, rng) * mixes.db(under)
        case "keys":
            sound += mixes.keys(n, rng) * mixes.db(level - rng.uniform(0, 15))
        case "music":
            sound += mixes.music(n, rng) * mixes.db(level - rng.uniform(6, 20))
    if on_phone:
        sound = mixes.telephone(sound)
    whole = np.clip(np.round(sound * 32768), -32768, 32767).astype(np.int16)
    return mixes.Mix(f"{kind}-{seed}", str(kind), whole, flags)


@dataclass
class Fit:
    """One hidden layer of rectified units and a logistic output."""

    hidden_weights: Table
    hidden_bias: Table
    out_weights: Table
    out_bias: Table

    def log_odds(self, inputs: Table) -> Table:
        """Return the score of each row."""
        hidden = np.maximum(inputs @ self.hidden_weights + self.hidden_bias, 0)
        return hidden @ self.out_weights + self.out_bias[0]

    def without_dead_units(self) -> "Fit":
        """Return the same without units that weight decay has brought to nothing.

        What is left of them are denormal numbers, with which a product takes ten times as long.
        """
        alive = np.abs(self.hidden_weights).max(axis=0) > 1e-6
        constant = np.maximum(self.hidden_bias[~alive], 0) @ self.out_weights[~alive]
        return Fit(
            self.hidden_weights[:, alive],
            self.hidden_bias[alive],
            self.out_weights[alive],
            self.out_bias + constant,
        )


def fit(inputs: Table, targets: Table, units: int, seed: int, epochs: int = 40) -> Fit:
    """Minimise the cross-entropy by Adam (Kingma & Ba 2015), batches of 512, weight decay 1e-4."""
    rng = np.random.default_rng(seed)
    scale = inputs.std(0) + 1e-3
    shapes = ((INPUTS, units), (units,), (units,), (1,))
    values = [rng.normal(0, 0.3, shapes[0]) / np.sqrt(INPUTS) * 3 / scale[:, None]]
    values += [np.zeros(units), rng.normal(0, 0.5, units), np.zeros(1)]
    values[1] = -(inputs.mean(0) @ values[0])  # or half of the units would never wake
    values = [value.astype(np.float32) for value in values]
    first = [np.zeros_like(value) for value in values]
    second = [np.zeros_like(value) for value in values]
    rates = [0.003 / scale[:, None], 0.003, 0.003, 0.003]
    step, batch = 0, 512
    for epoch in range(epochs):
        order = rng.permutation(len(inputs))
        slow = 0.5 * (1 + np.cos(np.pi * epoch / epochs))
        for at in range(0, len(order) - batch + 1, batch):
            rows = inputs[order[at : at + batch]]
            before = rows @ values[0] + values[1]
            hidden = np.maximum(before, 0)
            odds = hidden @ values[2] + values[3][0]
            wrong = (1 / (1 + np.exp(-odds)) - targets[order[at : at + batch]]) / batch
            back = np.outer(wrong, values[2]) * (before > 0)
            decay = 1e-4 * values[0] * (scale**2)[:, None]
            slopes = [
                rows.T @ back + decay,
                back.sum(0),
                hidden.T @ wrong,
                wrong.sum(keepdims=True),
            ]
            step += 1
            for k, slope in enumerate(slopes):
                first[k] += 0.1 * (slope - first[k])
                second[k] += 0.001 * (slope**2 - second[k])
                size = np.sqrt(second[k] / (1 - 0.999**step)) + 1e-8
                values[k] -= slow * rates[k] * (first[k] / (1 - 0.9**step)) / size
    return Fit(*[value.astype(np.float32) for value in values])


def save(fitted: Fit) -> Path:
    """Write the coefficients as a module of numbers, three digits each."""
    path = ROOT / "voice_agent" / "engines" / "vad" / "coefficients.py"

    def text(values: Table) -> str:
        rows = np.atleast_2d(values)
        return "\n".join(" ".join(f"{value:.3g}" for value in row) for row in rows)

    fitted = fitted.without_dead_units()
    units = len(fitted.hidden_bias)
    path.write_text(
        f'''"""The speech score's coefficients, written by `benchmarks/fit_vad.py`."""

import numpy as np


def _numbers(text: str) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.array(text.split(), np.float32)


# One line an input (`scorer.py` says which), one column a unit.
HIDDEN_WEIGHTS = _numbers("""
{text(fitted.hidden_weights)}
""").reshape(-1, {units})
HIDDEN_BIAS = _numbers("{text(fitted.hidden_bias)}")
OUT_WEIGHTS = _numbers("{text(fitted.out_weights)}")
OUT_BIAS = {float(fitted.out_bias[0]):.3g}
'''
    )
    return path


def use(fitted: Fit) -> None:
    """Let the detector score by these coefficients, in this process."""
    fitted = fitted.without_dead_units()
    scorer.HIDDEN_WEIGHTS, scorer.HIDDEN_BIAS = fitted.hidden_weights, fitted.hidden_bias
    scorer.OUT_WEIGHTS, scorer.OUT_BIAS = fitted.out_weights, float(fitted.out_bias[0])


def area(fitted: Fit, mix: mixes.Mix) -> float:
    """Return the frame ROC-AUC of a fit on a mix."""
    use(fitted)
    heard = evaluation.listen(mix.sound.reshape(-1, mixes.FRAME), gates=False)
    return roc_auc(heard.scores.astype(float), mix.speech)


def left_out(scenes: Sequence[Measured], fitted: Fit, fit_again: Callable[..., Fit]) -> None:
    """Print areas for voices that were not fitted on, then also for each noise left out."""
    data = mixes.data_folder()
    unseen = mixes.Sources.load(data, lambda voice: voice.startswith("affect"))
    for kind in mixes.KINDS:
        print(f"unseen voices, {kind}: {area(fitted, mixes.mix(kind, unseen, 300, 21)):.4f}")
    for name, sound in unseen.noises.items():
        mix = mixes.mix("noise", mixes.Sources(unseen.wide, [], {name: sound}), 300, 22)
        without = fit_again([scene for scene in scenes if scene.kind != name])
        print(f"and {name}: {area(without, mix):.4f}, fitted on it {area(fitted, mix):.4f}")


def main() -> None:
    """Measure scenes, fit, and write where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="replace the detector's coefficients")
    parser.add_argument(
        "--left-out", action="store_true", help="print areas for voices and noises left out"
    )
    parser.add_argument("--scenes", type=int, default=720)
    parser.add_argument("--units", type=int, default=32)
    parser.add_argument("--epochs", type=int, default=14)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    read = mixes.Sources.load(mixes.data_folder(), lambda voice: not voice.startswith("affect"))
    voices = mixes.Sources(other_voices(read.wide), other_voices(read.narrow), read.noises)
    scenes = []
    for k in range(options.scenes):
        scene = training_scene(voices, options.seed * 10_000 + k)
        scenes.append(Measured(scene.kind, *measure(scene.sound, scene.speech)[:2]))
        print(f"\r{k + 1}/{options.scenes}", end="", file=sys.stderr)

    def fit_to(chosen: Sequence[Measured]) -> Fit:
        inputs = np.concatenate([each.inputs for each in chosen])
        targets = np.concatenate([each.targets for each in chosen])
        return fit(inputs, targets, options.units, options.seed, options.epochs)

    fitted = fit_to(scenes)
    if options.write:
        print(save(fitted))
    if options.left_out:
        left_out(scenes, fitted, fit_to)


if __name__ == "__main__":
    main()
