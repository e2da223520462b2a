"""Documents are read in a process of their own: what one does to it is told about that one, and the next is read."""

import os
import signal
import subprocess
import sys

import msgspec
import psutil
import pytest

from desktop_app.errors import UserError
from desktop_app.finetune.reading import process
from desktop_app.finetune.reading.messages import Answer, Question
from desktop_app.finetune.reading.process import Reader, Stopped, longest_s, reader_command
from desktop_app.finetune.reading.reader import read_file
from tests.support.documents_packed import docx_of, epub
from tests.support.documents_pdf import PICTURE, pdf

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limits")

PATIENCE_S = 60
FOREVER = "import sys; sys.stdin.read()"
WORKER = "from desktop_app.finetune.reading import worker; "


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("Some words.")
    return path


@pytest.fixture
def replaced(monkeypatch):
    """Have the next readers be started with this Python code instead; nothing has them be as they are again."""

    def replace(code=""):
        command = [sys.executable, "-P", "-c", code] if code else reader_command()
        monkeypatch.setattr(process, "reader_command", lambda: command)

    return replace


def refusal(reader, path):
    with pytest.raises(UserError) as caught:
        reader.read(path)
    assert caught.value.hint.endswith(".")
    return caught.value.sentence


def process_of(reader):
    return psutil.Process(reader._child._process.pid)


def test_files_are_read_one_after_the_other_as_they_are_in_this_process(tmp_path, text):
    (tmp_path / "a.pdf").write_bytes(pdf(["Some words on a page of a book."]))
    (tmp_path / "a.docx").write_bytes(docx_of("Some words."))
    (tmp_path / "a.epub").write_bytes(epub({"one.xhtml": "<p>Some words in a book.</p>"}))
    with Reader() as reader:
        read = [reader.read(path) for path in sorted(tmp_path.iterdir())]
        first = process_of(reader)
        assert reader.read(text) == read_file(text)
        assert process_of(reader) == first
    assert read == [read_file(path) for path in sorted(tmp_path.iterdir())]


def test_what_is_refused_is_told_and_the_same_process_goes_on(tmp_path, text):
    (tmp_path / "scan.pdf").write_bytes(pdf(PICTURE))
    with Reader() as reader:
        assert refusal(reader, tmp_path / "scan.pdf").startswith("“scan.pdf” has no text but pictures of it")
        first = process_of(reader)
        assert refusal(reader, tmp_path / "gone.txt") == "“gone.txt” is not there."
        assert reader.read(text).n_words == 2
        assert process_of(reader) == first


def test_a_text_of_500_mb_is_told_at_once(tmp_path):
    with (tmp_path / "huge.txt").open("wb") as file:
        file.truncate(500_000_000)
    with Reader() as reader:
        assert refusal(reader, tmp_path / "huge.txt") == "“huge.txt” is larger than 64 MB, and was not read."


def test_strictness_is_handed_on(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_bytes("Viele Grüße aus Köln an alle".encode("cp1252"))
    with Reader() as reader:
        assert reader.read(path).n_words == 6
        with pytest.raises(UserError, match="is not UTF-8"):
            reader.read(path, is_strict=True)


@pytest.mark.skipif(sys.platform != "linux", reason="others have no such names")
def test_a_name_that_is_no_text_is_read(tmp_path):
    path = tmp_path / os.fsdecode(b"caf\xe9.txt")
    path.write_text("Some words.")
    with Reader() as reader:
        assert reader.read(path).name == "caf?.txt"


def test_a_file_that_takes_too_long_is_given_up_and_the_next_one_read(text, replaced, monkeypatch):
    monkeypatch.setattr(process, "longest_s", lambda _path: 0.3)
    replaced(FOREVER)
    with Reader() as reader:
        assert refusal(reader, text) == "“notes.txt” could not be read within 0 minutes, and was given up."
        monkeypatch.undo()
        assert reader.read(text).n_words == 2


def test_larger_files_may_take_longer(tmp_path, text):
    with (tmp_path / "large.pdf").open("wb") as file:
        file.truncate(10_000_000)
    assert 60 <= longest_s(tmp_path / "gone") <= longest_s(text) < longest_s(tmp_path / "large.pdf") <= 1800


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import os; os._exit(3)", "could not be read: it is damaged, or made to do harm."),
        ("import sys; sys.stdin.readline(); print('nonsense', flush=True)", "could not be read: it is damaged"),
        (
            "import sys; sys.stdin.readline(); print('{\"file\"', end='', flush=True)",
            "could not be read: it is damaged",
        ),
        pytest.param("import os; os.kill(os.getpid(), 9)", "The system ended the reading of “notes.txt”", marks=posix),
        pytest.param("import os; os.kill(os.getpid(), 11)", "could not be read: it is damaged", marks=posix),
    ],
    ids=["ends", "nonsense", "half an answer", "killed", "crashes"],
)
def test_a_process_that_dies_is_told_about_the_file_and_the_next_one_read(text, replaced, code, words):
    replaced(code)
    with Reader() as reader:
        assert words in refusal(reader, text)
        replaced()
        assert reader.read(text).n_words == 2


def test_reading_can_be_stopped(text, replaced):
    replaced(FOREVER)
    with Reader() as reader:
        with pytest.raises(Stopped):
            reader.read(text, should_stop=lambda: True)
        replaced()
        assert reader.read(text, should_stop=lambda: False).n_words == 2


@posix
def test_memory_that_a_document_should_not_take_is_told(tmp_path, text, replaced):
    (tmp_path / "large.txt").write_bytes(b"word " * 12_000_000)
    replaced(WORKER + "worker.MEMORY_BYTES = 100_000_000; worker.run_reader()")
    with Reader() as reader:
        assert refusal(reader, tmp_path / "large.txt").startswith("“large.txt” takes more memory to read")
        assert reader.read(text).n_words == 2


@posix
def test_a_process_whose_client_cannot_end_it_ends_by_itself():
    code = WORKER + "worker.read_file = lambda *_: [None for _ in iter(int, 1)]; worker.run_reader()"
    child = subprocess.Popen([sys.executable, "-P", "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with child:
        child.stdin.write(msgspec.json.encode(Question(b"a.txt", 0.1)) + b"\n")
        child.stdin.flush()
        assert child.wait(PATIENCE_S) == -signal.SIGXCPU


def test_it_ends_with_its_client_and_not_by_ctrl_c(text):
    with subprocess.Popen(reader_command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        for _ in range(2):
            child.stdin.write(msgspec.json.encode(Question(os.fsencode(text), 60.0)) + b"\n")
            child.stdin.flush()
            answer = msgspec.json.decode(child.stdout.readline(), type=Answer)
            assert answer.file == read_file(text)
            if sys.platform != "win32":
                child.send_signal(signal.SIGINT)
        child.stdin.close()
        assert child.wait(PATIENCE_S) == 0


def test_what_a_library_prints_is_no_answer(text, replaced):
    code = WORKER + "real = worker.read_file; worker.read_file = lambda *a: (print('noise', flush=True), real(*a))[1]"
    replaced(code + "; worker.run_reader()")
    with Reader() as reader:
        assert reader.read(text).n_words == 2
