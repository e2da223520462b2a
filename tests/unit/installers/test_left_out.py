"""What of all that PyInstaller collects goes into the program: what it uses, and not the parts of every desktop."""

import pytest

from installers.packaging.freeze import missing_libraries
from installers.packaging.left_out import is_wanted, without_unused

QT = "PySide6/Qt"


@pytest.mark.parametrize(
    "name",
    [
        "libpython3.11.so.1.0",
        "llama_cpp/lib/libggml-cpu-haswell.so",
        "assets/moatless.svg",
        "libxcb-cursor.so.0",  # not on every desktop, and without it there is no window
        "PySide6/QtWidgets.abi3.so",
        f"{QT}/lib/libQt6Gui.so.6",
        f"{QT}/lib/libicudata.so.73",
        f"{QT}/plugins/platforms/libqxcb.so",
        f"{QT}/plugins/platforms/libqwayland.so",
        f"{QT}/plugins/platforms/libqoffscreen.so",
        f"{QT}/plugins/platforminputcontexts/libibusplatforminputcontextplugin.so",
        f"{QT}/plugins/platformthemes/libqxdgdesktopportal.so",
        f"{QT}/plugins/wayland-shell-integration/libxdg-shell.so",
        r"PySide6\plugins\platforms\qwindows.dll",
        r"PySide6\Qt6Core.dll",
        f"{QT}/plugins/platforms/libqcocoa.dylib",
        f"{QT}/lib/QtCore.framework/Versions/A/QtCore",
    ],
)
def test_what_is_used_is_taken_along(name):
    assert is_wanted(name)


@pytest.mark.parametrize(
    "name",
    [
        "libstdc++.so.6",  # a driver of the graphics card would get an older one than it was made for
        "libfontconfig.so.1",
        f"{QT}/lib/libQt6Quick.so.6",
        f"{QT}/plugins/platformthemes/libqgtk3.so",
        f"{QT}/plugins/platforminputcontexts/libqtvirtualkeyboardplugin.so",
        f"{QT}/plugins/sqldrivers/libqsqlite.so",
        f"{QT}/qml/QtQml/libqmlplugin.so",
        f"{QT}/translations/qtbase_de.qm",
        r"PySide6\Qt6Quick.dll",
        r"PySide6\opengl32sw.dll",
        f"{QT}/lib/QtQuick.framework/Versions/A/QtQuick",
    ],
)
def test_what_is_not_is_left_out(name):
    assert not is_wanted(name)


def test_libraries_of_the_system_go_with_what_they_were_for():
    binaries = [
        ("libpython3.11.so.1.0", "/python", "BINARY"),
        ("libgomp.so.1", "/gomp", "BINARY"),
        ("libcairo.so.2", "/cairo", "BINARY"),
        ("libpixman.so.0", "/pixman", "BINARY"),
        ("_cffi_backend.so", "/cffi", "EXTENSION"),
        ("libffi.so.8", "/ffi", "BINARY"),
        ("libdeep.so.1", "/deep", "BINARY"),
        ("llama_cpp/lib/libggml.so", "/ggml", "BINARY"),
        ("libggml.so", "llama_cpp/lib/libggml.so", "SYMLINK"),
    ]
    linked = {
        "/ggml": ["libgomp.so.1", "libc.so.6"],
        "/cffi": ["libffi.so.8"],
        "/ffi": ["libdeep.so.1"],
        "/cairo": ["libpixman.so.0"],
    }
    left = without_unused(binaries, lambda path: linked.get(path, []))
    assert {entry[0] for entry in binaries} - {entry[0] for entry in left} == {"libcairo.so.2", "libpixman.so.0"}


def said(library, user):
    return f"9 WARNING: Library not found: could not resolve '{library}', dependency of '{user}'."


def test_a_library_that_the_build_machine_lacks_is_named():
    plugins = "/venv/lib/python3.11/site-packages/PySide6/Qt/plugins"
    log = "\n".join(
        [
            "1 INFO: Looking for dynamic libraries",
            said("libxcb-icccm.so.4", f"{plugins}/platforms/libqxcb.so"),
            said("libxcb-icccm.so.4", f"{plugins}/platforms/libqxcb.so"),
            said("libgtk-3.so.0", f"{plugins}/platformthemes/libqgtk3.so"),
            said("libvulkan.so.1", "/venv/lib/python3.11/site-packages/llama_cpp/lib/libggml-base.so"),
        ]
    )
    assert missing_libraries(log) == ["libvulkan.so.1", "libxcb-icccm.so.4"]
