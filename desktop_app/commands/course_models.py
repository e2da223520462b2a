"""The model that a course teaches, for commands: where it lies, and which one it is."""

from pathlib import Path

from desktop_app.commands.library import find_model, open_models
from desktop_app.errors import UserError
from desktop_app.finetune.course import Course
from desktop_app.paths import DataFolder


def course_model(course: Course, wanted: str | None, folder: DataFolder) -> Path:
    """Return the file of the model of a course, wherever it is by now.

    Args:
        course: If it has none yet, the model that was used last is taken.
        wanted: Another one, as the person says, or None.
        folder: Where the library is.

    Raises:
        UserError: If it is nowhere.
    """
    if wanted is not None or not course.model_path:
        return find_model(folder, wanted)
    if Path(course.model_path).is_file():
        return Path(course.model_path)
    with open_models(folder) as models:
        known = [Path(each.path) for each in models.list_models() if each.sha256 and each.sha256 == course.model_sha256]
    if (found := next((path for path in known if path.is_file()), None)) is not None:
        return found
    raise UserError(
        f"The model that “{course.name}” teaches is not where it was.", "Choose another one, or bring it back."
    )


def known_sha256(folder: DataFolder, model: Path) -> str:
    """Return the hash of a model's first file, if the library has it and the file is still of the same size."""
    with open_models(folder) as models:
        known = next((each for each in models.list_models() if each.path == str(model)), None)
    is_same = known is not None and model.stat().st_size == known.size_bytes
    return known.sha256 if known and is_same else ""
