"""Makes the frozen bundle one that a Mac starts: signed, and shown to Apple where there is somebody to sign for it."""

from pathlib import Path

from installers.macos import notarize, sign


def build(folder: Path, dist: Path) -> Path:
    """Sign and notarize the bundle where it is; `dist` gets nothing, because a bundle is no file to download.

    Raises:
        UserError: If a tool of the system refuses, or Apple does.
    """
    sign.sign_bundle(folder)
    finish(folder)
    return folder


def finish(path: Path) -> None:
    """Notarize what was signed, or say what it is without that."""
    if sign.identity() == sign.AD_HOC:
        print(f"{path.name} is not signed by anyone: other Macs open it only when a person insists ({sign.IDENTITY}).")
    elif not notarize.is_configured():
        print(f"{path.name} is signed, but Apple was not shown it ({notarize.KEY} and the two beside it).")
    else:
        notarize.notarize(path)
