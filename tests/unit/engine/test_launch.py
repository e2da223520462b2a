"""How the program starts itself again, also where it was started from is gone with the window."""

import sys
from pathlib import Path

from desktop_app.engine import launch
from desktop_app.engine.launch import app_image, detached_environment, detached_program

IMAGE, MOUNTED = "/home/me/Moatless.AppImage", "/tmp/.mount_moatless"
INSIDE = f"{MOUNTED}/usr/bin/moatless"
VARIABLES = {"APPIMAGE": IMAGE, "APPDIR": MOUNTED}


def inside_an_app_image(monkeypatch):
    monkeypatch.setattr(launch, "app_image", lambda: Path(IMAGE))


def test_an_app_image_is_known_by_what_it_tells_the_program_in_it():
    assert app_image(VARIABLES, INSIDE) == Path(IMAGE)


def test_a_program_that_another_app_image_has_started_is_in_none():
    assert app_image(VARIABLES, "/opt/moatless/moatless") is None


def test_a_program_that_nothing_is_told_is_in_none():
    assert app_image({}, INSIDE) is None
    assert app_image({"APPDIR": MOUNTED}, INSIDE) is None


def test_what_outlives_an_app_image_is_started_from_its_file(monkeypatch):
    inside_an_app_image(monkeypatch)
    assert detached_program([INSIDE]) == [IMAGE]


def test_nothing_else_is_started_in_another_way():
    assert detached_program(["moatless", "-x"]) == ["moatless", "-x"]


def test_what_outlives_an_app_image_is_told_nothing_of_where_that_is_now(monkeypatch, tmp_path):
    inside_an_app_image(monkeypatch)
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    monkeypatch.setenv("LD_LIBRARY_PATH", str(tmp_path))
    monkeypatch.setenv("_PYI_APPLICATION_HOME_DIR", str(tmp_path))
    assert not {"LD_LIBRARY_PATH", "_PYI_APPLICATION_HOME_DIR"} & detached_environment().keys()


def test_elsewhere_it_is_told_what_an_engine_is(monkeypatch):
    monkeypatch.setenv("LD_LIBRARY_PATH", "/cuda")
    monkeypatch.setenv("LLAMA_CPP_LIB_PATH", "/foreign")
    environment = detached_environment()
    assert environment["LD_LIBRARY_PATH"] == "/cuda"
    assert environment["PYTHONUTF8"] == "1"
    assert "LLAMA_CPP_LIB_PATH" not in environment
