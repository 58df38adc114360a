"""Files become documents.

Text (Markdown, Org, plain, HTML) is read here and now. Formats that are programs' own, and that hostile files can
be made of (PDF, DOCX, XLSX, EPUB), are taken apart by a child process with bounds on memory and time.
"""

from __future__ import annotations

import errno
import logging
import mimetypes
import os
import re
import stat
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from assistant.errors import BadInput
from assistant.memory.formats import chatgpt_export, converted, markdown_note, org_outline, plain_text, web_page
from assistant.memory.formats.converted import Converter, Unreadable
from assistant.memory.formats.decoding import MARKS, SAMPLE, clean, decode
from assistant.memory.formats.document import Block, Document, Json, day_changed, day_in, name_as_title
from assistant.memory.formats.flavours import ASCIIDOC, RESTRUCTURED

__all__ = ["Block", "Document", "Limits", "find_files", "read"]

log = logging.getLogger(__name__)

_KINDS = {
    ".md": "markdown", ".markdown": "markdown", ".mdown": "markdown", ".mkd": "markdown", ".mdx": "markdown",
    ".org": "org",
    ".txt": "plain", ".text": "plain", ".log": "plain", ".rst": "rst", ".rest": "rst", ".adoc": "asciidoc",
    ".asciidoc": "asciidoc",
    ".html": "html", ".htm": "html", ".xhtml": "html",
    ".pdf": "pdf", ".docx": "docx", ".xlsx": "xlsx", ".epub": "epub",
    ".json": "chatgpt",
}  # fmt: skip
_FLAVOURS = {"rst": RESTRUCTURED, "asciidoc": ASCIIDOC}
_CONVERTED = {"pdf", "docx", "xlsx", "epub"}
_SKIPPED_FOLDERS = {"node_modules", "__pycache__", "__MACOSX", "$RECYCLE.BIN", "System Volume Information"}
_READ_KINDS = "Markdown, Org, text, HTML, PDF, DOCX, XLSX and EPUB"
_WITHOUT_SUFFIX = re.compile(
    r"(?i)(?:readme|changelog|changes|news|todo|authors|copying|license|copyright|notes?|faq|install|history|thanks|"
    r"hacking|contributing|manifesto|journal|diary|ideas|log)(?:[.-][\w.-]*)?|[A-Z][A-Z0-9_-]+"
)
_NOT_IN_TEXT = tuple(bytes([code]) for code in range(32) if code not in b"\t\n\r\f\b\x1b\x1a\x0b")
_MAGIC = (
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"RIFF", "a picture or a sound"),
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a ZIP archive or an office document"),
    (b"\xd0\xcf\x11\xe0", "an old or encrypted office document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"SQLite format 3", "an SQLite database"),
    (b"OggS", "a sound"),
    (b"ID3", "a sound"),
    (b"{\\rtf", "an RTF document"),
)


@dataclass(frozen=True)
class Limits:
    """Bounds on one file.

    Attributes:
        text_bytes: Of a text file.
        file_bytes: Of a file to be converted.
        unpacked_bytes: What a DOCX, XLSX or EPUB may unpack to.
        convert_s: How long converting may take.
        memory_bytes: Address space of the converting process.
    """

    text_bytes: int = 50_000_000
    file_bytes: int = 200_000_000
    unpacked_bytes: int = 200_000_000
    convert_s: float = 60.0
    memory_bytes: int = 2 << 30


_CONVERTER = Converter()
"""One for the process; it starts its child when the first file comes, and the child ends when it is idle."""


