"""What is needed for a while when something that a run has learned is tried: a folder, and adapters as files in it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from desktop_app.engine.messages import AdapterScale, Stack
from desktop_app.finetune.export import write_frozen, write_start
from desktop_app.trainer.contract import Run


@contextmanager
def work_folder(folder: Path, name: str) -> Iterator[Path]:
    """Make a folder of this name in a run's, for a while only; that of somebody who was killed goes first."""
    work = folder / name
    shutil.rmtree(work, ignore_errors=True)
    try:
        work.mkdir()
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def stack_before(folder: Path, run: Run, work: Path) -> tuple[Stack, Stack]:
    """Return the adapters that stay under the new one, and the stack that acted before training.

    The two differ where an adapter is continued.

    Args:
        folder: Of the run.
        run: What is to be done.
        work: Where their files may be written.

    Raises:
        UserError: If one of them cannot be read or written.
    """
    frozen = tuple(AdapterScale(str(path)) for path in write_frozen(folder, run, work))
    before = (AdapterScale(str(write_start(folder, run, work))),) if run.continues else ()
    return frozen, (*frozen, *before)
