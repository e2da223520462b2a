"""A page that is made when it is first shown."""

from PySide6.QtWidgets import QLineEdit, QStackedWidget, QWidget

from desktop_app.gui.widgets.lazy_page import LazyPage


def test_a_page_is_made_once_and_only_when_it_is_shown(qtbot):
    made = []

    def make():
        made.append(QLineEdit())
        return made[-1]

    stack, page = QStackedWidget(), LazyPage(make)
    qtbot.addWidget(stack)
    stack.addWidget(QWidget())
    stack.addWidget(page)
    with qtbot.waitExposed(stack):
        stack.show()
    assert made == []
    shown = []
    page.shown.connect(shown.append)
    for number in (1, 0, 1):
        stack.setCurrentIndex(number)
    assert shown == [True, False, True]
    (field,) = made
    assert field.isVisible()
    qtbot.waitUntil(lambda: field.width() == stack.width())
