"""Twinning, a personal assistant. Whatever of it is imported, this comes first."""

import os

# onnxruntime (1.32) makes an identifier of this device and reports each start to its maker, by calls of its own that no
# egress of ours sees, unless this is set before it is imported. Programs that we start inherit it.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
