"""The virtual environment: remembered as done, noticed as changed, repaired when damaged."""

import shutil
import sys
from types import SimpleNamespace

import pytest

from desktop_app.errors import UserError
from installers import environment as module
from installers.environment import Environment, compiler_flags


@pytest.fixture
def checkout(tmp_path):
    """A checkout with an environment that was installed without extras."""
    return installed(tmp_path / "checkout")


def installed(root):
    environment = Environment(root)
    environment.scripts.mkdir(parents=True)
    environment.python.write_text("")
    for name in ("moatless", "moatless.exe"):
        (environment.scripts / name).write_text("")
    (root / "pyproject.toml").write_text("[project]")
    (root / "constraints.txt").write_text("six==1.0")
    (environment.folder / "pyvenv.cfg").write_text(
        f"version = 3.11.7\ncommand = /usr/bin/python3 -m venv --clear {environment.folder}\n"
    )
    environment.remember(**{"installed:": environment.fingerprint()})
    return environment


def package(environment, name, files):
    """Write a package as pip does, its RECORD last."""
    folder = environment.folder / "lib" / "python3.11" / "site-packages"
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content)
    rows = [f"{path},sha256=x,{len(content)}" for path, content in files.items()]
    (info / "RECORD").write_text("\n".join([*rows, f"{info.name}/RECORD,,"]))
    return info


def test_an_unchanged_environment_is_ready_at_once(checkout):
    assert checkout.is_ready("")


def test_another_extra_has_to_be_installed(checkout):
    assert not checkout.is_ready("dev")


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt", ".venv/pyvenv.cfg"])
def test_a_changed_file_means_installing_again(checkout, name):
    path = checkout.root / name
    path.write_text(path.read_text() + "\nversion = 3.12.1\n")
    assert not checkout.is_ready("")


@pytest.mark.parametrize("name", ["python", "moatless"])
def test_a_missing_program_means_installing_again(checkout, name):
    for suffix in ("", ".exe"):
        (checkout.scripts / f"{name}{suffix}").unlink(missing_ok=True)
    assert not checkout.is_ready("")


def test_the_environment_of_a_copied_checkout_is_not_used(checkout, tmp_path):
    shutil.copytree(checkout.root, tmp_path / "copy")
    assert not Environment(tmp_path / "copy").is_ready("")


def test_damaged_notes_are_as_good_as_none(checkout):
    (checkout.folder / "moatless-setup.json").write_text("{")
    assert checkout.notes() == {}
    assert not checkout.is_ready("")


def test_an_environment_that_does_not_work_is_made_again(checkout, monkeypatch):
    commands = []

    def run(command, _folder):
        commands.append(command)
        return SimpleNamespace(returncode=int("-c" in command), stdout="")

    monkeypatch.setattr(module, "_quietly", run)
    checkout.create()
    assert commands[-1] == [sys.executable, "-m", "venv", "--clear", str(checkout.folder)]


def test_a_python_that_cannot_make_environments_is_told_apart(tmp_path, monkeypatch):
    result = SimpleNamespace(returncode=1, stdout="Error: ... ensurepip is not available.")
    monkeypatch.setattr(module, "_quietly", lambda *_: result)
    with pytest.raises(UserError) as caught:
        Environment(tmp_path).create()
    assert "sudo apt install python3-venv" in caught.value.hint


def test_a_whole_package_is_kept(checkout):
    info = package(checkout, "six", {"six.py": "pass", "six/__pycache__/six.pyc": "old"})
    (info.parent / "six/__pycache__/six.pyc").write_text("written anew, longer")
    checkout.forget_damaged_packages()
    assert info.exists()


@pytest.mark.parametrize("damage", ["truncated", "gone", "no record"])
def test_a_package_whose_installation_was_interrupted_is_forgotten(checkout, damage):
    info = package(checkout, "six", {"six.py": "pass"})
    if damage == "truncated":
        (info.parent / "six.py").write_text("p")
    elif damage == "gone":
        (info.parent / "six.py").unlink()
    else:
        (info / "RECORD").unlink()
    checkout.forget_damaged_packages()
    assert not info.exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("WARNING: Retrying (Retry(total=4, ...)) NewConnectionError", "connection failed"),
        ("OSError: [Errno 28] No space left on device", "not enough space"),
        ("ERROR: Failed building wheel for llama-cpp-python", "could not be built"),
        ("PermissionError: [Errno 13] Permission denied: 'x'", "could not be written"),
        ("ERROR: No matching distribution found for six==9", "could not be installed"),
    ],
)
def test_pips_trouble_becomes_a_sentence(checkout, monkeypatch, words, sentence):
    program = f"import sys; print({words!r}); sys.exit(1)"
    real = module.subprocess.Popen
    monkeypatch.setattr(module.subprocess, "Popen", lambda _command, **kw: real([sys.executable, "-c", program], **kw))
    with pytest.raises(UserError, match=sentence) as caught:
        checkout.pip("Installing", ["install", "six"])
    assert str(checkout.log) in caught.value.hint


def test_an_installation_is_remembered_only_after_it_succeeded(checkout, monkeypatch):
    def fail(*_):
        raise UserError("The packages could not be installed.")

    monkeypatch.setattr(checkout, "pip", fail)
    with pytest.raises(UserError):
        checkout.install("dev")
    assert not checkout.is_ready("dev")
    monkeypatch.setattr(checkout, "pip", lambda *_: None)
    checkout.install("dev")
    assert checkout.is_ready("dev")


def test_with_an_extra_comes_what_needs_none(tmp_path, monkeypatch):
    environment = installed(tmp_path)
    (environment.folder / "moatless-setup.json").unlink()
    monkeypatch.setattr(environment, "pip", lambda *_: None)
    environment.install("dev")
    assert environment.is_ready("")


def test_with_several_extras_comes_each_of_them(tmp_path, monkeypatch):
    environment = installed(tmp_path)
    monkeypatch.setattr(environment, "pip", lambda *_: None)
    environment.install("dev")
    assert not environment.is_ready("dev,bench")
    environment.install("dev,bench")
    assert all(map(environment.is_ready, ("dev,bench", "dev", "bench", "")))


# ------------------------------------------------------------ what packages are compiled with


def test_on_linux_llama_cpp_is_built_without_amx_and_with_what_the_person_wants():
    flags = compiler_flags({"CXXFLAGS": "-O3 -g", "LDFLAGS": "-s"}, "linux", "x86_64")
    assert flags == {"CFLAGS": "-U__AMX_INT8__", "CXXFLAGS": "-O3 -g -U__AMX_INT8__"}


@pytest.mark.parametrize(("system", "machine"), [("linux", "aarch64"), ("darwin", "x86_64"), ("win32", "AMD64")])
def test_elsewhere_nothing_is_added(system, machine):
    assert compiler_flags({"CFLAGS": "-O3"}, system, machine) == {}


def test_pip_is_held_to_the_pinned_versions_and_compiles_with_these_flags(checkout, monkeypatch):
    given = {}
    real = module.subprocess.Popen

    def start(_command, env, **options):
        given.update(env)
        return real([sys.executable, "-c", "pass"], env=env, **options)

    monkeypatch.setattr(module.subprocess, "Popen", start)
    monkeypatch.setattr(module, "compiler_flags", lambda: {"CFLAGS": "-Dmine"})
    checkout.pip("Installing", ["install", "six"])
    assert given["CFLAGS"] == "-Dmine"
    assert given["PIP_CONSTRAINT"] == given["PIP_BUILD_CONSTRAINT"] == "constraints.txt"
