"""Small JSON files that are either the old or the new one, whatever happens while they are written."""

import json
import logging
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from desktop_app.errors import UserError

_log = logging.getLogger(__name__)


def write_json(path: Path, data: Any) -> None:
    """Replace the file with this data, on the disk when this returns.

    Raises:
        UserError: If it cannot be written; the old file is then still there, whole.
    """
    text = json.dumps(data, indent=2, ensure_ascii=False).encode() + b"\n"
    temporary = None
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            temporary = Path(file.name)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink()
        raise UserError(
            f"Moatless could not save {path}, because the disk is full or the folder cannot be written to. "
            "What was saved before is still there.",
            "Free some space or make the folder writable, then try again.",
        ) from error


def read_json(path: Path) -> tuple[dict[str, Any], str]:
    """Return the object in the file and a note for the person, which is empty if all is well.

    A missing file is an empty object. A damaged one is moved aside, so that what it holds is not overwritten.
    """
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return {}, ""
    except OSError as error:
        _log.info("cannot read %s: %s", path, error)
        return {}, f"The file {path} cannot be read, so the standard values are used."
    try:
        values = json.loads(text)
        if isinstance(values, dict):
            return values, ""
        _log.info("%s holds no object", path)
    except (ValueError, RecursionError) as error:
        _log.info("cannot understand %s: %s", path, error)
    aside = path.with_name(f"{path.name}.damaged")
    try:
        path.replace(aside)
    except OSError as error:
        _log.info("cannot move %s aside: %s", path, error)
        return {}, f"The file {path} is damaged, so the standard values are used."
    return {}, f"The file {path} was damaged, so the standard values are used. It is now called {aside.name}."
