"""Where the program keeps things: one data folder, named once, and the files that ship with it."""

import sys
from dataclasses import dataclass
from pathlib import Path

from desktop_app.errors import UserError

APPLICATION_NAME = "Moatless"


def bundled(*parts: str) -> Path:
    """Return the path of a file that ships with the program, e.g. `bundled("icons", "send.svg")`."""
    root = Path(getattr(sys, "_MEIPASS", Path(__file__).resolve().parent.parent))
    return root.joinpath("assets", *parts)


@dataclass(frozen=True)
class DataFolder:
    """The folder with everything the program stores, and the names inside it."""

    root: Path

    @classmethod
    def default(cls) -> "DataFolder":
        """Return the folder the operating system gives this program for the person's data."""
        from platformdirs import user_data_path

        return cls(user_data_path(APPLICATION_NAME, appauthor=False))

    @property
    def database(self) -> Path:
        return self.root / "moatless.db"

    @property
    def models(self) -> Path:
        return self.root / "models"

    @property
    def adapters(self) -> Path:
        return self.root / "adapters"

    @property
    def courses(self) -> Path:
        """A folder for each course: what a person puts together to teach a model."""
        return self.root / "courses"

    @property
    def runs(self) -> Path:
        """A folder for each fine-tuning run."""
        return self.root / "runs"

    @property
    def training(self) -> Path:
        """The training environment of a packaged program, with all that belongs to it; may be deleted at any time."""
        return self.root / "training"

    @property
    def kv(self) -> Path:
        """KV states of conversations: a cache that may be deleted at any time."""
        return self.root / "kv"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def connections(self) -> Path:
        """Every connection to the network that was made."""
        return self.logs / "connections.jsonl"

    @property
    def settings(self) -> Path:
        return self.root / "settings.json"

    @property
    def window_state(self) -> Path:
        return self.root / "window.json"

    @property
    def updates(self) -> Path:
        """What is known of new versions of the program; may be deleted at any time."""
        return self.root / "updates.json"

    @property
    def lock(self) -> Path:
        """Held by the one window that works on this folder."""
        return self.root / "window.lock"

    def create(self) -> None:
        """Make the folder and its subfolders.

        Raises:
            UserError: If the folder cannot be made or written to.
        """
        try:
            for folder in (self.root, self.models, self.adapters, self.courses, self.runs, self.kv, self.logs):
                folder.mkdir(0o700, parents=True, exist_ok=True)  # what is said here is nobody else's business
            probe = self.root / ".write-test"
            probe.write_bytes(b"")
            probe.unlink(missing_ok=True)  # another process may be trying the same
        except OSError as error:
            raise UserError(
                f"Moatless cannot write to its data folder {self.root}.",
                "Make the folder writable, free some space, or start with --data-dir and another folder.",
            ) from error
