"""How a person exchanges Qt, as its license lets everyone do: where its libraries lie here, and what to do there."""

import sys
from importlib.util import find_spec
from pathlib import Path

# The Python packages that are Qt and its bindings, by the names they are compared by.
QT_PACKAGES = ("pyside6-essentials", "shiboken6")

_LIBRARIES = ("libQt6*.so*", "Qt6*.dll", "Qt*.framework")
_QT_SOURCE = "https://download.qt.io/official_releases/qt/{series}/{version}/"
_BINDINGS_SOURCE = "https://download.qt.io/official_releases/QtForPython/pyside6/"

_WORDS = """\
The window of Moatless is made with Qt {version} and with Qt for Python (PySide6 and shiboken6) of the same version. \
Both are used under the GNU Lesser General Public License, version 3, unchanged, as their makers publish them. The \
license is in this list, under “Qt”.

You may use another version of them with Moatless, also one that you have changed, and you may take Moatless apart as \
far as you need to find faults in your changes.

Where Qt is

The libraries of Qt are files of their own, which Moatless loads by their names when it starts. In this installation \
they are in

    {folder}

Their names are at the end of this text. The plugins of Qt are in

    {plugins}

and the bindings, which are exchanged in the same way, in

{bindings}

How to exchange it

1. Get or build Qt in the version {series} or a later one of Qt 6, for the same system and kind of processor. Its \
source is at {qt_source}, that of the bindings at {bindings_source}. A version other than {series} needs the bindings \
of that version, too.
2. Close Moatless, and keep a copy of the folder.
3. Put your libraries into it in the place of those with the same names, and your plugins likewise.
4. Start Moatless. `moatless selftest` says which version of Qt it runs with, and whether everything works.

{system}

The libraries

{libraries}
"""

_SYSTEMS = {
    "linux": (
        "A package that was installed for all users needs the rights of the administrator for this. An AppImage cannot "
        "be written to: start it once with --appimage-extract, exchange Qt in the folder that it makes, and start "
        "Moatless with the file AppRun in there."
    ),
    "darwin": (
        "macOS starts a changed program only if it is signed again. In the terminal: "
        "codesign --force --deep --sign - /Applications/Moatless.app"
    ),
    "win32": "A program that was installed for all users needs the rights of the administrator for this.",
}
_CHECKOUT = (
    "This Moatless runs from its source, so pip does the same: install another version of PySide6-Essentials into the "
    "virtual environment, or one that you have built."
)


def exchange_text(version: str) -> str:
    """Return what to tell a person.

    Args:
        version: Of Qt.
    """
    bindings, shiboken = (_package_folder(name) for name in ("PySide6", "shiboken6"))
    inside = bindings / "Qt"
    folder = inside / "lib" if (inside / "lib").is_dir() else bindings  # on Windows all lies together
    plugins = inside / "plugins" if (inside / "plugins").is_dir() else bindings / "plugins"
    names = sorted(path.name for pattern in _LIBRARIES for path in folder.glob(pattern))
    series = ".".join(version.split(".")[:2])
    return _WORDS.format(
        version=version,
        series=series,
        folder=folder,
        libraries="\n".join(f"    {name}" for name in names),
        plugins=plugins,
        bindings=f"    {bindings}\n    {shiboken}",
        qt_source=_QT_SOURCE.format(series=series, version=version),
        bindings_source=_BINDINGS_SOURCE,
        system=_SYSTEMS.get(sys.platform, "") if hasattr(sys, "frozen") else _CHECKOUT,
    ).strip()


def _package_folder(name: str) -> Path:
    """Return where a package lies, without loading it."""
    found = find_spec(name)
    assert found is not None
    assert found.submodule_search_locations
    return Path(next(iter(found.submodule_search_locations)))
