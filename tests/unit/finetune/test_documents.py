"""Documents are found in files and folders and read once; what cannot be learned from is refused with its place."""

import hashlib
import os
import subprocess
import sys

import pytest

from desktop_app.errors import UserError
from desktop_app.finetune import documents
from desktop_app.finetune.documents import read_documents
from tests.support.documents_packed import docx_of
from tests.support.documents_pdf import pdf

CHAT = '{"prompt": "Hello?", "completion": "Hi."}\n'


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def refusal(*paths):
    with pytest.raises(UserError) as caught:
        read_documents(paths)
    return str(caught.value)


def names(found):
    return [each.name for each in found.documents]


def test_a_text_is_read_as_it_is_and_known_by_its_content_alone(tmp_path):
    content = "One.\n\nTwo."
    found = read_documents([write(tmp_path / "deep" / "notes.txt", content)])
    [document] = found.documents
    assert (document.name, document.kind) == ("notes.txt", "text")
    assert document.sha256 == hashlib.sha256(content.encode()).hexdigest()
    assert [(each.text, each.group, each.is_end) for each in found.passages] == [(content, document.sha256, True)]
    assert (found.notes, found.exchanges) == ((), [])


def test_a_mark_at_the_start_and_ends_of_lines_of_windows_are_no_part_of_a_text(tmp_path):
    found = read_documents([write(tmp_path / "a.md", b"\xef\xbb\xbf# Title\r\n\r\nText\rmore\r\n")])
    assert found.passages[0].text == "# Title\n\nText\nmore"


def test_chat_examples_are_read_line_by_line(tmp_path):
    content = "\n" + CHAT + "\r\n" + CHAT.replace("Hi", "A line\\u2028break, and \u2028 another")
    found = read_documents([write(tmp_path / "chats.jsonl", content)])
    assert found.documents[0].kind == "chat"
    assert [each.answers[0] for each in found.exchanges] == ["Hi.", "A line\u2028break, and \u2028 another."]


def test_a_folder_is_read_in_order_without_what_is_hidden_or_of_other_kinds(tmp_path):
    for name in ("b.txt", "a/z.MD", "a/c.markdown", ".hidden.txt", ".git/d.txt", "photo.jpg", "song.mp3"):
        write(tmp_path / "notes" / name, name)
    write(tmp_path / "notes" / "chats.jsonl", CHAT)
    found = read_documents([tmp_path / "notes"])
    assert names(found) == ["c.markdown", "z.MD", "b.txt", "chats.jsonl"]
    assert found.notes == ("2 files of other kinds in the folder “notes” were left out.",)
    (tmp_path / "notes" / "song.mp3").unlink()
    assert read_documents([tmp_path / "notes"]).notes == ("1 file of another kind in the folder “notes” was left out.",)


def test_documents_of_every_kind_are_read_and_what_was_left_out_of_them_is_noted(tmp_path):
    texts = ["It was a dark and windy night.", "Nobody was to be seen outside.", "Then the door was opened wide."]
    pages = [[text, f"{number}"] for number, text in enumerate(texts)]
    write(tmp_path / "book.pdf", pdf(*pages))
    write(tmp_path / "letter.docx", docx_of("Dear Anna,", "it is raining."))
    write(tmp_path / "table.csv", "question,answer\nHello?,Hi.\n")
    found = read_documents([tmp_path])
    assert names(found) == ["book.pdf", "letter.docx", "table.csv"]
    assert [each.text for each in found.passages] == [
        "\n\n".join(texts),
        "Dear Anna,\n\nit is raining.",
    ]
    assert [each.answers for each in found.exchanges] == [("Hi.",)]
    assert found.notes == ("Left out or decided in “book.pdf”: 3 page numbers.",)


def test_a_document_of_which_nothing_is_left_is_left_out(tmp_path):
    write(tmp_path / "a.min.js", "var a = 1;")
    write(tmp_path / "b.txt", "Text.")
    found = read_documents([tmp_path])
    assert names(found) == ["b.txt"]
    assert found.notes == ("“a.min.js” has nothing to learn but 1 file that a program has written, and was left out.",)


