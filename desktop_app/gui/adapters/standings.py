"""What there is to say of an adapter besides what its file says: is it for the model in use, and what does it do?"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from desktop_app.adapters.stack import MAX_ADAPTERS
from desktop_app.errors import UserError
from desktop_app.jobs.adapter_library import AdapterLibrary
from desktop_app.jobs.adapter_proofs import AdapterProofs
from desktop_app.jobs.chat_session import ChatSession
from desktop_app.storage.records import Adapter, Model, Proof

if TYPE_CHECKING:  # NumPy takes its time to load, and the window starts without it
    from desktop_app.adapters.verdict import Verdict

IN_STACK = "It is in the stack of the open chat already."
STACK_IS_FULL = f"The stack of the open chat has {MAX_ADAPTERS} adapters, and no more can act together."


@dataclass(frozen=True)
class Standing:
    """How things are with one adapter now.

    Attributes:
        model_name: The model in use, which all of this is about; empty if there is none.
        is_missing: Its file is not there.
        verdict: Whether it is for the model; None as long as that is not known.
        is_blocked: It is not.
        proof: What it was measured to do to the model.
        trouble: Why that could not be measured the last time, or empty.
        n_chats: In how many stacks it is.
        why_not: Why it cannot be added to the open chat, or empty.
    """

    model_name: str = ""
    is_missing: bool = False
    verdict: "Verdict | None" = None
    is_blocked: bool = False
    proof: Proof | None = None
    is_measuring: bool = False
    trouble: str = ""
    n_chats: int = 0
    is_in_stack: bool = False
    why_not: str = ""

    @property
    def can_measure(self) -> bool:
        """Whether measuring it makes sense now."""
        return bool(self.model_name) and not (self.is_missing or self.is_blocked or self.is_measuring)


class Standings(QObject):
    """Lives in the GUI thread.

    Signals:
        changed(): What `of` says may be different, of any adapter.
    """

    changed = Signal()

    def __init__(self, library: AdapterLibrary, proofs: AdapterProofs, session: ChatSession) -> None:
        super().__init__()
        self._library = library
        self._proofs = proofs
        self._session = session
        self._read_of = ""  # the model whose proofs were read
        self._troubles: dict[tuple[int, str], str] = {}  # by adapter and model
        for signal in (library.changed, proofs.changed, session.opened, session.stack_changed):
            signal.connect(self.changed)
        library.looked.connect(self._on_looked)
        session.model_changed.connect(self._on_looked)
        proofs.failed.connect(self._on_failed)

    @property
    def model(self) -> Model | None:
        """The model in use."""
        return self._session.model

    def of(self, adapter: Adapter) -> Standing:
        """Return how things are with an adapter."""
        model, library = self._session.model, self._library
        stack = self._session.conversation.stack
        is_known = model is not None and library.model is not None and model.id == library.model.id
        verdict = library.verdict(adapter) if is_known else None
        is_in_stack = any(entry.sha256 == adapter.sha256 for entry in stack)
        is_blocked = verdict is not None and _is_blocked(verdict)
        why_not = verdict.sentence if verdict is not None and is_blocked else ""
        if is_in_stack:
            why_not = IN_STACK
        elif len(stack) >= MAX_ADAPTERS:
            why_not = why_not or STACK_IS_FULL
        return Standing(
            model_name=model.name if model else "",
            is_missing=adapter.id in library.missing,
            verdict=verdict,
            is_blocked=is_blocked,
            proof=self._proofs.proof(adapter, model) if model else None,
            is_measuring=model is not None and self._proofs.is_measuring(adapter, model),
            trouble=self._troubles.get((adapter.id, model.path), "") if model else "",
            n_chats=library.uses.get(adapter.sha256, 0),
            is_in_stack=is_in_stack,
            why_not=why_not,
        )

    def measure(self, adapter: Adapter) -> None:
        """Find out what it does to the model in use."""
        if (model := self._session.model) is not None:
            self._troubles.pop((adapter.id, model.path), None)
            self._proofs.measure(adapter, model)

    def stop(self, adapter: Adapter) -> None:
        """Do not find that out after all."""
        if (model := self._session.model) is not None:
            self._proofs.stop(adapter, model)

    def _on_looked(self) -> None:
        model = self._session.model
        if model is not None and model.sha256 and model.sha256 != self._read_of:
            self._read_of = model.sha256
            self._proofs.read(model)
        self.changed.emit()

    def _on_failed(self, adapter: Adapter, error: UserError) -> None:
        if (model := self._session.model) is not None:
            self._troubles[adapter.id, model.path] = str(error)
            self.changed.emit()


def _is_blocked(verdict: "Verdict") -> bool:
    from desktop_app.adapters.verdict import Level  # there already, or there would be no verdict

    return verdict.level is Level.BLOCKED
