"""The real `twinning`, with the letterbox as its only service. Run as a program, with the command's arguments.

`OPENED` names a file to which every opening of a file in the folder of secrets is written, with who did it.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from letterbox import PERFORMERS, SERVICE

import assistant.outside
from assistant.__main__ import main


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    path, mode = (str(arguments[0]), arguments[1]) if event == "open" else ("", None)
    if path.startswith(os.environ["TWINNING_SECRETS_DIR"]) and path.endswith(".json") and mode is not None:
        with open(os.environ["OPENED"], "a", encoding="utf-8") as opened:
            opened.write(f"{sys.argv[1]}\n")


if __name__ == "__main__":
    if "OPENED" in os.environ:
        sys.addaudithook(_note)
    assistant.outside.all_services = lambda: {"letterbox": SERVICE}  # type: ignore[assignment,return-value]
    assistant.outside.all_performers = lambda: PERFORMERS  # type: ignore[assignment,return-value]
    main()
