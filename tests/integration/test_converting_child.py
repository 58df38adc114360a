"""PDF, DOCX, XLSX and EPUB that cannot be read get one clear sentence, and what they do to their reader stays there."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from made_files import BLANK_PAGE, archive, encrypted_pdf, file, lying_archive, pdf, refusal, small_epub

from assistant.errors import BadInput
from assistant.memory.formats import converting_child
from assistant.memory.formats.converted import Converter
from assistant.memory.reading import Limits, read

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("a.pdf", PNG, "a.pdf is not a PDF file (it looks like a PNG image)."),
        ("a.pdf", b"<html>Sign in</html>", "a.pdf is not a PDF file (it looks like a web page)."),
        ("a.docx", b"just words", "a.docx is not a DOCX file."),
        ("a.epub", b"%PDF-1.4", "a.epub is not an EPUB file (it looks like a PDF)."),
        (
            "a.pdf",
            b"%PDF-1.4 nonsense",
            "a.pdf is damaged, or not really PDF; open it in its program and save it again.",
        ),
        (
            "a.xlsx",
            b"PK\x03\x04 nonsense",
            "a.xlsx is damaged, or not really XLSX; open it in its program and save it again.",
        ),
        ("a.docx", b"\xd0\xcf\x11\xe0" + b"\0x" * 600, "a.docx is encrypted; save a copy without its password."),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_refused(
    tmp_path: Path, name: str, data: bytes, sentence: str
) -> None:
    assert refusal(file(tmp_path, name, data)) == sentence


@pytest.mark.parametrize("name", ["a.docx", "a.xlsx", "a.epub"])
def test_an_archive_of_something_else_is_refused(tmp_path: Path, name: str) -> None:
    sentence = refusal(file(tmp_path, name, archive({"hello.txt": b"hi"})))

    assert sentence.startswith(f"{name} is damaged, or not really {name[2:].upper()}")


def test_an_encrypted_pdf_is_refused(tmp_path: Path) -> None:
    path = file(tmp_path, "report.pdf", encrypted_pdf())

    assert refusal(path) == "report.pdf is encrypted; save a copy without its password."


def test_a_scanned_pdf_is_said_to_be_one(tmp_path: Path) -> None:
    path = file(tmp_path, "scan.pdf", pdf(["<< /Type /Catalog /Pages 2 0 R >>", *BLANK_PAGE]))

    assert refusal(path) == (
        "scan.pdf holds no text; it seems to be a scan. Run it through text recognition (OCR) first."
    )


@pytest.mark.parametrize("name", ["bomb.docx", "bomb.xlsx", "bomb.epub"])
def test_a_zip_bomb_is_left_alone(tmp_path: Path, name: str) -> None:
    bomb = archive({"word/document.xml": b"\0" * 50_000_000})
    assert len(bomb) < 60_000
    started = time.monotonic()

    sentence = refusal(file(tmp_path, name, bomb), limits=Limits(unpacked_bytes=40_000_000))

    assert sentence == f"{name} unpacks to more than 40 MB; it was left alone."
    assert time.monotonic() - started < 60


def test_a_zip_bomb_that_lies_about_its_size_is_left_alone(tmp_path: Path) -> None:
    path = file(tmp_path, "liar.docx", lying_archive(b"\0" * 50_000_000, said=100))

    assert "unpacks to more than 40 MB" in refusal(path, limits=Limits(unpacked_bytes=40_000_000))


def test_a_document_that_asks_for_too_much_memory_is_refused_and_the_next_file_is_read(tmp_path: Path) -> None:
    limits = Limits(memory_bytes=450 << 20, unpacked_bytes=10**10)
    bomb = file(tmp_path, "a.docx", archive({"word/document.xml": b"<a>" + b"x" * 250_000_000}))
    fine = file(tmp_path, "b.epub", small_epub())

    sentence = refusal(bomb, limits=limits)

    assert sentence in {
        "a.docx takes too much memory to read; save it in smaller parts.",
        "a.docx could not be read (its reader crashed); save it in another format.",
        "a.docx is damaged, or not really DOCX; open it in its program and save it again.",
    }
    assert read(fine)[0].blocks[0].text == "Hello there."


def test_a_file_that_takes_too_long_is_given_up_and_the_next_one_is_read(tmp_path: Path) -> None:
    path = file(tmp_path, "slow.epub", small_epub())
    one = Converter()

    sentence = refusal(path, converter=one, limits=Limits(convert_s=0.01))

    assert sentence == "slow.epub took longer than 0 seconds to read; save it in smaller parts."
    assert read(path, converter=one)[0].blocks[0].text == "Hello there."
    one.close()


def test_a_child_that_dies_is_replaced(tmp_path: Path) -> None:
    path = file(tmp_path, "a.epub", small_epub())
    one = Converter()
    read(path, converter=one)
    child = one._child
    assert child is not None

    child.kill()
    child.wait()

    assert read(path, converter=one)[0].blocks[0].text == "Hello there."
    assert one._child is not child
    one.close()


def test_a_file_that_kills_its_reader_is_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    crashing = file(tmp_path, "child.py", b"import os, sys\nsys.stdin.buffer.readline()\nos.abort()\n")
    monkeypatch.setattr("assistant.memory.formats.converted._CHILD", crashing)

    sentence = refusal(file(tmp_path, "a.epub", small_epub()), converter=Converter())

    assert sentence == "a.epub could not be read (its reader crashed); save it in another format."


def test_the_child_gets_no_environment_and_may_not_connect_write_or_start_programs(tmp_path: Path) -> None:
    secret = "TWINNING_TEST_SECRET"
    os.environ[secret] = "x"
    tries = f"""
