"""Whatever a file has in it, reading it gives text or a sentence, and nothing else is ever raised."""

import json

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desktop_app.errors import UserError
from desktop_app.finetune.reading.reader import read_file
from tests.support.documents_packed import docx_of, epub, odt, packed, unpacked
from tests.support.documents_pdf import encrypted, pdf

MBOX = b"From a Mon May  4 12:00:00 2026\nFrom: a\nSubject: =?utf-8?q?b?=\nContent-Type: text/plain\n\nText.\n\n"
WHATSAPP = b"31.12.23, 23:59 - Anna: Hello\n31.12.23, 23:59 - Ben: Hi\n" * 2
CHATGPT = json.dumps(
    [{"current_node": "a", "mapping": {"a": {"parent": None, "message": {"author": {"role": "user"}, "content": {}}}}}]
).encode()
GOOD = {
    "a.pdf": pdf(["Some words on a page."], ["And some on another."]),
    "b.pdf": encrypted(pdf(["Some words on a page."]), ""),
    "a.docx": docx_of("Some words."),
    "a.odt": odt("<text:h>Some</text:h><text:p>words</text:p>"),
    "a.epub": epub({"one.xhtml": "<h1>One</h1><p>Five words are enough here.</p>"}),
    "a.html": b"<html><head><title>T</title></head><body><nav>x</nav><table><tr><td>a</td></tr></table><pre>p</pre>",
    "a.md": b"# A\n\n*2026-05-04 12:00*\n\n## You, 2026-05-04 12:00\n\nHi\n\n## M, 2026-05-04 12:00\n\nHello\n",
    "a.txt": WHATSAPP,
    "a.eml": MBOX.partition(b"\n")[2],
    "a.mbox": MBOX * 2,
    "a.csv": b'prompt,completion\n"a",b\n',
    "a.tsv": b"prompt\tcompletion\na\tb\n",
    "a.jsonl": b'{"prompt": "a", "completion": "b"}\n',
    "a.json": CHATGPT,
    "a.py": b"def f():\n    return 1\n",
}
ANY = settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])


def read_or_refuse(folder, name, content):
    path = folder / name
    path.write_bytes(content)
    for is_strict in (False, True):
        try:
            file = read_file(path, is_strict)
        except UserError:
            continue
        assert all(section.text.strip() for section in file.sections)
        msgspec.json.encode(file)  # which half a character would prevent


@pytest.mark.parametrize("name", GOOD)
def test_a_good_file_is_read(tmp_path, name):
    (tmp_path / name).write_bytes(GOOD[name])
    file = read_file(tmp_path / name)
    assert file.sections or file.exchanges or name == "a.json"


@pytest.mark.parametrize("name", GOOD)
@ANY
@given(content=st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(tmp_path, name, content):
    read_or_refuse(tmp_path, name, content)


@pytest.mark.parametrize("name", GOOD)
@ANY
@given(data=st.data())
def test_a_spoiled_file_is_read_or_refused(tmp_path, name, data):
    content = bytearray(GOOD[name])
    for _ in range(data.draw(st.integers(1, 6))):
        start = data.draw(st.integers(0, len(content)))
        content[start : start + data.draw(st.integers(0, 20))] = data.draw(st.binary(max_size=20))
    read_or_refuse(tmp_path, name, bytes(content))


@pytest.mark.parametrize("name", ["a.docx", "a.odt", "a.epub"])
@ANY
@given(data=st.data())
def test_a_spoiled_entry_of_an_archive_is_read_or_refused(tmp_path, name, data):
    entries = unpacked(GOOD[name])
    spoiled = data.draw(st.sampled_from(sorted(entries)))
    content = bytearray(entries[spoiled])
    start = data.draw(st.integers(0, len(content)))
    content[start : start + data.draw(st.integers(0, 30))] = data.draw(st.binary(max_size=30))
    read_or_refuse(tmp_path, name, packed({**entries, spoiled: bytes(content)}))


N = 1_000_000
LONG = {
    "a.md": "# a" + " #" * N + "x",
    "spaces.txt": WHATSAPP.decode() + "31.12.23, 23:59 - Anna: x" + " " * N + "y\n",
    "a.json": json.dumps(
        [{"mapping": {"a": {"message": {"content": {"parts": ["\ue200" * N]}}}}, "current_node": "a"}]
    ),
    "digits.eml": "A: b\n\n" + "1" * N + "\n> quoted\n",
    "quotes.eml": "A: b\n\n" + "\n> quoted\n" * (N // 10),
    "long.eml": "A: b\n\n" + "1" * N + ":x\n" + "> quoted\n" * (N // 10),
    "forwarded.eml": "A: b\n\n-- forwarded message" + "-" * N + "x\n",
    "twice.eml": "A: b\n\n" + ("-- forwarded message --\nFrom: a\nTo: b\nDate: c\n" + "\n" * 50) * (N // 100),
    "flowed.eml": "Content-Type: text/plain; format=flowed\n\n" + "aaaa \n" * N,
}


@pytest.mark.parametrize("name", LONG)
def test_a_file_of_one_thing_over_and_over_does_not_take_for_ever(tmp_path, name):
    (tmp_path / name).write_text(LONG[name], "utf-8")
    assert read_file(tmp_path / name)


KEYS = (
    *("mapping", "current_node", "parent", "message", "author", "role", "content", "content_type", "parts", "metadata"),
    *("recipient", "conversations", "messages", "prompt", "completion", "chosen", "rejected", "label", "system"),
    *("instruction", "input", "output", "from", "value", "user", "text", "all"),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5) | st.sampled_from(KEYS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
    max_leaves=12,
)


@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
@ANY
@given(value=JSON)
def test_any_json_is_read_or_refused(tmp_path, name, value):
    read_or_refuse(tmp_path, name, json.dumps(value).encode())
