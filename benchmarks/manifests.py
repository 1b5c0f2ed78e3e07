"""Labelled data for `voice-agent eval` from the shared recordings: a folder with a manifest each.

`python benchmarks/manifests.py OUT [--minutes M] [--seed N]` makes OUT/vad, OUT/stt, OUT/affect and
OUT/offers. Recordings come from VOICE_AGENT_EVAL_DATA (default ../shared/data) and are named where
they lie, but for what has to be mixed: scenes for `vad`, and for `offers` a sentence that is followed
by a long quiet with somebody breathing in it.
"""

import argparse
import csv
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import soundfile
from mixes import KINDS, RATE, Sources, at_level, breath, clips, data_folder, mix, room, write

STATEMENTS = {"01": "kids are talking by the door", "02": "dogs are sitting by the door"}
"""What is said in the acted sentences, by the file name's fifth field (RAVDESS)."""
BASELINE = {"01"}
FLAT = {"02", "04"}
"""Calm and sad; happy (03) and angry (05) are expressive (DESIGN, "Data for `eval`")."""
QUIET_S = 50.0
OFFER_S = 30.0
"""The ladder's default: an offer is due so long after the last word."""

Row = Sequence[object]


def table(folder: Path, columns: Row, rows: Iterable[Row]) -> Path:
    """Write a manifest; return where."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "manifest.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)
    return path


def affect(folder: Path, data: Path) -> Path:
    """Acted sentences: neutral as everybody's baseline, calm and sad flat, the others not."""
    rows = []
    for path in sorted((data / "affect").glob("*.flac")):
        fields = path.stem.split("-")
        group = "male" if int(fields[6]) % 2 else "female"
        role = "baseline" if fields[2] in BASELINE else "test"
        label = "flat" if fields[2] in FLAT | BASELINE else "expressive"
        rows.append((path.resolve(), f"actor-{fields[6]}", group, role, label))
    return table(folder, ("audio", "speaker", "group", "role", "label"), rows)


def stt(folder: Path, data: Path) -> Path:
    """Read and acted sentences with their words, and noise, in which there are none."""
    rows = [
        (path.with_suffix(".flac").resolve(), path.read_text().strip())
        for path in sorted((data / "read").glob("*.txt"))
    ]
    rows += [
        (path.resolve(), STATEMENTS[path.stem.split("-")[4]])
        for path in sorted((data / "affect").glob("*.flac"))
    ]
    rows += [(path.resolve(), "") for path in sorted((data / "noise").glob("*.flac"))]
    return table(folder, ("audio", "text"), rows)


def offers(folder: Path, data: Path, seed: int) -> Path:
    """Meetings, in which no offer is wanted, and sentences that end in a long quiet."""
    folder.mkdir(parents=True, exist_ok=True)
    rows: list[Row] = [
        (path.resolve(), "", "solo") for path in sorted((data / "conversation").glob("*.flac"))
    ]
    rng = np.random.default_rng(seed)
    sentences = [clip for clip in clips(data) if not clip.name.startswith("03-")]
    for clip in sentences[:8]:
        speech = at_level(clip.sound, -26.0)
        whole = np.concatenate([speech, np.zeros(round(QUIET_S * RATE), np.float32)])
        whole += at_level(breath(len(whole), rng), -50.0) + room(len(whole), rng)
        path = folder / f"quiet-{clip.name}.flac"
        soundfile.write(path, np.clip(whole, -1, 1), RATE)
        over_s = (np.flatnonzero(clip.speech)[-1] + 1) / 100
        rows.append((path.name, f"{over_s + OFFER_S:.2f}", "solo"))
    return table(folder, ("audio", "expected_s", "mode"), rows)


def everything(folder: Path, *, minutes: float, seed: int) -> list[Path]:
    """Make all folders; return them."""
    data = data_folder()
    if not data.is_dir():
        sys.exit(f"The recordings are not at {data}: name their folder in VOICE_AGENT_EVAL_DATA.")
    affect(folder / "affect", data)
    stt(folder / "stt", data)
    offers(folder / "offers", data, seed)
    sources = Sources.load(data)
    write(folder / "vad", (mix(kind, sources, minutes * 60, seed) for kind in KINDS))
    return [folder / name for name in ("vad", "stt", "affect", "offers")]


def main() -> None:
    """Make the folders that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float, default=10, help="of each kind of scene")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    for made in everything(options.folder, minutes=options.minutes, seed=options.seed):
        rows = len((made / "manifest.csv").read_text().splitlines()) - 1
        print(f"{made}: {rows} rows")


if __name__ == "__main__":
    main()
