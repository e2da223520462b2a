"""What was said on the way is read in order, whatever became of the file."""

import pytest

from desktop_app.finetune.samples import SAMPLES, Sample, add_samples, read_samples


def sample(step, question="When?", answer="Now."):
    return Sample(step, question, "Later.", answer, "Never.")


def test_what_was_added_is_read_in_the_order_of_the_steps(tmp_path):
    assert read_samples(tmp_path) == ()
    add_samples(tmp_path, [sample(0), sample(0, "Who?")])
    add_samples(tmp_path, [sample(8, answer="متى تشاء.")])
    assert read_samples(tmp_path) == (sample(0), sample(0, "Who?"), sample(8, answer="متى تشاء."))


def test_of_a_step_that_was_done_twice_the_last_answer_counts(tmp_path):
    add_samples(tmp_path, [sample(4, answer="Old."), sample(8, answer="Old.")])
    add_samples(tmp_path, [sample(4, answer="New.")])
    assert [each.answer for each in read_samples(tmp_path)] == ["New.", "Old."]


@pytest.mark.parametrize("content", [b"nonsense\n{}\n", b"\xff\n", b"[]\n"])
def test_what_cannot_be_understood_is_nothing(tmp_path, content):
    (tmp_path / SAMPLES).write_bytes(content)
    assert read_samples(tmp_path) == ()


def test_a_torn_line_costs_only_itself(tmp_path):
    add_samples(tmp_path, [sample(0)])
    with (tmp_path / SAMPLES).open("ab") as file:
        file.write(b'{"step": 4, "quest')
    assert read_samples(tmp_path) == (sample(0),)
    add_samples(tmp_path, [sample(8)])
    assert read_samples(tmp_path) == (sample(0), sample(8))
