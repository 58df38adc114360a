"""Bytes to text, and text to text that a database takes and a terminal survives."""

from __future__ import annotations

import os
import re
from pathlib import Path

from charset_normalizer import from_bytes

SAMPLE = 1 << 16
"""Bytes that are looked at to tell what a file is."""
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff\ufffe\uffff]")
MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_OLDER_ENCODINGS = "cp1252 cp1250 cp1251 koi8_r iso8859_7 shift_jis gb18030 big5 euc_jp euc_kr".split()
_WESTERN = frozenset("äöüßÄÖÜéèêëÉàâáãåæçñíìîïóòôõøúùûœ€£°«»¿¡")
_CENTRAL = frozenset("ąćęłńóśźżĄĆĘŁŃÓŚŹŻáčďéěíňřšťúůýžČŘŠŽőűŐŰăâîșț")


def decode(data: bytes) -> tuple[str, str]:
    """The text of a file, and the encoding it was taken to have.

    UTF-8; UTF-16 or -32 by its mark; UTF-8 with damaged bytes; else the likeliest of the older encodings.
    """
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return data.decode(encoding, errors="replace"), encoding
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        text = data.decode("utf-8", errors="replace")
    if text.count("\ufffd") < sum(character > "\x7f" for character in text) / 4:
        return text, "utf-8, damaged"
    guess = from_bytes(data[:SAMPLE], cp_isolation=_OLDER_ENCODINGS).best()
    encoding = guess.encoding if guess else "cp1252"
    if encoding == "cp1250":
        encoding = _western_or_central(data[:SAMPLE])
    return data.decode(encoding, errors="replace"), encoding


def _western_or_central(data: bytes) -> str:
    """cp1252 or cp1250, which charset-normalizer cannot tell apart in short texts: whose letters are the likelier."""
    western = sum(character in _WESTERN for character in data.decode("cp1252", errors="replace"))
    central = sum(character in _CENTRAL for character in data.decode("cp1250", errors="replace"))
    return "cp1250" if central > western else "cp1252"


def clean(text: str) -> str:
    """A text without control characters and halves of characters; tabs and line ends stay."""
    text = _CONTROL.sub("", text)
    return text if text.isascii() else text.encode("utf-8", errors="replace").decode("utf-8")


def storable(path: Path | str) -> str:
    """A path as a text that a database takes; bytes that are no UTF-8 are written out (`caf\\xe9.md`)."""
    return os.fsencode(path).decode("utf-8", errors="backslashreplace")
