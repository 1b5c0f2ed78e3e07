"""How fast sessions are replayed on one core: from a log, from arrays, and from raw audio.

    python benchmarks/replay.py [--minutes 60] [--audio-minutes 10] [--share 0.2] [--repeats 5]
                                [--seed 1] [--core N] [--json OUT]

Raw audio: sentences read aloud in a quiet room, so spread by the seed that speech makes up `--share`
of it (as in benchmarks/talk.py), through the whole agent with a recogniser that hears nothing; the
line cache is warm. Its log, with the partial and final results that a recogniser would have given at
those times written into it, is laid end to end until it is `--minutes` long; that is what is replayed,
from the file (read, parsed, decided, compared) and from arrays (decided and compared). All in this
process, pinned to one core; models and practices are loaded before the clock starts, and the replays
must give the same decisions, or there is no figure.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from machine import describe, machine
from talk import recording

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[variable] = "1"  # before numpy is imported, which none of these does at once

GOALS = {"log": 2000.0, "arrays": 20_000.0, "audio": 150.0}
WORDS_PER_S = 2.5


def said(samples: Any, *, final: bool) -> str:
    """Return as many words as fit into the sound, none of which means anything to us."""
    return " ".join(["word"] * round(len(samples) / 16_000 * WORDS_PER_S))


def heard_nothing(samples: Any, *, final: bool) -> str:
    """Return no words: raw audio without the recogniser."""
    return ""


def run(source: Path, decode: Callable[..., str], log: Path | None) -> dict[str, float]:
    """Run the agent over a recording; seconds of the wall and of the core."""
    from dataclasses import replace

    from voice_agent.agent import talk as over
    from voice_agent.store.logfile import LogWriter
    from voice_agent.transport.file import Recording

    parts = replace(_parts(), decode=decode)
    sound = Recording(source)
    writer = LogWriter(log, over.header(parts, sound)) if log else None
    begun, begun_cpu = time.perf_counter(), time.process_time()
    over.talk(
        parts, sound, write=writer.write if writer else lambda _line: None, consents=("tone",)
    )
    spent = {"wall_s": time.perf_counter() - begun, "cpu_s": time.process_time() - begun_cpu}
    if writer:
        writer.close()
    return spent


_PARTS: list[Any] = []


def _parts() -> Any:
    if not _PARTS:
        from voice_agent.agent.parts import prepare
        from voice_agent.settings import load_settings

        _PARTS.append(prepare(load_settings()))
    return _PARTS[0]


def lengthen(log: Path, to: Path, minutes: float) -> dict[str, Any]:
    """Lay a log's inputs end to end in one session and write down what is decided about them."""
    from dataclasses import fields, replace

    from voice_agent.core import inputs as i
    from voice_agent.core.journal import Journal, inputs_of
    from voice_agent.core.session import Session
    from voice_agent.core.stages import Stage
    from voice_agent.core.wire import dumps
    from voice_agent.settings import settings_of
    from voice_agent.store.logfile import LogWriter, read_log

    header, lines = read_log(log)
    inputs = [e for e in inputs_of(lines) if not isinstance(e, i.ParticipantLeft)]
    length_s = inputs[-1].t
    session, journal = Session(_parts().library, settings_of(header)), Journal(seq=1)
    counted = {"inputs": 0, "decisions": 0, "utterances": 0}
    most = max((e.utterance for e in inputs if isinstance(e, i.Transcript)), default=0)
    with LogWriter(to, {k: v for k, v in header.items() if k not in ("type", "schema")}) as writer:
        for copy in range(round(minutes * 60 / length_s)):
            for event in inputs:
                if copy and isinstance(event, (i.ParticipantJoined, i.ConsentChanged)):
                    continue
                moved = {
                    field.name: round(getattr(event, field.name) + copy * length_s, 2)
                    for field in fields(event)
                    if field.name in ("t", "onset_s", "last_s", "audio_end_s")
                }
                event = replace(event, **moved)
                if isinstance(event, (i.Transcript, i.UtteranceMeasured)):
                    event = replace(event, utterance=event.utterance + copy * most)
                counted["inputs"] += 1
                counted["utterances"] += isinstance(event, i.SpeechEnded)
                for line in journal.add(event):
                    writer.write(dumps(line))
                for output in session.handle(event):
                    counted["decisions"] += 1
                    for line in journal.add(output):
                        writer.write(dumps(line))
        for line in journal.close():
            writer.write(dumps(line))
    if session.stage is Stage.ENDED:
        raise SystemExit("The session ended before the log did; take another --seed.")
    return {
        "log_s": round(copy * length_s + inputs[-1].t, 2),
        "bytes": to.stat().st_size,
        **counted,
    }


