"""The built-in language model's own process: llama.cpp's OpenAI-compatible server on a loopback port.

Started by `builtin.py`, which writes one line of JSON to standard input and keeps that pipe open; one line of JSON on
standard output tells the address. When the pipe closes, the parent is gone and so is this process. It imports nothing
of the house, so that it stays small.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
import threading
from typing import Any

import xllamacpp

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main() -> int:
    """Serve until the parent goes. Returns 1 when the model cannot be loaded."""
    config: dict[str, Any] = json.loads(sys.stdin.readline())
    _die_with(config["parent_pid"])
    try:
        # The only reference: the server stops when it is collected.
        server = xllamacpp.Server(_parameters(config))
    except RuntimeError as error:
        print(json.dumps({"error": str(error)}), flush=True)
        return 1
    print(json.dumps({"address": server.listening_address}), flush=True)
    threading.Event().wait()
    return 0


def _parameters(config: dict[str, Any]) -> Any:
    params = xllamacpp.CommonParams()
    params.model.path = config["model_path"]
    params.model_alias = {config["model_name"]}
    params.hostnames = ["127.0.0.1"]
    params.port = 0  # the system chooses a free one
    params.api_keys = [config["api_key"]]
    params.cors_origins = ""
    params.ui = False
    params.endpoint_slots = False  # it would show prompts
    params.n_ctx = config["context_tokens"]
    params.cpuparams.n_threads = config["threads"]
    params.cpuparams_batch.n_threads = config["threads"]
    params.n_threads_http = 4
    # One slot that keeps the last prompt, so that a common beginning is read once. States of earlier threads wait in
    # memory (about 12 kB per token with the 0.5B model) and come back when their thread goes on.
    params.n_parallel = 1
    params.cache_prompt = True
    params.cache_ram_mib = 256
    params.n_batch = 512
    params.n_ubatch = 256
    # Measuring the memory of a graphics card costs a second load; there is none to measure.
    params.fit_params = False
    params.n_gpu_layers = 0
    params.warmup = False
    params.verbosity = 1  # errors only: nobody's words in a log
    return params


def _die_with(parent_pid: int) -> None:
    """End at once when the parent does, however it does."""
    threading.Thread(target=_watch_parent, daemon=True).start()
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent_pid:  # it died before we asked
            os._exit(0)


def _watch_parent() -> None:
    while os.read(0, 1024):
        pass
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
