"""An adapter that changes nothing is said to change nothing, and rounding is not taken for an effect."""

import pytest

from desktop_app.adapters.effect import are_equal, effect_sentence, has_effect, merge_sentence, probe_text
from desktop_app.engine.messages import Effect

NOTHING = Effect(tokens=512, mean_nll=2.5, other_nll=2.5, nll_error=0.0, kl=0.0, agreement=1.0)
ROUNDING = Effect(tokens=512, mean_nll=2.5, other_nll=2.5006, nll_error=0.004, kl=0.003, agreement=0.96)
OTHER_WORDS = Effect(tokens=512, mean_nll=2.5, other_nll=2.51, nll_error=0.02, kl=0.2, agreement=0.83)
WORSE = Effect(tokens=512, mean_nll=2.5, other_nll=2.75, nll_error=0.02, kl=0.2, agreement=0.8)
BETTER = Effect(tokens=512, mean_nll=2.5, other_nll=2.25, nll_error=0.02, kl=0.2, agreement=0.8)
SLIGHT = Effect(tokens=512, mean_nll=2.5, other_nll=2.51, nll_error=0.001, kl=0.004, agreement=0.999)


@pytest.mark.parametrize(
    ("effect", "acts", "equal"),
    [
        (NOTHING, False, True),
        (ROUNDING, False, True),
        (OTHER_WORDS, True, False),
        (WORSE, True, False),
        (BETTER, True, False),
        (SLIGHT, True, True),  # it can be told, and is too small to matter
    ],
)
def test_an_effect_is_told_from_rounding(effect, acts, equal):
    assert (has_effect(effect), are_equal(effect)) == (acts, equal)


def test_what_an_adapter_does_is_said_in_a_sentence():
    nothing = "This adapter does not change the answers of this model."
    assert effect_sentence(NOTHING) == effect_sentence(ROUNDING) == nothing
    assert effect_sentence(OTHER_WORDS) == (
        "On a general text, this adapter changes in 17% of all places which word is the likeliest to come next; "
        "the text as a whole is as likely as without it."
    )
    assert effect_sentence(WORSE).endswith(
        "and makes the text as a whole less likely (2.75 in place of 2.50 nats a token)."
    )
    assert "more likely" in effect_sentence(BETTER)
    assert "changes hardly anywhere which word" in effect_sentence(SLIGHT)


def test_the_general_text_is_long_enough_to_judge_by():
    text = probe_text()
    assert text.isascii()  # no vocabulary needs more bytes than others for it
    assert 600 <= len(text.split()) <= 700  # and no vocabulary has fewer tokens than words


TAUGHT = Effect(tokens=512, mean_nll=2.5, other_nll=2.25, nll_error=0.02, kl=0.2, agreement=0.71)


@pytest.mark.parametrize(
    ("merged", "said"),
    [
        (ROUNDING, "The merged model does what the stack does: it and the stack think the same word likeliest in 96%"),
        (Effect(512, 2.25, 2.26, 0.01, kl=0.015, agreement=0.95), "The merged model does what the stack does"),
        (Effect(512, 2.25, 2.3, 0.01, kl=0.046, agreement=0.9), "lost part of what the adapters do, about 23%: it"),
        (Effect(512, 2.25, 2.45, 0.01, kl=0.15, agreement=0.75), "Merging has lost most of what the adapters do"),
        (Effect(512, 2.25, 2.9, 0.01, kl=0.6, agreement=0.5), "keep using the adapters: it"),
    ],
)
def test_what_merging_has_kept_or_lost_is_said_plainly(merged, said):
    sentence = merge_sentence(TAUGHT, merged)
    assert said in sentence
    assert sentence.endswith("the bare model and the stack in 71%.")


def test_of_adapters_that_do_nothing_nothing_is_said_to_be_kept():
    assert "cannot be measured" in merge_sentence(ROUNDING, ROUNDING)
