"""The AppImage, and the folder that it is made of."""

import shutil

from desktop_app.errors import UserError
from desktop_app.paths import APPLICATION_NAME
from installers.packaging.places import file_name
from installers.trial.checking import NotTried
from installers.trial.folder import close_off
from installers.trial.people import newcomer
from installers.trial.report import in_words, read_report
from installers.trial.trial import Trial


def appdir(trial: Trial) -> str:
    """The program starts from the folder of an AppImage as it would where that is mounted: nobody may write to it.

    `AppRun` is the program itself, so that there is nothing that could set LD_LIBRARY_PATH.
    """
    built = trial.dist.parent / f"{APPLICATION_NAME}.AppDir"
    if not built.exists():
        raise NotTried("The folder of the AppImage is not built yet: python installers/build.py appimage")
    run = close_off(built, trial.scratch / "mounted" / built.name) / "AppRun"
    if not run.is_symlink() or run.resolve().read_bytes()[:4] != b"\x7fELF":
        raise UserError("AppRun is not a link to the program.")
    return in_words(read_report(newcomer(trial, "of an AppDir").run(run, "selftest")))


def appimage(trial: Trial) -> str:
    """The AppImage unpacks itself and finds itself well, for a person without rights and without a network."""
    built = trial.dist / file_name("appimage")
    if not built.exists():
        raise NotTried("Not built here: appimagetool is missing.")
    person = newcomer(trial, "of an AppImage")
    copy = person.home / built.name
    shutil.copy(built, copy)
    person.owns(copy)
    # Where nothing can be mounted, as for this person, it unpacks itself.
    done = person.run(copy, "selftest", APPIMAGE_EXTRACT_AND_RUN="1", TMPDIR=str(person.home))
    return f"{built.stat().st_size / 1e6:.0f} MB; {in_words(read_report(done))}"
