"""The frozen program as it is, before it is a package."""

import shutil
from pathlib import Path

from installers.packaging.places import program
from installers.trial.checking import NotTried
from installers.trial.people import NAME, newcomer
from installers.trial.report import in_words, read_report
from installers.trial.trial import Trial


def copied(trial: Trial) -> Path:
    """Return the program of a copy of the frozen folder, in an awkward place, where nobody may write."""
    if not program(trial.folder).exists():
        raise NotTried("The program is not frozen yet: python installers/build.py folder")
    copy = trial.scratch / NAME / "programs of ours" / trial.folder.name
    return program(close_off(trial.folder, copy))


def close_off(folder: Path, copy: Path) -> Path:
    """Copy a folder so that nobody may write to it, and return the copy."""
    shutil.copytree(folder, copy, symlinks=True)
    for path in (copy, *copy.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & 0o555)
    return copy


def selftest(trial: Trial) -> str:
    """The program finds itself well without network, compiler and Python.

    It runs in a folder that nobody may write to, for a person without rights, with an empty home and no search path;
    spaces and letters of several languages are in all paths. Its engine is killed and started again by the way.
    """
    person = newcomer(trial, "at home")
    return in_words(read_report(person.run(trial.shared(copied), "selftest")))
