"""Runs as a program of its own: reads an export and writes its pieces to standard output. `apple_reading` starts it."""

from __future__ import annotations

import sys
from pathlib import Path

from assistant.figures.health import apple_pieces


def main(path: str, name: str, time_zone: str, batch: str, chunk_bytes: str) -> None:
    """Writes the pieces of a file, each as soon as it is read."""
    for piece in apple_pieces.read(
        Path(path), name=name, time_zone=time_zone, batch=int(batch), chunk_bytes=int(chunk_bytes)
    ):
        sys.stdout.buffer.writelines(apple_pieces.written(piece))
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
