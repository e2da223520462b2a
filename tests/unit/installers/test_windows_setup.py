"""Making the setup program: complete, signed where there is a certificate, and compiled as its script wants it."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

from desktop_app import __version__
from desktop_app.errors import UserError
from desktop_app.product import HOMEPAGE
from installers.packaging.places import file_name
from installers.windows import setup, signtool, visual_c

SHA1 = "0123456789abcdef0123456789abcdef01234567"
VSWHERE = Path("Microsoft Visual Studio", "Installer", "vswhere.exe")
SIGNTOOL = Path("Windows Kits", "10", "bin", "10.0.26100.0", "x64", "signtool.exe")


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """Where programs are installed."""
    programs = tmp_path / "Program Files (x86)"
    monkeypatch.setenv("PROGRAMFILES(X86)", str(programs))
    monkeypatch.setenv("PROGRAMFILES", str(tmp_path / "Program Files"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    monkeypatch.delenv(signtool.CERTIFICATE, raising=False)
    return programs


@pytest.fixture
def folder(tmp_path):
    """A frozen folder."""
    folder = tmp_path / "moatless"
    for name in (
        "Moatless.exe",
        "moatless-cli.exe",
        "_internal/llama_cpp/lib/ggml.dll",
        "_internal/PySide6/Qt6Core.dll",
    ):
        folder.joinpath(name).parent.mkdir(parents=True, exist_ok=True)
        folder.joinpath(name).write_bytes(b"MZ")
    return folder


@pytest.fixture
def studio(tools, programs, tmp_path):
    """Return a function that installs a version of the Visual C++ libraries."""
    tools.put(programs / VSWHERE)
    installed = dict.fromkeys(visual_c.LIBRARIES, "")

    def install(version):
        for name, part in visual_c.LIBRARIES.items():
            library = tmp_path / "MSVC" / version / "x64" / f"Microsoft.VC143.{part}" / name
            library.parent.mkdir(parents=True)
            library.write_text(f"{name} {version}")
            installed[name] += f"{library}\n"
        tools.answer(
            "vswhere.exe", "-find", does=f"answer['output'] = {installed}[arguments[-1].rpartition(chr(92))[2]]"
        )

    return install


@pytest.fixture
def compiler(tools, studio):
    """Inno Setup, and all else that is needed for an unsigned setup program."""
    studio("14.44.35207")
    tools.answer("ISCC")
    return tools


# ------------------------------------------------------------ libraries


def test_the_libraries_of_visual_c_come_beside_the_program(tools, studio, folder):
    studio("14.44.35207")
    visual_c.add_libraries(folder)
    for name in ("vcomp140.dll", "msvcp140.dll"):
        assert folder.joinpath(name).read_text() == f"{name} 14.44.35207"


def test_of_several_versions_it_is_the_newest(tools, studio, folder):
    for version in ("14.9.1", "14.44.35207", "14.29.30133"):
        studio(version)
    visual_c.add_libraries(folder)
    assert folder.joinpath("vcomp140.dll").read_text() == "vcomp140.dll 14.44.35207"


def test_only_files_for_these_processors_that_may_be_passed_on_are_looked_for(tools, studio, folder):
    studio("14.44.35207")
    visual_c.add_libraries(folder)
    patterns = [call[call.index("-find") + 1].split("\\") for call in tools.calls_of("vswhere.exe")]
    assert patterns
    for pattern in patterns:
        assert pattern[:3] == ["VC", "Redist", "MSVC"]
        assert pattern[4] == "x64"


def test_a_build_without_them_fails_with_a_sentence(tools, programs, folder):
    tools.put(programs / VSWHERE)
    tools.answer("vswhere.exe")
    with pytest.raises(UserError, match=r"vcomp140\.dll is not installed"):
        setup.build(folder, folder.parent / "dist")


def test_a_machine_without_visual_studio_is_told_so(tools, programs, folder):
    with pytest.raises(UserError, match=r"vswhere\.exe could not be started"):
        visual_c.add_libraries(folder)


# ------------------------------------------------------------ the setup program


def test_the_script_gets_all_that_it_refuses_to_do_without(compiler, folder, tmp_path):
    target = setup.build(folder, tmp_path / "package" / "dist")
    (call,) = compiler.calls_of("ISCC")
    defined = dict(argument[2:].split("=", 1) for argument in call if argument.startswith("/D"))
    demanded = re.findall(r"#ifndef (\w+)\n  #error", setup.SCRIPT.read_text("utf-8"))
    assert defined.keys() == set(demanded)
    assert (defined["Version"], defined["Homepage"]) == (__version__, HOMEPAGE)
    assert defined["Folder"] == str(folder)
    assert defined["Icon"] == str(tmp_path / "package" / "icons" / "moatless.ico")
    assert target == tmp_path / "package" / "dist" / file_name("setup")
    assert {f"/O{target.parent}", f"/F{target.stem}", str(setup.SCRIPT)} <= set(call)


def test_inno_setup_is_found_where_it_installs_itself(tools, studio, programs, folder, tmp_path):
    studio("14.44.35207")
    tools.answer("ISCC.exe")
    (tmp_path / "tools" / "bin" / "ISCC.exe").unlink()
    tools.put(tmp_path / "local" / "Programs" / "Inno Setup 6" / "ISCC.exe")
    setup.build(folder, tmp_path / "dist")
    assert len(tools.calls_of("ISCC.exe")) == 1


def test_a_machine_without_inno_setup_is_told_where_to_get_it(tools, studio, programs, folder, tmp_path):
    studio("14.44.35207")
    with pytest.raises(UserError, match="Inno Setup 6, which is not installed"):
        setup.build(folder, tmp_path / "dist")


def test_without_a_certificate_nothing_is_signed_and_that_is_said(compiler, folder, tmp_path, capsys):
    setup.build(folder, tmp_path / "dist")
    (call,) = compiler.calls_of("ISCC")
    assert not [argument for argument in call if argument.startswith(("/S", "/DSigned"))]
    assert "not signed by anyone" in capsys.readouterr().out


# ------------------------------------------------------------ signing


@pytest.fixture
def signed(compiler, programs, folder, tmp_path, monkeypatch):
    """The calls of a build with a certificate."""
    monkeypatch.setenv(signtool.CERTIFICATE, SHA1)
    compiler.answer("signtool.exe")
    compiler.put(programs / SIGNTOOL)
    compiler.put(programs / str(SIGNTOOL).replace("26100", "9200"))
    setup.build(folder, tmp_path / "dist")
    return compiler


def test_programs_and_llama_are_signed_and_what_others_made_is_not(signed, folder):
    (call,) = signed.calls_of("signtool.exe")
    names = [Path(argument).relative_to(folder).as_posix() for argument in call if argument.startswith(str(folder))]
    assert names == ["Moatless.exe", "_internal/llama_cpp/lib/ggml.dll", "moatless-cli.exe"]


def test_a_signature_outlives_the_certificate(signed):
    (call,) = signed.calls_of("signtool.exe")
    given = dict(pairwise(call))
    assert (given["/sha1"], given["/fd"], given["/td"]) == (SHA1, "sha256", "sha256")
    assert given["/tr"] == signtool.TIMESTAMP


def test_inno_setup_signs_with_the_same_command(signed, programs):
    (call,) = signed.calls_of("ISCC")
    assert "/DSigned" in call
    (command,) = [argument for argument in call if argument.startswith("/Smoatless=")]
    assert command.startswith(f"/Smoatless=$q{programs / SIGNTOOL}$q sign /sha1 {SHA1} ")
    assert command.endswith(" $f")


def test_a_certificate_without_the_tool_is_no_reason_to_build_unsigned(
    compiler, programs, folder, tmp_path, monkeypatch
):
    monkeypatch.setenv(signtool.CERTIFICATE, SHA1)
    with pytest.raises(UserError, match=r"no signtool\.exe"):
        setup.build(folder, tmp_path / "dist")
    assert compiler.calls_of("ISCC") == []
