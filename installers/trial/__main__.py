"""Tries what `python installers/build.py` has built, as a person gets it: `make test-installer`.

Runs with the Python of the checkout, on Linux as root, as a clean system is made to install into, and prints a table of
checks and results. The exit status is 1 if anything has failed, or nothing could be tried.
"""

import argparse
import sys

from installers.trial import appdir, archive, debian, folder, inside, others, removal, training, upgrade
from installers.trial.checking import Check, Result, exit_status, make, table
from installers.trial.trial import Trial

CHECKS: dict[str, dict[str, Check]] = {
    "linux": {
        "folder": folder.selftest,
        "inside": inside.inside,
        "deb": debian.installed,
        "deb-selftest": debian.selftest,
        "deb-window": debian.window,
        "deb-upgrade": upgrade.upgrade,
        "deb-removal": removal.removal,
        "tarball": archive.archive,
        "appdir": appdir.appdir,
        "appimage": appdir.appimage,
        "training": training.environment,
        "teaching": training.teaching,
        "training-removal": training.removal,
    },
    "darwin": {"dmg": others.image},
    "win32": {"setup": others.setup},
}


def main(arguments: list[str]) -> int:
    """Make the checks of this system, or those that are named, and return the exit status."""
    checks = CHECKS[sys.platform]
    parser = argparse.ArgumentParser(prog="python -m installers.trial", description=__doc__)
    parser.add_argument("--only", action="append", choices=checks, metavar="NAME", help=", ".join(checks))
    wanted = parser.parse_args(arguments).only or list(checks)
    results: list[Result] = []
    with Trial() as trial:
        for name in wanted:
            print(f"{name} ...", file=sys.stderr, flush=True)
            results.append(make(name, checks[name], trial))
    print(table(results))
    return exit_status(results)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
