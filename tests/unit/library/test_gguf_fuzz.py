"""Whatever the bytes are, a file is read or refused with a sentence; nothing else happens, and not for long."""

import random
import shutil
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_app.errors import UserError
from desktop_app.library import starter
from desktop_app.library.gguf import read_header
from desktop_app.library.memory import forecast
from desktop_app.library.model_check import check_model
from tests.support.gguf_files import llama_model
from tests.unit.library.sentences import assert_readable

MODEL = llama_model()
WHOLE = MODEL.to_bytes()
HEADER_BYTES = len(MODEL.header())
STARTER_HEAD_BYTES = 65_536
MOST_MEMORY = 64_000_000

flips = st.lists(st.tuples(st.integers(0, HEADER_BYTES - 1), st.integers(0, 255)), min_size=1, max_size=8)
starter_flips = st.lists(st.tuples(st.integers(0, STARTER_HEAD_BYTES - 1), st.integers(0, 255)), min_size=1, max_size=8)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz") / "model.gguf"


@pytest.fixture(scope="module")
def starter_copy(tmp_path_factory):
    return shutil.copy(starter.starter_path(), tmp_path_factory.mktemp("fuzz") / "starter.gguf")


def look_at(path):
    """Read the file as the program does; the only way to fail is with a sentence."""
    try:
        header = read_header(path)
        check_model(header)
        forecast(header, 4096)
        assert header.quant_type
    except UserError as error:
        assert_readable(error)


@given(flips)
@settings(max_examples=400, deadline=None)
def test_changed_bytes_are_read_or_refused(file, changes):
    content = bytearray(WHOLE)
    for place, byte in changes:
        content[place] = byte
    file.write_bytes(content)
    look_at(file)


@given(st.integers(0, len(WHOLE) - 1))
@settings(max_examples=200, deadline=None)
def test_a_file_cut_off_anywhere_is_refused(file, length):
    file.write_bytes(WHOLE[:length])
    with pytest.raises(UserError) as caught:
        read_header(file)
    assert_readable(caught.value)


@given(st.binary(max_size=2_000))
@settings(max_examples=200, deadline=None)
def test_any_bytes_after_the_magic_are_refused(file, content):
    file.write_bytes(b"GGUF" + content)
    with pytest.raises(UserError) as caught:
        read_header(file)
    assert_readable(caught.value)


@given(starter_flips)
@settings(max_examples=100, deadline=None)
def test_changed_bytes_of_the_starter_model_are_read_or_refused(starter_copy, changes):
    with open(starter_copy, "r+b") as file:  # noqa: PTH123
        original = file.read(STARTER_HEAD_BYTES)
        content = bytearray(original)
        for place, byte in changes:
            content[place] = byte
        try:
            file.seek(0)
            file.write(content)
            file.flush()
            look_at(starter_copy)
        finally:
            file.seek(0)
            file.write(original)


def test_changed_bytes_never_take_much_memory(file):
    chance = random.Random(1)
    for _ in range(100):
        content = bytearray(WHOLE)
        for _ in range(3):
            content[chance.randrange(HEADER_BYTES)] = chance.choice((0, 255, chance.randrange(256)))
        file.write_bytes(content)
        tracemalloc.start()
        look_at(file)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < MOST_MEMORY