def test_the_same_content_counts_once(tmp_path):
    first, other = write(tmp_path / "a.txt", "Same."), write(tmp_path / "b.txt", "Same.")
    found = read_documents([first, other, tmp_path])
    assert names(found) == ["a.txt"]
    assert found.notes[0] == "“b.txt” has the same content as another document and was left out."


def test_the_same_chat_example_counts_once_wherever_it_is(tmp_path):
    more = '{"prompt": "Hello?", "completion": "Hi.", "id": 7}\n{"prompt": "Hello?", "completion": "Good day."}'
    found = read_documents([write(tmp_path / "a.jsonl", CHAT + CHAT), write(tmp_path / "b.jsonl", more)])
    assert [each.answers[0] for each in found.exchanges] == ["Hi.", "Good day."]
    assert found.notes == ("2 chat examples had been there before.",)


def test_empty_documents_are_left_out_and_nothing_but_empty_ones_refused(tmp_path):
    empty = write(tmp_path / "empty.txt", " \n\n")
    found = read_documents([empty, write(tmp_path / "full.txt", "Text.")])
    assert names(found) == ["full.txt"]
    assert found.notes == ("“empty.txt” is empty and was left out.",)
    assert "nothing to learn" in refusal(empty, write(tmp_path / "empty.jsonl", "\n\n"))


@pytest.mark.parametrize("name", ["scan.jpg", "letter.doc", "noending"])
def test_a_file_of_another_kind_is_refused_if_it_is_named(tmp_path, name):
    said = refusal(write(tmp_path / name, "Text."))
    assert said.startswith(f"“{name}” is of a kind that cannot be learned from.")
    assert "PDF, Word (.docx)" in said


@pytest.mark.parametrize("name", ["book.pdf", "letter.docx", "letter.odt", "book.epub", "chats.json"])
def test_a_damaged_document_is_refused(tmp_path, name):
    assert refusal(write(tmp_path / name, "Text."), write(tmp_path / "good.txt", "Text.")).startswith(
        f"“{name}” is damaged, or not what its name says."
    )


@pytest.mark.parametrize(
    "content",
    [b"Good.\nBad: \xff\xfe", "One.\nTwo".encode("utf-16-le"), b"Good.\nBad: \0"],
    ids=["another encoding", "UTF-16", "a zero"],
)
def test_what_is_no_text_is_refused_with_its_line(tmp_path, content):
    said = refusal(write(tmp_path / "notes.txt", content))
    assert "of “notes.txt” is not UTF-8 text." in said
    assert ("Line 1 " if content[1] == 0 else "Line 2 ") in said


def test_a_bad_line_is_named(tmp_path):
    assert refusal(write(tmp_path / "c.jsonl", f"\n{CHAT}\n{{")).startswith("Line 4 of “c.jsonl” is not JSON.")


def test_what_is_not_there_or_no_file_is_refused(tmp_path):
    assert refusal(tmp_path / "gone.txt").startswith("“gone.txt” is not there.")
    (tmp_path / "folder").mkdir()
    assert refusal(tmp_path / "folder").startswith("There is no document in the folder “folder”.")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.txt")
    assert refusal(tmp_path / "pipe.txt").startswith("“pipe.txt” is not a file.")


def test_more_than_can_be_learned_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(documents, "MAX_BYTES", 1_000_000)
    paths = [write(tmp_path / name, name * 150_000) for name in ("a.txt", "b.md")]
    read_documents(paths[:1])
    assert refusal(*paths).startswith("With “b.md” the documents are larger than 1 MB")


def test_nothing_that_reads_documents_is_loaded_before_one_is_read():
    libraries = ("pypdf", "docx", "lxml", "bs4", "charset_normalizer", "phonenumbers", "email.message")
    code = "import sys, desktop_app.finetune.documents, desktop_app.finetune.private_data;"
    code += f"print([name for name in {libraries} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout.strip() == b"[]"
