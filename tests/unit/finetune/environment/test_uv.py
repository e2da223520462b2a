"""Whether uv starts is known without setting anything up."""

import sys

import pytest

from desktop_app.errors import UserError
from desktop_app.finetune.environment.uv import uv_version

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the uv of these tests is a shell script")


def test_uv_says_its_version(small):
    assert uv_version(small.program).startswith("uv ")


def test_a_uv_that_fails_or_is_missing_is_told(small):
    small.script("exit 3")
    with pytest.raises(UserError, match="could not be started"):
        uv_version(small.program)
    small.uv.write_bytes(b"\x7fELF")
    with pytest.raises(UserError, match="could not be started"):
        uv_version(small.program)
    small.uv.unlink()
    with pytest.raises(UserError, match="A part of Moatless is missing"):
        uv_version(small.program)
