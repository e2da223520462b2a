"""What all checks of one trial share: what was built, and what is made once for several and then thrown away."""

import shutil
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeVar, cast

from installers.packaging.places import DIST, FOLDER, WORK

T = TypeVar("T")


class Trial:
    """Use it in a `with` statement, which cleans up.

    Attributes:
        folder: The frozen program.
        dist: Has the packages.
        work: For what stays: pictures, and what is downloaded once.
        scratch: For what is thrown away. Everybody may look into it, whoever else may look into the checkout.
    """

    def __init__(self, folder: Path = FOLDER, dist: Path = DIST, work: Path = WORK / "trial") -> None:
        self.folder = folder
        self.dist = dist
        self.work = work
        self.at_end = ExitStack()
        self._shared: dict[Callable[[Trial], Any], Any] = {}

    def __enter__(self) -> "Trial":
        self.work.mkdir(parents=True, exist_ok=True)
        self.scratch = Path(tempfile.mkdtemp(prefix="moatless-trial-"))
        self.scratch.chmod(0o755)
        self.at_end.callback(shutil.rmtree, self.scratch, ignore_errors=True)
        return self

    def __exit__(self, *_: object) -> None:
        self.at_end.close()

    def shared(self, make: Callable[["Trial"], T]) -> T:
        """Return what `make` makes of this trial, the same for all who ask for it; likewise if it fails."""
        if make not in self._shared:
            try:
                self._shared[make] = make(self)
            except Exception as error:
                self._shared[make] = error
        if isinstance(made := self._shared[make], Exception):
            raise made
        return cast(T, made)