def read(path: Path, *, limits: Limits = Limits(), converter: Converter = _CONVERTER) -> list[Document]:
    """The documents in a file: one, or as many as a container holds.

    Blocks the thread: up to `limits.convert_s` for a file that has to be converted.

    Raises:
        BadInput: the file cannot be read; one sentence says why and what would help.
    """
    kind = _kind(path)
    name = path.name
    stem = path.stem if path.suffix.lower() in _KINDS else name
    title = name_as_title(stem, folder=path.absolute().parent.name)
    dated = day_in(stem)
    data = _bytes(path, limit=limits.file_bytes if kind in _CONVERTED else limits.text_bytes)
    if not data.strip(b"\0 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise BadInput(f"{name} is empty.")
    if kind in _CONVERTED:
        found = [_converted(kind, data, name=name, title=title, limits=limits, converter=converter)]
    else:
        _refuse_binary(data, name)
        found = _text(kind, data, name=name, title=title)
    found = [
        _without_controls(replace(document, date=document.date or dated or day_changed(document.properties)))
        for document in found
    ]
    if not any(document.blocks or document.properties for document in found):
        raise BadInput(f"{name} holds no text.")
    return found


def _text(kind: str, data: bytes, *, name: str, title: str) -> list[Document]:
    if kind == "html":
        return [web_page.read(data, name=title)]
    text, encoding = decode(data)
    if kind == "chatgpt":
        return chatgpt_export.read(text, name=name)
    if kind == "markdown":
        document = markdown_note.read(text, name=title)
    elif kind == "org":
        document = org_outline.read(text, name=title)
    else:
        document = plain_text.read(text, name=title, flavour=_FLAVOURS.get(kind))
    if not encoding.startswith("utf") or "damaged" in encoding:
        log.info("Text is not clean UTF-8", extra={"encoding": encoding, "bytes": len(data)})
        document = replace(document, properties={**document.properties, "encoding": encoding})
    return [document]


def _converted(kind: str, data: bytes, *, name: str, title: str, limits: Limits, converter: Converter) -> Document:
    expected = b"%PDF" in data[:1024] if kind == "pdf" else data[:4] in {b"PK\x03\x04", b"\xd0\xcf\x11\xe0"}
    if not expected:
        seems = _looks_like(data)
        raise BadInput(f"{name} is not {_ARTICLES[kind]} file{f' (it looks like {seems})' if seems else ''}.")
    try:
        answer = converter.convert(
            kind,
            data,
            unpacked_bytes=limits.unpacked_bytes,
            timeout_s=limits.convert_s,
            memory_bytes=limits.memory_bytes,
        )
    except Unreadable as error:
        words = {"name": name, "kind": kind.upper(), "megabytes": limits.unpacked_bytes // 1_000_000}
        raise BadInput(_REASONS[error.reason].format(**words, seconds=round(limits.convert_s))) from error
    document = converted.document(answer, name=title)
    if kind == "pdf" and not document.blocks:
        raise BadInput(f"{name} holds no text; it seems to be a scan. Run it through text recognition (OCR) first.")
    return document


_ARTICLES = {"pdf": "a PDF", "docx": "a DOCX", "xlsx": "an XLSX", "epub": "an EPUB"}
_REASONS = {
    "encrypted": "{name} is encrypted; save a copy without its password.",
    "bomb": "{name} unpacks to more than {megabytes} MB; it was left alone.",
    "broken": "{name} is damaged, or not really {kind}; open it in its program and save it again.",
    "memory": "{name} takes too much memory to read; save it in smaller parts.",
    "too much text": "{name} holds more text than can be read at once; save it in smaller parts.",
    "time": "{name} took longer than {seconds} seconds to read; save it in smaller parts.",
    "died": "{name} could not be read (its reader crashed); save it in another format.",
}


def _bytes(path: Path, *, limit: int) -> bytes:
    """The content of a regular file. A pipe or device is not waited for."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NONBLOCK", 0))
        with open(descriptor, "rb") as opened:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise BadInput(f"{path.name} is not a file that can be read ({_sort(status.st_mode)}).")
            # It may grow while it is read, so its size alone is no bound.
            data = opened.read(limit + 1) if status.st_size <= limit else b""
    except OSError as error:
        raise BadInput(f"{path.name}: {why(error)}.") from error
    if status.st_size > limit or len(data) > limit:
        raise BadInput(f"{path.name} is larger than {limit // 1_000_000} MB; split it, or leave it out.")
    return data


def why(error: OSError) -> str:
    """In words, why a file or folder cannot be opened."""
    reasons = {
        errno.ENOENT: "it vanished while it was being read; run the import again",
        errno.EACCES: "you may not read it; change its permissions",
        errno.EPERM: "you may not read it; change its permissions",
        errno.ELOOP: "it is a link that leads back to itself",
        errno.EISDIR: "it is a folder",
        errno.ENXIO: "it is a socket, not a file",
        errno.ENAMETOOLONG: "its name is too long",
    }
    return reasons.get(error.errno or 0, f"it cannot be read ({error.strerror or type(error).__name__})")


def _sort(mode: int) -> str:
    sorts = ((stat.S_ISDIR, "a folder"), (stat.S_ISFIFO, "a pipe"), (stat.S_ISSOCK, "a socket"))
    return next((words for test, words in sorts if test(mode)), "a device")


def _kind(path: Path) -> str:
    kind = _KINDS.get(path.suffix.lower())
    if kind is None and path.suffix and not _named_as_text(path):
        raise BadInput(f"{path.name}: {_unsupported(path.suffix)}.")
    return kind or "plain"


def _named_as_text(path: Path) -> bool:
    """Whether a name without a suffix of its own tells a text: README, NEWS.Debian, notes.2024, and not note.png."""
    # Not the machine's own list of types: the same files are read everywhere.
    known, packed = mimetypes.MimeTypes().guess_type(path.name)
    return bool(_WITHOUT_SUFFIX.fullmatch(path.name)) and known in (None, "text/plain") and not packed


def _unsupported(suffix: str) -> str:
    return f"{suffix.lower()} files are not read; {_READ_KINDS} are"


def _looks_like(data: bytes) -> str:
    found = next((words for magic, words in _MAGIC if data.startswith(magic)), "")
    return found or ("a web page" if re.match(rb"\s*<(?:!doctype html|html)", data[:200], re.IGNORECASE) else "")


def _refuse_binary(data: bytes, name: str) -> None:
    if any(data.startswith(mark) for mark, _ in MARKS):
        return
    start = data[:SAMPLE]
    seems = next((words for magic, words in _MAGIC if data.startswith(magic)), "")
    odd = sum(start.count(code) for code in _NOT_IN_TEXT)
    # A few control characters do stand in texts (form feeds, escape codes of terminals); zeros do not.
    if b"\0" in start or odd > len(start) / 50 or (seems and odd):
        raise BadInput(f"{name} is not text{f' (it looks like {seems})' if seems else ''}.")


def _without_controls(document: Document) -> Document:
    """Without characters that a database refuses or a terminal obeys."""
    return replace(
        document,
        title=clean(document.title) or "Untitled",
        blocks=tuple(replace(block, text=text) for block in document.blocks if (text := clean(block.text)).strip()),
        properties={clean(key): _clean_value(value) for key, value in document.properties.items()},
        links=tuple(map(clean, document.links)),
        key=clean(document.key),
    )


def _clean_value(value: Json) -> Json:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [_clean_value(item) for item in value]
    if isinstance(value, dict):
        return {clean(key): _clean_value(item) for key, item in value.items()}
    return value


def find_files(
    root: Path, *, also: Callable[[Path], bool] = lambda _: False
) -> tuple[list[Path], list[tuple[str, str]]]:
    """The files to read at or below a path, in a stable order; and what is left out, as (path, why).

    Hidden files and folders (`.git`, `.obsidian`, `.trash`) and folders of programs (`node_modules`) are passed over
    without a word. Links are followed only to what lies below the same root.

    Args:
        also: Asked for each file; True when it can be read by somebody else, whatever its name is.

    Raises:
        BadInput: there is nothing there, or it cannot be opened.
    """
    try:
        mode = os.stat(root).st_mode
    except OSError as error:
        raise BadInput(f"{root}: {why(error) if error.errno != errno.ENOENT else 'there is nothing there'}.") from error
    if not stat.S_ISDIR(mode):
        return [root], []
    search = _Search(root, also)
    search.run()
    return search.found, search.skipped


class _Search:
    """Walks a folder without following any file twice."""

    def __init__(self, root: Path, also: Callable[[Path], bool]) -> None:
        self._root = root
        self._also = also
        self._real_root = os.path.realpath(root)
        self._seen: set[tuple[int, int]] = set()
        self._links: list[Path] = []
        self.found: list[Path] = []
        self.skipped: list[tuple[str, str]] = []

    def run(self) -> None:
        """Look at everything; links come last, so that a file is found under its own name first."""
        self._folder(self._root)
        while self._links:
            self._link(self._links.pop(0))
        self.found.sort()
        self.skipped.sort()

    def _folder(self, start: Path) -> None:
        todo = [start]
        while todo:
            folder = todo.pop()
            try:
                status = os.stat(folder)
                with os.scandir(folder) as scan:
                    entries = sorted(scan, key=lambda entry: entry.name)
            except OSError as error:
                self.skipped.append((str(folder), why(error)))
                continue
            if self._known(status):
                continue
            for entry in entries:
                if entry.name.startswith(".") or entry.name in _SKIPPED_FOLDERS:
                    continue
                path = folder / entry.name
                if entry.is_symlink():
                    self._links.append(path)
                elif entry.is_dir(follow_symlinks=False):
                    todo.append(path)
                else:
                    self._file(path)

    def _known(self, status: os.stat_result) -> bool:
        key = (status.st_dev, status.st_ino)
        known = key in self._seen
        self._seen.add(key)
        return known

    def _file(self, path: Path) -> None:
        try:
            status = os.stat(path)
        except OSError as error:
            self.skipped.append((str(path), why(error)))
            return
        if not stat.S_ISREG(status.st_mode):
            self.skipped.append((str(path), f"it is not a file but {_sort(status.st_mode)}"))
        elif (reason := _left_out(path)) and not self._taken_elsewhere(path):
            self.skipped.append((str(path), reason))
        elif not self._known(status):
            self.found.append(path)

    def _taken_elsewhere(self, path: Path) -> bool:
        try:
            return self._also(path)
        except OSError:
            return False  # then the reason that its name gives is as good

    def _link(self, path: Path) -> None:
        real = os.path.realpath(path)
        if real != self._real_root and not real.startswith(os.path.join(self._real_root, "")):
            self.skipped.append((str(path), "it is a link to outside the folder"))
        elif not os.path.exists(real):
            self.skipped.append((str(path), "it is a link to nothing"))
        elif os.path.isdir(real):
            self._folder(path)
        else:
            self._file(path)


def _left_out(path: Path) -> str:
    """Why a file's name keeps it out; "" if it does not."""
    suffix = path.suffix.lower()
    if suffix == ".json" and not path.name.lower().startswith("conversations"):
        return "of .json files, only a ChatGPT export (conversations.json) is read"
    if suffix in _KINDS or _named_as_text(path):
        return ""
    return _unsupported(path.suffix) if path.suffix else "files without a suffix are read only if named like README"
