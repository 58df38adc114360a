"""Runs as a program of its own: takes PDF, DOCX, XLSX and EPUB apart where a hostile file can do no harm.

Its parent (`converted.py`) sends a line of JSON (`kind`, `size`, `unpacked_bytes`, `cpu_s`) and the file's bytes, and
gets back eight bytes of length and JSON: `{"done": {...}}` or `{"failed": reason}`. The process cannot grow beyond its
address space, cannot write a file, open a connection or start a program, gets no path and no environment, and ends
when it has had nothing to do for a while.
"""

from __future__ import annotations

import ctypes
import io
import json
import os
import re
import resource
import select
import sys
import warnings
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError

import defusedxml.ElementTree  # type: ignore[import-untyped]
import openpyxl  # type: ignore[import-untyped]
import pypdfium2  # type: ignore[import-untyped]
import pypdfium2.raw as raw_pdfium  # type: ignore[import-untyped]
from defusedxml.common import DefusedXmlException  # type: ignore[import-untyped]
from markitdown import StreamInfo
from markitdown.converters import DocxConverter, EpubConverter
from openpyxl.utils.exceptions import InvalidFileException  # type: ignore[import-untyped]

IDLE_S = 30.0
_MOST_MEMBERS = 10_000
_MOST_TEXT = 50_000_000
_BLOCK = 1 << 16
_FORBIDDEN = {
    "socket.connect", "socket.bind", "socket.getaddrinfo", "socket.gethostbyname", "urllib.Request", "os.system",
    "os.exec", "os.posix_spawn", "os.fork", "os.forkpty", "subprocess.Popen", "os.remove", "os.rename", "os.mkdir",
    "os.rmdir", "os.link", "os.symlink", "os.truncate", "shutil.rmtree",
}  # fmt: skip

_STYLES = """
p[style-name='Title'] => h1:fresh
p[style-name='Subtitle'] => h2:fresh
p[style-name^='List Bullet'] => ul > li:fresh
p[style-name^='List Number'] => ol > li:fresh
p[style-name='Quote'] => blockquote:fresh
p[style-name='Intense Quote'] => blockquote:fresh
p[style-name='Source Code'] => pre:separator('\n')
p[style-name='HTML Preformatted'] => pre:separator('\n')
p[style-name='Preformatted Text'] => pre:separator('\n')
p[style-name='Code'] => pre:separator('\n')
"""
"""What paragraphs of Word and LibreOffice mean, beyond what mammoth knows."""


class Refused(Exception):
    """Why a file is not converted: "encrypted", "bomb", "broken", "memory", "too much text"."""


def convert(kind: str, data: bytes, *, unpacked_bytes: int) -> dict[str, Any]:
    """What is in a file.

    Returns:
        "pages" (of a PDF, see `pdf_pages.py`), "sheets" (of an XLSX) or "markdown",
        and "properties".

    Raises:
        Refused: it cannot or should not be read.
    """
    if kind == "pdf":
        return _pdf(data)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise Refused("encrypted")  # an encrypted office document is wrapped in the old container format
    _check_archive(data, unpacked_bytes)
    if kind == "xlsx":
        return {"sheets": _sheets(data), "properties": _core_properties(data)}
    if kind == "docx":
        markdown = _Docx().convert(io.BytesIO(data), StreamInfo(extension=".docx"), style_map=_STYLES).markdown
        return {"markdown": markdown, "properties": _core_properties(data)}
    markdown = EpubConverter().convert(io.BytesIO(data), StreamInfo(extension=".epub")).markdown
    head, _, chapters = markdown.partition("\n\n")
    named = {"Title": "title", "Authors": "author", "Date": "date", "Description": "description"}
    told = {named[key]: value for key, value in re.findall(r"^\*\*(\w+):\*\* (.+)", head, re.MULTILINE) if key in named}
    return {"markdown": chapters, "properties": told}


class _Docx(DocxConverter):  # type: ignore[misc]
    """Without pictures: they would be carried along as text, many times over."""

    def _image_to_html(self, image_stream: BinaryIO, stream_info: StreamInfo, **kwargs: Any) -> str:
        return "<span></span>"


