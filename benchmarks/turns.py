"""Offers that nobody needs in ordinary conversation: hours of it, replayed as inputs.

    python benchmarks/turns.py [--set KEY=VALUE]... [--json OUT]

VOICE_AGENT_EVAL_DATA/turns (default ../shared/data/turns): who spoke when, with words, in mock medical
consultations. The patient is the person, the doctor what the agent says: the core gets the patient's
turns as a detector, a recogniser and a measurer would report them (onsets and ends, levels, the cues of
the words as they come, a final result .25 s after the end, latency, length and pace), and a line that
sounds for as long as the doctor speaks. There is no sound, so pitch and effort are absent: what is
counted here rests on silence, words, latency, length and pace. Whatever the core decides to say is
counted, and the conversation then goes on as if it had not been: one offer a moment is counted,
and none keeps a later one from being made.
"""

import argparse
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from machine import describe, machine

ROOT = Path(__file__).resolve().parents[1]
GOAL_PER_H = 0.5
HANGOVER_S = 0.2
FINAL_S = 0.25
PARTIAL_S = 1.0
COUNTED = ("offer", "silence_reached", "shutdown_suspected", "crisis_flagged", "violence_flagged")
DOCTOR = ("turns", "doctor")


@dataclass(frozen=True)
class Turn:
    """What one of the two said, from onset to the last sound, in seconds."""

    onset_s: float
    last_s: float
    text: str

    @property
    def words(self) -> list[str]:
        """The words of it."""
        return self.text.split()


def turns(path: Path) -> tuple[list[Turn], float]:
    """Read the intervals with words of a Praat TextGrid's only tier, and its end in seconds.

    Pauses shorter than the detector's hangover end no turn. Marks of the transcribers (<UNIN/>) are no words.
    """
    text = path.read_text("utf-8")
    end_s = float(re.findall(r"xmax = ([\d.]+)", text)[0])
    found: list[Turn] = []
    pattern = r'xmin = ([\d.]+)\s+xmax = ([\d.]+)\s+text = "((?:[^"]|"")*)"'
    for onset, last, said in re.findall(pattern, text):
        words = " ".join(re.sub(r"<[^>]*>", " ", said.replace('""', '"')).split())
        if not words:
            continue
        turn = Turn(round(float(onset), 2), round(float(last), 2), words)
        if found and turn.onset_s - found[-1].last_s < HANGOVER_S:
            before = found.pop()
            turn = Turn(before.onset_s, turn.last_s, f"{before.text} {words}")
        found.append(turn)
    return found, end_s


def happenings(
    patient: list[Turn], doctor: list[Turn], end_s: float
) -> list[tuple[float, int, Any]]:
    """Return what happens, as (time, rank among those of one time, input or the doctor's word)."""
    from voice_agent.core import inputs as i
    from voice_agent.cues import default_grammar, is_open_ended

    grammar = default_grammar()
    out: list[tuple[float, int, Any]] = []
    for turn in doctor:
        out += [(turn.onset_s, 0, "speaks"), (turn.last_s, 1, "spoke")]
    for number, turn in enumerate(patient, 1):
        on, last = turn.onset_s, turn.last_s
        t = min(on + 0.1, last)
        out += [
            (on, 2, i.SpeechSuspected(t=on, onset_s=on)),
            (t, 3, i.SpeechStarted(t=t, onset_s=on)),
        ]
        over = round(last + HANGOVER_S, 2)
        out.append((over, 4, i.SpeechEnded(t=over, onset_s=on, last_s=last)))
        length_s = max(last - on, 0.01)
        texts = [
            (" ".join(turn.words[: round(len(turn.words) * s / length_s)]), round(on + s, 2))
            for s in (PARTIAL_S * n for n in range(1, int(length_s / PARTIAL_S) + 1))
        ]
        for rev, (said, at) in enumerate([*texts, (turn.text, last)], 1):
            final = rev > len(texts)
            t = round(at + FINAL_S, 2)
            heard = i.Transcript(
                t=t, utterance=number, rev=rev, audio_end_s=at, final=final,
                cues=grammar.cues(said) if said else (), words=len(said.split()),
                open_ended=bool(said) and is_open_ended(said),
            )  # fmt: skip
            out.append((t, 5, heard))
        before = [each.last_s for each in doctor if each.last_s <= on]
        own = [each.last_s for each in patient if each.last_s <= on]
        speaking = any(each.onset_s < on < each.last_s for each in doctor)
        answers = before and not speaking and (not own or own[-1] < before[-1])
        measured = i.UtteranceMeasured(
            t=round(last + FINAL_S, 2),
            utterance=number,
            latency_s=round(on - before[-1], 2) if answers else None,
            length_s=round(length_s, 2),
            rate_per_s=round(syllables(turn.text) / length_s, 2),
        )
        out.append((measured.t, 6, measured))
    for tick in range(1, int(end_s * 10) + 1):
        t = round(tick / 10, 2)
        talks = any(turn.onset_s <= t <= turn.last_s for turn in patient)
        level = i.Features(
            t=t, level_dbfs=-25.0 if talks else -65.0, noise_dbfs=-65.0, voiced=float(talks)
        )
        out += [(t, 7, level), (t, 8, i.Ticked(t=t))]
    return sorted(out, key=lambda row: row[:2])


