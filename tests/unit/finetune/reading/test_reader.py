"""Files are read whole and within limits, folders without what is hidden or foreign; trouble is told in sentences."""

import hashlib
import os
import sys

import pytest

from desktop_app.errors import UserError
from desktop_app.finetune.reading import found, reader, snapshot
from desktop_app.finetune.reading.reader import ENDINGS, list_files, read_file

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")


def write(path, content="Text."):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def test_a_file_is_known_by_its_content(read):
    file = read("deep/notes.TXT", "One two three.")
    assert (file.name, file.size_bytes, file.n_words) == ("notes.TXT", 14, 3)
    assert file.sha256 == hashlib.sha256(b"One two three.").hexdigest()


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_empty_file_of_every_kind_has_nothing(read, ending):
    file = read(f"empty{ending}", b"\n  \n")
    assert (file.sections, file.exchanges, file.skipped) == ((), (), ())
    assert file.kind == ENDINGS[ending]


def test_what_is_not_there_is_told(tmp_path):
    for name in ("gone.txt", "gone.xyz", "gone"):
        with pytest.raises(UserError, match="is not there"):
            read_file(tmp_path / name)


def test_another_kind_is_told(refusal):
    assert refusal("a.xyz", "Text.") == "“a.xyz” is of a kind that cannot be learned from."


@posix
@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir], ids=["pipe", "folder"])
def test_what_is_no_file_is_told_and_not_waited_for(tmp_path, make):
    make(tmp_path / "a.txt")
    with pytest.raises(UserError, match=r"“a\.txt” is not a file"):
        read_file(tmp_path / "a.txt")


@posix
def test_a_device_is_told(tmp_path):
    (tmp_path / "a.txt").symlink_to("/dev/zero")
    with pytest.raises(UserError, match=r"“a\.txt” is not a file"):
        read_file(tmp_path / "a.txt")


def test_what_may_not_be_read_is_told(read, refusal, monkeypatch):
    def refuse(*_arguments):
        raise PermissionError

    monkeypatch.setattr(snapshot.os, "open", refuse)
    monkeypatch.setattr("pathlib.Path.write_bytes", lambda *_arguments: None)
    assert refusal("locked.txt", "Text.") == "“locked.txt” could not be read."


def test_a_file_that_is_too_large_is_told_before_it_is_read(tmp_path, monkeypatch):
    path = tmp_path / "huge.txt"
    with path.open("wb") as file:
        file.truncate(500_000_000)  # which takes no room on the disk

    def read(*_arguments, **_options):
        raise AssertionError("it was read")

    monkeypatch.setattr(snapshot.os, "fdopen", read)
    with pytest.raises(UserError, match=r"“huge\.txt” is larger than 64 MB"):
        read_file(path)


def test_more_text_than_can_be_learned_is_told_whatever_the_format(refusal, monkeypatch):
    monkeypatch.setattr(found, "TEXT_BYTES", 1000)
    assert refusal("a.html", "<p>" + "word " * 300).startswith("“a.html” has more text than can be learned")


def change(path):
    with path.open("ab") as file:
        file.write(b" More.")


def test_a_file_that_is_changed_while_it_is_read_is_told(tmp_path, monkeypatch):
    path = write(tmp_path / "a.txt")
    opened = snapshot.os.fdopen

    def open_and_change(*arguments, **options):
        change(path)
        return opened(*arguments, **options)

    monkeypatch.setattr(snapshot.os, "fdopen", open_and_change)
    with pytest.raises(UserError, match=r"“a\.txt” was changed while it was read"):
        read_file(path)


@posix
def test_a_file_that_is_deleted_while_it_is_read_is_read_to_its_end(tmp_path, monkeypatch):
    path = write(tmp_path / "a.txt")
    opened = snapshot.os.fdopen

    def open_and_delete(*arguments, **options):
        path.unlink()
        return opened(*arguments, **options)

    monkeypatch.setattr(snapshot.os, "fdopen", open_and_delete)
    assert read_file(path).sections[0].text == "Text."


def test_memory_that_runs_out_is_told(refusal, monkeypatch):
    def take_all(_source, _found):
        raise MemoryError

    form = reader._BY_ENDING[".txt"]
    monkeypatch.setitem(reader._BY_ENDING, ".txt", reader._Format(form.kind, form.endings, take_all))
    assert refusal("a.txt", "Text.").startswith("“a.txt” takes more memory")


# ------------------------------------------------------------ folders


def shown(files, top):
    return [file.relative_to(top).as_posix() for file in files]


def test_a_folder_is_walked_in_order_without_what_is_hidden_foreign_or_of_another_kind(tmp_path):
    wanted = ("a/c.md", "a/z.PDF", "b.txt", "main.py")
    hidden = (
        ".hidden.txt",
        ".git/d.txt",
        "node_modules/x/readme.md",
        "env/pyvenv.cfg",
        "env/lib/x.py",
        "__pycache__/y.py",
    )
    others = ("photo.jpg", "song.mp3", "package.json")
    for name in (*wanted, *hidden, *others):
        write(tmp_path / name, "{}")
    files, skipped = list_files([tmp_path])
    assert shown(files, tmp_path) == list(wanted)
    assert [(each.why, each.n) for each in skipped] == [("files of other kinds", 3)]


def test_json_in_a_folder_is_taken_if_it_looks_like_chats(tmp_path):
    write(tmp_path / "conversations.json", '[{"title": "A", "mapping": {}}]')
    write(tmp_path / "settings.json", '{"color": "red"}')
    files, skipped = list_files([tmp_path])
    assert shown(files, tmp_path) == ["conversations.json"]
    assert [(each.why, each.n) for each in skipped] == [("file of another kind", 1)]


def test_each_file_is_there_once_and_named_ones_are_there_whatever_they_are(tmp_path):
    text, song, gone = write(tmp_path / "a.txt"), write(tmp_path / "song.mp3"), tmp_path / "gone.txt"
    assert list_files([text, song, tmp_path, gone]) == ([text, song, gone], list_files([tmp_path])[1])


@posix
def test_links_that_lead_round_in_a_circle_end(tmp_path):
    write(tmp_path / "a" / "b.txt")
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    (tmp_path / "a" / "self.txt").symlink_to(tmp_path / "a" / "self.txt")
    (tmp_path / "a" / "again.txt").symlink_to(tmp_path / "a" / "b.txt")
    files, _ = list_files([tmp_path])
    assert len(files) == 1


def test_a_folder_that_may_not_be_opened_is_told(tmp_path, monkeypatch):
    write(tmp_path / "a.txt")

    def walk(top, onerror):
        onerror(PermissionError())
        yield str(top), [], ["a.txt"]

    monkeypatch.setattr(reader.os, "walk", walk)
    files, skipped = list_files([tmp_path])
    assert shown(files, tmp_path) == ["a.txt"]
    assert [each.why for each in skipped] == ["folder that could not be opened"]
