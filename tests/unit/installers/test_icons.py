"""The icon as each system wants it: the drawing in all sizes, in the files that Windows and macOS read."""

import struct
import sys
from pathlib import Path

import pytest

from desktop_app.errors import UserError
from installers.packaging.icons import ICNS_TYPES, ICO_SIZES, icns, ico, write_icon_files, write_pngs

HERE = Path(sys.executable)
PNG = b"\x89PNG\r\n\x1a\n"


def size_of(png):
    """Return the width and height that a PNG file says it has."""
    return struct.unpack(">II", png[16:24])


def entries_of_ico(content):
    """Return the pictures of an icon file, by the size that its table of contents gives them."""
    reserved, kind, count = struct.unpack_from("<HHH", content)
    assert (reserved, kind) == (0, 1)
    found = {}
    for index in range(count):
        width, height, _, _, _, bits, length, start = struct.unpack_from("<BBBBHHII", content, 6 + 16 * index)
        assert (width, bits) == (height, 32)
        found[width or 256] = content[start : start + length]
    return found


def entries_of_icns(content):
    """Return (name, picture) of an icon file of macOS."""
    assert content[:4] == b"icns"
    assert struct.unpack_from(">I", content, 4) == (len(content),)
    found, place = [], 8
    while place < len(content):
        (length,) = struct.unpack_from(">I", content, place + 4)
        found.append((content[place : place + 4], content[place + 8 : place + length]))
        place += length
    return found


def test_windows_finds_each_picture_under_its_size():
    pictures = {16: b"small", 48: b"middle", 256: b"large picture"}
    assert entries_of_ico(ico(pictures)) == pictures


def test_macos_finds_each_picture_under_its_name():
    pictures = {size: f"of {size}".encode() for size in ICNS_TYPES.values()}
    assert entries_of_icns(icns(pictures)) == [(kind, pictures[size]) for kind, size in ICNS_TYPES.items()]


def test_the_drawing_is_drawn_in_the_sizes_that_are_wanted(tmp_path):
    write_pngs(tmp_path / "new", (16, 128), HERE)
    for size in (16, 128):
        picture = tmp_path.joinpath("new", f"{size}.png").read_bytes()
        assert picture.startswith(PNG)
        assert size_of(picture) == (size, size)


def test_both_files_have_pictures_of_all_sizes(tmp_path):
    write_icon_files(tmp_path, HERE)
    of_windows = entries_of_ico(tmp_path.joinpath("moatless.ico").read_bytes())
    assert {size: size_of(picture) for size, picture in of_windows.items()} == {
        size: (size, size) for size in ICO_SIZES
    }
    of_macos = entries_of_icns(tmp_path.joinpath("moatless.icns").read_bytes())
    assert [(kind, size_of(picture)[0]) for kind, picture in of_macos] == list(ICNS_TYPES.items())


def test_the_corners_are_transparent(qapp, tmp_path):
    from PySide6.QtGui import QImage

    write_pngs(tmp_path, (64,), HERE)
    image = QImage(str(tmp_path / "64.png"))
    assert image.pixelColor(0, 0).alpha() == 0
    assert image.pixelColor(32, 4).alpha() == 255


def test_what_qt_says_is_told_when_it_cannot_draw(tmp_path):
    tmp_path.joinpath("16.png").mkdir()
    with pytest.raises(UserError, match="could not be drawn"):
        write_pngs(tmp_path, (16,), HERE)