import json, os, socket, subprocess, sys
from importlib.util import module_from_spec, spec_from_file_location
spec = spec_from_file_location("child", {converting_child.__file__!r})
child = module_from_spec(spec)
spec.loader.exec_module(child)
sys.addaudithook(child._forbid)
order = json.loads(sys.stdin.buffer.readline())
sys.stdin.buffer.read(order["size"])
blocked = []
for attempt in (
    lambda: socket.create_connection(("127.0.0.1", 9)),
    lambda: socket.getaddrinfo("example.com", 80),
    lambda: subprocess.run(["true"]),
    lambda: os.system("true"),
    lambda: open({str(tmp_path / "written")!r}, "w"),
):
    try:
        attempt()
        blocked.append(False)
    except PermissionError:
        blocked.append(True)
answer = json.dumps({{"done": {{"blocked": blocked, "secret": {secret!r} in os.environ}}}}).encode()
sys.stdout.buffer.write(len(answer).to_bytes(8, "big") + answer)
sys.stdout.buffer.flush()
"""
    child = file(tmp_path, "child.py", tries.encode())
    one = Converter()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("assistant.memory.formats.converted._CHILD", child)
        done = one.convert("docx", b"x", unpacked_bytes=1, timeout_s=30, memory_bytes=2 << 30)
    one.close()
    del os.environ[secret]

    assert done == {"blocked": [True] * 5, "secret": False}
    assert not (tmp_path / "written").exists()


def test_an_entity_bomb_in_a_workbook_is_refused(tmp_path: Path) -> None:
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    xml = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a0 "ha">{entities}]><x>&a11;</x>'
    path = file(tmp_path, "a.xlsx", archive({"[Content_Types].xml": xml.encode(), "xl/workbook.xml": xml.encode()}))
    started = time.monotonic()

    assert refusal(path).startswith("a.xlsx ")
    assert time.monotonic() - started < 60


def test_pictures_of_a_word_document_are_not_fetched_from_elsewhere(tmp_path: Path) -> None:
    fetched = tmp_path / "secret.txt"
    fetched.write_text("secret words")
    rels = "http://schemas.openxmlformats.org/package/2006/relationships"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    drawing = (
        '<w:drawing><wp:inline xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing">'
        '<a:graphic xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:graphicData><pic:pic '
        'xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:blipFill>'
        f'<a:blip xmlns:r="{office}" r:link="r9"/></pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:inline>'
        "</w:drawing>"
    )
    body = f"<w:p><w:r><w:t>Words.</w:t></w:r></w:p><w:p><w:r>{drawing}</w:r></w:p>"
    members = {
        "_rels/.rels": f'<Relationships xmlns="{rels}"><Relationship Id="r1" Target="word/document.xml" '
        f'Type="{office}/officeDocument"/></Relationships>',
        "word/_rels/document.xml.rels": f'<Relationships xmlns="{rels}"><Relationship Id="r9" TargetMode="External" '
        f'Target="{fetched.as_uri()}" Type="{office}/image"/></Relationships>',
        "word/document.xml": f'<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>',
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
    }
    path = file(tmp_path, "a.docx", archive({name: text.encode() for name, text in members.items()}))

    try:
        documents = read(path)
    except BadInput:
        return  # refusing it is as good

    assert "secret" not in repr(documents)


def test_the_limits_of_the_archive_count_real_bytes() -> None:
    data = archive({"a": b"x" * 10_000, "b": b"y" * 10_000})

    converting_child._check_archive(data, 20_000)
    with pytest.raises(converting_child.Refused, match="bomb"):
        converting_child._check_archive(data, 19_999)
