"""How much of a proof is done is told to people, and to the events of its run now and then."""

import pytest

from desktop_app.commands.telling import Teller
from desktop_app.commands.training import Proving
from desktop_app.finetune.run_folder import read_progress


@pytest.fixture
def proving(tmp_path):
    return Proving(tmp_path, Teller(as_json=True))


def test_what_is_told_is_in_the_folder(proving, tmp_path):
    for fraction in (0.0, 0.25, 0.5):
        proving.tell(fraction)
        assert read_progress(tmp_path).proving == fraction


def test_a_thousandth_is_not_worth_an_event(proving, tmp_path):
    for number in range(1000):
        proving.tell(number / 1000)
    assert 90 <= len((tmp_path / "events.jsonl").read_bytes().splitlines()) <= 101
