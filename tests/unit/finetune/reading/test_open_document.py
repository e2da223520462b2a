"""ODT: text under its headings, tables row by row, spaces as they were typed; what is beside the text is told."""

import pytest

from tests.support.documents_packed import RIGHT_TO_LEFT, odt, packed, unpacked

BODY = """
<text:sequence-decls/><text:p>Before.</text:p>
<text:h text:outline-level="1">One</text:h>
<text:p>Two<text:s text:c="3"/>spaces,<text:tab/>a tab,<text:line-break/>a
   line of <text:span>its <text:span>own</text:span></text:span>.</text:p>
<text:section><text:p>In a section.</text:p></text:section>
<text:list><text:list-item><text:p>first</text:p></text:list-item><text:list-item><text:p>second</text:p>
<text:list><text:list-item><text:p>deeper</text:p></text:list-item></text:list></text:list-item></text:list>
<table:table><table:table-header-rows><table:table-row><table:table-cell><text:p>a</text:p></table:table-cell>
<table:table-cell><text:p>b</text:p></table:table-cell></table:table-row></table:table-header-rows>
<table:table-row><table:table-cell><text:p>c</text:p></table:table-cell><table:table-cell/></table:table-row></table:table>
"""


def test_text_lists_and_tables_are_read(read):
    file = read("a.odt", odt(BODY))
    assert file.kind == "OpenDocument text"
    assert [each.title for each in file.sections] == ["", "One"]
    assert file.sections[1].text.split("\n\n") == [
        "One",
        "Two   spaces,\ta tab,\na line of its own.",
        "In a section.",
        "- first\n- second\n- deeper\na | b\nc |",
    ]


def test_what_is_beside_the_text_is_left_out_and_told(read, skipped):
    body = """<text:table-of-content><text:index-body><text:p>One 1</text:p></text:index-body></text:table-of-content>
    <text:tracked-changes><text:changed-region><text:deletion><text:p>gone</text:p></text:deletion></text:changed-region>
    </text:tracked-changes><text:p>Text<text:note><text:note-body><text:p>A note.</text:p></text:note-body></text:note>
    <office:annotation><text:p>Why?</text:p></office:annotation> goes on.</text:p>"""
    styles = """<style:master-page><style:header><text:p>Smith</text:p></style:header>
    <style:footer><text:p/></style:footer></style:master-page>"""
    file = read("a.odt", odt(body, styles))
    assert [each.text for each in file.sections] == ["Text  goes on."]
    assert skipped(file) == {"table of contents or index": 1, "footnote": 1, "comment": 1, "page header or footer": 1}


def test_a_damaged_one_and_one_with_a_password_are_told(refusal):
    entries = unpacked(odt("<text:p>Text.</text:p>"))
    damaged = "“a.odt” is damaged, or not what its name says."
    assert refusal("a.odt", b"PK\x03\x04") == damaged
    assert refusal("a.odt", packed({"mimetype": "x"})) == damaged
    assert refusal("a.odt", packed({**entries, "content.xml": "<a><b></a>"})).startswith("“a.odt” is damaged")
    locked = {**entries, "META-INF/manifest.xml": "<a><b encryption-data='x'/></a>"}
    assert refusal("a.odt", packed(locked)).startswith("“a.odt” is protected by a password")


@pytest.mark.parametrize(
    "entities",
    ['<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;">', '<!ENTITY b SYSTEM "file:///etc/passwd">'],
    ids=["unfolding", "a file of this computer"],
)
def test_entities_of_its_own_are_not_unfolded(read, entities):
    entries = unpacked(odt("<text:p>It says &b; here.</text:p>".replace("&b;", "ENTITY")))
    content = f"<!DOCTYPE d [{entities}]>" + entries["content.xml"].decode().replace("ENTITY", "&b;")
    text = read("a.odt", packed({**entries, "content.xml": content})).sections[0].text
    assert text.startswith("It says")
    assert len(text) < 25


def test_right_to_left_text_comes_out_unchanged(read):
    assert read("a.odt", odt(f"<text:p>{RIGHT_TO_LEFT}</text:p>")).sections[0].text == RIGHT_TO_LEFT
