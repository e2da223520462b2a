"""One selection over several text views: dragging goes from one into the next, copying joins their text."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QUrl, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QTextCursor,
)
from PySide6.QtWidgets import QMenu, QPlainTextEdit, QTextEdit

from desktop_app.gui.theme import icon

TextView = QTextEdit | QPlainTextEdit

_BETWEEN_VIEWS = "\n\n"
_KEYBOARD = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)


class TextSelection(QObject):
    """Watches the text views of one message.

    Signals:
        started(): A new selection begins here, so that one elsewhere should end.
        dragged(QPoint): The pointer, on the screen, while it selects; the null point when it is done.
        focused(QWidget): This view has the focus by the keyboard; None when it is gone.
    """

    started = Signal()
    dragged = Signal(QPoint)
    focused = Signal(object)

    def __init__(self, views: Callable[[], list[TextView]], parent: QObject) -> None:
        super().__init__(parent)
        self._views = views
        self._anchor: tuple[TextView, int] | None = None

    def watch(self, view: TextView) -> None:
        """Let a view take part."""
        view.viewport().installEventFilter(self)
        view.installEventFilter(self)

    def text(self) -> str:
        """Return the selected text of all views."""
        parts = (view.textCursor().selection().toPlainText() for view in self._views())
        return _BETWEEN_VIEWS.join(part for part in parts if part)

    def has_text(self) -> bool:
        return any(view.textCursor().hasSelection() for view in self._views())

    def clear(self) -> None:
        for view in self._views():
            _clear(view)

    def select_all(self) -> None:
        for view in self._views():
            _select(view, 0, _end(view))

    def copy(self) -> None:
        """Put the selected text on the clipboard, without fonts and colors."""
        if text := self.text():
            QGuiApplication.clipboard().setText(text)

    def extend_to(self, point: QPoint, scrolled: bool = False) -> bool:
        """Select from where the drag began to a point on the screen.

        Args:
            point: Where the pointer is.
            scrolled: The text moved under the pointer, so that no view knows by itself what to do.

        Returns:
            False if the point is in the view where it began, which then does it by itself.
        """
        if self._anchor is None:
            return False
        views = self._views()
        anchor_view, anchor_position = self._anchor
        if anchor_view not in views:
            return False
        start = views.index(anchor_view)
        end = _nearest(views, point)
        for view in [*views[: min(start, end)], *views[max(start, end) + 1 :]]:
            _clear(view)
        if start == end and not scrolled:
            return False
        target = views[end]
        at = target.cursorForPosition(target.viewport().mapFromGlobal(point)).position()
        if start == end:
            _select(anchor_view, anchor_position, at)
            return True
        forward = end > start
        _select(anchor_view, anchor_position, _end(anchor_view) if forward else 0)
        for view in views[min(start, end) + 1 : max(start, end)]:
            _select(view, 0, _end(view))
        _select(target, 0 if forward else _end(target), at)
        return True

    # ------------------------------------------------------------ events

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QMouseEvent):
            return self._on_mouse(watched, event)
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self._on_key(event)
        if isinstance(event, QContextMenuEvent) and isinstance(watched, QTextEdit | QPlainTextEdit):
            self._show_menu(watched, event)
            return True
        if isinstance(event, QFocusEvent):
            by_keyboard = event.gotFocus() and event.reason() in _KEYBOARD
            self.focused.emit(watched if by_keyboard else None)
            if event.lostFocus() and event.reason() == Qt.FocusReason.MouseFocusReason:
                self.clear()
        return super().eventFilter(watched, event)

    def _on_mouse(self, viewport: QObject, event: QMouseEvent) -> bool:
        view = viewport.parent() if viewport.isWidgetType() else None
        if not isinstance(view, QTextEdit | QPlainTextEdit):
            return False
        kind = event.type()
        if kind == QEvent.Type.MouseButtonPress and event.button() == Qt.MouseButton.LeftButton:
            self.started.emit()
            if not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                self.clear()
                self._anchor = (view, view.cursorForPosition(event.position().toPoint()).position())
        elif kind == QEvent.Type.MouseMove and event.buttons() & Qt.MouseButton.LeftButton:
            point = event.globalPosition().toPoint()
            self.dragged.emit(point)
            return self.extend_to(point)
        elif kind == QEvent.Type.MouseButtonRelease:
            self.dragged.emit(QPoint())
        return False

    def _on_key(self, event: QKeyEvent) -> bool:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
            return True
        if event.matches(QKeySequence.StandardKey.SelectAll):
            self.started.emit()
            self.select_all()
            return True
        return False

    def _show_menu(self, view: TextView, event: QContextMenuEvent) -> None:
        menu = QMenu(view)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        copy = menu.addAction(icon("copy"), self.tr("Copy"))
        copy.setShortcut(QKeySequence(QKeySequence.StandardKey.Copy))
        copy.setEnabled(self.has_text())
        copy.triggered.connect(self.copy)
        everything = menu.addAction(self.tr("Select whole message"))
        everything.triggered.connect(self.select_all)
        address = view.anchorAt(view.viewport().mapFromGlobal(event.globalPos()))
        if address:
            link = menu.addAction(self.tr("Copy link address"))
            link.triggered.connect(lambda: QGuiApplication.clipboard().setText(QUrl(address).toString()))
        menu.popup(event.globalPos())


def _nearest(views: list[TextView], point: QPoint) -> int:
    """Return the number of the view a point lies in, or of the nearest one above or below."""
    for number, view in enumerate(views):
        if view.viewport().mapFromGlobal(point).y() < view.viewport().height():
            return number
    return len(views) - 1


def _end(view: TextView) -> int:
    return view.document().characterCount() - 1


def _select(view: TextView, anchor: int, position: int) -> None:
    cursor = view.textCursor()
    cursor.setPosition(anchor)
    cursor.setPosition(position, QTextCursor.MoveMode.KeepAnchor)
    bar = view.horizontalScrollBar()
    scrolled = bar.value()
    view.setTextCursor(cursor)
    bar.setValue(scrolled)  # selecting a long line of code should not scroll it


def _clear(view: TextView) -> None:
    cursor = view.textCursor()
    if cursor.hasSelection():
        cursor.clearSelection()
        view.setTextCursor(cursor)
