"""Every session of a test run, recorded by the process that lives it, and replayed at the end.

`install` makes each `SessionLoop` of this process (live, talk and phone sessions are all of them)
write its log into the folder named by the variable `FOLDER` as well; `sitecustomize` beside this
file does so in the processes that tests start. Nothing of it is part of the product.
"""

import importlib.abc
import importlib.machinery
import itertools
import json
import os
import pickle
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

FOLDER = "STILL_HERE_TEST_SESSIONS"
_count = itertools.count()


class _AfterImport(importlib.abc.MetaPathFinder):
    """Changes a module as soon as it is there, before anybody has taken a name from it."""

    def __init__(self, after: dict[str, Callable[[ModuleType], None]]) -> None:
        self._after = after

    def find_spec(self, name: str, path: Any, target: Any = None) -> Any:
        change = self._after.pop(name, None)
        if change is None:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is None or spec.loader is None:
            return spec
        run = spec.loader.exec_module

        def run_and_change(module: ModuleType) -> None:
            run(module)
            change(module)

        spec.loader.exec_module = run_and_change  # type: ignore[method-assign] - that is the point
        return spec


def install() -> None:
    """Record from now on, if the variable is set."""
    if os.environ.get(FOLDER):
        after = {"voice_agent.agent.loop": _record_loops, "voice_agent.agent.kept": _record_kept}
        assert not after.keys() & sys.modules.keys(), "too late: it is imported already"
        sys.meta_path.insert(0, _AfterImport(after))


_rebuilt: dict[int, tuple[Any, list[str]]] = {}
"""By the id of a core that was made again from its log: the settings it began with, and its log."""


def _record_kept(module: ModuleType) -> None:
    rebuild = module.rebuild

    def recorded(core: Any, rows: Any, *args: Any, **kwargs: Any) -> Any:
        kept = list(rows)
        _rebuilt[id(core)] = (core.settings, kept)
        return rebuild(core, kept, *args, **kwargs)

    module.rebuild = recorded  # type: ignore[attr-defined] - a module's name is replaced


def _record_loops(module: ModuleType) -> None:
    loop = module.SessionLoop
    init = loop.__init__

    def begin(self: Any, *args: Any, **kwargs: Any) -> None:
        init(self, *args, **kwargs)
        settings, rows = _rebuilt.pop(id(self.core), (self.core.settings, []))
        if rows and not any(_decided(row) for row in rows):
            return  # made up by a test: a log of inputs alone, with nothing to compare
        write = _begin(self._library, settings, rows)
        inner = self._write

        def both(line: str) -> None:
            write(line)
            inner(line)

        self._write = both

    loop.__init__ = begin


def _decided(row: str) -> bool:
    from voice_agent.core import wire

    return json.loads(row)["type"] in wire.COMMANDS


def _begin(library: Any, settings: Any, rows: list[str]) -> Callable[[str], None]:
    """Begin a file with what is needed to replay it: settings, practices, and what came before."""
    folder = Path(os.environ[FOLDER])
    name = f"{os.getpid()}-{next(_count)}"
    test = re.sub(r" \(\w+\)$", "", os.environ.get("PYTEST_CURRENT_TEST", "no test"))
    (folder / f"{name}.pickle").write_bytes(pickle.dumps((test, settings, dict(library))))
    path = folder / f"{name}.jsonl"
    path.write_text("".join(f"{row}\n" for row in rows), "utf-8")

    def write(line: str) -> None:
        with path.open("a", encoding="utf-8") as file:  # not held: there are many
            file.write(line + "\n")

    return write


def recordings(folder: Path) -> Iterator[Path]:
    """Yield the logs that were recorded so far."""
    yield from sorted(folder.glob("*.jsonl"))


def difference(log: Path) -> str | None:
    """Replay a recorded log; the test it comes from and where its decisions part, or None."""
    from voice_agent.research.replay import replay_steps, steps

    test, settings, library = pickle.loads(log.with_suffix(".pickle").read_bytes())
    rows = [json.loads(line) for line in _whole(log.read_text("utf-8").splitlines(keepends=True))]
    done = replay_steps(steps(rows), library, settings)
    return None if done.difference is None else f"{test} ({log.name})\n{done.difference}"


def _whole(lines: Sequence[str]) -> list[str]:
    """Leave out what a process that was killed, or still runs, had not written to its end."""
    from voice_agent.core import wire

    whole = [line for line in lines if line.endswith("\n")]
    if [json.loads(line)["type"] for line in whole[-2:]] == ["end", "show"]:
        return whole
    while whole and json.loads(whole[-1])["type"] not in wire.INPUTS:
        whole.pop()
    return whole[:-1]
