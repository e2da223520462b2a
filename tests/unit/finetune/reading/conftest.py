"""Files with a content are written and read, in this process."""

import pytest

from desktop_app.errors import UserError
from desktop_app.finetune.reading.reader import read_file


@pytest.fixture
def read(tmp_path):
    """Return what is read in a file of this name and content."""

    def write_and_read(name, content, is_strict=False):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_file(path, is_strict)

    return write_and_read


@pytest.fixture
def refusal(read):
    """Return the words a file is refused with."""

    def refused(name, content, is_strict=False):
        with pytest.raises(UserError) as caught:
            read(name, content, is_strict)
        assert caught.value.hint.endswith(".")
        return caught.value.sentence

    return refused


@pytest.fixture
def skipped():
    """Return what was left out of a file: how many of what."""
    return lambda file: {each.why: each.n for each in file.skipped}
