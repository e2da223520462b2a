"""The adapters in the library, and what they were measured to do to models."""

import time
from collections.abc import Callable

from desktop_app.engine.messages import Effect
from desktop_app.errors import UserError
from desktop_app.storage import rows
from desktop_app.storage.database import Database, Value
from desktop_app.storage.finding import ADAPTER_WORDS, find_one
from desktop_app.storage.records import Adapter, Proof, RemoteFile


class Adapters:
    """Adapters in the database. `clock` gives Unix time in seconds."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def add(
        self,
        *,
        name: str,
        path: str,
        sha256: str,
        size_bytes: int,
        architecture: str,
        max_rank: int,
        n_weights: int,
        targets: tuple[str, ...],
        base_name: str,
        base_repo: str,
        source: str,
        license: str = "",
        repo: str = "",
        revision: str = "",
        files: tuple[RemoteFile, ...] = (),
        default_scale: float = 1.0,
    ) -> Adapter:
        """Add an adapter. One of the same content is left as it is; one of another content at this place is gone.

        Returns:
            What the library has of this content; its path may be another one.
        """
        with self._database.transaction():
            if (known := self.by_sha256(sha256)) is not None:
                return known
            self._database.change("DELETE FROM adapters WHERE path = ?", (path,))
            facts: dict[str, Value] = {
                "name": name,
                "path": path,
                "sha256": sha256,
                "size_bytes": size_bytes,
                "architecture": architecture,
                "max_rank": max_rank,
                "n_weights": n_weights,
                "targets": rows.to_json(targets),
                "base_name": base_name,
                "base_repo": base_repo,
                "source": source,
                "added_at": self._clock(),
                "license": license,
                "repo": repo,
                "revision": revision,
                "files": rows.to_json(files),
                "default_scale": default_scale,
            }
            adapter_id = self._database.insert_row("adapters", facts)
            return self.get(adapter_id)

    def list_adapters(self) -> tuple[Adapter, ...]:
        """Return all adapters, the last used first, then the last added."""
        found = self._database.all(
            "SELECT * FROM adapters ORDER BY last_used_at DESC NULLS LAST, added_at DESC, id DESC"
        )
        return tuple(rows.adapter(row) for row in found)

    def get(self, adapter_id: int) -> Adapter:
        """Return one adapter.

        Raises:
            UserError: If it has been removed.
        """
        row = self._database.one("SELECT * FROM adapters WHERE id = ?", (adapter_id,))
        if row is None:
            raise UserError("This adapter is no longer in the library.", "Choose another adapter.")
        return rows.adapter(row)

    def by_sha256(self, sha256: str) -> Adapter | None:
        """Return the adapter of this content, or None."""
        row = self._database.one("SELECT * FROM adapters WHERE sha256 = ?", (sha256,))
        return None if row is None else rows.adapter(row)

    def find(self, name_or_path: str) -> Adapter:
        """Return the adapter with this path or name, or the only one whose name begins like this.

        Raises:
            UserError: If there is none or more than one.
        """
        return find_one(self.list_adapters(), name_or_path, ADAPTER_WORDS)

    def remove(self, adapter_id: int) -> None:
        """Forget an adapter. Its file is left alone; stacks that it is in and what was measured of it stay."""
        self._database.change("DELETE FROM adapters WHERE id = ?", (adapter_id,))

    def set_path(self, adapter_id: int, path: str, source: str) -> None:
        """Note where an adapter lies that was moved, and whose it is there. One of another content there is gone."""
        with self._database.transaction():
            self._database.change("DELETE FROM adapters WHERE path = ? AND id <> ?", (path, adapter_id))
            self._database.change("UPDATE adapters SET path = ?, source = ? WHERE id = ?", (path, source, adapter_id))

    def touch_used(self, adapter_id: int) -> None:
        """Note that the adapter is being used now."""
        self._database.change("UPDATE adapters SET last_used_at = ? WHERE id = ?", (self._clock(), adapter_id))

    def n_conversations(self, sha256: str) -> int:
        """Return how many conversations have the adapter in their stack, those in the trash included."""
        row = self._database.one(
            "SELECT count(*) AS n FROM conversations WHERE EXISTS "
            "(SELECT 1 FROM json_each(stack) WHERE json_extract(value, '$.sha256') = ?)",
            (sha256,),
        )
        assert row is not None
        return int(row["n"])

    def uses(self) -> dict[str, int]:
        """Return in how many conversations' stacks each adapter is, by its hash; those in the trash count too."""
        found = self._database.all(
            "SELECT json_extract(value, '$.sha256') AS sha256, count(DISTINCT conversations.id) AS n "
            "FROM conversations, json_each(stack) GROUP BY 1"
        )
        return {row["sha256"]: int(row["n"]) for row in found}

    # ------------------------------------------------------------ proofs

    def set_proof(self, adapter_sha256: str, model_sha256: str, effect: Effect) -> Proof:
        """Keep what was measured, in place of what was measured before."""
        proof = Proof(adapter_sha256, model_sha256, effect, self._clock())
        self._database.change(
            "INSERT INTO proofs (adapter_sha256, model_sha256, effect, measured_at) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (adapter_sha256, model_sha256) "
            "DO UPDATE SET effect = excluded.effect, measured_at = excluded.measured_at",
            (adapter_sha256, model_sha256, rows.to_json(effect), proof.measured_at),
        )
        return proof

    def proof(self, adapter_sha256: str, model_sha256: str) -> Proof | None:
        """Return what was measured of an adapter on a model, or None."""
        row = self._database.one(
            "SELECT * FROM proofs WHERE adapter_sha256 = ? AND model_sha256 = ?", (adapter_sha256, model_sha256)
        )
        return None if row is None else rows.proof(row)

    def proofs_of(self, model_sha256: str) -> tuple[Proof, ...]:
        """Return what was measured of any adapter on a model."""
        found = self._database.all("SELECT * FROM proofs WHERE model_sha256 = ?", (model_sha256,))
        return tuple(rows.proof(row) for row in found)
