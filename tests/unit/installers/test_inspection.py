"""What is looked over in a frozen folder: all that is needed is there, nothing else, and it runs on older systems."""

import shutil
import sys

import pytest

from desktop_app.errors import UserError
from installers.packaging import inspection
from installers.packaging.elf import Binary
from installers.packaging.places import ROOT, contents, program
from installers.packaging.tools import file_sha256

SMALL = {"desktop_app", "desktop_app.__main__", "jinja2.tests", "safetensors.torch", "json"}


@pytest.fixture
def frozen(tmp_path, monkeypatch):
    """A folder with all that there has to be; its model and libraries are empty files."""
    folder = tmp_path / "frozen"
    inside = contents(folder)
    for source in (ROOT / "assets", ROOT / "desktop_app" / "trainer"):
        ignored = shutil.ignore_patterns(inspection.starter.starter_path().name, "__pycache__")
        shutil.copytree(source, inside / source.relative_to(ROOT), ignore=ignored)
    model = inside / inspection.starter.starter_path().relative_to(ROOT)
    for path in (program(folder), inside / inspection.BUNDLED_UV, model):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
        path.chmod(0o755)
    monkeypatch.setattr(inspection.starter, "SHA256", file_sha256(model))
    for name in ("llama", "ggml", "ggml-base"):
        library(folder, f"llama_cpp/lib/lib{name}.so")
    monkeypatch.setattr(inspection, "frozen_modules", lambda: set(SMALL))
    monkeypatch.setattr(inspection, "too_new", lambda _: [])
    return folder


def library(folder, name, size=2_000_000):
    path = contents(folder) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.truncate(size)
    return path


def test_a_whole_program_is_fine_and_its_largest_parts_are_told(frozen):
    library(frozen, "numpy.libs/libopenblas.so", 31_000_000)
    rows = inspection.inspect(frozen).splitlines()
    assert rows[0].split() == ["numpy.libs/libopenblas.so", "31.0", "MB"]
    assert rows[-1].startswith("all ")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("desktop_app/trainer/__main__.py", "1 files are missing, the first of them desktop_app/trainer/__main__.py"),
        ("assets/moatless.svg", "assets/moatless.svg"),
        ("llama_cpp/lib/libggml-base.so", "ggml-base is missing"),
        (str(inspection.BUNDLED_UV), "cannot be started"),
    ],
)
def test_what_is_missing_is_named(frozen, name, words):
    contents(frozen).joinpath(name).unlink()
    with pytest.raises(UserError, match=words):
        inspection.inspect(frozen)


def test_another_model_than_the_one_that_was_checked_is_refused(frozen):
    next(contents(frozen).rglob("models/*.gguf")).write_bytes(b"another")
    with pytest.raises(UserError, match="starter model"):
        inspection.inspect(frozen)


@pytest.mark.skipif(sys.platform == "win32", reason="any file can be started there")
def test_a_uv_that_cannot_be_started_is_refused(frozen):
    contents(frozen).joinpath(inspection.BUNDLED_UV).chmod(0o644)
    with pytest.raises(UserError, match="cannot be started"):
        inspection.inspect(frozen)


@pytest.mark.parametrize("module", ["torch", "torch.nn", "tkinter.ttk", "numpy.lib.tests", "pytest"])
def test_what_a_person_has_no_use_for_is_refused_as_a_module(frozen, monkeypatch, module):
    monkeypatch.setattr(inspection, "frozen_modules", lambda: {*SMALL, module})
    with pytest.raises(UserError, match=f"{module} should not be there"):
        inspection.inspect(frozen)


@pytest.mark.parametrize(
    "name", ["torch/lib/libtorch.so", "numpy/tests/data.so", "lib-dynload/readline.cpython-311.so"]
)
def test_and_as_a_folder_or_a_native_module(frozen, name):
    library(frozen, name, 1)
    with pytest.raises(UserError, match="should not be there"):
        inspection.inspect(frozen)


def test_a_second_copy_of_a_library_is_refused_and_a_link_is_none(frozen):
    link = contents(frozen) / "libllama.so"
    link.symlink_to("llama_cpp/lib/libllama.so")
    assert inspection.inspect(frozen)
    link.unlink()
    library(frozen, "libllama.so.0")
    with pytest.raises(UserError, match=r"libllama.so.0 and llama_cpp/lib/libllama.so are the same library"):
        inspection.inspect(frozen)


def test_a_program_that_has_grown_too_large_is_refused(frozen):
    library(frozen, "surprise.bin", inspection.MOST_BYTES)
    with pytest.raises(UserError, match="are the most"):
        inspection.inspect(frozen)


def test_everything_that_is_wrong_is_told_at_once(frozen):
    library(frozen, "torch/lib/libtorch.so")
    contents(frozen).joinpath("assets", "moatless.svg").unlink()
    with pytest.raises(UserError, match=r"moatless\.svg.*; .*torch"):
        inspection.inspect(frozen)


def test_modules_are_read_from_the_list_of_what_was_frozen(tmp_path):
    listed = tmp_path / "moatless" / "PYZ-00.toc"
    listed.parent.mkdir()
    listed.write_text(
        "('/build/PYZ-00.pyz',\n [('json', '/lib/json.py', 'PYMODULE'),\n  ('re', '/re.py', 'PYMODULE')])"
    )
    assert inspection.frozen_modules(tmp_path) == {"json", "re"}


def test_a_binary_for_newer_systems_than_ours_is_refused(tmp_path, monkeypatch):
    wants = {
        "old.so": Binary((), {"GLIBC": (2, 4), "GLIBCXX": (3, 4, 9)}),
        "new.so": Binary((), {"GLIBC": (2, 38)}),
        "newer.so": Binary((), {"GLIBCXX": (3, 4, 32)}),
    }
    monkeypatch.setattr(inspection, "read_binary", lambda path: wants[path.name])
    for name in wants:
        tmp_path.joinpath(name).write_bytes(b"\x7fELF")
    assert inspection.too_new(tmp_path, "x86_64") == [
        "new.so wants GLIBC 2.38, and old systems have 2.36",
        "newer.so wants GLIBCXX 3.4.32, and old systems have 3.4.30",
    ]
