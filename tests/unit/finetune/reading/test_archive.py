"""Archives that would unpack to more than a document has are refused before anything of them is unpacked."""

import io
import zipfile

import pytest

from desktop_app.finetune.reading import archive
from tests.support.documents_packed import docx_of, epub, odt, packed, unpacked

DOCUMENTS = {
    "a.docx": (docx_of("Text of a letter."), "word/document.xml"),
    "a.odt": (odt("<text:p>Text of a letter.</text:p>"), "content.xml"),
    "a.epub": (epub({"one.xhtml": "<p>Text of a letter, long enough.</p>"}), "OEBPS/one.xhtml"),
}


def with_entry(data, name, content):
    return packed({**unpacked(data), name: content})


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_bomb_is_refused_unopened(refusal, name, monkeypatch):
    data, inner = DOCUMENTS[name]
    bomb = with_entry(data, inner, b" " * 20_000_000)
    assert len(bomb) < 100_000

    def unpack(*_arguments, **_options):
        raise AssertionError("it was unpacked")

    monkeypatch.setattr(zipfile.ZipFile, "read", unpack)
    assert refusal(name, bomb).startswith(f"“{name}” would unpack to far more")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_bomb_beside_the_text_is_refused_as_well(refusal, name):
    assert "would unpack" in refusal(name, with_entry(DOCUMENTS[name][0], "media/picture.png", b"\0" * 20_000_000))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_an_entry_that_is_larger_than_it_says_gives_no_more_than_it_says(refusal, name):
    """The sizes are what a bomb would lie about; unpacking stops at what is said, and its check sum is wrong then."""
    data, inner = DOCUMENTS[name]
    big = with_entry(data, inner, b"x" * 5_000_000)
    lie = big.replace((5_000_000).to_bytes(4, "little"), (1000).to_bytes(4, "little"))
    assert lie != big
    assert refusal(name, lie).startswith(f"“{name}” is damaged")


def test_many_entries_and_a_large_sum_are_refused(refusal, monkeypatch):
    data = DOCUMENTS["a.odt"][0]
    monkeypatch.setattr(archive, "_UNPACKED_BYTES", 1000)
    assert "would unpack" in refusal("a.odt", with_entry(data, "x", bytes(range(256)) * 4))
    monkeypatch.undo()
    monkeypatch.setattr(archive, "_ENTRIES", 3)
    assert "would unpack" in refusal("a.odt", with_entry(data, "x", ""))


def test_more_text_than_can_be_learned_is_refused(refusal, monkeypatch):
    monkeypatch.setattr(archive, "TEXT_BYTES", 1_000_000)
    text = "".join(f"<text:p>{number}</text:p>" for number in range(100_000))
    assert refusal("a.odt", odt(text)).startswith("“a.odt” has more text than can be learned in one run")


def test_entries_with_a_password_are_told(refusal):
    data = bytearray(DOCUMENTS["a.odt"][0])
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        start = opened.start_dir
    data[start + 8] |= 1  # the flag of the first entry in the list
    assert refusal("a.odt", bytes(data)).startswith("“a.odt” is protected by a password")


def test_an_archive_that_overlaps_itself_is_refused(refusal):
    """As the bomb of 42.zip's successor does, whose entries all have the same bytes."""
    data = packed({f"{number}": b"0" * 3_900_000 for number in range(200)})
    assert len(data) < 1_000_000
    assert "would unpack" in refusal("a.epub", data)
