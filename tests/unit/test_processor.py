"""On a processor that Qt and NumPy cannot run on, the program says so and does not just end."""

import subprocess
import sys

import pytest

from desktop_app.__main__ import lacks_instructions

OLD = "flags\t\t: fpu vme sse sse2 pni ssse3 cx16 sse4_1 lahf_lm\n"
NEW = "flags\t\t: fpu vme sse sse2 pni ssse3 cx16 sse4_1 sse4_2 popcnt lahf_lm\n"
ARM = "Features\t: fp asimd evtstrm\n"


@pytest.fixture
def facts(tmp_path):
    return tmp_path / "cpuinfo"


@pytest.mark.parametrize(("flags", "lacking"), [(OLD, True), (NEW, False), (ARM, False), ("", False)])
def test_only_a_processor_that_is_known_to_be_too_old_is_refused(facts, flags, lacking):
    facts.write_text(f"processor\t: 0\nmodel name\t: Any\n{flags}\nprocessor\t: 1\n")
    assert lacks_instructions(facts) == lacking


def test_where_the_system_says_nothing_the_program_starts(facts):
    assert not lacks_instructions(facts)


def test_the_refusal_is_a_sentence_before_anything_heavy_is_imported(facts):
    facts.write_text(OLD)
    code = f"""
import pathlib, sys
sys.platform = "linux"
from desktop_app import __main__ as program
program.Path = lambda _: pathlib.Path({str(facts)!r})
status = program.main(["--version"])
print(sorted(set(sys.modules) & {{"numpy", "PySide6", "msgspec"}}), status)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[] 1\n"
    assert "too old for Moatless" in done.stderr
