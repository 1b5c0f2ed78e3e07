"""What a benchmark ran on, and how busy it was: figures without these say nothing."""

import os
import platform
from pathlib import Path
from typing import Any


def machine() -> dict[str, Any]:
    """Return processor, cores, system, Python and the load of the last minute."""
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load_1min": round(os.getloadavg()[0], 2),
    }


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def describe(before: dict[str, Any]) -> str:
    """Return the machine in a line, with the load when it began and now."""
    return (
        f"{before['cpu']}, {before['cores']} cores, {before['system']}, "
        f"Python {before['python']}; load {before['load_1min']} before, "
        f"{os.getloadavg()[0]:.2f} after"
    )