def syllables(text: str) -> int:
    """Return about how many syllables there are: groups of vowels, at least one a word."""
    return sum(max(1, len(re.findall(r"[aeiouy]+", word.lower()))) for word in text.split())


@dataclass
class Consultation:
    """A session in which the doctor speaks for the agent; what the core decides is only counted."""

    settings: Any
    counted: Counter[str] = field(default_factory=Counter)
    moments: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        from voice_agent.core import inputs as i
        from voice_agent.core.script import Script
        from voice_agent.core.session import Session
        from voice_agent.library import load_library
        from voice_agent.shipped import shipped

        said = {
            "id": DOCTOR[0], "kind": "frame", "source": "frame", "title": "Turns", "minutes": 1,
            "about": "What the doctor says.", "lines": [{"id": DOCTOR[1], "text": "Yes."}],
        }  # fmt: skip
        library = {**load_library(shipped("scripts_audio")), DOCTOR[0]: Script.model_validate(said)}
        self.session = Session(library, self.settings)
        self.session.handle(i.ConsentChanged(t=0.0, consent="tone", given=True))
        self.session.handle(i.ParticipantJoined(t=0.0, via="file"))
        self._speaks = False
        self._go_on()

    @property
    def _talk(self) -> Any:
        """The session's inside: the doctor speaks for it, which no input can bring about."""
        return self.session._talk  # noqa: SLF001 - nobody else takes the agent's turns from it

    def take(self, t: float, what: Any) -> None:
        """Take what happens next."""
        from voice_agent.core import inputs as i
        from voice_agent.core.times import to_ticks

        talk = self._talk
        if what == "speaks":
            self._speaks = True
            talk.now = to_ticks(t)
            talk.out = []
            talk.say(talk.guide.begin(*DOCTOR, alone=True))
        elif what == "spoke":
            self._speaks = False
            talk.now = to_ticks(t)
            talk.anchor("the question")  # before time is looked at: now it is the person's turn
            if talk.voice.playing == DOCTOR:
                self._handle(i.PlayoutFinished(t=t, script=DOCTOR[0], line=DOCTOR[1], sample=1))
        else:
            self._handle(what)

    def _handle(self, event: Any) -> None:
        from voice_agent.core import wire
        from voice_agent.core.commands import Say
        from voice_agent.core.stages import Stage

        outputs = self.session.handle(event)
        for output in outputs:
            kind = wire.NAMES[type(output)]
            if kind in COUNTED:
                row = wire.encode(output)
                name = "_".join((kind, *(str(row[key]) for key in ("rung",) if key in row)))
                self.counted[name] += 1
                self.moments.append(row)
        spoke = any(isinstance(output, Say) for output in outputs)
        if spoke or not self._talk.at(Stage.LISTENING):
            self._go_on()
        if self._speaks:
            self._talk.voice.playing = DOCTOR  # who was talked into talks on, unlike our voice

    def _go_on(self) -> None:
        """Take back what was decided to be said or done: it was counted."""
        from voice_agent.core.stages import Stage

        talk = self._talk
        talk.stages.now = Stage.LISTENING
        talk.guide.clear()
        talk.voice.restart()
        talk.safety = False
        if self._speaks:
            talk.voice.playing = DOCTOR


