"""Stacks with a name, to be used again in other conversations."""

from desktop_app.errors import UserError
from desktop_app.storage import rows
from desktop_app.storage.database import Database
from desktop_app.storage.records import Preset, Stack


class Presets:
    """Presets in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list_presets(self) -> tuple[Preset, ...]:
        """Return all presets in the order of their names."""
        found = self._database.all("SELECT * FROM presets ORDER BY name COLLATE NOCASE, id")
        return tuple(rows.preset(row) for row in found)

    def save(self, name: str, stack: Stack) -> Preset:
        """Keep a stack under a name, in place of what was kept under it before."""
        self._database.change(
            "INSERT INTO presets (name, stack) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET stack = excluded.stack",
            (name, rows.to_json(stack)),
        )
        row = self._database.one("SELECT * FROM presets WHERE name = ?", (name,))
        assert row is not None
        return rows.preset(row)

    def rename(self, preset_id: int, name: str) -> None:
        """Give a preset another name.

        Raises:
            UserError: If another one has it.
        """
        if self._database.one("SELECT 1 FROM presets WHERE name = ? AND id <> ?", (name, preset_id)) is not None:
            raise UserError(
                f"There is another preset called “{name}”.", "Choose another name, or delete that one first."
            )
        self._database.change("UPDATE presets SET name = ? WHERE id = ?", (name, preset_id))

    def delete(self, preset_id: int) -> None:
        self._database.change("DELETE FROM presets WHERE id = ?", (preset_id,))
