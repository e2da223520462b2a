"""Whatever the bytes of an adapter are, it is used or refused with a sentence; nothing else happens."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_app.adapters.check import adapter_facts, check_adapter, check_fits
from desktop_app.adapters.conflict import conflict
from desktop_app.adapters.flatten import truncate
from desktop_app.adapters.lora_file import read_lora
from desktop_app.adapters.open_lora import check_values
from desktop_app.adapters.verdict import Level, judge
from desktop_app.errors import UserError
from desktop_app.library.gguf import read_header
from tests.unit.adapters.files import ADAPTER, MODEL
from tests.unit.library.sentences import assert_readable

WHOLE = ADAPTER.to_bytes()
HEADER_BYTES = len(ADAPTER.header())

flips = st.lists(st.tuples(st.integers(0, HEADER_BYTES - 1), st.integers(0, 255)), min_size=1, max_size=4)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz")


@pytest.fixture(scope="module")
def model(folder):
    return read_header(MODEL.write(folder / "model.gguf"))


@given(flips)
@settings(max_examples=300, deadline=None)
def test_changed_bytes_are_used_or_refused(folder, model, changes):
    content = bytearray(WHOLE)
    for place, byte in changes:
        content[place] = byte
    path = folder / "pirate.gguf"
    path.write_bytes(content)
    try:
        header = read_header(path)
        assert (judge(header, model).level is Level.BLOCKED) == is_refused(header, model)
        check_adapter(header)
        assert adapter_facts(header).name
        lora = read_lora(header)
        check_values(lora, "pirate")
        assert conflict(lora, lora).shared_weights == len(lora.pairs)
        assert truncate(lora, 2)[1] <= 1
    except UserError as error:
        assert_readable(error)


def is_refused(header, model):
    try:
        check_adapter(header)
        check_fits(header, model)
    except UserError:
        return True
    return False
