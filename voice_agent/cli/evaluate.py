"""`voice-agent eval`: a component measured on somebody's own labelled data."""

import json
import sys
from collections.abc import Callable
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from voice_agent.cli.progress import Progress
from voice_agent.cli.start import begin
from voice_agent.core.errors import UsageError
from voice_agent.research.evaluate.result import Number, Result

if TYPE_CHECKING:
    from voice_agent.agent.parts import Parts
    from voice_agent.settings import Settings


class Component(StrEnum):
    """What can be measured."""

    VAD = "vad"
    STT = "stt"
    AFFECT = "affect"
    OFFERS = "offers"
    INTENTS = "intents"


def evaluate(
    component: Annotated[Component, typer.Argument(help="What to measure.")],
    path: Annotated[
        Path,
        typer.Argument(help="A folder with manifest.csv, or the CSV itself.", metavar="PATH"),
    ],
    json_: Annotated[
        str | None,
        typer.Option("--json", metavar="OUT", help="Write everything as JSON; '-' for stdout."),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(metavar="OUT.png", help="Draw it (needs the extra 'plot')."),
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="How many processes.")] = 1,
) -> None:
    """Measure voice activity, words, flat speech, offers or intents on labelled data.

    Columns of the table, comma-separated, named in its first line:
    vad: audio,start_s,end_s,label (label 'speech'; all else is silence).
    stt: audio,text (an empty text: nobody speaks).
    affect: audio,speaker,group,role,label (group female or male; role baseline or test; label
    expressive or flat).
    offers: audio,expected_s,mode (expected_s empty: no offer expected).
    intents: text,label.
    """
    for written in (plot, None if json_ in {None, "-"} else Path(str(json_))):
        if written is not None and not written.resolve().parent.is_dir():
            raise UsageError(f"The folder of {written} is not there.")
    measure, draw = _component(component)
    with Progress(f"eval {component.value}", 1.0, unit="done") as bar:
        result = measure(
            path, jobs=jobs, progress=lambda done, of: bar.update(done / of if of else 1.0)
        )
    if plot is not None:
        draw(result, plot)
    if json_ == "-":
        json.dump(result.as_json(), sys.stdout, indent=1, allow_nan=False)
        print()
        return
    _table(result)
    if json_ is not None:
        try:
            Path(json_).write_text(json.dumps(result.as_json(), indent=1, allow_nan=False) + "\n")
        except OSError as error:
            raise UsageError(f"{json_} cannot be written: {error.strerror}.") from error


def _component(
    component: Component,
) -> tuple[Callable[..., Result], Callable[[Result, Path], None]]:
    """Return what measures a component and what draws it; its libraries are loaded only here."""
    from importlib import import_module

    from voice_agent.research.evaluate.manifest import read

    module: Any = import_module(f"voice_agent.research.evaluate.{component.value}")
    settings = begin()

    def measure(path: Path, **how: Any) -> Result:
        rows = read(path, module.COLUMNS)
        if component is Component.OFFERS:
            how["listen"] = partial(_offered, settings)
        if component is Component.STT:
            how["settings"] = settings
        result = module.evaluate(rows, **how)
        assert isinstance(result, Result)
        return result

    return measure, module.plot


def _offered(settings: "Settings", recording: Path) -> tuple[float, list[float]]:
    """Run the agent over a recording, in whatever process; its models are loaded once in each."""
    from voice_agent.agent.offered import offered

    return offered(_parts(settings.model_dump_json(), settings), recording)


_PARTS: dict[str, "Parts"] = {}


def _parts(key: str, settings: "Settings") -> "Parts":
    from voice_agent.agent.parts import prepare

    if key not in _PARTS:
        _PARTS[key] = prepare(settings)
    return _PARTS[key]


def _table(result: Result) -> None:
    print(f"{result.name}: {result.n} measured")
    width = max(len(name) for name in result.metrics)
    for name, value in result.metrics.items():
        print(f"  {name:<{width}}  {_number(value)}")


def _number(value: Number) -> str:
    if value is None:
        return "not measurable on these data"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
