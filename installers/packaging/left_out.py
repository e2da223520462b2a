"""What PyInstaller would take along and the program has no use for, or is better off with the system's own of.

Qt's libraries stay files of their own, so that they can be exchanged, as its license wants.
"""

import re
from collections.abc import Callable, Iterable
from fnmatch import fnmatch
from pathlib import PurePosixPath

Entry = tuple[str, str, str]  # of PyInstaller's lists: path in the frozen folder, path here (or of a link), kind

# Big, or of no use to a program that is installed; a library that could use one of them does without.
MODULES = [
    "PySide6.QtTest",
    "fsspec.conftest",
    "gguf",
    "hf_xet",  # the hub's other way to download; ours goes on where it was, and counts what comes
    "llama_cpp.server",
    "lxml.doctestcompare",
    "lxml.html.usedoctest",
    "lxml.isoschematron",
    "lxml.usedoctest",
    "matplotlib",
    "numpy.testing",
    "pip",
    "pyqtgraph.examples",
    "pyqtgraph.opengl",
    "pytest",
    "readline",  # GPL; nobody types Python here
    "scipy",
    "setuptools",
    "tkinter",
    "torch",
    "transformers",
    "uv",  # it is there as a program, see `finetune.environment.uv`
]

# What PyInstaller has a program do before it starts. Here it is of no use and takes time from every process: nobody
# reads source code, lists packages or starts Python as a child.
START_UP = {
    "pyi_rth_cryptography_openssl",
    "pyi_rth_inspect",
    "pyi_rth_multiprocessing",
    "pyi_rth_pkgutil",
    "pyi_rth_pyqtgraph_multiprocess",
}
# Qt is found without it (`installers/packaging/entry.py`), and engines and commands would load Qt because of it.
START_UP_ON_LINUX = {"pyi_rth_pyside6"}

# Of each kind of Qt's plugins, those that are of use; kinds that are not named are not.
_PLUGINS = {
    "iconengines": ("*svgicon*",),
    "imageformats": ("*qico*", "*qjpeg*", "*qsvg*"),  # PNG is inside QtGui
    "platforminputcontexts": ("*compose*", "*ibus*"),
    "platforms": ("*qcocoa*", "*qoffscreen*", "*qwayland*", "*qwindows*", "*qxcb*"),
    "platformthemes": ("*xdgdesktopportal*",),
    "styles": ("*",),
    "wayland-decoration-client": ("*",),
    "wayland-graphics-integration-client": ("*wayland-egl*",),
    "wayland-shell-integration": ("*xdg-shell*",),
    "xcbglintegrations": ("*",),
}
_QT_LIBRARIES = (
    "Core",
    "DBus",
    "Gui",
    "Network",
    "OpenGL",
    "OpenGLWidgets",
    "Svg",
    "WaylandClient",
    "Widgets",
    "WlShellIntegration",
    "XcbQpa",
)

_QT_LIBRARY = re.compile(r"(?:lib)?Qt6?([A-Z]\w+)\.(?:so.*|dll|framework)")
_OF_OPENGL = ("opengl32sw.dll", "d3dcompiler_*.dll")  # for drawing with a graphics card, which this program does not

# Parts of every desktop. A driver of the graphics card or a library for X11 brings newer ones than ours into the same
# process, and the settings of fontconfig are written for the one of the system.
LEFT_TO_THE_SYSTEM = (
    "libX11-xcb.so.*",
    "libX11.so.*",
    "libdbus-1.so.*",
    "libexpat.so.*",
    "libfontconfig.so.*",
    "libfreetype.so.*",
    "libgcc_s.so.*",
    "libglib-2.0.so.*",
    "libgthread-2.0.so.*",
    "libstdc++.so.*",
    "libvulkan.so.*",
    "libz.so.*",
    "libzstd.so.*",
)


def is_wanted(name: str) -> bool:
    """Tell whether a file that PyInstaller has found belongs into the program.

    Args:
        name: Its path in the frozen folder.
    """
    path = PurePosixPath(name.replace("\\", "/"))
    if any(fnmatch(path.name, pattern) for pattern in (*LEFT_TO_THE_SYSTEM, *_OF_OPENGL)):
        return False
    if "PySide6" in path.parts and not {"translations", "qml"}.isdisjoint(
        path.parts
    ):  # the program's words are its own
        return False
    if "PySide6" in path.parts and "plugins" in path.parts:
        kind = path.parts[path.parts.index("plugins") + 1]
        return any(fnmatch(path.name, pattern) for pattern in _PLUGINS.get(kind, ()))
    return all(_is_of_use(part) for part in path.parts)


def _is_of_use(part: str) -> bool:
    """Tell whether a part of a path does not name one of Qt's libraries, or one that is used.

    They are called libQt6Gui.so.6, Qt6Gui.dll and QtGui.framework.
    """
    found = _QT_LIBRARY.fullmatch(part)
    return found is None or found[1] in _QT_LIBRARIES


def without_unused(binaries: Iterable[Entry], linked: Callable[[str], Iterable[str]]) -> list[Entry]:
    """Return what is left when the libraries go that came along with something that was left out.

    Args:
        binaries: All that is to be collected. The libraries of the system are those outside of any folder.
        linked: Gives the names of the libraries that a file is linked to.
    """
    binaries = list(binaries)
    of_system = {name: path for name, path, kind in binaries if kind == "BINARY" and _is_of_system(name)}
    queue = [path for name, path, kind in binaries if kind != "SYMLINK" and name not in of_system]
    used: set[str] = set()
    while queue:
        found = of_system.keys() & set(linked(queue.pop())) - used
        used |= found
        queue += [of_system[name] for name in found]
    return [entry for entry in binaries if entry[0] not in of_system or entry[0] in used]


def _is_of_system(name: str) -> bool:
    return "/" not in name and not name.startswith("libpython")  # which the program itself looks for by its name
