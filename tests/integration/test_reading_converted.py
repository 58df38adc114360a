"""Documents of programs become documents of ours: a child process takes them apart, what a person reads stays."""

from __future__ import annotations

import datetime
from pathlib import Path

import openpyxl
from made_files import archive, pdf

from assistant.memory.formats.document import Block, Document
from assistant.memory.reading import read


def only(path: Path) -> Document:
    (document,) = read(path)
    return document


def texts(document: Document) -> list[str]:
    return [block.text for block in document.blocks]


def test_a_word_document_is_read(tmp_path: Path) -> None:
    path = tmp_path / "letter.docx"
    path.write_bytes(docx_bytes())

    letter = only(path)

    assert (letter.title, letter.date) == ("Lease", datetime.date(2020, 2, 3))
    assert letter.properties["author"] == "Robin"
    assert list(letter.blocks) == [
        Block("heading", "Rent", level=1),
        Block("paragraph", "It is 850 EUR, due on the 3rd."),
        Block("list", "- keys\n- deposit"),
        Block("table", "| Room | Size |\n| Kitchen | 9 |"),
    ]


def test_a_workbook_is_read_as_tables(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.title = "Costs"
    for row in (["Month", "Heating", None], [datetime.date(2024, 1, 1), 95.5, None], [None, None, None]):
        sheet.append(row)
    workbook.save(tmp_path / "costs.xlsx")

    book = only(tmp_path / "costs.xlsx")

    assert book.title == "costs"
    assert list(book.blocks) == [
        Block("heading", "Costs", level=1),
        Block("table", "| Month | Heating |\n| 2024-01-01 | 95.5 |"),
    ]


def test_a_book_is_read(tmp_path: Path) -> None:
    path = tmp_path / "book.epub"
    path.write_bytes(epub_bytes())

    book = only(path)

    assert book.title == "A Short Book"
    assert ("heading", "Chapter One") in [(block.kind, block.text) for block in book.blocks]
    assert "It was a dark night." in texts(book)


def test_a_pdf_has_headings_and_whole_paragraphs(tmp_path: Path) -> None:
    path = tmp_path / "manual.pdf"
    path.write_bytes(
        pdf_bytes(
            [
                (20, 760, "Boiler manual"),
                (10, 720, "Open the tap until the gauge shows one and a half bar; the pres-"),
                (10, 708, "sure must not go beyond two bar, or else the valve"),
                (10, 696, "opens."),
                (10, 660, "Call the service on 555-0142."),
            ]
        )
    )

    manual = only(path)

    assert (manual.title, manual.date) == ("Boiler manual", datetime.date(2019, 7, 6))
    assert texts(manual) == [
        "Open the tap until the gauge shows one and a half bar; the pressure must not go beyond two bar, "
        "or else the valve opens.",
        "Call the service on 555-0142.",
    ]


def docx_bytes() -> bytes:
    word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    rels = "http://schemas.openxmlformats.org/package/2006/relationships"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

    def paragraph(text: str, style: str = "") -> str:
        properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
        return f"<w:p>{properties}<w:r><w:t>{text}</w:t></w:r></w:p>"

    def row(*cells: str) -> str:
        return "<w:tr>" + "".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in cells) + "</w:tr>"

    body = (
        paragraph("Rent", "Heading1")
        + paragraph("It is 850 EUR, due on the 3rd.")
        + paragraph("keys", "ListBullet")
        + paragraph("deposit", "ListBullet")
        + f"<w:tbl>{row('Room', 'Size')}{row('Kitchen', '9')}</w:tbl>"
    )
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="{key}"><w:name w:val="{name}"/></w:style>'
        for key, name in (("Heading1", "heading 1"), ("ListBullet", "List Bullet"))
    )
    return archive(
        {
            "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="xml" ContentType="application/xml"/></Types>',
            "_rels/.rels": f'<Relationships xmlns="{rels}"><Relationship Id="r1" Target="word/document.xml" '
            f'Type="{office}/officeDocument"/></Relationships>',
            "word/_rels/document.xml.rels": f'<Relationships xmlns="{rels}"><Relationship Id="r1" Target="styles.xml" '
            f'Type="{office}/styles"/></Relationships>',
            "word/document.xml": f'<w:document xmlns:w="{word}"><w:body>{body}</w:body></w:document>',
            "word/styles.xml": f'<w:styles xmlns:w="{word}">{styles}</w:styles>',
            "docProps/core.xml": '<cp:coreProperties xmlns:cp="x" xmlns:dc="d" xmlns:dcterms="t">'
            "<dc:title>Lease</dc:title><dc:creator>Robin</dc:creator>"
            "<dcterms:created>2020-02-03T10:00:00Z</dcterms:created></cp:coreProperties>",
        }
    )


def epub_bytes() -> bytes:
    return archive(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
            '<rootfile full-path="c.opf" media-type="application/oebps-package+xml"/></rootfiles></container>',
            "c.opf": '<package xmlns="http://www.idpf.org/2007/opf"><metadata '
            'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>A Short Book</dc:title></metadata><manifest>'
            '<item id="a" href="a.xhtml" media-type="application/xhtml+xml"/></manifest>'
            '<spine><itemref idref="a"/></spine></package>',
            "a.xhtml": "<html><body><h1>Chapter One</h1><p>It was a <i>dark</i> night.</p></body></html>",
        }
    )


def pdf_bytes(lines: list[tuple[int, int, str]]) -> bytes:
    """A PDF of one page; each line is (font size, height on the page, text)."""
    shown = "".join(f"BT /F1 {size} Tf 72 {y} Td ({text}) Tj ET\n" for size, y, text in lines)
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        "/Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(shown)} >>\nstream\n{shown}endstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        "<< /Title (Microsoft Word - x.doc) /CreationDate (D:20190706120000Z) >>",
    ]
    return pdf(objects, trailer="/Info 6 0 R")