def from_log(log: Path) -> Any:
    """Replay a log from its file."""
    from voice_agent.research.replay import replay
    from voice_agent.store.logfile import read_log

    header, lines = read_log(log)
    return replay(header, lines, _parts().library)


def timed(work: Callable[[], Any], repeats: int) -> tuple[dict[str, float], Any]:
    """Do the work several times; median seconds of the wall and of the core, and what it gave."""
    walls, cpus = [], []
    work()
    for _ in range(repeats):
        begun, begun_cpu = time.perf_counter(), time.process_time()
        gave = work()
        walls.append(time.perf_counter() - begun)
        cpus.append(time.process_time() - begun_cpu)
    return {"wall_s": statistics.median(walls), "cpu_s": statistics.median(cpus)}, gave


def measure(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Measure all three and check that they decide the same."""
    from voice_agent.research.replay import replay_steps, steps
    from voice_agent.settings import settings_of
    from voice_agent.store.logfile import read_log

    source, short, log = folder / "in.wav", folder / "short.jsonl", folder / "long.jsonl"
    made = recording(source, options.audio_minutes, options.share, options.seed)
    run(source, said, short)
    counted = lengthen(short, log, options.minutes)
    length_s = counted["log_s"]
    audio, _ = timed(lambda: run(source, heard_nothing, None), min(options.repeats, 3))
    by_log, first = timed(lambda: from_log(log), options.repeats)
    header, lines = read_log(log)
    recorded = list(steps(lines))
    library, settings = _parts().library, settings_of(header)
    by_arrays, second = timed(lambda: replay_steps(recorded, library, settings), options.repeats)
    if first.difference or second.difference or first.decided != second.decided:
        raise SystemExit(f"The replay decides otherwise: {first.difference or second.difference}")
    results = {
        "log": {**by_log, "session_s": length_s},
        "arrays": {**by_arrays, "session_s": length_s},
        "audio": {**audio, "session_s": options.audio_minutes * 60},
    }
    for name, row in results.items():
        row["times_real_time"] = row["session_s"] / row["wall_s"]
        row["times_real_time_cpu"] = row["session_s"] / row["cpu_s"]
        row["goal"] = GOALS[name]
    return {"recording": made, "log": counted, "results": results}


def main() -> None:
    """Measure, print a table, write JSON where asked."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=60, help="of the log")
    parser.add_argument("--audio-minutes", type=float, default=10, help="of the recording")
    parser.add_argument("--share", type=float, default=0.2, help="of it that is speech")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)))
    parser.add_argument("--json", type=Path, metavar="OUT")
    options = parser.parse_args()
    if options.minutes < options.audio_minutes:
        sys.exit("--minutes is less than --audio-minutes; the log is made of the recording.")
    os.sched_setaffinity(0, {options.core})
    where = machine()
    with tempfile.TemporaryDirectory() as name:
        measured = measure(Path(name), options)
    made, counted = measured["recording"], measured["log"]
    print(describe(where))
    print(
        f"{made['speech_share']:.0%} speech ({made['speech']}); the log: {counted['log_s'] / 60:.0f} min, "
        f"{counted['inputs']} inputs, {counted['utterances']} utterances, "
        f"{counted['decisions']} decisions, {counted['bytes'] / 1e6:.1f} MB; "
        f"median of {options.repeats}, one core"
    )
    print(f"{'':34}{'seconds':>10}{'x real time':>13}{'by core time':>14}{'goal':>9}")
    titles = {"log": "a log (JSONL)", "arrays": "arrays", "audio": "raw audio, no recogniser"}
    for key, title in titles.items():
        row = measured["results"][key]
        print(
            f"{title:34}{row['wall_s']:10.3f}{row['times_real_time']:13.0f}"
            f"{row['times_real_time_cpu']:14.0f}{row['goal']:9.0f}"
        )
    if options.json:
        result = {"machine": where, **measured}
        options.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
