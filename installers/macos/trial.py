"""Tries a disk image as a person gets it, mounted: `python -m installers.macos.trial IMAGE`.

The program in it tries itself. The image is read-only and so is the program, as for somebody who drags it nowhere.
"""

import sys
import tempfile
from pathlib import Path

from desktop_app.errors import UserError
from desktop_app.paths import APPLICATION_NAME
from installers.packaging.places import program
from installers.packaging.selftest import selftest
from installers.packaging.tools import run_tool


def main(arguments: list[str]) -> int:
    """Try the image that the first argument names; return the exit status."""
    try:
        print(try_image(Path(arguments[0])))
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def try_image(image: Path) -> str:
    """Return what the program in the image says of itself.

    Raises:
        UserError: If the image cannot be mounted or the program fails.
    """
    with tempfile.TemporaryDirectory() as scratch:
        mounted = Path(scratch, "Moatless trial")
        run_tool("hdiutil", "attach", "-nobrowse", "-readonly", "-mountpoint", mounted, image)
        try:
            bundle = mounted / f"{APPLICATION_NAME}.app"
            run_tool("codesign", "--verify", "--deep", "--strict", bundle)
            return selftest(program(bundle, "darwin"), Path(scratch))
        finally:
            run_tool("hdiutil", "detach", "-force", mounted)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
