"""How soon a withdrawal is noticed by latency, length and words, and how often one is that is none.

`python benchmarks/withdrawal.py [--json OUT]`. The patients of VOICE_AGENT_EVAL_DATA/turns, judged by
`core.shutdown` alone: as they spoke (every finding is a false one), and with a withdrawal made
from two thirds of their turns on. Made, not recorded: each answer comes later by a factor and up to
some seconds, lasts a share as long, and sometimes is "I don't know". Voice cannot be judged here.
"""

import argparse
import json
import random
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

from machine import describe, machine
from mixes import data_folder
from turns import happenings, turns

from voice_agent.core.config import ShutdownSettings
from voice_agent.core.inputs import Transcript, UtteranceMeasured
from voice_agent.core.shutdown import Shutdown

Said = tuple[UtteranceMeasured, tuple[str, ...]]
MADE = {
    "strong": {"factor": 2.5, "later_s": 2.0, "share": 0.35, "words": 0.25},
    "moderate": {"factor": 2.0, "later_s": 1.2, "share": 0.5, "words": 0.15},
}
LATER_S, SHARES, TURNS = (0.3, 0.8, 1.5), (0.4, 0.5, 0.6), (2, 3, 4)


def consultations(folder: Path) -> Iterator[tuple[list[Said], float]]:
    """Yield each patient's utterances, as a measurer and a recogniser tell them, and the hours."""
    for path in sorted(folder.glob("*_patient.TextGrid")):
        patient, end_s = turns(path)
        doctor, _ = turns(path.with_name(path.name.replace("_patient", "_doctor")))
        events = [event for _, _, event in happenings(patient, doctor, end_s)]
        cues = {e.utterance: e.cues for e in events if isinstance(e, Transcript) and e.final}
        yield (
            [(e, cues[e.utterance]) for e in events if isinstance(e, UtteranceMeasured)],
            end_s / 3600,
        )


def withdrawn(said: Sequence[Said], begin: int, how: dict[str, float], seed: int) -> list[Said]:
    """Return the same utterances with a withdrawal from the `begin`th on."""
    rng = random.Random(seed)
    out = list(said[:begin])
    for event, cues in said[begin:]:
        late = event.latency_s
        if late is not None:
            late = round(late * how["factor"] + how["later_s"] * rng.random(), 2)
        length_s = round((event.length_s or 0.0) * how["share"], 2)
        weak = rng.random() < how["words"]
        out.append(
            (replace(event, latency_s=late, length_s=length_s), ("dont_know",) if weak else cues)
        )
    return out


def found_at(said: Sequence[Said], settings: ShutdownSettings) -> tuple[list[int], int | None]:
    """Return at which utterances shutdown was suspected, and from which on anything could be."""
    shutdown, found, live = Shutdown(settings), [], None
    for n, (event, cues) in enumerate(said):
        shutdown.hear(
            Transcript(
                t=event.t,
                utterance=event.utterance,
                rev=1,
                audio_end_s=event.t,
                final=True,
                cues=cues,
            )
        )
        if shutdown.measured(event) is not None:
            found.append(n)
        if live is None and shutdown.live:
            live = n
    return found, live


def curve_point(talks: Sequence[tuple[list[Said], float]], s: ShutdownSettings) -> dict[str, Any]:
    """Return false findings an hour, and for each made withdrawal recall and delay in turns."""
    hours = sum(h for _, h in talks)
    out: dict[str, Any] = {"false_per_h": sum(len(found_at(t, s)[0]) for t, _ in talks) / hours}
    for name, how in MADE.items():
        delays, possible = [], 0
        for seed, (said, _) in enumerate(talks):
            begin = len(said) * 2 // 3
            found, live = found_at(withdrawn(said, begin, how, seed), s)
            if live is None or live >= begin:
                continue
            possible += 1
            delays += [n - begin + 1 for n in found if n >= begin][:1]
        out[f"recall_{name}"] = len(delays) / possible
        out[f"turns_{name}"] = statistics.median(delays) if delays else None
        out["possible"] = possible
    return out


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, metavar="OUT")
    options = parser.parse_args()
    before = machine()
    talks = list(consultations(data_folder() / "turns"))
    points = []
    print("turns  later_s  share   false/h   strong: recall, turns   moderate: recall, turns")
    for needed, later_s, share in product(TURNS, LATER_S, SHARES):
        settings = ShutdownSettings(turns=needed, latency_s=later_s, length_share=share)
        point = curve_point(talks, settings)
        points.append({"turns": needed, "latency_s": later_s, "length_share": share, **point})
        default = settings == ShutdownSettings()
        print(
            f"{needed:5}{later_s:9.1f}{share:7.1f}{point['false_per_h']:10.2f}"
            f"{point['recall_strong']:14.2f}{point['turns_strong'] or 0:7.0f}"
            f"{point['recall_moderate']:18.2f}{point['turns_moderate'] or 0:7.0f}"
            f"{'   <- default' if default else ''}"
        )
    print(
        f"{sum(h for _, h in talks):.1f} h, {len(talks)} patients, "
        f"{points[0]['possible']} known before their withdrawal; {describe(before)}"
    )
    if options.json is not None:
        options.json.write_text(json.dumps({"machine": before, "points": points}, indent=1) + "\n")


if __name__ == "__main__":
    main()
