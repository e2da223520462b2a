"""Work runs elsewhere, results come back to the GUI thread, in order where that matters."""

import logging
import threading

import shiboken6
from PySide6.QtCore import QObject

from desktop_app.errors import UserError


def test_a_result_comes_back_to_the_gui_thread(qtbot, background):
    seen = []
    background.run(threading.get_ident, lambda worker: seen.append((worker, threading.get_ident())))
    qtbot.waitUntil(lambda: bool(seen))
    worker, receiver = seen[0]
    assert receiver == threading.get_ident()
    assert worker != receiver


def test_work_given_in_order_is_done_in_order(qtbot, background):
    done = []
    for number in range(50):
        background.run_in_order(lambda number=number: number, done.append)
    qtbot.waitUntil(lambda: len(done) == 50)
    assert done == list(range(50))


def test_trouble_goes_to_who_asked(qtbot, background):
    def work():
        raise UserError("It is raining.")

    seen = []
    background.run(work, seen.append, lambda error: seen.append(error.sentence))
    qtbot.waitUntil(lambda: bool(seen))
    assert seen == ["It is raining."]


def test_trouble_nobody_asked_about_is_told_around(qtbot, background):
    def work():
        raise UserError("It is raining.")

    with qtbot.waitSignal(background.trouble) as told:
        background.run(work)
    assert told.args[0].sentence == "It is raining."


def test_a_bug_becomes_a_sentence_and_is_logged(qtbot, background, caplog):
    seen = []
    with caplog.at_level(logging.CRITICAL, logger="desktop_app.jobs.background"):
        background.run(lambda: 1 // 0, seen.append, lambda error: seen.append(error.sentence))
        qtbot.waitUntil(lambda: bool(seen))
    assert "should not happen" in seen[0]


def test_nobody_is_called_who_is_gone(qtbot, background):
    class Listener(QObject):
        def hear(self, _result):
            raise AssertionError("deleted objects hear nothing")

    listener = Listener()
    arrived = threading.Event()
    background.run(arrived.set, listener.hear)
    arrived.wait()
    shiboken6.delete(listener)
    done = []
    background.run(lambda: None, done.append)
    qtbot.waitUntil(lambda: bool(done))
