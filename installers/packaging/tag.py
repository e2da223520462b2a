"""Refuses a release whose tag is not the version of the program: `python -m installers.packaging.tag v1.2.0`."""

import re
import sys

from desktop_app import __version__
from desktop_app.errors import UserError


def refuse_other(tag: str, version: str = __version__) -> None:
    """Compare a tag of the repository with the version.

    Raises:
        UserError: If it is another one, or none that all systems understand.
    """
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):  # Windows and macOS order versions by these three numbers
        raise UserError(f"The version {version} is not three numbers with dots between them.", "Change __version__.")
    if tag != f"v{version}":
        raise UserError(
            f"The tag is {tag}, and the version of the program is {version}.",
            f"Tag the commit that changed __version__, with: git tag v{version}",
        )


if __name__ == "__main__":
    try:
        refuse_other(sys.argv[1])
    except UserError as error:
        sys.exit(str(error))
