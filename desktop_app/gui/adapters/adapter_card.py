"""One adapter in the list of adapters: what it is, whether it is for the model in use, what it does, who uses it."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QMimeData, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QDrag,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QFontMetrics,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QApplication, QHBoxLayout, QMenu, QPushButton, QVBoxLayout, QWidget

from desktop_app.gui.adapters.card_lines import CardLines, CardWords
from desktop_app.gui.adapters.pair_menu import PairMenu
from desktop_app.gui.adapters.standing_words import Told, effect_told, facts_line, reason, verdict_told
from desktop_app.gui.adapters.standings import Standing
from desktop_app.gui.library.button_row import ButtonRow
from desktop_app.gui.library.fact_grid import breakable, show_in_folder, shown_path
from desktop_app.gui.library.opening_card import OpeningCard
from desktop_app.gui.theme import icon, scale, theme
from desktop_app.gui.widgets.icon_button import IconButton
from desktop_app.storage.records import Adapter

MEASURE = "Measure effect"
ADAPTER_MIME = "application/x-moatless-adapter"
_DRAGGED = QSize(320, 44)  # pixels of a card that the pointer carries along


class AdapterCard(OpeningCard):
    """Shows an adapter; a click on it, or Enter, asks for its details. Dragged onto another one it is compared with it.

    Args:
        others: Returns the adapters that it can be compared with.

    Signals:
        chat_wanted(Adapter): Add it to the open chat.
        details_wanted(Adapter): Show all that is known of it.
        measure_wanted(Adapter), stop_wanted(Adapter): Find out what it does; or do not, after all.
        find_wanted(Adapter): Say where its file is now.
        download_wanted(Adapter): Get its lost file again.
        remove_wanted(Adapter): Take it out of the library.
        pair_wanted(Adapter, str): Compare it with the one of this hash.
    """

    chat_wanted = Signal(Adapter)
    details_wanted = Signal(Adapter)
    measure_wanted = Signal(Adapter)
    stop_wanted = Signal(Adapter)
    find_wanted = Signal(Adapter)
    download_wanted = Signal(Adapter)
    remove_wanted = Signal(Adapter)
    pair_wanted = Signal(Adapter, str)

    def __init__(self, adapter: Adapter, standing: Standing, others: Callable[[], Sequence[Adapter]]) -> None:
        super().__init__()
        self._others = others
        self.adapter = adapter
        self.standing = standing
        self._pressed_at = QPoint()
        self._is_target = False  # another one is being held over it
        self._ways_back: QWidget | None = None  # made for those that are missing
        self._pair: QWidget | None = None
        self.setAcceptDrops(True)
        self.opened.connect(lambda: self.details_wanted.emit(self.adapter))
        self._lay_out()
        self._show()

    def show_adapter(self, adapter: Adapter, standing: Standing) -> None:
        """Show the same adapter, maybe with other facts."""
        if (adapter, standing) != (self.adapter, self.standing):
            self.adapter, self.standing = adapter, standing
            self._show()
            self.resized.emit()

    def show_pair(self, pair: QWidget | None) -> None:
        """Show how it gets along with another one, below all else."""
        if self._pair is not None:
            self._words.removeWidget(self._pair)
            self._pair.hide()
            self._pair.deleteLater()
        self._pair = pair
        if pair is not None:
            self._words.addWidget(pair)
            pair.show()
        self.resized.emit()

    def menu(self) -> QMenu:
        """Return a menu of all that can be done with it."""
        menu, adapter, standing = QMenu(self), self.adapter, self.standing
        menu.addAction(icon("info"), "Details", lambda: self.details_wanted.emit(adapter))
        if not standing.is_missing:
            if standing.can_measure and standing.proof is not None:
                menu.addAction(icon("activity"), "Measure effect again", lambda: self.measure_wanted.emit(adapter))
            pairs = PairMenu(self._others, menu)
            pairs.setIcon(icon("columns-3"))
            pairs.chosen.connect(lambda other: self.pair_wanted.emit(adapter, other.sha256))
            menu.addMenu(pairs)
            menu.addAction(icon("folder-open"), "Show in folder", lambda: show_in_folder(Path(adapter.path)))
        menu.addSeparator()
        menu.addAction(icon("trash-2"), "Remove", lambda: self.remove_wanted.emit(adapter))
        return menu

    # ------------------------------------------------------------ what it says

    def _show(self) -> None:
        words = _words(self.adapter, self.standing)
        self.lines.show_words(words)
        self._show_buttons()
        self._show_ways_back()
        self.setAccessibleName(self.adapter.name)
        said = [each.rstrip(".") for each in words.said]
        self.setAccessibleDescription(". ".join([*said, "Enter shows its details"]) + ".")

    def _show_buttons(self) -> None:
        name, standing = self.adapter.name, self.standing
        self.chat_button.setVisible(not standing.is_missing)
        self.chat_button.setEnabled(not standing.why_not)
        self.chat_button.setToolTip(standing.why_not)
        self.chat_button.setAccessibleName(f"Add {name} to chat")
        self.chat_button.setAccessibleDescription(standing.why_not)
        is_asked = standing.can_measure and standing.proof is None
        self.measure_button.setVisible(is_asked or standing.is_measuring)
        self.measure_button.setText("Stop" if standing.is_measuring else MEASURE)
        stop, measure = f"Stop measuring {name}", f"Measure the effect of {name}"
        self.measure_button.setAccessibleName(stop if standing.is_measuring else measure)
        self.chat_button.setMinimumWidth(_button_width())
        self.more_button.setAccessibleName(f"More for {name}")

    def _show_ways_back(self) -> None:
        """Offer what brings a lost adapter back, or lets it go."""
        is_missing = self.standing.is_missing
        if is_missing and self._ways_back is None:
            self._ways_back = self._make_ways_back()
            self._words.addWidget(self._ways_back)
        if self._ways_back is not None:
            self._ways_back.setVisible(is_missing)
            self.find_button.setAccessibleName(f"Find {self.adapter.name}")
            self.download_button.setVisible(bool(self.adapter.repo))

    # ------------------------------------------------------------ dragging one onto another

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed_at = event.position().toPoint()
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        far = (event.position().toPoint() - self._pressed_at).manhattanLength()
        if self._is_pressed and far >= QApplication.startDragDistance():
            self._is_pressed = False  # or it would be opened in the end
            data = QMimeData()
            data.setData(ADAPTER_MIME, self.adapter.sha256.encode())
            drag = QDrag(self)
            drag.setMimeData(data)
            drag.setPixmap(self.grab(QRect(QPoint(0, 0), self.size().boundedTo(_DRAGGED))))
            drag.setHotSpot(self._pressed_at)
            drag.exec(Qt.DropAction.CopyAction)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        is_other = event.mimeData().hasFormat(ADAPTER_MIME) and event.source() is not self
        event.setAccepted(is_other and not self.standing.is_missing)  # files are the page's
        self._mark_target(event.isAccepted())

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._mark_target(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self._mark_target(False)
        event.acceptProposedAction()
        self.pair_wanted.emit(self.adapter, bytes(event.mimeData().data(ADAPTER_MIME).data()).decode())

    def _mark_target(self, is_target: bool) -> None:
        self._is_target = is_target
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._is_target:
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(theme().tokens.accent), 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), scale.RADIUS_CARD, scale.RADIUS_CARD)

    # ------------------------------------------------------------ the parts

    def focus_widgets(self) -> list[QWidget]:
        """Return what the Tab key visits here, in reading order."""
        buttons = [self.find_button, self.download_button, self.forget_button] if self._ways_back is not None else []
        return [self, *buttons, self.chat_button, self.measure_button, self.more_button]

    def _lay_out(self) -> None:
        self.lines = CardLines(_words(self.adapter, self.standing))
        self.chat_button = QPushButton("Add to chat")
        self.chat_button.clicked.connect(lambda: self.chat_wanted.emit(self.adapter))
        self.measure_button = QPushButton()
        self.measure_button.setProperty("kind", "quiet")
        self.measure_button.clicked.connect(self._on_measure)
        self.more_button = IconButton("ellipsis", "More")
        self.more_button.clicked.connect(self._open_menu)
        self._words = QVBoxLayout()
        self._words.setSpacing(scale.SPACE_4)
        self._words.addWidget(self.lines)
        actions = QVBoxLayout()
        actions.setSpacing(scale.SPACE_4)
        actions.addStretch(1)
        actions.addWidget(self.chat_button)
        actions.addWidget(self.measure_button)
        actions.addStretch(1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(scale.SPACE_16, scale.SPACE_12, scale.SPACE_16, scale.SPACE_12)
        layout.setSpacing(scale.SPACE_8)
        layout.addLayout(self._words, 1)
        layout.addLayout(actions)
        layout.addWidget(self.more_button, 0, Qt.AlignmentFlag.AlignVCenter)

    def _make_ways_back(self) -> QWidget:
        self.find_button = QPushButton("Find it")
        self.find_button.clicked.connect(lambda: self.find_wanted.emit(self.adapter))
        self.download_button = QPushButton("Download again")
        self.download_button.clicked.connect(lambda: self.download_wanted.emit(self.adapter))
        self.forget_button = QPushButton("Remove from the list")
        self.forget_button.clicked.connect(lambda: self.remove_wanted.emit(self.adapter))
        return ButtonRow(self.find_button, self.download_button, self.forget_button)

    def _on_measure(self) -> None:
        (self.stop_wanted if self.standing.is_measuring else self.measure_wanted).emit(self.adapter)

    def _open_menu(self) -> None:
        menu = self.menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.more_button.mapToGlobal(QPoint(0, self.more_button.height())))


def _button_width() -> int:
    """Return what the wider of the two buttons needs, so that those of all cards begin at one edge."""
    words = QFontMetrics(theme().font(theme().type_scale.body)).horizontalAdvance(MEASURE)
    return words + 2 * scale.SPACE_16


def _words(adapter: Adapter, standing: Standing) -> CardWords:
    facts = Told(words=facts_line(adapter, standing), is_small=True)
    if standing.is_missing:
        lost = f"The file is no longer at {breakable(shown_path(Path(adapter.path)))}."
        lines = (facts, Told(words=lost, is_small=True))
        return CardWords(adapter.sha256, adapter.name, Told(token="danger", words="Missing"), lines)
    state = Told(words="In this chat" if standing.is_in_stack else "", is_small=True)
    why = Told(words=reason(standing), is_small=True)
    effect = Told() if standing.is_blocked else effect_told(standing)
    return CardWords(adapter.sha256, adapter.name, state, (facts, verdict_told(adapter, standing), why, effect))