def _check_archive(data: bytes, unpacked_bytes: int) -> None:
    """Unpack everything once, in small pieces, counting: what the directory says of sizes may be a lie."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = archive.infolist()
        if len(members) > _MOST_MEMBERS or sum(member.file_size for member in members) > unpacked_bytes:
            raise Refused("bomb")
        if any(member.flag_bits & 1 for member in members):
            raise Refused("encrypted")
        left = unpacked_bytes
        for member in members:
            if member.compress_type == zipfile.ZIP_STORED:
                left -= member.compress_size
                continue
            if member.compress_type != zipfile.ZIP_DEFLATED:
                raise Refused("broken")  # office documents and books know no other method
            left -= _inflated(data, member, left)
        if left < 0:
            raise Refused("bomb")


def _inflated(data: bytes, member: zipfile.ZipInfo, left: int) -> int:
    """How many bytes a member really unpacks to."""
    header = member.header_offset
    start = header + 30 + int.from_bytes(data[header + 26 : header + 28], "little")
    start += int.from_bytes(data[header + 28 : header + 30], "little")
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    size = 0
    pending = data[start : start + member.compress_size]
    while pending and not inflate.eof:
        size += len(inflate.decompress(pending, _BLOCK))
        pending = inflate.unconsumed_tail
        if size > left:
            raise Refused("bomb")
    return size


def _core_properties(data: bytes) -> dict[str, str]:
    """Dublin Core properties of an office document (ECMA-376 part 2, 11)."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if "docProps/core.xml" not in archive.namelist():
            return {}
        root = defusedxml.ElementTree.fromstring(archive.read("docProps/core.xml"))
    names = {
        "title": "title", "subject": "subject", "creator": "author", "keywords": "tags",
        "description": "description", "created": "created", "modified": "modified",
    }  # fmt: skip
    found = {}
    for element in root:
        name = names.get(str(element.tag).rpartition("}")[2])
        if name and element.text and element.text.strip():
            found[name] = element.text.strip()
    return found


def _sheets(data: bytes) -> list[dict[str, Any]]:
    workbook = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    sheets, left = [], _MOST_TEXT
    for sheet in workbook.worksheets:
        rows = []
        for row in sheet.iter_rows(values_only=True):
            cells = [_cell(value) for value in row]
            while cells and not cells[-1]:
                cells.pop()
            if not cells:
                continue
            left -= sum(map(len, cells)) + len(cells)
            if left < 0:
                raise Refused("too much text")
            rows.append(cells)
        if rows:
            sheets.append({"name": sheet.title, "rows": rows})
    return sheets


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.12g}"
    text = str(value)
    return text.removesuffix(" 00:00:00") if hasattr(value, "hour") else text


def _pdf(data: bytes) -> dict[str, Any]:
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        raise Refused("encrypted" if "password" in str(error).lower() else "broken") from error
    pages, left = [], _MOST_TEXT
    for number in range(len(document)):
        page = document[number]
        text = page.get_textpage()
        lines = _pdf_lines(text)
        left -= sum(len(line[0]) for line in lines)
        if left < 0:
            raise Refused("too much text")
        pages.append({"height": page.get_height(), "lines": lines})
        text.close()
        page.close()
    known = {key: value for key, value in document.get_metadata_dict(skip_empty=True).items() if value.strip()}
    names = {
        "Title": "title", "Author": "author", "Subject": "subject", "Keywords": "tags", "CreationDate": "created",
        "ModDate": "modified",
    }  # fmt: skip
    properties = {name: known[key].strip() for key, name in names.items() if key in known}
    for name in ("created", "modified"):
        if name in properties:  # D:20240301...
            found = re.match(r"(?:D:)?(\d{4})(\d\d)(\d\d)", properties[name])
            properties[name] = "-".join(found.groups()) if found else ""
    return {"pages": pages, "properties": properties}


