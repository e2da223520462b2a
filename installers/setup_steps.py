"""The steps from a bare checkout to a program that can be started, in order, each skipped where it is done."""

import re

from desktop_app.errors import UserError
from installers.environment import Environment
from installers.starter_model import place_starter_model
from installers.system_check import check_compiler, check_qt_libraries


def set_up(environment: Environment, extra: str) -> None:
    """Bring the checkout to where this extra of pyproject.toml (or "" for none) is installed and the model in place.

    Raises:
        UserError: If something is missing that only the person can get.
    """
    if not environment.is_ready(extra):
        environment.create()
        environment.forget_damaged_packages()
        _prepare_build(environment)
        environment.install(extra)
    _check_window(environment)
    place_starter_model(environment)


def _prepare_build(environment: Environment) -> None:
    """llama.cpp comes as source; say so, because it takes long, and look for a compiler before and not after."""
    pinned = re.search(
        r"^llama_cpp_python==(\S+)", (environment.root / "constraints.txt").read_text("utf-8"), re.MULTILINE
    )
    if pinned is None:
        raise UserError("constraints.txt does not say which llama-cpp-python to install.", "Restore the file.")
    if environment.has("llama_cpp_python", pinned[1]):
        return
    check_compiler()
    print(
        "llama.cpp is built for this computer, which takes about seven minutes unless that was done before.",
        flush=True,
    )


def _check_window(environment: Environment) -> None:
    """Until it has been found in order once, as packages may be installed meanwhile."""
    fingerprint = environment.fingerprint()
    if environment.notes().get("window_libraries") == fingerprint:
        return
    warning = check_qt_libraries(environment.packages)
    if warning:
        print(warning, flush=True)
    else:
        environment.remember(window_libraries=fingerprint)
