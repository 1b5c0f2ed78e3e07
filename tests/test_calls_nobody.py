"""Nothing calls out: the library that would report its use is told not to."""

import os
import subprocess
import sys
from pathlib import Path


def test_onnxruntime_leaves_no_trace_of_reporting(tmp_path: Path) -> None:
    """With our package imported first, onnxruntime makes no device id and no event store."""
    code = "import voice_agent, onnxruntime; onnxruntime.SessionOptions()"
    env = {k: v for k, v in os.environ.items() if k not in ("ORT_DISABLE_TELEMETRY", "CI")}
    env |= {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    subprocess.run([sys.executable, "-c", code], check=True, env=env)
    assert not [path for path in tmp_path.rglob("*") if "Microsoft" in path.parts]
