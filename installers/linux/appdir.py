"""Makes the AppImage: one file that starts on every distribution. Inside is the AppDir, a folder of a fixed shape.

Nothing in it sets `LD_LIBRARY_PATH`: the frozen program finds its own libraries, and would take what it finds there for
the person's own setting and hand it on to the programs it starts.
"""

import os
import platform
from pathlib import Path

from desktop_app.paths import APPLICATION_NAME
from desktop_app.product import IDENTIFIER
from installers.linux import appimage_tools
from installers.linux.changes import build_time
from installers.linux.desktop_files import PROGRAM
from installers.linux.staging import copy_program, fresh, set_permissions, write_share
from installers.packaging.places import file_name
from installers.packaging.tools import run_tool


def build(folder: Path, dist: Path) -> Path:
    """Make the AppImage out of the frozen folder; without the tools for it, say so and return the AppDir.

    Raises:
        UserError: If the tool refuses, or is not the one this project knows.
    """
    appdir = make_appdir(folder, dist.parent)
    tools = appimage_tools.find()
    if tools is None:
        print(
            f"There is no AppImage, only its folder {appdir}: {appimage_tools.VARIABLE} names no folder with"
            " appimagetool and its runtime. `python installers/linux/appimage_tools.py FOLDER` fetches them.",
            flush=True,
        )
        return appdir
    dist.mkdir(parents=True, exist_ok=True)
    target = dist / file_name("appimage")
    _run(tools, appdir, target)
    return target


def make_appdir(folder: Path, work: Path) -> Path:
    """Return the AppDir of the frozen folder, made anew."""
    appdir = fresh(work / f"{APPLICATION_NAME}.AppDir")
    home = Path("usr", "lib", PROGRAM)
    share = appdir / "usr" / "share"
    copy_program(folder, appdir / home)
    write_share(share, work / "icons")
    # What is started and what a file manager shows lie at the top; all links are relative, as it is mounted anywhere.
    appdir.joinpath("AppRun").symlink_to(home / PROGRAM)
    appdir.joinpath("usr", "bin").mkdir()
    appdir.joinpath("usr", "bin", PROGRAM).symlink_to(Path("..", "lib", PROGRAM, PROGRAM))
    theme = Path("usr", "share", "icons", "hicolor")
    appdir.joinpath(f"{IDENTIFIER}.desktop").symlink_to(Path("usr", "share", "applications", f"{IDENTIFIER}.desktop"))
    appdir.joinpath(f"{IDENTIFIER}.svg").symlink_to(theme / "scalable" / "apps" / f"{IDENTIFIER}.svg")
    appdir.joinpath(".DirIcon").symlink_to(theme / "256x256" / "apps" / f"{IDENTIFIER}.png")
    set_permissions(appdir)
    return appdir


def _run(tools: appimage_tools.Tools, appdir: Path, target: Path) -> None:
    part = target.with_name(f"{target.name}.part")
    environment = {
        **os.environ,
        "ARCH": platform.machine(),
        "APPIMAGE_EXTRACT_AND_RUN": "1",  # the tool is an AppImage itself, and build machines cannot mount it
        "SOURCE_DATE_EPOCH": str(build_time()),
    }
    # The check of the description is ours (see `metainfo`), as the tool's own asks the network for pictures.
    words = ("--no-appstream", "--runtime-file", tools.runtime, appdir, part)
    run_tool(tools.tool, *words, environment=environment)
    part.chmod(0o755)
    part.replace(target)
