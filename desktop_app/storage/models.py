"""The models in the library: which files, what is in them, when they were used."""

import time
from collections.abc import Callable

from desktop_app.errors import UserError
from desktop_app.storage import rows
from desktop_app.storage.database import Database, Value
from desktop_app.storage.finding import MODEL_WORDS, find_one
from desktop_app.storage.records import Model, ModelDefaults, RemoteFile


class Models:
    """Models in the database. `clock` gives Unix time in seconds."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def add(
        self,
        *,
        name: str,
        path: str,
        size_bytes: int,
        architecture: str,
        quant_type: str,
        n_params: int,
        n_ctx_train: int,
        source: str,
        sha256: str = "",
        license: str = "",
        repo: str = "",
        revision: str = "",
        files: tuple[RemoteFile, ...] = (),
        is_verified: bool = False,
    ) -> Model:
        """Add a model, or describe the one at this path anew, which may hold something else now."""
        now = self._clock()
        facts: dict[str, Value] = {
            "name": name,
            "size_bytes": size_bytes,
            "architecture": architecture,
            "quant_type": quant_type,
            "n_params": n_params,
            "n_ctx_train": n_ctx_train,
            "source": source,
            "sha256": sha256,
            "license": license,
            "repo": repo,
            "revision": revision,
            "files": rows.to_json(files),
            "verified_at": now if is_verified else None,
        }
        anew = ", ".join(f"{column} = excluded.{column}" for column in facts)
        self._database.insert_row(
            "models", {"path": path, "added_at": now, **facts}, f"ON CONFLICT (path) DO UPDATE SET {anew}"
        )
        row = self._database.one("SELECT * FROM models WHERE path = ?", (path,))
        assert row is not None
        return rows.model(row)

    def list_models(self) -> tuple[Model, ...]:
        """Return all models, the last used first, then the last added."""
        found = self._database.all("SELECT * FROM models ORDER BY last_used_at DESC NULLS LAST, added_at DESC, id DESC")
        return tuple(rows.model(row) for row in found)

    def get(self, model_id: int) -> Model:
        """Return one model.

        Raises:
            UserError: If it has been removed.
        """
        row = self._database.one("SELECT * FROM models WHERE id = ?", (model_id,))
        if row is None:
            raise UserError("This model is no longer in the library.", "Choose another model.")
        return rows.model(row)

    def find(self, name_or_path: str) -> Model:
        """Return the model with this path, name or NAME:QUANTIZATION, or the only one whose name begins like this.

        Raises:
            UserError: If there is none or more than one.
        """
        return find_one(self.list_models(), name_or_path, MODEL_WORDS, lambda model: model.quant_type)

    def remove(self, model_id: int) -> None:
        """Forget a model. Its file is left alone, and conversations with it stay."""
        self._database.change("DELETE FROM models WHERE id = ?", (model_id,))

    def set_sha256(self, model_id: int, sha256: str) -> None:
        self._database.change("UPDATE models SET sha256 = ? WHERE id = ?", (sha256, model_id))

    def set_verified(self, model_id: int) -> None:
        """Note that its files are what they should be, now."""
        self._database.change("UPDATE models SET verified_at = ? WHERE id = ?", (self._clock(), model_id))

    def set_speed(self, sha256: str, tokens_per_s: float) -> None:
        """Note how fast the model with this hash has written."""
        self._database.change("UPDATE models SET tokens_per_s = ? WHERE sha256 = ?", (tokens_per_s, sha256))

    def set_defaults(self, model_id: int, defaults: ModelDefaults) -> None:
        """Set what new chats with it start with."""
        values = (rows.to_json(defaults), model_id)
        self._database.change("UPDATE models SET defaults = ? WHERE id = ?", values)

    def set_path(self, model_id: int, path: str, source: str, sha256: str = "") -> None:
        """Note where a model lies that was moved, whose it is there, and what it holds, if that was looked at.

        Raises:
            UserError: If the library has another one there.
        """
        other = self._database.one("SELECT name FROM models WHERE path = ? AND id <> ?", (path, model_id))
        if other is not None:
            raise UserError(
                f"The library already has the file {path}, as {other['name']}.", "Remove this entry from the list."
            )
        self._database.change(
            "UPDATE models SET path = ?, source = ?, sha256 = ?, verified_at = NULL WHERE id = ?",
            (path, source, sha256, model_id),
        )

    def n_conversations(self, model_id: int) -> int:
        """Return how many conversations are held with a model, those in the trash included."""
        row = self._database.one("SELECT count(*) AS n FROM conversations WHERE model_id = ?", (model_id,))
        assert row is not None
        return int(row["n"])

    def touch_used(self, model_id: int) -> None:
        """Note that the model is being used now."""
        self._database.change("UPDATE models SET last_used_at = ? WHERE id = ?", (self._clock(), model_id))
