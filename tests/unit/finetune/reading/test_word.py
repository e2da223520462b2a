"""DOCX: text under its headings, tables row by row, changes as accepted; what is beside the text is told."""

import pytest
from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from tests.support.documents_packed import RIGHT_TO_LEFT, docx, docx_of, packed, unpacked


def report(document):
    document.add_paragraph("Before the first heading.")
    document.add_heading("Results", 1)
    document.add_paragraph("All of it went well.")
    document.add_heading("Details", 2)
    document.add_paragraph("apples", style="List Bullet")
    table = document.add_table(rows=2, cols=2)
    for cell, text in zip(
        [cell for row in table.rows for cell in row.cells], ("Year", "Sum", "1999", "7"), strict=True
    ):
        cell.text = text
    document.add_paragraph("The end.")


def test_headings_make_sections_and_tables_come_row_by_row(read):
    file = read("report.docx", docx(report))
    assert file.kind == "Word document"
    assert [(each.title, each.text) for each in file.sections] == [
        ("", "Before the first heading."),
        ("Results", "Results\n\nAll of it went well."),
        ("Details", "Details\n\napples\n\nYear | Sum\n1999 | 7\n\nThe end."),
    ]
    assert file.skipped == ()


def edged(document):
    document.add_paragraph("Text.")
    document.sections[0].header.paragraphs[0].text = "Smith & Sons"
    document.sections[0].footer.paragraphs[0].text = "confidential"


def test_headers_and_footers_are_left_out_and_told(read, skipped):
    file = read("letter.docx", docx(edged))
    assert [each.text for each in file.sections] == ["Text."]
    assert skipped(file) == {"page headers and footers": 2}
    assert file.skipped[0].shown == "Smith & Sons"


def wrapped(paragraph, name, text, inner="w:t"):
    element, run, written = OxmlElement(name), OxmlElement("w:r"), OxmlElement(inner)
    written.text = text
    run.append(written)
    element.append(run)
    paragraph._p.append(element)


def changed(document):
    paragraph = document.add_paragraph("It is ")
    wrapped(paragraph, "w:del", "red", "w:delText")
    wrapped(paragraph, "w:moveFrom", "old")
    wrapped(paragraph, "w:ins", "blue")
    wrapped(paragraph, "w:hyperlink", " and linked")


def test_changes_count_as_accepted_and_links_are_text(read):
    assert read("a.docx", docx(changed)).sections[0].text == "It is blue and linked"


def with_control(document):
    paragraph = document.add_paragraph("In a content control.")
    control, content = OxmlElement("w:sdt"), OxmlElement("w:sdtContent")
    paragraph._p.addprevious(control)
    control.append(content)
    content.append(paragraph._p)
    other = document.add_paragraph("one")
    other.add_run().add_tab()
    other.add_run("two").add_break()
    other.add_run("three")


def test_content_controls_tabs_and_breaks_are_read(read):
    assert read("a.docx", docx(with_control)).sections[0].text == "In a content control.\n\none\ttwo\nthree"


def nested(document):
    cell = document.add_table(rows=1, cols=2).rows[0].cells[0]
    cell.text = "outer"
    cell.add_table(rows=1, cols=1).rows[0].cells[0].text = "inner"


def test_a_table_in_a_table_is_read_once(read):
    text = read("a.docx", docx(nested)).sections[0].text
    assert text.count("inner") == 1
    assert text.startswith("outer")


def outlined(document):
    heading = document.add_paragraph("By its outline level")
    level = OxmlElement("w:outlineLvl")
    level.set(qn("w:val"), "0")
    heading._p.get_or_add_pPr().append(level)
    document.add_paragraph("Text.")


def test_a_heading_without_a_style_of_headings_is_one(read):
    assert [each.title for each in read("a.docx", docx(outlined)).sections] == ["By its outline level"]


def test_comments_are_left_out_and_told(read, skipped):
    def commented(document):
        run = document.add_paragraph().add_run("Text.")
        document.add_comment(run, text="Is that so?", author="A")

    assert skipped(read("a.docx", docx(commented))) == {"comment": 1}


def test_right_to_left_text_comes_out_unchanged(read):
    assert read("a.docx", docx_of(RIGHT_TO_LEFT)).sections[0].text == RIGHT_TO_LEFT


@pytest.mark.parametrize("content", [b"PK\x03\x04", b"no archive", packed({"a.txt": "x"})], ids=["cut", "text", "zip"])
def test_a_damaged_one_is_told(refusal, content):
    assert refusal("a.docx", content) == "“a.docx” is damaged, or not what its name says."


def test_damage_inside_is_told(refusal):
    entries = unpacked(docx_of("Text."))
    for spoiled in (entries["word/document.xml"][:200], b"", b"\0\1\2"):
        assert refusal("a.docx", packed({**entries, "word/document.xml": spoiled})).startswith("“a.docx” is damaged")


def test_one_with_a_password_is_told(refusal):
    assert "protected by a password" in refusal("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))


def test_entities_of_its_own_are_not_unfolded(read):
    entries = unpacked(docx_of("Text HERE."))
    body = entries["word/document.xml"].decode()
    start = body.index("<w:document")
    laughs = '<!DOCTYPE w [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    data = packed({**entries, "word/document.xml": body[:start] + laughs + body[start:].replace("HERE", "&b;")})
    assert "ha" not in read("a.docx", data).sections[0].text
