"""What a person downloads, and how soon the packaged program is there, against the same program in its checkout."""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from desktop_app.paths import APPLICATION_NAME
from installers.packaging.places import DIST, FOLDER, WORK, file_name, program
from tests.bench.rows import measures
from tests.bench.screen import Screen
from tests.bench.table import Goal, Row, interleave

MOST_MB = 250
NOT_BUILT = "Left out, as it is not built: {}. Build it with: python installers/build.py"
KINDS = {"deb": "Debian package", "tarball": "Archive for Linux", "appimage": "AppImage"}


@measures("package")
def packages() -> Iterator[Row]:
    """The files, and the folders that they are made of, whose size is what they take of the disk."""
    for kind, words in KINDS.items():
        yield from size(f"{words}, download", DIST / file_name(kind), Goal("at most", MOST_MB))
    yield from size("Frozen program, on the disk", FOLDER, None)
    yield from size("Folder of the AppImage, on the disk", WORK / f"{APPLICATION_NAME}.AppDir", None)
    yield from start()


def size(what: str, path: Path, goal: Goal | None) -> Iterator[Row]:
    if path.exists():
        yield Row(what, "MB", (bytes_of(path) / 1e6,), goal)
    else:
        print(NOT_BUILT.format(path.name), file=sys.stderr)


def bytes_of(path: Path) -> int:
    """Return the size of a file, or of all in a folder; a link has none."""
    files = [path] if path.is_file() else path.rglob("*")
    return sum(file.stat().st_size for file in files if file.is_file() and not file.is_symlink())


def start() -> Iterator[Row]:
    """From starting the process to the first picture, in turns; each data folder has been used before."""
    if not program(FOLDER).exists():
        print(NOT_BUILT.format(FOLDER.name), file=sys.stderr)
        return
    commands = [[str(program(FOLDER))], [sys.executable, "-P", "-m", "desktop_app"]]
    with Screen() as screen, tempfile.TemporaryDirectory() as folder:
        packaged, checkout = (
            [*command, "--data-dir", str(Path(folder, str(number)))] for number, command in enumerate(commands)
        )
        figures = interleave(lambda _: screen.seconds_to_paint(packaged), lambda _: screen.seconds_to_paint(checkout))
    goal = Goal("at most", 1.5)
    yield Row("Window of the packaged program shown", "s", figures[0], goal, "in its checkout", figures[1])
