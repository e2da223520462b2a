"""What people pick by mistake is told apart and named."""

import os
import pickle
import struct
import zipfile
from pathlib import Path

import pytest

from desktop_app.errors import UserError
from desktop_app.library.file_errors import not_a_gguf, shown_name
from desktop_app.library.gguf import read_header
from tests.unit.library.sentences import assert_readable


def refused(path):
    with pytest.raises(UserError) as caught:
        read_header(path)
    assert_readable(caught.value)
    return caught.value.sentence


FILES = {
    "nothing": (b"", "is empty"),
    "a web page": (b"\n<!DOCTYPE html><html><body>Sign in</body></html>", "is a web page"),
    "a web page in capitals": (b"<HTML lang='en'>", "is a web page"),
    "an error page in XML": (b'<?xml version="1.0"?><Error>', "is a web page"),
    "safetensors": (struct.pack("<Q", 200) + b'{"__metadata__":{}}' + bytes(300), "is a safetensors file"),
    "a pickle": (pickle.dumps([1, 2, 3], protocol=2), "is a PyTorch file"),
    "a pointer of Git": (b"version https://git-lfs", "is only a pointer"),
    "a compressed file": (b"\x1f\x8b\x08\x00" + bytes(50), "is a compressed archive"),
    "a model from before GGUF": (b"tjgg\x01\x00\x00\x00" + bytes(50), "came before GGUF"),
    "an adapter from before GGUF": (b"algg\x01\x00\x00\x00" + bytes(50), "came before GGUF"),
    "a download that never began": (bytes(10_000), "has nothing in it yet"),
    "an error message": (b"Entry not found", "is a text file"),
    "a story": ("Es war einmal in Übersee.\n".encode() * 50, "is a text file"),
    "noise": (bytes(range(255, 0, -1)) * 4, "is not a GGUF model"),
    "the first three letters": (b"GGU", "is a text file"),
}


@pytest.mark.parametrize("kind", FILES)
def test_a_file_of_another_kind_is_refused_with_its_own_sentence(tmp_path, kind):
    content, expected = FILES[kind]
    path = tmp_path / "model.gguf"
    path.write_bytes(content)
    assert expected in refused(path)


@pytest.mark.parametrize(("name", "advice"), [("notes.txt", "name ends in .gguf"), ("notes.GGUF", "Download it again")])
def test_who_chose_a_name_in_gguf_is_not_told_to_choose_one(name, advice):
    assert advice in not_a_gguf(name, b"Entry not found").hint


def test_a_zip_archive_is_refused(tmp_path):
    path = tmp_path / "model.pt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("data.pkl", b"x")
    assert "is a PyTorch file or another zip archive" in refused(path)


def test_a_folder_is_refused(tmp_path):
    assert "is a folder" in refused(tmp_path)


def test_a_file_that_is_gone_is_refused(tmp_path):
    assert "not there any more" in refused(tmp_path / "gone.gguf")


def test_a_device_is_refused():
    assert "is not a file" in refused(Path(os.devnull))


if hasattr(os, "mkfifo"):

    def test_a_pipe_is_refused_without_waiting_for_its_other_end(tmp_path):
        os.mkfifo(tmp_path / "pipe.gguf")
        assert "is not a file" in refused(tmp_path / "pipe.gguf")


def test_a_file_that_may_not_be_read_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "secret.gguf"
    path.write_bytes(b"GGUF")
    _fail_to_open(monkeypatch, PermissionError(13, "Permission denied"))  # who runs tests as root may read everything
    assert "not allowed to read “secret.gguf”" in refused(path)


def test_a_drive_that_fails_is_told(tmp_path, monkeypatch):
    path = tmp_path / "model.gguf"
    path.write_bytes(b"GGUF")
    _fail_to_open(monkeypatch, OSError(5, "Input/output error"))
    assert "could not be read" in refused(path)


def test_a_file_that_becomes_shorter_while_it_is_read_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "model.gguf"
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 0, 5) + b"\0" * 4)
    full = os.stat_result((*path.stat()[:6], 10_000, *path.stat()[7:]))
    monkeypatch.setattr(type(path), "stat", lambda *_args, **_options: full)
    assert "is truncated" in refused(path)


def test_a_name_that_is_no_text_does_not_spoil_the_sentence():
    assert_readable(not_a_gguf(shown_name(Path("m\udcff.gguf")), b""))


def _fail_to_open(monkeypatch, error):
    def fail(*_args):
        raise error

    monkeypatch.setattr("pathlib.Path.open", fail)
