"""What the set-up says when the operating system lacks something."""

import subprocess
from types import SimpleNamespace

import pytest

from desktop_app.errors import UserError
from installers import system_check
from installers.system_check import check_compiler, check_qt_libraries, missing_libraries

LDD = """\
\tlinux-vdso.so.1 (0x00007ffd)
\tlibxcb-cursor.so.0 => not found
\tlibxcb-icccm.so.4 => not found
\tlibGL.so.1 => /lib/x86_64-linux-gnu/libGL.so.1 (0x00007f1c)
\t/lib64/ld-linux-x86-64.so.2 (0x00007f1d)
"""


def only(*programs):
    return lambda name: f"/usr/bin/{name}" if name in programs else None


@pytest.fixture
def bare(monkeypatch):
    for name in ("CC", "CXX"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def system(monkeypatch):
    """A Linux whose missing libraries and package manager a test chooses."""

    def choose(x11, needed=(), manager="apt-get"):
        def missing(files):
            return [*needed, *x11] if "libqxcb.so" in str(list(files)) else list(needed)

        monkeypatch.setattr(system_check.sys, "platform", "linux")
        monkeypatch.setattr(system_check, "missing_libraries", missing)
        monkeypatch.setattr(system_check.shutil, "which", only(manager))

    return choose


@pytest.mark.parametrize(
    ("manager", "advice"),
    [
        ("apt-get", "sudo apt install build-essential"),
        ("dnf", "sudo dnf install gcc-c++"),
        ("pacman", "sudo pacman -S base-devel"),
        ("emerge", "gcc and g++"),
    ],
)
def test_without_a_compiler_the_package_to_install_is_named(bare, manager, advice):
    with pytest.raises(UserError, match="no C and C\\+\\+ compiler") as caught:
        check_compiler(only(manager), "linux")
    assert advice in caught.value.hint


def test_a_c_compiler_alone_is_not_enough(bare):
    with pytest.raises(UserError):
        check_compiler(only("gcc", "cc"), "linux")


@pytest.mark.parametrize("programs", [("gcc", "g++"), ("cc", "c++"), ("clang", "clang++")])
def test_any_pair_of_compilers_will_do(bare, programs):
    check_compiler(only(*programs), "linux")


def test_a_compiler_that_the_environment_names_will_do(bare, monkeypatch):
    monkeypatch.setenv("CC", "gcc-14 -m64")
    monkeypatch.setenv("CXX", "g++-14")
    check_compiler(only("gcc-14", "g++-14"), "linux")


def test_on_a_mac_the_command_line_tools_are_what_counts(bare, monkeypatch):
    monkeypatch.setattr(system_check.subprocess, "run", lambda *_args, **_options: SimpleNamespace(returncode=2))
    with pytest.raises(UserError) as caught:
        check_compiler(only("cc", "c++"), "darwin")
    assert "xcode-select --install" in caught.value.hint


def test_on_windows_the_build_tools_are_named(bare, monkeypatch):
    def absent(*_args, **_options):
        raise FileNotFoundError

    monkeypatch.setattr(system_check.subprocess, "run", absent)
    with pytest.raises(UserError) as caught:
        check_compiler(only(), "win32")
    assert "Build Tools for Visual Studio" in caught.value.hint


def test_missing_libraries_are_read_from_ldd(monkeypatch, tmp_path):
    monkeypatch.setattr(system_check.subprocess, "run", lambda *_args, **_options: SimpleNamespace(stdout=LDD))
    assert missing_libraries([tmp_path / "libqxcb.so"]) == ["libxcb-cursor.so.0", "libxcb-icccm.so.4"]


@pytest.mark.parametrize(
    ("manager", "advice"),
    [
        ("apt-get", "sudo apt install libxcb-cursor0 libxcb-icccm4"),
        ("dnf", "sudo dnf install xcb-util-cursor xcb-util-wm"),
        ("pacman", "sudo pacman -S xcb-util-cursor xcb-util-wm"),
    ],
)
def test_exactly_the_packages_of_the_missing_libraries_are_named(system, tmp_path, manager, advice):
    system(["libxcb-cursor.so.0", "libxcb-icccm.so.4"], manager=manager)
    with pytest.raises(UserError) as caught:
        check_qt_libraries(tmp_path, {"DISPLAY": ":0"})
    assert f"{advice}\n" in caught.value.hint
    assert "libxcb-cursor.so.0 and libxcb-icccm.so.4" in caught.value.sentence


@pytest.mark.parametrize("environment", [{}, {"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"}])
def test_missing_x11_libraries_only_warn_where_no_x11_desktop_is(system, tmp_path, environment):
    system(["libxcb-cursor.so.0"])
    assert "sudo apt install libxcb-cursor0" in check_qt_libraries(tmp_path, environment)


def test_a_library_that_qt_always_needs_is_an_error_without_a_desktop_too(system, tmp_path):
    system([], needed=["libEGL.so.1"])
    with pytest.raises(UserError, match="libEGL") as caught:
        check_qt_libraries(tmp_path, {})
    assert "sudo apt install libegl1" in caught.value.hint


def test_a_complete_system_is_left_in_peace(system, tmp_path):
    system([])
    assert check_qt_libraries(tmp_path, {"DISPLAY": ":0"}) == ""


def test_without_ldd_qt_has_to_tell_itself(monkeypatch, tmp_path):
    def absent(*_args, **_options):
        raise FileNotFoundError

    monkeypatch.setattr(subprocess, "run", absent)
    assert missing_libraries([tmp_path]) == []
