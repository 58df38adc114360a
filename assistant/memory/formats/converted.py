"""PDF, DOCX, XLSX and EPUB: a child process takes them apart (`converting_child.py`), their text is read here."""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, Any

from assistant.memory.formats import markdown_note, pdf_pages
from assistant.memory.formats.document import Block, Document, Json, table, taking_title

log = logging.getLogger(__name__)

_CHILD = Path(__file__).with_name("converting_child.py")
ENVIRONMENT = {
    "PATH": os.defpath,
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "ORT_DISABLE_TELEMETRY": "1",
}
"""The child's, and nothing of ours: it needs none of our keys. One thread, or numpy takes address space for each.
markitdown brings onnxruntime along, which would report to its maker (see `assistant/__init__.py`)."""
_NO_TITLE = re.compile(
    r"(?i)untitled|document\d*|microsoft word|powerpoint|presentation\d*|.*\.(?:dvi|docx?|tex|indd|qxd|xlsx?|pdf|odt)$"
)


class Unreadable(Exception):
    """A file that was not converted; `reason` is a word from `converting_child.py`, or "time" or "died"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Converter:
    """Keeps one child process, and starts another where it died or hung. Safe to use from several threads."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._one_at_a_time = threading.Lock()

    def convert(
        self, kind: str, data: bytes, *, unpacked_bytes: int, timeout_s: float, memory_bytes: int
    ) -> Mapping[str, Any]:
        """What `converting_child.convert` returns.

        Raises:
            Unreadable: the file was refused, or took too long or too much memory.
        """
        order = {
            "kind": kind,
            "size": len(data),
            "unpacked_bytes": unpacked_bytes,
            "cpu_s": timeout_s,
            "memory_bytes": memory_bytes,
        }
        line = json.dumps(order).encode() + b"\n"
        with self._one_at_a_time:
            used_before = self._child is not None
            try:
                answer = self._exchange(line, data, timeout_s=timeout_s)
            except Unreadable as error:
                if error.reason != "died" or not used_before:
                    raise
                answer = self._exchange(line, data, timeout_s=timeout_s)  # it may have just ended, being idle
        if "failed" in answer:
            log.info("File not converted", extra={"kind": kind, "error": answer.get("error", answer["failed"])})
            raise Unreadable(answer["failed"])
        done: Mapping[str, Any] = answer["done"]
        return done

    def close(self) -> None:
        """End the child, if there is one."""
        with self._one_at_a_time:
            self._end()

    def _exchange(self, order: bytes, data: bytes, *, timeout_s: float) -> Mapping[str, Any]:
        child = self._running()
        late = threading.Event()

        def end() -> None:
            late.set()
            child.kill()

        clock = threading.Timer(timeout_s, end)
        clock.start()
        try:
            _stream(child.stdin).write(order)
            _stream(child.stdin).write(data)
            _stream(child.stdin).flush()
            length = int.from_bytes(_exactly(_stream(child.stdout), 8), "big")
            answer: Mapping[str, Any] = json.loads(_exactly(_stream(child.stdout), length))
        except (OSError, EOFError) as error:
            self._end()
            raise Unreadable("time" if late.is_set() else "died") from error
        finally:
            clock.cancel()
        return answer

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._child.poll() is not None:
            self._end()
            self._child = subprocess.Popen(
                [sys.executable, "-I", "-B", str(_CHILD)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=ENVIRONMENT,
            )
        return self._child

    def _end(self) -> None:
        if self._child is None:
            return
        self._child.kill()
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe:
                try:
                    pipe.close()
                except BrokenPipeError:
                    continue  # what was still to be written to it does not matter any more
        self._child.wait()
        self._child = None


def _stream(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise OSError("the child has no pipes")
    return pipe


def _exactly(pipe: IO[bytes], size: int) -> bytes:
    data = pipe.read(size)
    if len(data) < size:
        raise EOFError
    return data


def document(converted: Mapping[str, Any], *, name: str) -> Document:
    """A document of what the child found.

    Args:
        converted: As `Converter.convert` returns it.
        name: The file's name without its suffix.
    """
    properties: dict[str, Json] = dict(converted["properties"])
    title = str(properties.pop("title", "") or "")
    if _NO_TITLE.match(title):
        title = ""
    if isinstance(tags := properties.get("tags"), str):
        properties["tags"] = [tag.strip() for tag in re.split(r"[,;]", tags) if tag.strip()]
    if "sheets" in converted:
        blocks = list(_sheets(converted["sheets"]))
    elif "pages" in converted:
        blocks = pdf_pages.blocks(converted["pages"])
    else:
        blocks = markdown_note.blocks_of(converted["markdown"])[0]
    own_title, rest = taking_title(blocks)
    if "sheets" not in converted and (not title or _same(own_title, title)):
        title, blocks = own_title, rest
    return Document.told_by(properties, title=title or name, blocks=blocks)


def _same(title: str, other: str) -> bool:
    return re.findall(r"\w+", title.casefold()) == re.findall(r"\w+", other.casefold())


def _sheets(sheets: Iterable[Mapping[str, Any]]) -> Iterable[Block]:
    for sheet in sheets:
        yield Block("heading", sheet["name"], level=1)
        if made := table(sheet["rows"]):
            yield made
