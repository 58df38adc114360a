"""Files that cannot be read get one clear sentence, and nothing else suffers."""

from __future__ import annotations

import io
import json
import os
import socket
import struct
import time
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest

from assistant.errors import BadInput
from assistant.memory.formats import converting_child
from assistant.memory.formats.converted import Converter
from assistant.memory.reading import Limits, find_files, read

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


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


def archive(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in members.items():
            made.writestr(name, data)
    return buffer.getvalue()


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


# PDF, DOCX, XLSX, EPUB


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
    assert time.monotonic() - started < 20


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
    assert time.monotonic() - started < 20


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
