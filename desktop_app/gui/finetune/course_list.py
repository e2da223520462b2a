"""What is taught: a card for each course, and what Teach is for where there is none yet."""

from itertools import pairwise

from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from desktop_app.finetune.course import Course
from desktop_app.gui.adapters.news_label import NewsLabel
from desktop_app.gui.finetune.course_card import CourseCard
from desktop_app.gui.library.button_row import ButtonRow
from desktop_app.gui.library.card_column import CardColumn
from desktop_app.gui.library.labels import plain_label, printable
from desktop_app.gui.library.page_column import PageColumn
from desktop_app.gui.theme import scale
from desktop_app.jobs.courses import Courses
from desktop_app.jobs.model_library import ModelLibrary
from desktop_app.jobs.training import Training

NEW = "Teach something new"
EMPTY = (
    "Teach makes a model better at your work: from documents of yours it learns style, format, behavior and "
    "vocabulary, on this computer, in an hour or an evening. It is not the way to make it know facts: those are better "
    "looked up in the documents."
)
ADAPTER = (
    "What comes out is an adapter, which is what the model has learned in a small file: switch it on and off in any "
    "chat, and mix it with others. The model itself stays as it is."
)
EXPLANATION = "Each makes an adapter: what a model has learned, in a small file that you switch on and off in a chat."


class CourseList(PageColumn):
    """Attributes:
    cards: In the order they are shown.
    notice: Where the page puts what has to be there before anything can be trained.
    news: What has gone wrong with a course while the list is seen.

    Signals:
        open_wanted(str): The course of this name.
        new_wanted(): Begin one.
    """

    open_wanted = Signal(str)
    new_wanted = Signal()

    def __init__(self, courses: Courses, training: Training, models: ModelLibrary) -> None:
        super().__init__("What is taught")
        self._courses = courses
        self._training = training
        self._models = models
        self._known: dict[str, CourseCard] = {}
        self._is_stale = True
        self.cards: list[CourseCard] = []
        self._lay_out()
        for changed in (courses.changed, training.changed, training.progressed, models.changed):
            changed.connect(self._show)

    def return_to(self, name: str) -> None:
        """Put the focus on a course's card and make sure that it is seen."""
        if (card := self._known.get(name)) is not None:
            card.setFocus()
            self.ensureWidgetVisible(card)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._courses.refresh()
        if self._is_stale:
            self._show()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.news.say("")

    # ------------------------------------------------------------ the cards

    def _show(self) -> None:
        """Show the list as it is now, or as soon as somebody looks at it."""
        self._is_stale = not self.isVisible()
        if self._is_stale:
            return
        courses = self._courses.courses
        for name in self._known.keys() - {course.name for course in courses}:
            del self._known[name]
        with self._column.placed_once():
            self._show_cards(courses)
        has_some = bool(courses or self._courses.damaged)
        self.intro.setVisible(has_some)
        self.new_button.setVisible(has_some)
        self._empty.setHidden(has_some)
        self.damaged.setText("\n".join(str(error) for error in self._courses.damaged.values()))
        self.damaged.setVisible(bool(self._courses.damaged))
        for before, after in pairwise((self, self.new_button, *self._stops())):
            QWidget.setTabOrder(before, after)

    def _show_cards(self, courses: tuple[Course, ...]) -> None:
        names = {model.path: model.name for model in self._models.models}
        for course in courses:
            card = self._known.get(course.name) or self._new_card(course)
            run = course.runs[-1] if course.runs else ""
            status = self._training.status(run) if run else None
            report = self._training.report(run) if run else None
            card.show_course(course, printable(names.get(course.model_path, "")), status, report)
        cards = [self._known[course.name] for course in courses]
        if cards != self.cards:
            self.cards = cards
            self._column.set_cards(cards)

    def _new_card(self, course: Course) -> CourseCard:
        card = self._known[course.name] = CourseCard(course)
        card.open_wanted.connect(self.open_wanted)
        card.remove_wanted.connect(self._courses.remove)
        return card

    def _stops(self) -> list[QWidget]:
        """Return what the Tab key visits in the cards, in reading order."""
        return [part for card in self.cards for part in (card, card.more_button)]

    # ------------------------------------------------------------ the parts

    def _lay_out(self) -> None:
        self.intro = plain_label(EXPLANATION, "small", wraps=True)
        self.new_button = self._make_button()
        self.first_button = self._make_button()
        self._empty = QWidget()
        empty = QVBoxLayout(self._empty)
        empty.setContentsMargins(0, scale.SPACE_16, 0, 0)
        empty.setSpacing(scale.SPACE_8)
        empty.addWidget(plain_label("Nothing has been taught yet", "section"))
        for words in (EMPTY, ADAPTER):
            empty.addWidget(plain_label(words, "muted", wraps=True))
        empty.addSpacing(scale.SPACE_8)
        empty.addWidget(ButtonRow(self.first_button))
        empty.addWidget(plain_label("Or drop your documents on this page.", "small", wraps=True))
        self.notice = QVBoxLayout()
        self.news = NewsLabel()
        self.damaged = plain_label(role="danger", wraps=True)
        self._column = CardColumn(scale.SPACE_12)
        head = QHBoxLayout()
        head.addWidget(plain_label("Teach", "title"), 1)
        head.addWidget(self.new_button)
        self.column.addSpacing(scale.SPACE_8)  # the title is where that of other pages is
        self.column.addLayout(head)
        self.column.addWidget(self.intro)
        self.column.addSpacing(scale.SPACE_4)
        self.column.addLayout(self.notice)
        self.column.addWidget(self.news)
        for part in (self._empty, self.damaged, self._column):
            self.column.addWidget(part)
            part.hide()  # until it is known
        self.column.addStretch(1)
        self.intro.hide()
        self.new_button.hide()

    def _make_button(self) -> QPushButton:
        button = QPushButton(NEW)
        button.setProperty("kind", "primary")
        button.clicked.connect(self.new_wanted)
        return button
