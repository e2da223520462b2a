"""All that is known of the document that was chosen in the list, below it."""

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QFrame, QHBoxLayout, QPushButton, QVBoxLayout

from desktop_app.finetune.course import CourseDocument
from desktop_app.gui.adapters.standing_words import Told
from desktop_app.gui.adapters.told_line import ToldLine
from desktop_app.gui.finetune.document_words import (
    FOR_MEASURING,
    WHY_HELD_OUT,
    facts_line,
    is_trouble,
    is_used,
    private_words,
    skipped_line,
)
from desktop_app.gui.library.button_row import ButtonRow
from desktop_app.gui.library.fact_grid import breakable, show_in_folder, shown_path
from desktop_app.gui.library.labels import plain_label, printable
from desktop_app.gui.theme import scale

_MOST_LINES = 8


class DocumentDetails(QFrame):
    """Hidden while no document is chosen.

    Signals:
        switched(CourseDocument, bool): Leave it out, or use it again.
        remove_wanted(CourseDocument): Take it out of the course.
    """

    switched = Signal(CourseDocument, bool)
    remove_wanted = Signal(CourseDocument)

    def __init__(self) -> None:
        super().__init__()
        self.document: CourseDocument | None = None
        self.name = plain_label(role="heading", wraps=True)
        self.facts = plain_label(role="small", wraps=True)
        self.trouble, self.held_out, self.private = ToldLine(), ToldLine("small"), ToldLine("small")
        self.skipped = plain_label(role="small", wraps=True)
        self.use_box = QCheckBox("Use this document")
        self.use_box.clicked.connect(self._on_switch)
        self.folder_button = QPushButton("Show in folder")
        self.remove_button = QPushButton("Remove")
        self.folder_button.clicked.connect(self._on_folder)
        self.remove_button.clicked.connect(self._on_remove)
        self._lay_out()
        self.show_document(None)

    def show_document(self, document: CourseDocument | None, is_locked: bool = False) -> None:
        """Show what is known of a document; none hides all of it."""
        self.document = document
        self.setVisible(document is not None)
        if document is None:
            return
        name = printable(document.name)
        self.setAccessibleName(name)
        self.name.setText(breakable(name))
        is_file = bool(document.size_bytes) and Path(document.path).is_absolute()
        facts = (facts_line(document), breakable(shown_path(Path(document.path))) if is_file else "")
        self.facts.setText("\n".join(filter(None, facts)))
        self.trouble.tell(Told("circle-alert", "danger" if is_trouble(document) else "muted", document.trouble))
        is_measure = document.is_held_out and is_used(document)
        self.held_out.tell(Told("activity", "muted", f"{FOR_MEASURING.capitalize()}: {WHY_HELD_OUT}" * is_measure))
        private = private_words(document.private)
        self.private.tell(Told("triangle-alert", "warn", f"It seems to have {private}." if private else ""))
        self._show_skipped(document)
        self.use_box.setChecked(is_used(document))
        self.use_box.setVisible(not is_trouble(document))
        self.folder_button.setVisible(is_file)
        for part in (self.use_box, self.remove_button):
            part.setEnabled(not is_locked)

    def _show_skipped(self, document: CourseDocument) -> None:
        lines = [f"•  {skipped_line(each)}" for each in document.skipped[:_MOST_LINES]]
        self.skipped.setText("\n".join(["Read without:", *lines]) if lines else "Everything in it was read.")
        self.skipped.setVisible(not document.trouble)

    def _on_switch(self, is_on: bool) -> None:
        if self.document is not None:
            self.switched.emit(self.document, not is_on)

    def _on_folder(self) -> None:
        if self.document is not None:
            show_in_folder(Path(self.document.path))

    def _on_remove(self) -> None:
        if self.document is not None:
            self.remove_wanted.emit(self.document)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(scale.SPACE_12, scale.SPACE_12, scale.SPACE_12, scale.SPACE_12)
        column.setSpacing(scale.SPACE_8)
        for part in (self.name, self.facts, self.trouble, self.held_out, self.private, self.skipped):
            column.addWidget(part)
        row = QHBoxLayout()
        row.setSpacing(scale.SPACE_16)
        row.addWidget(self.use_box, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(ButtonRow(self.folder_button, self.remove_button), 1)
        column.addLayout(row)
