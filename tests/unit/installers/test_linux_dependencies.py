"""What the Debian package asks for: all that the program is linked to and does not bring along, and nothing else."""

import pytest

from desktop_app.errors import UserError
from installers.linux.dependencies import needs
from installers.packaging import elf

ELF = b"\x7fELF"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return a function that adds a binary by what it is linked to and the versions of glibc that it wants."""
    listings = {}
    monkeypatch.setattr(elf, "run_tool", lambda *words: listings[words[-1]])

    def add(name, *libraries, glibc=()):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(ELF)
        lines = [f" 0x0001 (NEEDED)             Shared library: [{library}]" for library in libraries]
        lines += [f"  0x0010:   Name: GLIBC_{version}  Flags: none  Version: 2" for version in glibc]
        listings[path] = "\n".join(lines)
        return tmp_path

    return add


def test_what_the_system_has_to_bring_is_asked_for(folder):
    found = needs(folder("moatless", "libEGL.so.1", "libfontconfig.so.1", "libc.so.6", glibc=["2.34"]))
    assert {"libegl1", "libfontconfig1", "libc6 (>= 2.34)"} < set(found.depends)


def test_what_is_only_read_is_asked_for_too(folder):
    assert {"ca-certificates", "fontconfig-config", "xkb-data"} < set(needs(folder("moatless")).depends)


def test_what_is_inside_is_not_asked_for(folder):
    folder("_internal/libxcb-cursor.so.0")
    assert "libxcb-cursor0" not in needs(folder("moatless", "libxcb-cursor.so.0")).depends


def test_only_binaries_are_asked(folder, tmp_path):
    tmp_path.joinpath("probe.txt").write_text("no binary")
    assert needs(folder("moatless"))


def test_the_newest_c_library_of_all_is_asked_for(folder):
    folder("one.so", glibc=["2.4", "2.9"])
    assert "libc6 (>= 2.17)" in needs(folder("two.so", "libm.so.6", "ld-linux-x86-64.so.2", glibc=["2.17"])).depends


def test_a_package_may_have_its_old_or_its_new_name(folder):
    assert "libglib2.0-0t64 | libglib2.0-0" in needs(folder("moatless", "libgthread-2.0.so.0")).depends


def test_what_the_program_does_without_is_only_recommended(folder):
    found = needs(folder("_internal/libggml-vulkan.so", "libvulkan.so.1"))
    assert "libvulkan1" in found.recommends
    assert "libvulkan1" not in found.depends


def test_a_library_without_a_known_package_stops_the_build(folder):
    folder("_internal/known.so", "libEGL.so.1")
    with pytest.raises(UserError, match=r"libstrange\.so\.3 \(for _internal/odd\.so\)") as caught:
        needs(folder("_internal/odd.so", "libstrange.so.3"))
    assert "libEGL" not in caught.value.sentence
