"""The environment that packages are made of: what the program needs in the pinned versions, and nothing else.

It is not the one that the program is developed in, because all that is installed could end up in a package; and its
llama.cpp is one for all computers, not for the one that builds.
"""

import hashlib
from pathlib import Path

from installers.environment import Environment
from installers.packaging.places import ENVIRONMENT, ROOT
from installers.packaging.portable_llama import build_wheel
from installers.starter_model import place_starter_model

EXTRA = "package"
_LLAMA = "llama_wheel"  # what is remembered of the wheel that is installed


def packaging_environment() -> Environment:
    """Return where the environment is; `set_up` makes it."""
    return Environment(ROOT, ENVIRONMENT)


def set_up(environment: Environment) -> None:
    """Bring the environment to where packages can be made; what is done already is not done again.

    Raises:
        UserError: If something is missing that only the person can get.
    """
    ENVIRONMENT.parent.mkdir(parents=True, exist_ok=True)
    environment.create()
    environment.forget_damaged_packages()
    _install_llama(environment, build_wheel(environment))
    if not environment.is_ready(EXTRA):
        environment.install(EXTRA)
    place_starter_model(environment)


def _install_llama(environment: Environment, wheel: Path) -> None:
    """Before all else, as pip would build another one for this computer."""
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if environment.notes().get(_LLAMA) == digest and next(environment.packages.glob("llama_cpp_python-*"), None):
        return
    environment.pip("Installing llama.cpp", ["install", "--force-reinstall", "--no-deps", str(wheel)])
    environment.remember(**{_LLAMA: digest})
