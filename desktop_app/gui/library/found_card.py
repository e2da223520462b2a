"""One repository of the Hub in a list: what it is, how it would run here, and what can be done with it."""

from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from desktop_app.gui.library.labels import (
    counted,
    listed,
    month,
    name_label,
    plain_label,
    printable,
    prospect_words,
    readable_count,
    set_role,
    show_fit,
    split_name,
)
from desktop_app.gui.library.opening_card import OpeningCard
from desktop_app.gui.theme import scale
from desktop_app.library.architectures import OTHER
from desktop_app.library.browse import Found
from desktop_app.library.curated import CuratedModel
from desktop_app.library.memory import readable_size
from desktop_app.library.prospects import BYTES_A_PARAMETER, Prospect

RECOMMENDED = "Recommended here"
MUST_ACCEPT = "Terms must be accepted"
DOES_NOT_RUN = "Does not run here"


@dataclass(frozen=True)
class Words:
    """What a card says of a repository, whatever becomes of it.

    Attributes:
        sentence: What it is good for, or why it cannot be used; may be empty.
        obstacle: That it cannot be used here, in a few words; empty if it can.
    """

    repo: str
    owner: str
    name: str
    facts: tuple[str, ...]
    sentence: str = ""
    obstacle: str = ""


def words_of_curated(model: CuratedModel) -> Words:
    """Describe a model of the list that comes with the program."""
    is_mixture = model.n_params_active < model.n_params
    facts = (
        counted(model.n_params, "parameter"),
        f"{readable_count(model.n_params_active)} at work" if is_mixture else "",
        model.quant,
        readable_size(model.size_bytes),
        model.license,
        MUST_ACCEPT if model.gated else "",
    )
    return Words(model.repo, split_name(model.repo)[0], model.name, facts, model.words)


def words_of_found(found: Found) -> Words:
    """Describe a result of a search."""
    model = found.model
    in_four_bits = readable_size(round(model.n_params * BYTES_A_PARAMETER))
    facts = (
        counted(model.n_params, "parameter"),
        f"about {in_four_bits} in four bits" if model.n_params else "",
        model.license,
        counted(model.downloads, "download"),
        counted(model.likes, "like"),
        month(model.updated_at),
        MUST_ACCEPT if model.is_gated else "",
    )
    sentence = "" if found.can_chat else _why_not(model.architecture)
    return Words(model.id, *split_name(model.id), facts, sentence, "" if found.can_chat else DOES_NOT_RUN)


def _why_not(architecture: str) -> str:
    does = OTHER.get(architecture)
    if does:
        return f"It writes no answers: it {does}."
    return f"Models of the kind “{printable(architecture, 40)}” are not known to this version of Moatless."


class FoundCard(OpeningCard):
    """Shows a model or an adapter that is not here, or not yet.

    Args:
        can_download: Whether it is known what to download, so that there is a button for it.

    Signals:
        details_wanted(str): Look at this repository.
        download_wanted(str): Download what is meant of this repository.
    """

    details_wanted = Signal(str)
    download_wanted = Signal(str)

    def __init__(self, words: Words, prospect: Prospect | None, can_download: bool) -> None:
        super().__init__()
        self.words = words
        self._can_download = can_download
        self.opened.connect(lambda: self.details_wanted.emit(words.repo))
        self.setAccessibleName(f"{words.owner} {words.name}".strip())
        self.name = name_label(words.name, "section")
        self.badge = plain_label(role="small")
        self.facts = plain_label(listed(words.facts), "small", wraps=True)
        self.sentence = plain_label(words.sentence, "", wraps=True)
        self.needs = plain_label(role="small", wraps=True)
        self.trouble = plain_label(role="danger", wraps=True)
        self.state = plain_label(role="small")
        self.state.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.download_button = QPushButton("Download")
        self.download_button.setAccessibleName(f"Download {words.name}")
        self.download_button.clicked.connect(lambda: self.download_wanted.emit(words.repo))
        self.details_button = QPushButton("Details")
        self.details_button.setAccessibleName(f"Details of {words.name}")
        self.details_button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the keys reach the card, which does the same
        self.details_button.clicked.connect(self.opened)
        self._lay_out()
        self.show_prospect(prospect)
        for part in (self.state, self.trouble):
            part.hide()
        self.sentence.setVisible(bool(words.sentence))
        self.download_button.setVisible(can_download)
        self.set_open(True)

    def show_prospect(self, prospect: Prospect | None) -> None:
        """Say how it would run here; None where that is not known (yet)."""
        if self.words.obstacle:
            self.badge.setText(self.words.obstacle)
            set_role(self.badge, "warn")
            self.needs.hide()
            return
        show_fit(self.badge, prospect.outlook if prospect else None)
        self.needs.setText(prospect_words(prospect))
        self.needs.setVisible(prospect is not None)

    def show_state(self, state: str) -> None:
        """Say what has become of it, in a word or two; an empty text means that it can be downloaded."""
        if state != self.state.text():
            self.state.setText(state)
            self.state.setVisible(bool(state))
            self.download_button.setVisible(self._can_download and not state)
            self.resized.emit()

    def show_trouble(self, sentence: str) -> None:
        """Say why it cannot be downloaded."""
        self.trouble.setText(sentence)
        self.trouble.setVisible(bool(sentence))

    def set_open(self, is_open: bool, why_not: str = "") -> None:
        """Let the Hub be asked about it, or say why it is not."""
        for button in (self.download_button, self.details_button):
            button.setEnabled(is_open)
            button.setToolTip(why_not)
            button.setAccessibleDescription(why_not)
        self.setAccessibleDescription(why_not or "Enter shows its details.")
        self.setCursor(Qt.CursorShape.PointingHandCursor if is_open else Qt.CursorShape.ArrowCursor)

    def recommend(self, is_recommended: bool) -> None:
        """Make its download the one thing to do on the page."""
        self.facts.setText(listed((RECOMMENDED * is_recommended, *self.words.facts)))
        self.download_button.setProperty("kind", "primary" if is_recommended else "")
        self.download_button.style().polish(self.download_button)

    def focus_widgets(self) -> list[QWidget]:
        """Return what the Tab key visits here, in reading order."""
        return [self, self.download_button] if self._can_download else [self]

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(scale.SPACE_8)
        head.addWidget(self.name)
        head.addWidget(self.badge)
        head.addStretch(1)
        column = QVBoxLayout()
        column.setSpacing(scale.SPACE_4)
        if self.words.owner:
            column.addWidget(name_label(self.words.owner, "small"))
        column.addLayout(head)
        for label in (self.sentence, self.facts, self.needs, self.trouble):
            column.addWidget(label)
        actions = QVBoxLayout()
        actions.setSpacing(scale.SPACE_4)
        actions.addStretch(1)
        for part in (self.download_button, self.state, self.details_button):
            actions.addWidget(part)
        actions.addStretch(1)
        if self._can_download:
            self.details_button.setProperty("kind", "quiet")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(scale.SPACE_16, scale.SPACE_12, scale.SPACE_16, scale.SPACE_12)
        layout.setSpacing(scale.SPACE_16)
        layout.addLayout(column, 1)
        layout.addLayout(actions)
