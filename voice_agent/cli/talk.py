"""`voice-agent talk`: the whole agent over a recording, or over this machine's microphone."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from voice_agent.cli.start import begin, note
from voice_agent.core.errors import UsageError

if TYPE_CHECKING:
    from voice_agent.transport.file import Recording

CONSENTS = ("tone", "transcript")


def talk(
    input_: Annotated[
        Path | None,
        typer.Option(
            "--input",
            metavar="FILE",
            help="The recording that stands for the microphone (WAV, FLAC, OGG or MP3); "
            "without it, this machine's microphone and speaker.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="What the agent said, as WAV on the same time line."),
    ] = None,
    events: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="What happened and was decided, one JSON object a line."),
    ] = None,
    inputs: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="What else the person does, one JSON object a line, each with its time, in the forms above.",
        ),
    ] = None,
    consent: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="A yes from the beginning: tone, or transcript (keeps words in events).",
        ),
    ] = None,
    mode: Annotated[
        str, typer.Option(metavar="NAME", help="solo; couple comes with a later version.")
    ] = "solo",
    script: Annotated[
        str | None, typer.Option(metavar="ID", help="Begin with this practice, by its id.")
    ] = None,
    realtime: Annotated[
        bool, typer.Option("--realtime", help="At live speed instead of as fast as it can.")
    ] = False,
) -> None:
    """Run the whole agent over a recording as if it were the microphone.

    Without --output and --events it prints what was said at which time.

    A line of --inputs is one of these, with `t` in seconds of the recording:

    {"t": 12.5, "type": "key_pressed", "digit": "1"}

    {"t": 20, "type": "tapped", "control": "stop"} (or pause, go_on, say_again, just_stay, skip, dot,
    louder, slower)

    {"t": 31, "type": "tapped", "control": "choice", "choice": "feet-and-room"}

    {"t": 5, "type": "consent_changed", "consent": "tone", "given": true}

    {"t": 60, "type": "distress_rated", "when": "before", "rating": 7} (without a rating: skipped)

    {"t": 70, "type": "connection_lost"}, {"t": 75, "type": "connection_restored"}

    {"t": 80, "type": "held"}, {"t": 90, "type": "unheld"}

    {"t": 95, "type": "setting_changed", "key": "ladder.offer_s", "value": 20}

    {"t": 99, "type": "participant_left", "reason": "hung_up"}
    """
    _check(mode, consent)
    if input_ is None:
        _converse(events, {"--output": output, "--inputs": inputs, "--consent": consent,
                           "--script": script, "--realtime": realtime})  # fmt: skip
        return
    from contextlib import ExitStack

    from voice_agent.agent import talk as over
    from voice_agent.agent.given import read_inputs
    from voice_agent.agent.parts import prepare
    from voice_agent.cli.account import Account
    from voice_agent.cli.progress import Progress
    from voice_agent.store.logfile import LogWriter
    from voice_agent.transport.file import Output, Recording

    _keep_apart({"--input": input_, "--inputs": inputs, "--output": output, "--events": events})
    settings = begin()
    recording = Recording(input_)
    given = read_inputs(inputs) if inputs else None
    parts = prepare(settings)
    if script is not None:
        over.check_practice(parts, script)
    with ExitStack() as stack:
        sink = stack.enter_context(Output(output)) if output else None
        account = Account(parts)
        write: Callable[[str], None] = account.take
        if events:
            write = stack.enter_context(LogWriter(events, over.header(parts, recording))).write
        bar = stack.enter_context(Progress("Listening", recording.duration_s, unit="s"))
        done = over.talk(
            parts,
            recording,
            output=sink,
            write=write,
            inputs=given,
            consents=tuple(consent or ()),
            script=script,
            realtime=realtime,
            progress=bar.update,
        )
    for remark in (*_about(recording), *_unused(done.unused), *parts.faults):
        note(remark)
    if not output and not events:
        for sentence in account.told(done.ended):
            print(sentence)
    print(
        f"{done.audio_s:.1f} s of recording in {done.spent_s:.1f} s "
        f"({done.times_real_time:.1f} times real time)."
    )


def _check(mode: str, consent: list[str] | None) -> None:
    if mode == "couple":
        raise UsageError("The mode 'couple' comes with a later version; give solo.")
    if mode != "solo":
        raise UsageError(f"There is no mode '{mode}'; give solo.")
    for each in consent or ():
        if each not in CONSENTS:
            raise UsageError(f"There is no consent '{each}'; give one of: {', '.join(CONSENTS)}.")


def _converse(events: Path | None, given: dict[str, object]) -> None:
    """Talk at this machine; what belongs to a recording is refused, not passed over."""
    for option, value in given.items():
        if value:
            raise UsageError(f"{option} needs a recording; give one with --input.")
    from voice_agent.agent.parts import prepare
    from voice_agent.cli.console import converse

    parts = prepare(begin())
    for fault in parts.faults:
        note(fault)
    converse(parts, events)


def _keep_apart(named: dict[str, Path | None]) -> None:
    """Refuse a file that is both read and written, or written twice: it would be lost."""
    seen: dict[Path, str] = {}
    for option, path in named.items():
        if path is None:
            continue
        first = seen.setdefault(path.resolve(), option)
        if first != option and not _is_device(path):
            raise UsageError(f"{first} and {option} name the same file {path}; give two.")


def _is_device(path: Path) -> bool:
    return path.exists() and not path.is_file()


def _about(recording: "Recording") -> Iterator[str]:
    if recording.truncated:
        yield f"{recording.path} ends before its header says; what is there was used."
    if recording.num_channels > 1:
        yield f"{recording.path} has {recording.num_channels} channels; they were mixed to one."


def _unused(count: int) -> Iterator[str]:
    if count:
        lie = "input lies" if count == 1 else "inputs lie"
        yield f"{count} {lie} after the end of the recording and came to nothing."
