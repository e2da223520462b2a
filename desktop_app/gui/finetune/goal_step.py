"""The first step: what the model should learn to do, and, for a new course, what it is called."""

from collections.abc import Collection, Sequence
from itertools import count
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from desktop_app.finetune.goals import CHATS, EXAMPLES, FORMAT, GOALS, STYLE, VOCABULARY, WRITTEN
from desktop_app.gui.adapters.news_label import NewsLabel
from desktop_app.gui.adapters.standing_words import Told
from desktop_app.gui.adapters.told_line import ToldLine
from desktop_app.gui.finetune.goal_card import GoalCard
from desktop_app.gui.finetune.step_body import StepBody
from desktop_app.gui.library.labels import plain_label, printable
from desktop_app.gui.theme import scale
from desktop_app.jobs.courses import Courses

MOST_CHARACTERS = 80
_NAMES = {
    STYLE: "My style",
    FORMAT: "My format",
    VOCABULARY: "My vocabulary",
    EXAMPLES: "My examples",
    CHATS: "My chats",
}
_NAME_HELP = (
    "The adapter that comes out of it has the same name. An adapter is what a model has learned, in a small file that "
    "you switch on and off."
)
_WAITING = "{names} will be read once you have chosen what to teach."
_MOST_NAMES = 3
_LOCKED = "It can be changed once what is being done with this course is done."
_OTHERS = "Examples that were written for another goal stay. Leave them out in step 3 if they do not fit."


class GoalStep(StepBody):
    """Five cards; one click chooses and goes on.

    Attributes:
        cards: In the order of `GOALS`.

    Signals:
        create_wanted(str, str): Begin a course of this name and goal.
    """

    create_wanted = Signal(str, str)

    def __init__(self, courses: Courses) -> None:
        super().__init__()
        self._courses = courses
        self._naming = QWidget()
        self.name = QLineEdit()
        self.name.setMaxLength(MOST_CHARACTERS)
        self.name.setAccessibleName("Name")
        self.name.setAccessibleDescription(_NAME_HELP)
        self.name.setPlaceholderText("A name, such as “Letters”; without one it is called after its goal")
        self.news = NewsLabel()
        self.name.textEdited.connect(lambda _text: self.news.say(""))
        self.waiting, self.locked, self.others = ToldLine(), ToldLine("small"), ToldLine("small")
        self.cards = [GoalCard(goal) for goal in GOALS.values()]
        for card in self.cards:
            card.opened.connect(lambda goal=card.goal.key: self._choose(goal))
        self._lay_out()

    def begin(self, name: str, paths: Sequence[Path]) -> None:
        """Ask for what a new course is to be about; these files and folders are read then."""
        self.name.setText(name[:MOST_CHARACTERS])
        self.news.say("")
        words = _WAITING.format(names=_listed(paths)) if paths else ""
        self.waiting.tell(Told("file-text", "muted", words))

    def show_course(self) -> None:
        course = self._courses.course
        self._naming.setVisible(course is None)
        if course is not None:
            self.waiting.tell(Told())
        self.locked.setVisible(course is not None and self._courses.is_locked)
        for card in self.cards:
            card.show_chosen(course is not None and card.goal.key == course.goal)
            card.setEnabled(course is None or not self._courses.is_locked)
        fitting = GOALS[course.goal].written if course else WRITTEN
        others = (row for row in self._courses.rows if row.origin in WRITTEN and row.origin not in fitting)
        self.others.setVisible(any(not row.is_left_out for row in others))

    def summary(self) -> str:
        course = self._courses.course
        return f"Teach the model to {GOALS[course.goal].title}" if course else ""

    def _choose(self, goal: str) -> None:
        course = self._courses.course
        if course is not None:
            if course.goal != goal:
                self._courses.set_goal(goal)
            self.done.emit()
            return
        taken = [each.name for each in self._courses.courses]
        name = self.name.text().strip() or free_name(_NAMES[goal], taken)
        if is_taken(name, taken):
            self.news.say(f"“{name}” is there already. Choose another name.", "danger")
            self.name.setFocus()
        else:
            self.create_wanted.emit(name, goal)

    def _lay_out(self) -> None:
        naming = QVBoxLayout(self._naming)
        naming.setContentsMargins(0, 0, 0, scale.SPACE_4)
        naming.setSpacing(scale.SPACE_4)
        naming.addWidget(plain_label("Name", "heading"))
        naming.addWidget(self.name)
        naming.addWidget(plain_label(_NAME_HELP, "small", wraps=True))
        for part in (self._naming, self.news, self.waiting, self.locked, self.others):
            self.column.addWidget(part)
        self.locked.tell(Told("lock", "muted", _LOCKED))
        self.others.tell(Told("info", "muted", _OTHERS))
        cards = QVBoxLayout()
        cards.setSpacing(scale.SPACE_8)
        for card in self.cards:
            cards.addWidget(card)
        self.column.addLayout(cards)


def _listed(paths: Sequence[Path]) -> str:
    names = [printable(path.name, 60) for path in paths[:_MOST_NAMES]]
    more = len(paths) - len(names)
    if more:
        names.append(f"{more:,} more")
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def is_taken(name: str, taken: Collection[str]) -> bool:
    """Return whether there is something of this name; upper and lower case do not tell folders apart everywhere."""
    return name.casefold() in {each.casefold() for each in taken}


def free_name(name: str, taken: Collection[str]) -> str:
    """Return a name that is not taken: this one, or one with a number."""
    names = (name if number == 1 else f"{name} {number}" for number in count(1))
    return next(each for each in names if not is_taken(each, taken))
