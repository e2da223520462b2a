"""What the operating system must bring along, a compiler and the libraries Qt links to, and who delivers it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from desktop_app.errors import UserError

# Library: its package on Debian and Ubuntu, on Fedora, on Arch.
PACKAGES: dict[str, tuple[str, str, str]] = {
    "libEGL.so.1": ("libegl1", "libglvnd-egl", "libglvnd"),
    "libGL.so.1": ("libgl1", "libglvnd-glx", "libglvnd"),
    "libGLX.so.0": ("libglx0", "libglvnd-glx", "libglvnd"),
    "libOpenGL.so.0": ("libopengl0", "libglvnd-opengl", "libglvnd"),
    "libX11.so.6": ("libx11-6", "libX11", "libx11"),
    "libX11-xcb.so.1": ("libx11-xcb1", "libX11-xcb", "libx11"),
    "libdbus-1.so.3": ("libdbus-1-3", "dbus-libs", "dbus"),
    "libexpat.so.1": ("libexpat1", "expat", "expat"),
    "libfontconfig.so.1": ("libfontconfig1", "fontconfig", "fontconfig"),
    "libfreetype.so.6": ("libfreetype6", "freetype", "freetype2"),
    "libglib-2.0.so.0": ("libglib2.0-0", "glib2", "glib2"),
    "libgthread-2.0.so.0": ("libglib2.0-0", "glib2", "glib2"),
    "libgomp.so.1": ("libgomp1", "libgomp", "gcc-libs"),
    "libwayland-client.so.0": ("libwayland-client0", "libwayland-client", "wayland"),
    "libwayland-cursor.so.0": ("libwayland-cursor0", "libwayland-cursor", "wayland"),
    "libwayland-egl.so.1": ("libwayland-egl1", "libwayland-egl", "wayland"),
    "libxkbcommon.so.0": ("libxkbcommon0", "libxkbcommon", "libxkbcommon"),
    "libz.so.1": ("zlib1g", "zlib", "zlib"),
    "libzstd.so.1": ("libzstd1", "libzstd", "zstd"),
    "libxcb.so.1": ("libxcb1", "libxcb", "libxcb"),
    "libxcb-cursor.so.0": ("libxcb-cursor0", "xcb-util-cursor", "xcb-util-cursor"),
    "libxcb-icccm.so.4": ("libxcb-icccm4", "xcb-util-wm", "xcb-util-wm"),
    "libxcb-image.so.0": ("libxcb-image0", "xcb-util-image", "xcb-util-image"),
    "libxcb-keysyms.so.1": ("libxcb-keysyms1", "xcb-util-keysyms", "xcb-util-keysyms"),
    "libxcb-randr.so.0": ("libxcb-randr0", "libxcb", "libxcb"),
    "libxcb-render.so.0": ("libxcb-render0", "libxcb", "libxcb"),
    "libxcb-render-util.so.0": ("libxcb-render-util0", "xcb-util-renderutil", "xcb-util-renderutil"),
    "libxcb-shape.so.0": ("libxcb-shape0", "libxcb", "libxcb"),
    "libxcb-shm.so.0": ("libxcb-shm0", "libxcb", "libxcb"),
    "libxcb-sync.so.1": ("libxcb-sync1", "libxcb", "libxcb"),
    "libxcb-util.so.1": ("libxcb-util1", "xcb-util", "xcb-util"),
    "libxcb-xfixes.so.0": ("libxcb-xfixes0", "libxcb", "libxcb"),
    "libxcb-xkb.so.1": ("libxcb-xkb1", "libxcb", "libxcb"),
    "libxkbcommon-x11.so.0": ("libxkbcommon-x11-0", "libxkbcommon-x11", "libxkbcommon-x11"),
}
_INSTALL_COMMANDS = (("apt-get", "sudo apt install"), ("dnf", "sudo dnf install"), ("pacman", "sudo pacman -S"))
_COMPILER_PACKAGES = {"apt-get": "build-essential", "dnf": "gcc-c++", "pacman": "base-devel"}


def check_compiler(which: Callable[[str], str | None] = shutil.which, platform: str = sys.platform) -> None:
    """Make sure that llama.cpp can be built here.

    Raises:
        UserError: With the package to install, if there is no C or no C++ compiler.
    """
    if platform == "win32":
        if not _has_visual_studio():
            raise UserError(
                "llama.cpp has to be built on this computer and there is no C++ compiler.",
                "Install the Build Tools for Visual Studio with the workload “Desktop development with C++”, then give"
                " the same command again.",
            )
        return
    if platform == "darwin":
        # The compilers of a bare system only ask to install the real ones.
        found = subprocess.run(["xcode-select", "-p"], capture_output=True, check=False).returncode == 0
    else:
        found = all(
            any(which(name.split()[0]) for name in names if name)
            for names in (
                (os.environ.get("CC"), "cc", "gcc", "clang"),
                (os.environ.get("CXX"), "c++", "g++", "clang++"),
            )
        )
    if not found:
        raise UserError(
            "llama.cpp has to be built on this computer and there is no C and C++ compiler.",
            f"Install one with: {_compiler_command(which, platform)}\nThen give the same command again.",
        )


def _compiler_command(which: Callable[[str], str | None], platform: str) -> str:
    if platform == "darwin":
        return "xcode-select --install"
    for manager, command in _INSTALL_COMMANDS:
        if which(manager):
            return f"{command} {_COMPILER_PACKAGES[manager]}"
    return "your system's package manager (gcc and g++, or clang)"


def _has_visual_studio() -> bool:
    programs = os.environ.get("PROGRAMFILES(X86)", "C:\\Program Files (x86)")
    finder = Path(programs, "Microsoft Visual Studio", "Installer", "vswhere.exe")
    wanted = ["-products", "*", "-requires", "Microsoft.VisualStudio.Component.VC.Tools.x86.x64"]
    try:
        found = subprocess.run(
            [str(finder), *wanted, "-property", "installationPath"], capture_output=True, check=False
        )
    except OSError:
        return False
    return bool(found.stdout.strip())


def check_qt_libraries(packages: Path, environment: Mapping[str, str] = os.environ) -> str:
    """Make sure that Qt can open a window here.

    Args:
        packages: The folder that PySide6 is installed in.
        environment: Tells whether there is a desktop at all.

    Returns:
        A warning where only the libraries of an X11 desktop are missing and there is none; else nothing.

    Raises:
        UserError: With the packages to install.
    """
    if not sys.platform.startswith("linux"):
        return ""
    qt = packages / "PySide6" / "Qt"
    needed = missing_libraries([qt / "lib" / "libQt6Widgets.so.6", qt / "lib" / "libQt6Gui.so.6"])
    for_x11 = missing_libraries([qt / "plugins" / "platforms" / "libqxcb.so"])
    if not for_x11:
        return ""
    command = _library_command(for_x11, shutil.which)
    if needed or (environment.get("DISPLAY") and not environment.get("WAYLAND_DISPLAY")):
        raise UserError(
            f"Qt cannot open a window because {_listed(for_x11)} {'is' if len(for_x11) == 1 else 'are'} not installed.",
            f"Install what is missing with: {command}\nThen give the same command again.",
        )
    return f"On an X11 desktop the window would not open: {_listed(for_x11)} missing. To install: {command}"


def missing_libraries(files: Iterable[Path]) -> list[str]:
    """Return the shared libraries that these files are linked to and that are not on this system."""
    missing: set[str] = set()
    for file in files:
        try:
            listing = subprocess.run(["ldd", str(file)], capture_output=True, text=True, check=False).stdout
        except OSError:  # no ldd: Qt's own message has to do
            return []
        missing.update(line.split("=>")[0].strip() for line in listing.splitlines() if line.endswith("=> not found"))
    return sorted(missing)


def _library_command(libraries: Iterable[str], which: Callable[[str], str | None]) -> str:
    """Return how to install these libraries, with the package manager found here."""
    for column, (manager, command) in enumerate(_INSTALL_COMMANDS):
        if which(manager):
            names = {PACKAGES.get(library, (library,) * 3)[column] for library in libraries}
            return " ".join([command, *sorted(names)])
    return f"your system's package manager ({_listed(libraries)})"


def _listed(names: Iterable[str]) -> str:
    *rest, last = names
    return f"{', '.join(rest)} and {last}" if rest else last
