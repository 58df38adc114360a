"""`python -m bench [--only SUBJECT ...]`: runs the measurements, prints the table and writes `bench/results.md`."""

from __future__ import annotations

import argparse
import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from bench import actions, apple, embedding, figures, health_posts, outside, processes, prompts, recall, turns
from bench.table import Row, machine, plain_text, report

SUBJECTS: dict[str, Callable[[], Coroutine[Any, Any, list[Row]]]] = {
    "turns": turns.measure,
    "actions": actions.measure,
    "embedding": embedding.measure,
    "health": health_posts.measure,
    "apple": apple.measure,
    "figures": figures.measure,
    "processes": processes.measure,
    "outside": outside.measure,
    "prompts": prompts.measure,
    "recall": recall.measure,
}
RESULTS = Path(__file__).parent / "results.md"


def main() -> None:
    """Measures."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=SUBJECTS, default=list(SUBJECTS), metavar="SUBJECT",
                        help=f"one or more of {', '.join(SUBJECTS)}; results.md is then left as it is")  # fmt: skip
    chosen = parser.parse_args().only
    logging.basicConfig(level=logging.ERROR)
    facts, started = machine(), time.monotonic()
    print(f"{facts}.", flush=True)
    rows: list[Row] = []
    for name in chosen:
        began = time.monotonic()
        fresh = asyncio.run(SUBJECTS[name]())
        rows += fresh
        if fresh:
            print(f"{plain_text(fresh)}\n  ({name}: {time.monotonic() - began:.0f} s)", flush=True)
    if len(chosen) == len(SUBJECTS):
        seconds = time.monotonic() - started
        RESULTS.write_text(report(rows, facts=facts, seconds=seconds, subjects=chosen), encoding="utf-8")
        print(f"\nWritten to {RESULTS}.")


if __name__ == "__main__":
    main()
