"""Refuses a release with a lock of the training environment whose hashes no package index has confirmed.

Such a lock was made where its index was out of reach (`installers/lock_training.py --wheels`). It installs here and
fails at the person's, whose program compares with the hashes. `python -m installers.packaging.locks` is the check.
"""

import json
import sys
from pathlib import Path

from desktop_app.errors import UserError
from installers.packaging.places import ROOT


def refuse_unconfirmed(folder: Path = ROOT / "assets" / "training") -> None:
    """Say which packages of which locks are to be made again.

    Raises:
        UserError: If there are any, or no locks at all.
    """
    locks = sorted(folder.glob("*.json"))
    if not locks:
        raise UserError(
            f"There are no locks of the training environment in {folder}.", "Run installers/lock_training.py."
        )
    unconfirmed = {lock.stem: names for lock in locks if (names := _unconfirmed(lock))}
    if unconfirmed:
        listed = "; ".join(f"{lock}: {', '.join(names)}" for lock, names in unconfirmed.items())
        raise UserError(
            f"The hashes of some packages were never compared with their index ({listed}).",
            f"Where the index can be reached, run: python -m installers.lock_training {' '.join(unconfirmed)}",
        )


def _unconfirmed(lock: Path) -> list[str]:
    packages = json.loads(lock.read_text("utf-8"))["packages"]
    return [package["name"] for package in packages if package.get("is_unconfirmed")]


if __name__ == "__main__":
    try:
        refuse_unconfirmed()
    except UserError as error:
        sys.exit(str(error))
