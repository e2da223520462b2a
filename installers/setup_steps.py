"""The steps from a bare checkout to a program that can be started, in order, each skipped where it is done."""

from installers.environment import Environment
from installers.llama_build import prepare_build, prove_build
from installers.starter_model import place_starter_model
from installers.system_check import check_qt_libraries


def set_up(environment: Environment, extras: str) -> None:
    """Bring the checkout to where these extras of pyproject.toml ("" for none) are installed and the model in place.

    Raises:
        UserError: If something is missing that only the person can get.
    """
    if not environment.is_ready(extras):
        environment.create()
        environment.forget_damaged_packages()
        prepare_build(environment)
        environment.install(extras)
    _check_window(environment)
    place_starter_model(environment)
    prove_build(environment)


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
