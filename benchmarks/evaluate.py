"""Every `voice-agent eval` over the shared recordings: one table, and the pictures.

`python benchmarks/evaluate.py [--json OUT] [--plots DIR] [--minutes M] [--seed N] [--jobs N]
[--only a,b]`. The folders are made by benchmarks/manifests.py; the sentences for `intents` are ours
(tests/cues/data, the half that nobody tuned on).
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from machine import describe, machine
from manifests import everything

ROOT = Path(__file__).resolve().parents[1]
HELD_OUT = ROOT / "tests" / "cues" / "data" / "unseen.csv"


def measured(name: str, path: Path, plots: Path | None, jobs: int) -> dict[str, Any]:
    """Run one evaluation by the command that people have."""
    command = [sys.executable, "-m", "voice_agent", "eval", name, str(path), "--json", "-"]
    if plots is not None:
        command += ["--plot", str(plots / f"{name}.png")]
    run = subprocess.run(
        [*command, "--jobs", str(jobs)], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    )
    found: dict[str, Any] = json.loads(run.stdout)
    return found


def main() -> None:
    """Make the data, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, metavar="OUT")
    parser.add_argument("--plots", type=Path, metavar="DIR")
    parser.add_argument("--minutes", type=float, default=10, help="of each kind of scene")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--only", default="vad,stt,affect,offers,intents")
    options = parser.parse_args()
    before = machine()
    if options.plots is not None:
        options.plots.mkdir(parents=True, exist_ok=True)
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        paths = {
            made.name: made
            for made in everything(Path(folder), minutes=options.minutes, seed=options.seed)
        }
        paths["intents"] = HELD_OUT
        for name in options.only.split(","):
            print(f"eval {name} ...", file=sys.stderr, flush=True)
            found[name] = measured(name, paths[name], options.plots, options.jobs)
            print(f"\n{name} ({found[name]['n']} measured)")
            for metric, value in found[name]["metrics"].items():
                print(f"  {metric:<32} {'-' if value is None else format(value, '.4g')}")
    print(f"\n{describe(before)}")
    if options.json is not None:
        options.json.write_text(json.dumps({"machine": before, "found": found}, indent=1) + "\n")


if __name__ == "__main__":
    main()
