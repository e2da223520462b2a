"""Makes the disk image: the signed bundle beside a link to where programs are, to be dragged onto it."""

import shutil
import time
from pathlib import Path

from desktop_app import __version__
from desktop_app.paths import APPLICATION_NAME
from installers.macos import sign
from installers.macos.app import finish
from installers.packaging.places import file_name
from installers.packaging.tools import ToolFailed, run_tool

TRIES = 6
WAIT_S = 10.0


def build(folder: Path, dist: Path) -> Path:
    """Make the disk image of a bundle that `app.build` has signed.

    Raises:
        UserError: If a tool of the system refuses, or Apple does.
    """
    content = dist.parent / "dmg"
    shutil.rmtree(content, ignore_errors=True)
    content.mkdir(parents=True)
    run_tool("ditto", folder, content / folder.name)  # which keeps links and signatures
    content.joinpath("Applications").symlink_to("/Applications")
    dist.mkdir(parents=True, exist_ok=True)
    image = dist / file_name("dmg")
    _create(content, image)
    shutil.rmtree(content)
    if sign.identity() != sign.AD_HOC:
        sign.sign(image)
    finish(image)
    return image


def _create(content: Path, image: Path) -> None:
    title = f"{APPLICATION_NAME} {__version__}"
    arguments = ("create", "-volname", title, "-srcfolder", content, "-fs", "HFS+", "-format", "UDZO", "-ov", image)
    for attempt in range(1, TRIES + 1):
        try:
            run_tool("hdiutil", *arguments)
        except ToolFailed as error:
            # While Spotlight or a virus scanner looks at the new volume. Nothing tells when they have finished.
            if "Resource busy" not in error.trouble or attempt == TRIES:
                raise
            time.sleep(WAIT_S)
        else:
            return
