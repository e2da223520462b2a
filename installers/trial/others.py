"""The packages of the systems that are not Linux, tried as their own modules do it."""

from installers.macos.trial import try_image
from installers.packaging.places import file_name
from installers.trial.checking import NotTried
from installers.trial.trial import Trial
from installers.windows.trial import try_setup


def image(trial: Trial) -> str:
    """The program in the disk image finds itself well, mounted and read-only."""
    built = trial.dist / file_name("dmg")
    if not built.exists():
        raise NotTried("The disk image is not built yet: python installers/build.py dmg")
    return try_image(built).strip()


def setup(trial: Trial) -> str:
    """The setup program installs for one person, the program finds itself well, and uninstalling leaves the data."""
    built = trial.dist / file_name("setup")
    if not built.exists():
        raise NotTried("The setup program is not built yet: python installers/build.py setup")
    return try_setup(built, trial.scratch).strip()
