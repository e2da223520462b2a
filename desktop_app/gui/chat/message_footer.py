"""What can be done with a message, and what is known about it, in one quiet line below it."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QWidget

from desktop_app.gui.chat.answer_facts import details, summary
from desktop_app.gui.theme.scale import ICON_SIZE_SMALL, SPACE_4, SPACE_8, TOUCH_HEIGHT
from desktop_app.gui.widgets.elided_label import ElidedLabel
from desktop_app.gui.widgets.icon_button import IconButton
from desktop_app.storage.records import Message, Rating, Role

_COPIED_MS = 2_000
_SHOWN = ("version", "versions", "facts", "model_name", "stack")
INSET = (TOUCH_HEIGHT - ICON_SIZE_SMALL) // 2  # between a button's edge and its picture, which is what lines up


class MessageFooter(QWidget):
    """Buttons, and the answer's numbers.

    Signals:
        copy_requested(), regenerate_requested(), compare_requested(), edit_requested(), delete_requested(): A button
            was pressed.
        version_requested(int): Show the version before (-1) or after (1) this one.
        rating_requested(Rating): The person marks the answer like that, or takes the mark away.
    """

    copy_requested = Signal()
    regenerate_requested = Signal()
    compare_requested = Signal()
    edit_requested = Signal()
    delete_requested = Signal()
    version_requested = Signal(int)
    rating_requested = Signal(Rating)

    def __init__(self, message: Message, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._message = message
        self._parts: list[QWidget] = []
        self._buttons: list[IconButton] = []
        self._marks: dict[Rating, IconButton] = {}
        self._copy: IconButton | None = None
        self._facts: ElidedLabel | None = None
        self._is_strong = False
        self._copied = QTimer(self, singleShot=True, interval=_COPIED_MS)
        self._copied.timeout.connect(self._say_copy)
        self._build()

    def set_message(self, message: Message) -> None:
        """Show another state of the message."""
        old, self._message = self._message, message
        if not message.content or not old.content or any(getattr(old, n) != getattr(message, n) for n in _SHOWN):
            had_focus = self._has_focus()
            self._clear()
            self._build()
            if had_focus:
                self._buttons[0].setFocus()
        self._show_rating()

    def _build(self) -> None:
        is_answer = self._message.role == Role.ASSISTANT
        if self._message.content:
            self._copy = self._button("copy", self.tr("Copy"), self.copy_requested.emit)
        if is_answer:
            self._button("refresh-cw", self.tr("Answer again"), self.regenerate_requested.emit)
        if is_answer and self._message.content:
            self._button("columns-3", self.tr("More answers"), self.compare_requested.emit)
        if self._message.content:
            self._button("pencil", self.tr("Edit"), self.edit_requested.emit)
        if self._message.versions > 1:
            self._add_versions()
        if is_answer and self._message.content:
            self._add_mark(Rating.GOOD, "thumbs-up", self.tr("Good answer"))
            self._add_mark(Rating.BAD, "thumbs-down", self.tr("Bad answer"))
        self._button("trash-2", self.tr("Delete"), self.delete_requested.emit)
        if words := summary(self._message):
            self._facts = ElidedLabel(words, self)
            self._facts.setProperty("role", "small")
            self._parts.append(self._facts)
            if self._message.facts is not None:
                self._facts.set_details(details(self._message.facts))
        self._show_rating()
        self._place()
        for part in self._parts:
            part.show()

    def say_copied(self) -> None:
        """Tell for a moment that the text is on the clipboard."""
        if self._copy is not None:
            self._copy.set_icon("check", self.tr("Copied"))
            self._copied.start()

    def set_strong(self, strong: bool) -> None:
        """Draw the buttons clearly while the message has the person's attention, and faintly else."""
        self._is_strong = strong or self._has_focus()
        for button in self._buttons:
            button.set_token(self._token(button))

    def focus_widgets(self) -> list[QWidget]:
        """Return what the Tab key visits here, in reading order."""
        return list(self._buttons)

    def take_focus(self, name: str) -> None:
        """Give the focus to the button of this name; the way to other versions may only be the one back."""
        usable = {button.accessibleName(): button for button in self._buttons if button.isEnabled()}
        names = (name, self.tr("Later version"), self.tr("Earlier version"))
        next((usable[each] for each in names if each in usable), self._buttons[0]).setFocus()

    def _add_versions(self) -> None:
        message = self._message
        back = self._button("chevron-left", self.tr("Earlier version"), lambda: self.version_requested.emit(-1))
        back.setEnabled(message.version > 1)
        words = self.tr("{version} / {versions}").format(version=message.version, versions=message.versions)
        label = QLabel(words, self)
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        label.setProperty("role", "small")
        label.setAccessibleName(
            self.tr("Version {version} of {versions}").format(version=message.version, versions=message.versions)
        )
        self._parts.append(label)
        forward = self._button("chevron-right", self.tr("Later version"), lambda: self.version_requested.emit(1))
        forward.setEnabled(message.version < message.versions)

    def _add_mark(self, rating: Rating, icon_name: str, label: str) -> None:
        button = self._marks[rating] = self._button(icon_name, label, lambda: self._rate(rating))
        use = self.tr("Teach can learn from it")
        button.setToolTip(f"{label}: {use}")
        button.setAccessibleDescription(use)
        button.setCheckable(True)

    def _rate(self, rating: Rating) -> None:
        self.rating_requested.emit(Rating.NONE if self._message.rating == rating else rating)
        self._show_rating()  # the button has changed by itself, whether that was agreed to or not

    def _show_rating(self) -> None:
        for rating, button in self._marks.items():
            button.setChecked(self._message.rating == rating)
            button.set_token(self._token(button))

    def _token(self, button: IconButton) -> str:
        """Return the color of a button; a mark that was set is to be seen from afar."""
        return "accent" if button.isChecked() else self._quiet_token

    @property
    def _quiet_token(self) -> str:
        return "text" if self._is_strong else "faint"

    def _button(self, icon_name: str, label: str, do: Callable[[], None]) -> IconButton:
        button = IconButton(icon_name, label, self, token=self._quiet_token, size=ICON_SIZE_SMALL)
        button.clicked.connect(do)
        button.installEventFilter(self)
        self._parts.append(button)
        self._buttons.append(button)
        return button

    def _say_copy(self) -> None:
        if self._copy is not None:
            self._copy.set_icon("copy", self.tr("Copy"))

    def _clear(self) -> None:
        for part in self._parts:
            part.hide()
            part.deleteLater()
        self._parts, self._buttons, self._marks, self._copy, self._facts = [], [], {}, None, None

    def _has_focus(self) -> bool:
        return any(button.hasFocus() for button in self._buttons)

    def hideEvent(self, event: QHideEvent) -> None:
        self._copied.stop()
        self._say_copy()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self.set_strong(event.type() == QEvent.Type.FocusIn or self.underMouse())
        return super().eventFilter(watched, event)

    # ------------------------------------------------------------ layout

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._place()

    def _place(self) -> None:
        """Put an answer's buttons at its start, and those of the person's messages below their bubble's end."""
        from_end = self._message.role == Role.USER
        is_mirrored = (self.layoutDirection() == Qt.LayoutDirection.RightToLeft) != from_end
        widths = [self._width_of(part) for part in self._parts]
        position = 0
        order = list(zip(self._parts, widths, strict=True))
        for part, width in reversed(order) if from_end else order:
            if part is self._facts:
                position += SPACE_8
                width = max(0, self.width() - position)
            left = self.width() - position - width if is_mirrored else position
            part.setGeometry(left, 0, width, self.height())
            position += width + (0 if part is self._facts else SPACE_4 // 2)

    def _width_of(self, part: QWidget) -> int:
        if isinstance(part, IconButton):
            return TOUCH_HEIGHT
        return part.sizeHint().width() + (0 if part is self._facts else SPACE_8)
