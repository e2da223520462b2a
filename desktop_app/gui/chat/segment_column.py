"""The parts of one Markdown text below each other: prose and code, each in a view of its own."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from desktop_app.gui.chat.code_text import CodeText
from desktop_app.gui.chat.code_view import CodeView
from desktop_app.gui.chat.highlight import RunInBackground
from desktop_app.gui.chat.markdown_blocks import Fence, MarkdownBlocks, Prose
from desktop_app.gui.chat.placing import mirrored
from desktop_app.gui.chat.prose_style import VIEW, Kind, prose_style
from desktop_app.gui.chat.prose_view import ProseView

SegmentView = ProseView | CodeView


class SegmentColumn(QWidget):
    """Grows at its end; what is finished is never touched again.

    Signals:
        link_activated(str): As of the prose views.
        view_added(QWidget): A text view that takes part in selection.
    """

    link_activated = Signal(str)
    view_added = Signal(QWidget)

    def __init__(self, run_in_background: RunInBackground, parent: QWidget | None = None, muted: bool = False) -> None:
        super().__init__(parent)
        self._run_in_background = run_in_background
        self._muted = muted
        self._blocks = MarkdownBlocks()
        self._views: list[SegmentView] = []
        self._shown_pieces = 0  # of the last view, if it shows code
        self._settled = 0  # views before this one show their final text

    # ------------------------------------------------------------ content

    def feed(self, markdown: str) -> None:
        """Add text at the end."""
        self._blocks.feed(markdown)
        self._show()

    def finish(self) -> None:
        """Say that the text is complete."""
        self._blocks.finish()
        self._show()
        self._resolve_references()

    def clear(self) -> None:
        for view in self._views:
            view.hide()
            view.deleteLater()
        self._views.clear()
        self._blocks = MarkdownBlocks()
        self._shown_pieces = self._settled = 0

    def text_views(self) -> list[ProseView | CodeText]:
        """Return what text can be selected in, from top to bottom."""
        return [view.text_view if isinstance(view, CodeView) else view for view in self._views]

    def focus_widgets(self) -> list[QWidget]:
        """Return what the Tab key visits here, in reading order."""
        found: list[QWidget] = []
        for view in self._views:
            found.extend(view.focus_widgets() if isinstance(view, CodeView) else [view])
        return found

    def refresh(self) -> None:
        """Take over a new theme."""
        for view in self._views:
            view.refresh()

    def _show(self) -> None:
        segments = self._blocks.segments
        for number in range(self._settled, len(segments)):
            segment = segments[number]
            if number == len(self._views):
                self._add_view(segment)
            view = self._views[number]
            if isinstance(segment, Prose) and isinstance(view, ProseView):
                view.set_markdown(segment.text)
            elif isinstance(segment, Fence) and isinstance(view, CodeView):
                self._append_code(segment, view)
            if segment.closed:
                self._settled = number + 1

    def _append_code(self, fence: Fence, view: CodeView) -> None:
        new = "".join(fence.pieces[self._shown_pieces :])
        self._shown_pieces = len(fence.pieces)
        if new:
            view.append(new)
        if fence.closed:
            view.finish()

    def _add_view(self, segment: Prose | Fence) -> None:
        view: SegmentView
        if isinstance(segment, Fence):
            view = CodeView(segment.language, self._run_in_background, self)
            self._shown_pieces = 0
        else:
            view = ProseView(self)
            view.setProperty("muted", self._muted)
            view.link_activated.connect(self.link_activated)
        view.setAccessibleName(self.accessibleName())
        self._views.append(view)
        self.view_added.emit(view.text_view if isinstance(view, CodeView) else view)

    def _resolve_references(self) -> None:
        """Show prose again whose links are defined in another chunk."""
        definitions = "\n".join(self._blocks.definitions)
        if not definitions:
            return
        for segment, view in zip(self._blocks.segments, self._views, strict=True):
            if isinstance(segment, Prose) and isinstance(view, ProseView) and "[" in segment.text:
                view.set_markdown(f"{segment.text}\n\n{definitions}")

    # ------------------------------------------------------------ layout

    def height_for(self, width: int) -> int:
        """Return the height of all parts in some width, in pixels."""
        height, before, style = 0, None, prose_style()
        for view in self._views:
            height += style.gap(before, _first(view)) + view.height_for(self._width_of(view, width))
            before = _last(view)
        return height

    def arrange(self) -> None:
        """Put the parts where they belong in the width this has now."""
        top, before, style, width = 0, None, prose_style(), self.width()
        for view in self._views:
            top += style.gap(before, _first(view))
            before = _last(view)
            view_width = self._width_of(view, width)
            height = view.height_for(view_width)
            view.setGeometry(mirrored(0, view_width, self), top, view_width, height)
            if view.isHidden():
                view.show()
            top += height

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.arrange()

    def _width_of(self, view: SegmentView, width: int) -> int:
        if isinstance(view, CodeView) or view.is_wide:
            return width
        return min(width, prose_style().measure)

    def setAccessibleName(self, name: str) -> None:
        super().setAccessibleName(name)
        for view in self._views:
            view.setAccessibleName(name)


def _first(view: SegmentView) -> Kind:
    return (view.first_kind or VIEW) if isinstance(view, ProseView) else VIEW


def _last(view: SegmentView) -> Kind:
    return (view.last_kind or VIEW) if isinstance(view, ProseView) else VIEW
