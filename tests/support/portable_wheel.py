"""The llama.cpp of packages, unpacked, for processes of ours that are to run with it in place of the installed one."""

import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from installers.packaging.portable_llama import find_wheel

NOT_BUILT = "the llama.cpp of packages was not built here; `python installers/build.py` does it"


def unpack(folder: Path) -> bool:
    """Unpack the wheel into a folder and return whether there is one."""
    wheel = find_wheel()
    if wheel is None:
        return False
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return True


@contextmanager
def in_place_of_the_installed(folder: Path) -> Iterator[None]:
    """Let processes that are started meanwhile take llama.cpp from where the wheel was unpacked."""
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(folder), *([before] if before else [])])
    try:
        yield
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before
