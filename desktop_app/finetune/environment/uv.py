"""uv, which makes the environment: where it is, what it may know of this computer, and what it is asked to do.

It keeps to one folder (its cache and its Pythons too), reads no configuration of the person's, and installs wheels of
known hashes only. It opens its own connections, so whoever starts it asks the door first.
"""

import importlib.util
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from desktop_app.child_environment import BUNDLED_UV, foreign_environment, start_foreign
from desktop_app.errors import UserError
from desktop_app.finetune.environment.lock import Lock
from desktop_app.finetune.environment.place import Place
from desktop_app.finetune.environment.troubles import not_started

_PATIENCE_S = 60  # a virus scanner may look into it first
_USUAL_INDEX = ("pypi.org", "files.pythonhosted.org")
_PERSONS = ("UV_", "VIRTUAL_ENV", "CONDA_")  # their choices are for their own environments


@dataclass(frozen=True)
class Supply:
    """Where packages come from.

    Attributes:
        index: Address of a package index, in place of the usual one; empty for that.
        folder: Has the wheels, and perhaps the archive of a Python; nothing is then asked of the network.
    """

    index: str = ""
    folder: Path | None = None

    def hosts(self, lock: Lock) -> tuple[str, ...]:
        """Return whom uv will connect to for the packages."""
        if self.folder is not None:
            return ()
        if self.index:
            return _hosts(self.index)
        return (*_USUAL_INDEX, *_hosts(*lock.indexes))

    def python_hosts(self, lock: Lock) -> tuple[str, ...]:
        """Return whom uv will connect to for Python: a mirror first, then where it mirrors."""
        if self.folder is not None:
            return ()
        is_mirror = urlsplit(lock.python_url).path.startswith("/github/")
        return (*_hosts(lock.python_url), *(["github.com"] if is_mirror else []))

    def check(self) -> None:
        """Refuse settings that cannot be meant.

        Raises:
            UserError: With what is wrong.
        """
        if self.folder is not None and not self.folder.is_dir():
            raise UserError(
                f"The folder of packages {self.folder} is not there.",
                "Choose another one under Settings, Teaching, or connect its drive.",
            )
        if self.index and urlsplit(self.index).scheme not in ("https", "http", "file"):
            raise UserError(
                f"“{self.index}” is not the address of a package index.",
                "Correct it under Settings, Teaching; such an address begins with https.",
            )


def _hosts(*addresses: str) -> tuple[str, ...]:
    """Return the hosts in some addresses; that of a file has none."""
    return tuple(host for address in addresses if (host := urlsplit(address).hostname))


def find_uv(program: Path | None) -> Path:
    """Return uv: the one that ships with the program, or in a source checkout that of its Python.

    Args:
        program: What `child_environment.program_folder` gives.

    Raises:
        UserError: If it is not there.
    """
    if program is not None:
        if (program / BUNDLED_UV).is_file():
            return program / BUNDLED_UV
    elif importlib.util.find_spec("uv") is not None:
        import uv

        return Path(uv.find_uv_bin())
    raise UserError(
        "A part of Moatless is missing that sets the training environment up.",
        "Install Moatless again; your data stays.",
    )


def uv_version(program: Path) -> str:
    """Return what uv says of itself.

    Raises:
        UserError: If it is not there or does not start.
    """
    try:
        uv = [str(find_uv(program)), "--version"]
        with start_foreign(uv, foreign_environment(program), program, stdout=subprocess.PIPE) as process:
            said, _ = process.communicate(timeout=_PATIENCE_S)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise not_started() from error
    if process.returncode:
        raise not_started()
    return said.decode("utf-8", "replace").strip()


def uv_environment(
    place: Place, program: Path | None = None, environment: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """Return uv's environment. Proxies and certificates are those of the person's system."""
    kept = {name: value for name, value in environment.items() if not name.startswith(_PERSONS)}
    return foreign_environment(
        program,
        kept,
        UV_CACHE_DIR=str(place.cache),
        UV_PYTHON_INSTALL_DIR=str(place.pythons),
        UV_PYTHON_CACHE_DIR=str(python_cache(place)),
        UV_NO_CONFIG="1",
        UV_NO_PROGRESS="1",
        UV_SYSTEM_CERTS="1",
        NO_COLOR="1",
    )


def python_cache(place: Place) -> Path:
    """Return where uv keeps the archives that Pythons come in."""
    return place.cache / "python"


def installed_python(lock: Lock, place: Place) -> Path | None:
    """Return the Python that environments of a lock are made of, if it is there."""
    name = "python.exe" if os.name == "nt" else "bin/python3"
    return next(place.pythons.glob(f"cpython-{lock.python}-*/{name}"), None)


def install_python(lock: Lock, mirror: Path | None) -> list[str]:
    """Return the arguments that install the Python of a lock.

    Args:
        lock: Says which.
        mirror: A folder that has its archive as its usual place has it; without one, that place is asked.
    """
    # With a mirror it asks nobody else; as “offline” it would not even look into a folder.
    flags = ["--mirror", mirror.as_uri()] if mirror else []
    return ["python", "install", "--no-bin", "--no-registry", *flags, lock.python]


def mirrored(lock: Lock, archive: Path, mirror: Path) -> Path:
    """Return where an archive of Python is to lie in a mirror."""
    return mirror / urlsplit(lock.python_url).path.rsplit("/", 2)[1] / archive.name


def make_environment(folder: Path, python: Path | None, lock: Lock) -> list[str]:
    """Return the arguments that make an empty environment, of a Python or of any right one on this computer."""
    wanted = str(python) if python else ".".join(lock.python.split(".")[:2])
    # It is made in one place and used in another.
    return ["venv", "--offline", "--no-python-downloads", "--relocatable", "--clear", "--python", wanted, str(folder)]


def install_packages(lock: Lock, supply: Supply, python: Path) -> list[str]:
    """Return the arguments that install the packages of a lock."""
    flags = ["--require-hashes", "--no-deps", "--only-binary", ":all:", "--python", str(python)]
    if supply.folder is not None:
        # As an address, because a comma in a path would part it in two.
        where = ["--offline", "--no-index", "--find-links", supply.folder.absolute().as_uri()]
    elif supply.index:
        where = ["--default-index", supply.index]
    else:
        # Which index a package comes from does not matter, as its hash is known.
        where = ["--index-strategy", "unsafe-best-match"] if lock.indexes else []
        where += [word for index in lock.indexes for word in ("--index", index)]
    # What it says in this way tells which packages are not in its cache.
    return ["-v", "pip", "install", *flags, *where, "-r", str(lock.requirements)]
