"""Files made for the tests of reading, and what is said where one is refused."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from assistant.errors import BadInput
from assistant.memory.reading import read


def refusal(path: Path, **options: Any) -> str:
    """The sentence with which a file is refused."""
    with pytest.raises(BadInput) as caught:
        read(path, **options)
    sentence = str(caught.value)
    assert sentence.startswith(path.name)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


def file(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def archive(members: Mapping[str, bytes | str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in members.items():
            made.writestr(name, data)
    return buffer.getvalue()


BLANK_PAGE = [
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
]


def pdf(objects: list[str], *, trailer: str = "") -> bytes:
    data = "%PDF-1.4\n"
    places = []
    for number, each in enumerate(objects, start=1):
        places.append(len(data))
        data += f"{number} 0 obj\n{each}\nendobj\n"
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    start = len(data)
    data += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
    data += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R {trailer} >>\nstartxref\n{start}\n%%EOF\n"
    return data.encode("latin-1")


def encrypted_pdf() -> bytes:
    """Standard security handler, with password entries that no empty password opens."""
    encryption = f"<< /Filter /Standard /V 2 /R 3 /Length 128 /P -3904 /O <{'ab' * 32}> /U <{'cd' * 32}> >>"
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", *BLANK_PAGE, encryption]
    return pdf(objects, trailer=f"/Encrypt 4 0 R /ID [<{'00' * 16}> <{'00' * 16}>]")


def small_epub() -> bytes:
    return archive(
        {
            "mimetype": b"application/epub+zip",
            "META-INF/container.xml": b'<container><rootfiles><rootfile full-path="c.opf"/></rootfiles></container>',
            "c.opf": b'<package><manifest><item id="a" href="a.xhtml"/></manifest>'
            b'<spine><itemref idref="a"/></spine></package>',
            "a.xhtml": b"<html><body><p>Hello there.</p></body></html>",
        }
    )


def lying_archive(content: bytes, *, said: int) -> bytes:
    """A ZIP whose headers say that its one member is small."""
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = packed.compress(content) + packed.flush()
    name = b"word/document.xml"
    common = struct.pack("<HHHHHLLLHH", 20, 0, 8, 0, 0, zlib.crc32(b""), len(body), said, len(name), 0)
    local = b"PK\x03\x04" + common + name + body
    central = b"PK\x01\x02" + struct.pack("<H", 20) + common + struct.pack("<HHHLL", 0, 0, 0, 0, 0) + name
    end = b"PK\x05\x06" + struct.pack("<HHHHLLH", 0, 0, 1, 1, len(central), len(local), 0)
    return local + central + end
