"""The command, called: in this process, or as somebody's shell does; what it wrote, how it ended."""

import contextlib
import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from voice_agent.cli import main


@dataclass(frozen=True)
class Called:
    code: int
    out: str
    err: str

    @property
    def sentence(self) -> str:
        """The one sentence on stderr, without the command's name."""
        lines = self.err.splitlines()
        assert len(lines) == 1, self.err
        assert lines[0].startswith("voice-agent: "), self.err
        assert lines[0].endswith("."), self.err
        return lines[0].removeprefix("voice-agent: ")


@dataclass
class Command:
    """`voice-agent` with folders of its own; further settings by name, as `ladder__soft_s="3"`."""

    cache_dir: Path
    data_dir: Path

    def env(self, **settings: str) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("VOICE_AGENT_")}
        return {
            **kept,
            "VOICE_AGENT_CACHE_DIR": str(self.cache_dir),
            "VOICE_AGENT_DATA_DIR": str(self.data_dir),
            **{f"VOICE_AGENT_{name.upper()}": value for name, value in settings.items()},
        }

    def argv(self, *args: object) -> list[str]:
        return [sys.executable, "-m", "voice_agent", *map(str, args)]

    def __call__(self, *args: object, **settings: str) -> Called:
        """Call it in this process, which saves the second that a new one takes to import."""
        out, err = io.StringIO(), io.StringIO()
        code: object = 0
        with (
            _environment(self.env(**settings), ["voice-agent", *map(str, args)]),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            try:
                main()
            except SystemExit as ended:
                code = ended.code
        assert isinstance(code, int)
        return Called(code, out.getvalue(), err.getvalue())

    def real(self, *args: object, **settings: str) -> Called:
        """Call it in a process of its own."""
        done = subprocess.run(
            self.argv(*args),
            env=self.env(**settings),
            capture_output=True,
            text=True,
            timeout=300,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Called(done.returncode, done.stdout, done.stderr)

    def refused(self, *args: object, code: int = 2, real: bool = False, **settings: str) -> str:
        """The one sentence with which a call is refused; no result stands on stdout."""
        called = (self.real if real else self)(*args, **settings)
        assert called.code == code, called
        assert not re.search(r"^(Ready|\d)", called.out, re.MULTILINE), called.out
        return called.sentence


@contextlib.contextmanager
def _environment(env: dict[str, str], argv: list[str]) -> Iterator[None]:
    before, before_argv = dict(os.environ), sys.argv
    os.environ.clear()
    os.environ.update(env)
    sys.argv = argv
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        sys.argv = before_argv


def quiet(path: Path, length_s: float, rate: int = 16_000, **form: str) -> Path:
    """Write a quiet room."""
    rng = np.random.default_rng(5)
    sound = rng.normal(0, 10 ** (-70 / 20), round(length_s * rate))
    soundfile.write(path, sound, rate, **({"subtype": "PCM_16"} | form))
    return path
