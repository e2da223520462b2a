"""How the window was left, down to the words that were not sent yet: no choice of the user's."""

from dataclasses import asdict, dataclass
from pathlib import Path

from desktop_app.settings.json_file import read_json, write_json


@dataclass(frozen=True)
class WindowState:
    """What the window looks like when it opens again.

    Attributes:
        geometry: Place and size as the toolkit encodes them, in base64; empty for the standard size.
        page: The page being shown, by its name in the rail.
        conversation_id: The conversation being shown; None for a new one.
        draft: What was typed in a new chat and not sent.
    """

    geometry: str = ""
    page: str = ""
    conversation_id: int | None = None
    draft: str = ""


def load_window_state(path: Path) -> WindowState:
    """Return the state in the file; the standard one if there is none or it cannot be understood."""
    values, _ = read_json(path)
    names = ("geometry", "page", "conversation_id", "draft")
    geometry, page, conversation_id, draft = (values.get(name) for name in names)
    return WindowState(
        geometry if isinstance(geometry, str) else "",
        page if isinstance(page, str) else "",
        conversation_id if isinstance(conversation_id, int) else None,
        draft if isinstance(draft, str) else "",
    )


def save_window_state(path: Path, state: WindowState) -> None:
    """Write the file.

    Raises:
        UserError: If it cannot be written.
    """
    write_json(path, asdict(state))
