"""A database of its own for each test, and a clock that moves on by a second with each look at it."""

import pytest

from desktop_app.storage.chats import Chats
from desktop_app.storage.database import Database
from desktop_app.storage.models import Models


class Clock:
    def __init__(self):
        self.now = 1_000_000_000.0

    def __call__(self):
        self.now += 1
        return self.now

    def pass_days(self, days):
        self.now += days * 86_400


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def database(tmp_path):
    opened = Database.open(tmp_path / "moatless.db")
    yield opened
    opened.close()


@pytest.fixture
def chats(database, clock):
    return Chats(database, clock)


@pytest.fixture
def models(database, clock):
    return Models(database, clock)
