"""`voice-agent talk`: the whole agent over a recording, or over this machine's microphone."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from voice_agent.core.errors import UsageError

CONSENTS = ("tone", "transcript")


def talk(
    input_: Annotated[
        Path | None,
        typer.Option(
            "--input",
            help="The recording that stands for the microphone (WAV, FLAC, OGG or MP3); "
            "without it, this machine's microphone and speaker.",
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="What the agent said, as WAV on the same time line.")
    ] = None,
    events: Annotated[
        Path | None, typer.Option(help="What happened and was decided, one JSON object a line.")
    ] = None,
    inputs: Annotated[
        Path | None, typer.Option(help="Taps, keys and ratings at their times, as JSONL.")
    ] = None,
    consent: Annotated[
        list[str] | None,
        typer.Option(help="A yes from the beginning: tone, or transcript (keeps words in events)."),
    ] = None,
    mode: Annotated[str, typer.Option(help="solo; couple comes with a later version.")] = "solo",
    script: Annotated[str | None, typer.Option(help="Begin with this practice, by its id.")] = None,
    realtime: Annotated[
        bool, typer.Option("--realtime", help="At live speed instead of as fast as it can.")
    ] = False,
) -> None:
    """Run the whole agent over a recording as if it were the microphone."""
    if mode != "solo":
        raise UsageError(f"The mode '{mode}' is not there yet; give solo.")
    for each in consent or ():
        if each not in CONSENTS:
            raise UsageError(f"There is no consent '{each}'; give one of: {', '.join(CONSENTS)}.")
    from voice_agent import log
    from voice_agent.agent.parts import prepare
    from voice_agent.settings import load_settings

    settings = load_settings()
    log.configure(settings.log_level, settings.log_json)
    if input_ is None:
        from voice_agent.cli.console import converse

        converse(prepare(settings), events)
        return
    from contextlib import ExitStack

    from voice_agent.agent import talk as over
    from voice_agent.cli.progress import Progress
    from voice_agent.store.logfile import LogWriter
    from voice_agent.transport.file import Recording

    recording = Recording(input_)
    given = over.read_inputs(inputs) if inputs else None
    with ExitStack() as stack:
        parts = prepare(settings)
        write: Callable[[str], None] = lambda _line: None  # noqa: E731 - a sink that takes nothing
        if events:
            write = stack.enter_context(LogWriter(events, over.header(parts, recording))).write
        bar = stack.enter_context(Progress("Listening", recording.duration_s, unit="s"))
        done = over.talk(
            parts,
            recording,
            output=output,
            write=write,
            inputs=given,
            consents=tuple(consent or ()),
            script=script,
            realtime=realtime,
            progress=bar.update,
        )
    if recording.truncated:
        print(
            f"voice-agent: {input_} ends before its header says; what was there was used.",
            file=sys.stderr,
        )
    if recording.num_channels > 1:
        print(
            f"voice-agent: {input_} has {recording.num_channels} channels; they were mixed to one.",
            file=sys.stderr,
        )
    print(
        f"{done.audio_s:.1f} s of recording in {done.spent_s:.1f} s "
        f"({done.times_real_time:.1f} times real time)."
    )
