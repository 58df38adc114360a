"""Words for the model: Markdown files with named gaps, rendered strictly."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

_GAP = re.compile(r"\{([a-z_]+)\}")


def render(name: str, /, **gaps: str) -> str:
    """The prompt `name` with its gaps filled.

    Raises:
        ValueError: a gap is left open, or a value has no gap.
    """
    text = _read(name)
    wanted = set(_GAP.findall(text))
    if wanted != set(gaps):
        raise ValueError(f"Prompt {name} has the gaps {sorted(wanted)}, but was given {sorted(gaps)}.")
    return _GAP.sub(lambda gap: gaps[gap[1]], text)


@cache
def _read(name: str) -> str:
    return (Path(__file__).parent / f"{name}.md").read_text(encoding="utf-8").strip()
