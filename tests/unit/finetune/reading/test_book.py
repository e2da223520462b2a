"""EPUB: a section a chapter in the order of reading, without cover and contents; locked and damaged ones are told."""

import pytest

from tests.support.documents_packed import epub, packed, unpacked

CHAPTERS = {
    "cover.xhtml": "<img src='c.jpg'/>",
    "nav.xhtml": "<nav><ol><li><a href='one.xhtml'>One</a></li></ol></nav>",
    "one.xhtml": "<h1>One</h1><p>It was a <i>dark</i> night.</p><p>The rain fell.</p>",
    "two%20b.xhtml": "<html><head><title>Two</title></head><body><p>And so it went on.</p></body></html>",
}


def book(**more):
    return epub(CHAPTERS, '<reference type="cover" href="cover.xhtml"/>', "nav.xhtml", **more)


def stored(data):
    """As archives have it: names in the list of the book are written with escapes, names of entries are not."""
    return packed({name.replace("%20", " "): content for name, content in unpacked(data).items()})


def test_each_chapter_is_a_section_in_the_order_of_reading(read, skipped):
    file = read("book.epub", stored(book()))
    assert file.kind == "E-book"
    assert [(each.title, each.text) for each in file.sections] == [
        ("One", "One\n\nIt was a dark night.\n\nThe rain fell."),
        ("Two", "And so it went on."),
    ]
    assert skipped(file) == {"cover": 1, "table of contents": 1}


def test_contents_are_known_by_their_links_where_the_book_does_not_say_so(read, skipped):
    links = "".join(f"<p><a href='{k}.xhtml'>The chapter number {k}</a></p>" for k in range(9))
    file = read(
        "book.epub", epub({"toc.xhtml": f"<h1>Contents</h1>{links}", "one.xhtml": "<p>A chapter of five words.</p>"})
    )
    assert len(file.sections) == 1
    assert skipped(file) == {"table of contents": 1}


def test_chapters_that_are_not_there_and_pages_with_next_to_nothing_are_told(read, skipped):
    entries = unpacked(
        epub({"one.xhtml": "<p>Here are five whole words.</p>", "two.xhtml": "<p>Two</p>", "x.xhtml": ""})
    )
    del entries["OEBPS/x.xhtml"]
    file = read("book.epub", packed(entries))
    assert len(file.sections) == 1
    assert skipped(file) == {"page with next to nothing on it": 1, "chapter that is not in the file": 1}


def test_a_chapter_without_spaces_has_as_much_on_it_as_others(read, skipped):
    file = read("book.epub", epub({"one.xhtml": "<p>海风吹过码头、灯火在水面上摇晃。</p>"}))
    assert len(file.sections) == 1
    assert skipped(file) == {}


def test_one_bad_chapter_does_not_spoil_the_others(read, skipped):
    entries = unpacked(epub({"one.xhtml": "<p>Here are five whole words.</p>", "two.xhtml": "x"}))
    file = read("book.epub", packed({**entries, "OEBPS/two.xhtml": bytes(range(256)) * 20}))
    assert [each.text for each in file.sections] == ["Here are five whole words."]
    assert skipped(file) == {"chapter that could not be read": 1}


def test_a_book_of_a_shop_is_told_and_hidden_fonts_do_no_harm(read, refusal):
    method = '<encryption><EncryptedData><EncryptionMethod Algorithm="{}"/></EncryptedData></encryption>'
    locked = book(**{"META-INF/encryption.xml": method.format("http://www.w3.org/2001/04/xmlenc#aes128-cbc")})
    assert refusal("book.epub", locked).startswith("“book.epub” is locked")
    fonts = book(**{"META-INF/encryption.xml": method.format("http://www.idpf.org/2008/embedding")})
    assert read("book.epub", fonts).sections


@pytest.mark.parametrize("missing", ["META-INF/container.xml", "OEBPS/book.opf"])
def test_a_damaged_one_is_told(refusal, missing):
    entries = unpacked(book())
    del entries[missing]
    assert refusal("book.epub", packed(entries)) == "“book.epub” is damaged, or not what its name says."
    assert refusal("book.epub", packed({**entries, missing: "<a>"})).startswith("“book.epub” is damaged")
    assert refusal("book.epub", b"PK") == "“book.epub” is damaged, or not what its name says."
