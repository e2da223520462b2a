"""What is read of binaries for Linux: what they are linked to, and how new a system they want."""

from installers.packaging.elf import Binary, binaries_in, parse

LISTING = """
Dynamic section at offset 0x2df0 contains 27 entries:
  Tag        Type                         Name/Value
 0x0000000000000001 (NEEDED)             Shared library: [libstdc++.so.6]
 0x0000000000000001 (NEEDED)             Shared library: [libc.so.6]
 0x000000000000000e (SONAME)             Library soname: [libllama.so]

Version definition section '.gnu.version_d' contains 1 entry:
  000000: Rev: 1  Flags: BASE  Index: 1  Cnt: 1  Name: libllama.so

Version needs section '.gnu.version_r' contains 2 entries:
  000000: Version: 1  File: libstdc++.so.6  Cnt: 3
  0x0010:   Name: GLIBCXX_3.4.9  Flags: none  Version: 5
  0x0020:   Name: GLIBCXX_3.4.29  Flags: none  Version: 4
  0x0030:   Name: CXXABI_1.3.9  Flags: none  Version: 3
  0x0040: Version: 1  File: libc.so.6  Cnt: 2
  0x0050:   Name: GLIBC_2.34  Flags: none  Version: 2
  0x0060:   Name: GLIBC_2.2.5  Flags: none  Version: 6
"""


def test_libraries_and_the_highest_versions_are_read():
    assert parse(LISTING) == Binary(("libstdc++.so.6", "libc.so.6"), {"GLIBCXX": (3, 4, 29), "GLIBC": (2, 34)})


def test_a_binary_that_is_linked_to_nothing_wants_nothing():
    assert parse("There is no dynamic section in this file.") == Binary()


def test_binaries_are_known_by_how_they_begin_and_links_are_none(tmp_path):
    tmp_path.joinpath("text.so").write_text("no library")
    tmp_path.joinpath("lib").mkdir()
    tmp_path.joinpath("lib", "real").write_bytes(b"\x7fELF...")
    tmp_path.joinpath("link").symlink_to("lib/real")
    assert binaries_in(tmp_path) == [tmp_path / "lib" / "real"]
