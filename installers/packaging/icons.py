"""The program's icon as each system wants it, out of the one drawing in `assets/moatless.svg`.

Qt of the packaging environment draws the pictures; `python -m installers.packaging.icons FOLDER SIZE...` is that part.
What Windows and macOS read are many such pictures in one file.
"""

import os
import struct
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from desktop_app.errors import UserError
from desktop_app.paths import bundled
from installers.packaging.packaging_environment import packaging_environment
from installers.packaging.places import ICONS, ROOT

ICO, ICNS = ICONS / "moatless.ico", ICONS / "moatless.icns"
ICO_SIZES = (16, 20, 24, 32, 40, 48, 64, 256)
# The names of pictures by their size in points, which is half of that in pixels on a fine screen. Those of 16 and 32
# pixels without a fine screen would have to be in a format of their own; macOS makes them of the others.
ICNS_TYPES = {
    b"ic11": 32,
    b"ic12": 64,
    b"ic07": 128,
    b"ic13": 256,
    b"ic08": 256,
    b"ic14": 512,
    b"ic09": 512,
    b"ic10": 1024,
}


def write_pngs(folder: Path, sizes: Iterable[int], python: Path | None = None) -> None:
    """Draw the icon in some sizes, each as `SIZE.png`.

    Args:
        folder: Made if need be.
        sizes: In pixels.
        python: One with PySide6; by default that of the packaging environment.

    Raises:
        UserError: If it cannot be drawn.
    """
    folder.mkdir(parents=True, exist_ok=True)
    python = python or packaging_environment().python
    command = [str(python), "-m", __name__, str(folder.absolute()), *map(str, sizes)]
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise UserError(f"The icon could not be drawn. Qt said: {done.stderr.strip()}")


def write_icon_files(folder: Path = ICONS, python: Path | None = None) -> None:
    """Write the files that Windows and macOS read: `moatless.ico` and `moatless.icns`.

    Raises:
        UserError: If the icon cannot be drawn.
    """
    write_pngs(folder, sorted({*ICO_SIZES, *ICNS_TYPES.values()}), python)
    pictures = {size: (folder / f"{size}.png").read_bytes() for size in {*ICO_SIZES, *ICNS_TYPES.values()}}
    folder.joinpath(ICO.name).write_bytes(ico({size: pictures[size] for size in ICO_SIZES}))
    folder.joinpath(ICNS.name).write_bytes(icns(pictures))


def ico(pictures: Mapping[int, bytes]) -> bytes:
    """Return an icon file of Windows: a table of contents, then the pictures as PNG.

    Args:
        pictures: By their size in pixels, 256 at most.
    """
    table, content = struct.pack("<HHH", 0, 1, len(pictures)), b""
    start = len(table) + 16 * len(pictures)
    for size, picture in sorted(pictures.items()):
        edge = size % 256  # of 256 only the last byte is there
        table += struct.pack("<BBBBHHII", edge, edge, 0, 0, 1, 32, len(picture), start + len(content))
        content += picture
    return table + content


def icns(pictures: Mapping[int, bytes]) -> bytes:
    """Return an icon file of macOS; of the pictures, by their size in pixels, it takes those it has names for."""
    parts = [kind + struct.pack(">I", 8 + len(pictures[size])) + pictures[size] for kind, size in ICNS_TYPES.items()]
    content = b"".join(parts)
    return b"icns" + struct.pack(">I", 8 + len(content)) + content


def _draw(folder: Path, sizes: Iterable[int]) -> None:
    from PySide6.QtCore import Qt
    from PySide6.QtGui import QGuiApplication, QImage, QPainter
    from PySide6.QtSvg import QSvgRenderer

    QGuiApplication([])
    drawing = QSvgRenderer(str(bundled("moatless.svg")))
    for size in sizes:
        image = QImage(size, size, QImage.Format.Format_ARGB32)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        drawing.render(painter)
        painter.end()
        if not image.save(str(folder / f"{size}.png")):
            sys.exit(f"{folder} cannot be written to.")


if __name__ == "__main__":
    _draw(Path(sys.argv[1]), map(int, sys.argv[2:]))
