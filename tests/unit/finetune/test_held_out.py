"""What has become better on held-out examples, and how sure that is."""

from dataclasses import replace

import numpy as np
import pytest

from desktop_app.finetune.held_out import Measured, beyond_words, likelihood, preference
from desktop_app.finetune.measures import LEAST_DOCUMENTS
from desktop_app.trainer.contract import DOWN, PAIR, TEXT, UP, Example, Sequence


@pytest.fixture
def chance():
    return np.random.default_rng(11)


def example(group="", kind=TEXT, tokens=5):
    sequence = Sequence(tuple(range(tokens + 1)), ((1, tokens + 1),))
    return Example(kind, (sequence,) * (2 if kind == PAIR else 1), group)


def text(group, before, after, tokens=5):
    """Return an example with these mean losses."""
    return Measured(example(group, tokens=tokens), tokens, (-before * tokens,), (-after * tokens,))


def test_the_loss_is_a_mean_over_tokens():
    change = likelihood([text("a", 3.0, 2.0, 30), text("b", 1.0, 1.0, 10)])
    assert change.before == pytest.approx(2.5)
    assert change.after == pytest.approx(1.75)
    assert (change.groups, change.examples) == (2, 2)


def test_the_documents_of_sections_are_counted():
    change = likelihood([text(f"{document}#{n}", 2.0, 1.0) for document in "ab" for n in range(7)])
    assert (change.groups, change.documents) == (14, 2)


@pytest.mark.parametrize("documents", [1, 2, LEAST_DOCUMENTS - 1, LEAST_DOCUMENTS, 9])
def test_sections_of_one_document_are_no_independent_witnesses_of_others(chance, documents):
    """Each document has a change of its own; of a few, only they themselves can be spoken of."""
    changes = [chance.normal(-0.1, 0.2) for _ in range(documents)]
    after = [(f"d{number}", each, chance.normal(2.0, 0.01)) for number, each in enumerate(changes) for _ in range(12)]
    sections = likelihood([text(f"{name}#{n}", 2.0, each + noise) for n, (name, each, noise) in enumerate(after)])
    whole = likelihood([text(name, 2.0, each + noise) for name, each, noise in after])
    alone = likelihood([text("", 2.0, each + noise) for _, each, noise in after])
    assert sections.is_of_these_documents == (documents < LEAST_DOCUMENTS)
    same = alone if sections.is_of_these_documents else whole
    assert (sections.low, sections.high) == (same.low, same.high)


@pytest.mark.parametrize("documents", [LEAST_DOCUMENTS, 10])
def test_nothing_is_seldom_taken_for_a_gain_where_documents_have_changes_of_their_own(chance, documents):
    n_gains = 0
    for _ in range(400):
        changes = [chance.normal(0, 0.1) for _ in range(documents)]
        sections = [(name, chance.normal(change, 0.05)) for name, change in enumerate(changes) for _ in range(3)]
        n_gains += likelihood([text(f"{name}#{n}", 2.0, 2.0 + c) for n, (name, c) in enumerate(sections)]).is_gain
    assert n_gains <= 0.055 * 400  # 2.5 of 100 are promised, and the 400 cases have chance, too


def test_what_is_more_than_words_is_drawn_by_document_as_well():
    changes = {f"d{document}#{n}": -0.2 if document % 2 else 0.15 for document in range(8) for n in range(10)}
    texts = [text(name, 3.0, 3.0 + change) for name, change in changes.items()]
    change = beyond_words(texts, [text(name, 6.0, 6.0) for name in changes])
    assert change.documents == 8
    assert change.low < -0.1
    assert change.high > 0.05


def test_without_examples_there_is_nothing_to_say():
    assert likelihood([]) is None
    assert preference([text("a", 1, 1)]) is None
    assert preference([]) is None
    assert likelihood([Measured(example(kind=UP), 5, (-5.0,), (-4.0,))]) is None


def test_a_change_that_all_share_is_certain_however_different_they_are():
    """They are compared one by one: that some texts are harder than others says nothing."""
    change = likelihood([text(str(n), 1.0 + n, 0.9 + n) for n in range(12)])
    assert change.low == pytest.approx(-0.1)
    assert change.high == pytest.approx(-0.1)
    assert change.is_gain


def test_what_is_gained_on_shuffled_words_too_is_not_gained_beyond_them(chance):
    noise = chance.normal(0, 0.02, 12)
    texts = [text(str(n), 3.0, 2.5 + noise[n]) for n in range(12)]
    change = beyond_words(texts, [text(str(n), 6.0, 5.5 + noise[-n]) for n in range(12)])
    assert change.low < 0 < change.high
    assert not change.is_gain
    used = beyond_words(texts, [text(str(n), 6.0, 5.9) for n in range(12)])
    assert (used.before, used.after) == (pytest.approx(-0.1), pytest.approx(-0.5, abs=0.02))
    assert used.is_gain


