"""Still Here: a voice that notices silence, offers to stay, and guides paced practices."""

import os

__all__ = ["__version__"]

__version__ = "0.1.0"

# onnxruntime reports its use to its maker unless told not to before it is imported: nothing of
# ours calls out (SECURITY.md).
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
