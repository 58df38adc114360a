"""Files that cannot be read get one clear sentence, and nothing else suffers."""

from __future__ import annotations

import json
import os
import socket
import time
from pathlib import Path

import pytest
from made_files import file, refusal

from assistant.errors import BadInput
from assistant.memory.reading import Limits, find_files, read

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4


# Text


def test_a_picture_named_md_is_refused_by_its_real_name(tmp_path: Path) -> None:
    assert refusal(file(tmp_path, "notes.md", PNG)) == "notes.md is not text (it looks like a PNG image)."


@pytest.mark.parametrize("name", ["a.md", "a.org", "a.txt", "a.html", "README"])
def test_bytes_that_are_no_text_are_refused_in_every_text_format(tmp_path: Path, name: str) -> None:
    noise = bytes((n * 7 + n // 256) % 256 for n in range(4096))

    assert refusal(file(tmp_path, name, noise)) == f"{name} is not text."


@pytest.mark.parametrize("data", [b"", b"   \n\t\n", b"\xef\xbb\xbf", b"\0\0\0\0"])
def test_an_empty_file_is_said_to_be_empty(tmp_path: Path, data: bytes) -> None:
    assert refusal(file(tmp_path, "a.md", data)) == "a.md is empty."


def test_a_page_without_words_holds_no_text(tmp_path: Path) -> None:
    assert refusal(file(tmp_path, "a.html", b"<html><script>x()</script></html>")) == "a.html holds no text."


def test_broken_utf8_is_read_with_a_note(tmp_path: Path) -> None:
    (note,) = read(file(tmp_path, "a.md", "Größe: é ü ö ä ß ñ ".encode() * 5 + b"\xff\xfe end"))

    assert "Größe" in note.blocks[0].text
    assert note.properties["encoding"] == "utf-8, damaged"


def test_older_encodings_are_read_with_a_note(tmp_path: Path) -> None:
    (note,) = read(file(tmp_path, "a.md", "Müller weiß es.".encode("cp1252")))

    assert note.blocks[0].text == "Müller weiß es."
    assert note.properties["encoding"] == "cp1252"


def test_control_characters_are_taken_out(tmp_path: Path) -> None:
    (note,) = read(
        file(tmp_path, "a.md", b"Many more words. Words \x1b[31mred\x1b[0m and a \x07 bell within them all. " * 3)
    )

    assert not any(ord(character) < 32 for character in note.blocks[0].text)


def test_a_text_that_is_too_large_is_refused(tmp_path: Path) -> None:
    path = file(tmp_path, "big.md", b"word " * 500_000)

    assert refusal(path, limits=Limits(text_bytes=2_000_000)) == (
        "big.md is larger than 2 MB; split it, or leave it out."
    )


def test_a_file_that_vanished_is_said_to_have_vanished(tmp_path: Path) -> None:
    assert refusal(tmp_path / "gone.md") == "gone.md: it vanished while it was being read; run the import again."


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="the superuser may read everything")
def test_a_file_without_permission_is_refused(tmp_path: Path) -> None:
    path = file(tmp_path, "mine.md", b"words")
    path.chmod(0)

    assert refusal(path) == "mine.md: you may not read it; change its permissions."


def test_a_folder_without_permission_is_skipped_and_the_rest_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "locked").mkdir()
    file(tmp_path, "open.md", b"words")
    scan = os.scandir

    def guarded(path: Path) -> object:
        if Path(path).name == "locked":
            raise PermissionError(13, "Permission denied")
        return scan(path)

    monkeypatch.setattr(os, "scandir", guarded)

    found, skipped = find_files(tmp_path)

    assert [path.name for path in found] == ["open.md"]
    assert skipped == [(str(tmp_path / "locked"), "you may not read it; change its permissions")]


def test_pipes_and_sockets_are_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.md")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket.md"))

        found, skipped = find_files(tmp_path)

        assert found == []
        assert [why for _, why in skipped] == ["it is not a file but a pipe", "it is not a file but a socket"]
        assert refusal(tmp_path / "pipe.md") == "pipe.md is not a file that can be read (a pipe)."
        assert refusal(tmp_path / "socket.md") == "socket.md: it is a socket, not a file."


def test_a_device_is_refused() -> None:
    with pytest.raises(BadInput, match=r"^null is not a file that can be read \(a device\)\.$"):
        read(Path("/dev/null"))


def test_a_link_to_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.md").symlink_to(tmp_path / "a.md")

    assert refusal(tmp_path / "a.md") == "a.md: it is a link that leads back to itself."


def test_an_unknown_kind_is_refused_with_what_can_be_read(tmp_path: Path) -> None:
    assert refusal(file(tmp_path, "a.pptx", b"x")) == (
        "a.pptx: .pptx files are not read; Markdown, Org, text, HTML, PDF, DOCX, XLSX and EPUB are."
    )


@pytest.mark.parametrize("data", [b"{not json", b"[" * 100_000])
def test_json_that_is_none_is_refused(tmp_path: Path, data: bytes) -> None:
    assert refusal(file(tmp_path, "x.json", data)) == "x.json is not valid JSON; export or download it again."


@pytest.mark.parametrize("value", [{"a": 1}, [], [1, "x"], [{"mapping": 3}], "text", 4])
def test_other_json_is_refused_in_words(tmp_path: Path, value: object) -> None:
    sentence = refusal(file(tmp_path, "x.json", json.dumps(value).encode()))

    assert sentence == (
        "x.json holds data of a kind that is not known; "
        "of JSON, only a ChatGPT export (conversations.json) can be read."
    )


@pytest.mark.parametrize(
    "node",
    [None, {}, {"message": 3}, {"message": {}}, {"message": {"content": None, "author": None}}, {"parent": "n"}],
)
def test_an_odd_conversation_does_not_stop_the_others(tmp_path: Path, node: object) -> None:
    good = {"mapping": {"g": {"message": {"author": {"role": "user"}, "content": {"parts": ["Good one"]}}}}}
    odd = {"mapping": {"n": node}, "current_node": "n", "create_time": "soon", "title": ["x"]}

    documents = read(file(tmp_path, "conversations.json", json.dumps([odd, good]).encode()))

    assert [document.blocks[-1].text for document in documents] == ["Good one"]


@pytest.mark.parametrize("name", ["a.md", "a.org", "a.txt", "a.html"])
@pytest.mark.parametrize(
    "text",
    ["[" * 20_000, "> " * 3_000 + "x", "<div>" * 10_000 + "x", "`a``b```" * 3_000, "{{< " * 5_000, "*a " * 10_000],
    ids=["brackets", "quotes", "divs", "ticks", "tags", "stars"],
)
def test_texts_made_to_take_forever_do_not(tmp_path: Path, name: str, text: str) -> None:
    started = time.process_time()

    documents = read(file(tmp_path, name, text.encode()))

    assert documents[0].blocks
    assert time.process_time() - started < 5