def test_only_texts_with_a_counterpart_are_compared_with_it():
    texts = [text(name, 3.0, 2.0) for name in "abc"]
    assert beyond_words(texts, [text(name, 3.0, 3.0) for name in "bcd"]).groups == 2
    assert beyond_words(texts, []) is None


def test_examples_of_one_group_are_no_independent_witnesses(chance):
    changes = chance.normal(-0.05, 0.2, 12)
    alone = likelihood([text(f"{n} {each}", 2.0, 2.0 + changes[n]) for n in range(12) for each in range(30)])
    grouped = likelihood([text(str(n), 2.0, 2.0 + changes[n]) for n in range(12) for _ in range(30)])
    assert grouped.after == pytest.approx(alone.after)
    assert (grouped.groups, alone.groups) == (12, 360)
    assert grouped.high - grouped.low > 3 * (alone.high - alone.low)


def test_examples_without_a_group_stand_for_themselves():
    assert likelihood([text("", 1, 1) for _ in range(7)]).groups == 7


@pytest.mark.parametrize("groups", [10, 30])
def test_the_interval_holds_the_truth_about_as_often_as_it_says(chance, groups):
    n_held = 0
    for _ in range(300):
        change = likelihood([text(str(n), 2.0, 2.0 + chance.normal(-0.1, 0.3)) for n in range(groups)])
        n_held += change.low <= -0.1 <= change.high
    assert 0.92 * 300 <= n_held <= 0.98 * 300


def test_the_same_numbers_give_the_same_interval(chance):
    measured = [text(str(n), 2.0, 2.0 + chance.normal(0, 0.3)) for n in range(20)]
    assert likelihood(measured) == likelihood(measured)


@pytest.mark.parametrize(
    ("shift", "groups", "is_gain", "is_loss"),
    [(-0.5, 10, True, False), (0.5, 10, False, True), (0.0, 10, False, False), (-0.5, 9, False, False)],
)
def test_only_what_is_certain_and_seen_often_enough_is_a_gain(shift, groups, is_gain, is_loss):
    noise = np.linspace(-0.4, 0.4, groups)
    change = likelihood([text(str(n), 2.0, 2.0 + shift + noise[n]) for n in range(groups)])
    assert (change.is_gain, change.is_loss) == (is_gain, is_loss)


# ------------------------------------------------------------ preferences


def answers(kind, n, before, after):
    return [Measured(example(f"{kind} {number}", kind), 5, before, after) for number in range(n)]


def marked(n_good, good, n_bad, bad):
    """Return as many answers of each kind, whose ln p was -10 and is this."""
    return [*answers(UP, n_good, (-10.0,), (good,)), *answers(DOWN, n_bad, (-10.0,), (bad,))]


def test_of_a_pair_the_distance_counts():
    change = preference(answers(PAIR, 10, (-10.0, -8.0), (-9.0, -12.0)))
    assert (change.before, change.after) == (2.0, -3.0)
    assert change.is_gain


@pytest.mark.parametrize(
    ("good", "bad", "distance"), [(-9.0, -11.0, -2.0), (-8.0, -10.0, -2.0), (-11.0, -14.0, -3.0), (-12.0, -10.0, 2.0)]
)
@pytest.mark.parametrize(("n_good", "n_bad"), [(12, 12), (30, 12)])
def test_of_marks_the_distance_between_good_and_bad_answers_counts(n_good, n_bad, good, bad, distance):
    change = preference(marked(n_good, good, n_bad, bad))
    assert change.after - change.before == pytest.approx(distance)
    assert change.is_gain == (distance < 0)
    assert (change.groups, change.lacks) == (n_good + n_bad, "")


@pytest.mark.parametrize(("n_good", "n_bad"), [(12, 12), (5, 40), (40, 5)])
@pytest.mark.parametrize("after", [-50.0, -2.0])
def test_that_all_answers_have_become_unlikelier_or_likelier_is_no_preference(chance, n_good, n_bad, after):
    change = preference([replace(each, after=(chance.normal(after, 2),)) for each in marked(n_good, 0, n_bad, 0)])
    assert change.low < 0 < change.high


@pytest.mark.parametrize(
    ("n_good", "n_bad", "lacks"), [(0, 12, "good"), (12, 0, "bad"), (4, 30, "good"), (30, 4, "bad")]
)
@pytest.mark.parametrize("after", [-50.0, -2.0])
def test_marks_of_one_kind_tell_no_preference(n_good, n_bad, lacks, after):
    change = preference(marked(n_good, after, n_bad, after))
    assert change.lacks == lacks
    assert not any((change.is_enough, change.is_gain, change.is_loss))


def test_beside_pairs_marks_of_one_kind_do_not_count():
    pairs = answers(PAIR, 10, (-10.0, -8.0), (-9.0, -12.0))
    assert preference([*pairs, *marked(0, 0.0, 12, -50.0)]) == preference(pairs)
    both = preference([*pairs, *marked(10, -9.0, 10, -14.0)])
    assert both.after - both.before == pytest.approx(-5.0)
    assert both.is_gain