def _pdf_lines(text: Any) -> list[tuple[str, float, bool, bool, float, float, float, float]]:
    """The lines of a page, as `pdf_pages.blocks` takes them."""
    lines = []
    at = 0
    for raw in text.get_text_range().split("\n"):
        line = raw.rstrip()
        if line.strip():
            first, last = at + _units(line) - _units(line.lstrip()), at + _units(line) - 1
            bold, mono = (here and there for here, there in zip(_font(text, first), _font(text, last), strict=True))
            left, right = _box(text, first), _box(text, last)
            size = raw_pdfium.FPDFText_GetFontSize(text, first)
            lines.append((line.strip(" "), size, bold, mono, left[0], right[2], left[3], right[3]))
        at += _units(raw) + 1
    return lines


def _units(text: str) -> int:
    """Length as PDFium counts it: in units of UTF-16."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", errors="surrogatepass")) // 2


def _box(text: Any, index: int) -> tuple[float, float, float, float]:
    try:
        left, bottom, right, top = text.get_charbox(index, loose=True)
    except (pypdfium2.PdfiumError, ValueError):
        return 0.0, 0.0, 0.0, 0.0  # a character that PDFium made up, such as a line end
    return left, bottom, right, top


def _font(text: Any, index: int) -> tuple[bool, bool]:
    """Whether a character is bold, and whether its font is of fixed width (PDF 32000-1, 9.8.2: bits 19 and 1)."""
    flags = ctypes.c_int()
    buffer = ctypes.create_string_buffer(256)
    raw_pdfium.FPDFText_GetFontInfo(text, index, buffer, len(buffer), flags)
    name = buffer.value.decode("utf-8", errors="replace").lower()
    bold = bool(flags.value & 1 << 18) or any(word in name for word in ("bold", "black", "heavy", "-demi"))
    mono = bool(flags.value & 1) or any(word in name for word in ("mono", "courier", "consol", "cmtt", "typewriter"))
    return bold, mono


def _answer(order: Mapping[str, Any], data: bytes) -> dict[str, Any]:
    """The answer to one order. What these libraries raise on broken files is without bound, hence the wide net."""
    try:
        return {"done": convert(order["kind"], data, unpacked_bytes=order["unpacked_bytes"])}
    except Refused as refused:
        return {"failed": str(refused)}
    except MemoryError:
        return {"failed": "memory"}
    except (DefusedXmlException, ParseError, InvalidFileException, zipfile.BadZipFile, zlib.error):
        return {"failed": "broken"}
    except Exception as error:  # noqa: BLE001
        return {"failed": "broken", "error": type(error).__name__}


def _forbid(event: str, args: tuple[Any, ...]) -> None:
    if event in _FORBIDDEN:
        raise PermissionError(f"{event} is not allowed here")
    if event == "open" and len(args) == 3 and isinstance(args[2], int):
        writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
        if args[2] & writing:
            raise PermissionError("writing is not allowed here")


def _bound(what: int, *, soft: int) -> None:
    """Set a limit; some systems (macOS for address space) do not know it, and the parent's clock still holds."""
    hard = resource.getrlimit(what)[1]
    try:
        resource.setrlimit(what, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))
    except (ValueError, OSError):
        return


def main() -> None:
    """Convert one file after the other until the input ends."""
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print must not get between the answers
    warnings.simplefilter("ignore")
    _bound(resource.RLIMIT_FSIZE, soft=0)
    _bound(resource.RLIMIT_CORE, soft=0)
    sys.addaudithook(_forbid)
    orders = sys.stdin.buffer
    while select.select([orders], [], [], IDLE_S)[0] and (line := orders.readline()):
        order = json.loads(line)
        used = resource.getrusage(resource.RUSAGE_SELF)
        _bound(resource.RLIMIT_CPU, soft=int(used.ru_utime + used.ru_stime + order["cpu_s"]) + 1)
        _bound(resource.RLIMIT_AS, soft=order["memory_bytes"])
        answer = json.dumps(_answer(order, orders.read(order["size"]))).encode()
        replies.write(len(answer).to_bytes(8, "big") + answer)
        replies.flush()


if __name__ == "__main__":
    main()