def consultation(patient: Path, settings: Any) -> dict[str, Any]:
    """Replay one consultation; what was counted, and its hours."""
    mine, end_s = turns(patient)
    theirs, _ = turns(patient.with_name(patient.name.replace("_patient", "_doctor")))
    played = Consultation(settings)
    for t, _, what in happenings(mine, theirs, end_s):
        played.take(t, what)
    both = [each.last_s for each in (*mine, *theirs)]
    for moment in played.moments:
        t = moment["t"]
        quiet_s = t - max((min(last, t) for last in both if last <= t), default=0.0)
        speaks = any(each.onset_s <= t <= each.last_s for each in (*mine, *theirs))
        moment["nobody_spoke_for_s"] = 0.0 if speaks else round(quiet_s, 2)
    return {
        "name": patient.name.removesuffix("_patient.TextGrid"),
        "hours": end_s / 3600,
        "turns": len(mine),
        "counted": dict(played.counted),
        "moments": [m for m in played.moments if m["type"] != "silence_reached"],
    }


def changed(changes: list[str]) -> Any:
    """Return the core's settings with the changes of the command line."""
    from voice_agent.core.config import CoreSettings
    from voice_agent.settings import apply

    settings = CoreSettings()
    for each in changes:
        key, _, value = each.partition("=")
        settings = apply(settings, key, value)
    return settings


def data() -> Iterator[Path]:
    """Yield the patients' files."""
    folder = (
        Path(os.environ.get("VOICE_AGENT_EVAL_DATA", ROOT.parent / "shared" / "data")) / "turns"
    )
    found = sorted(folder.glob("*_patient.TextGrid"))
    if not found:
        sys.exit(f"There are no consultations in {folder}: set VOICE_AGENT_EVAL_DATA.")
    yield from found


def main() -> None:
    """Replay all, print a table, write JSON where asked."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--json", type=Path, metavar="OUT")
    options = parser.parse_args()
    where = machine()
    settings = changed(options.set)
    rows = [consultation(path, settings) for path in data()]
    hours = sum(row["hours"] for row in rows)
    total: Counter[str] = Counter()
    for row in rows:
        total.update(row["counted"])
    print(describe(where))
    print(
        f"{len(rows)} consultations, {hours:.2f} h, {sum(row['turns'] for row in rows)} turns of "
        f"the patients; changed: {', '.join(options.set) or 'nothing'}"
    )
    print(f"{'':34}{'count':>7}{'an hour':>9}{'consultations':>15}")
    names = sorted({"offer", "shutdown_suspected", *total})
    for name in names:
        within = sum(name in row["counted"] for row in rows)
        print(f"{name:34}{total[name]:7}{total[name] / hours:9.2f}{within:15}")
    alone = sum(
        moment["type"] == "offer" and moment["nobody_spoke_for_s"] < settings.ladder.offer_s - 2
        for row in rows
        for moment in row["moments"]
    )
    print(
        f"{'offers while somebody talked':34}{alone:7}{alone / hours:9.2f}"
        f"  (not after {settings.ladder.offer_s:g} s in which neither said a word)"
    )
    print(f"goal: at most {GOAL_PER_H} false offers an hour")
    if options.json:
        result = {
            "machine": where, "set": options.set, "hours": hours, "counted": dict(total),
            "false_offers_per_h": total["offer"] / hours,
            "offers_while_somebody_talked_per_h": alone / hours, "goal_per_h": GOAL_PER_H, "rows": rows,
        }  # fmt: skip
        options.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
