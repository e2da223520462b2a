"""What was learned is measured by the real engine: the file does what the trainer's numbers do, and its worth is told.

The trainer is stood in for by the engine itself under adapters written by other means than the run's export.
"""

from dataclasses import replace

import numpy as np
import pytest

from desktop_app.adapters.lora import Lora, Pair
from desktop_app.adapters.lora_file import write_lora
from desktop_app.adapters.open_lora import open_lora
from desktop_app.engine.choices import SamplerSettings
from desktop_app.engine.messages import ChatMessage, Record, Recorded
from desktop_app.errors import UserError
from desktop_app.finetune.export import ADAPTER, write_adapter
from desktop_app.finetune.pieces import Exchange
from desktop_app.finetune.proof import evaluation, prove
from desktop_app.finetune.report import REPORT, read_report
from desktop_app.finetune.run_folder import RunState, read_status
from desktop_app.finetune.source_texts import write_source_texts
from desktop_app.finetune.trained import enter_run, export_run
from desktop_app.finetune.trial_answers import ANSWER_TOKENS
from desktop_app.library.gguf import read_header
from desktop_app.library.inspect import file_sha256
from desktop_app.storage.adapters import Adapters
from desktop_app.storage.database import Database
from desktop_app.trainer.contract import (
    ADAPTED_LOGPROBS,
    DOWN,
    PAIR,
    PROBE_LOGPROBS,
    STACK,
    START,
    TEXT,
    Example,
    Recipe,
    Sequence,
)
from tests.process.stack_steps import Session, stacked
from tests.support.random_adapters import random_adapter
from tests.support.run_folders import finish, make_run, write_held_out, write_npz, write_probe
from tests.support.tiny_models import tiny_tokens
from tests.unit.library.sentences import assert_readable

PROBE = tiny_tokens("The ferry leaves at seven, and the baker on the quay sells bread to those who wait. " * 7)
TEXTS = [f"On day {n} the keeper wrote {n * 7} words about the wind." for n in range(12)]
RECIPE = Recipe(rank=8, alpha=12.0)


class Broken:
    """An engine that must not be asked."""

    def next_request(self):
        raise AssertionError("the engine is asked")


@pytest.fixture(scope="module")
def session(trained):
    with Session(trained.tiny("llama")) as session:
        yield session


def in_16_bits(path, scale=1.0):
    """Return an adapter as a trainer leaves it: rounded, and alpha / rank of it still to come."""
    lora = open_lora(path)
    factor = RECIPE.alpha / RECIPE.rank
    pairs = {
        name: Pair(pair.a.astype(np.float16), (pair.b * np.float32(scale / factor)).astype(np.float16), factor)
        for name, pair in lora.pairs.items()
    }
    return replace(lora, pairs=pairs)


def record(session, stack, out):
    session.engine.ask(Record(session.engine.next_request(), tuple(PROBE), stack, str(out)), Recorded)


def run_of(session, tmp_path, scale=0.5, before=(), after=(), **changes):
    """Make a run that has learned a random adapter.

    Args:
        before, after: The stacks that act without and with it, besides itself.
    """
    lora = in_16_bits(random_adapter(tmp_path / "drawn.gguf", session.model), scale)
    run = make_run(tmp_path / "pirate", session.model, recipe=RECIPE, **changes)
    write_probe(run, PROBE)
    write_lora(tmp_path / "learned.gguf", lora)  # with its scale in B, and in 32 bits
    record(session, before, run / PROBE_LOGPROBS)
    record(session, (*after, *stacked(tmp_path / "learned.gguf")), run / ADAPTED_LOGPROBS)
    finish(run, lora)
    return run


def text_example(text, kind=TEXT, group=""):
    tokens = tuple(tiny_tokens(text))
    return Example(kind, (Sequence(tokens, ((1, len(tokens)),)),), group or text)


def mean_nll(session, texts, stack):
    """Return the loss on texts as another command of the engine measures it."""
    logprobs = [each for text in texts for each in session.score(stack, text)]
    return -sum(logprobs) / len(logprobs)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


# ------------------------------------------------------------ parity and effect


def test_an_adapter_that_does_what_the_trainer_did_is_proved(session, tmp_path):
    run = run_of(session, tmp_path)
    before = names(run)
    report = prove(run, session.engine)
    assert report.parity.is_same
    assert report.parity.divergence < 1e-3
    assert report.effect.divergence > 0.1
    assert report.has_effect
    assert report.parity.tokens == report.effect.tokens == len(PROBE) - 1
    assert report.effect.nll == pytest.approx(report.effect.other_nll - report.effect.nll_difference)
    assert report.training.mode == "fast"
    assert read_report(run) == report
    assert names(run) == sorted([*before, REPORT])
    assert read_status(run).state == RunState.TRAINED


def test_an_adapter_that_does_something_else_fails_the_run_and_is_not_kept(session, tmp_path):
    run = run_of(session, tmp_path)
    record(session, (), run / ADAPTED_LOGPROBS)
    with pytest.raises(UserError, match="does not do what it did in training") as caught:
        prove(run, session.engine)
    assert_readable(caught.value)
    status = read_status(run)
    assert (status.state, status.sentence) == (RunState.FAILED, caught.value.sentence)
    assert not {REPORT, ADAPTER, "proof"} & set(names(run))


def test_rows_in_another_order_are_noticed(session, tmp_path):
    """The commonest fault: q and k in the order of another program."""
    run = run_of(session, tmp_path)
    lora = in_16_bits(tmp_path / "drawn.gguf", 0.5)
    pairs = {
        name: replace(pair, b=pair.b[::-1].copy()) if "attn_q" in name else pair for name, pair in lora.pairs.items()
    }
    finish(run, replace(lora, pairs=pairs))
    with pytest.raises(UserError, match="does not do"):
        prove(run, session.engine)


def test_an_adapter_that_changes_nothing_is_proved_and_told(session, tmp_path):
    report = prove(run_of(session, tmp_path, scale=0.0), session.engine)
    assert report.parity.is_same
    assert not report.has_effect
    assert not report.is_gain


def test_the_stack_and_the_adapter_that_is_continued_act_as_they_did(session, tmp_path):
    below = random_adapter(tmp_path / "below.gguf", session.model, seed=2)
    parent = in_16_bits(random_adapter(tmp_path / "parent.gguf", session.model, seed=3), 0.5)
    write_lora(tmp_path / "continued.gguf", parent)
    stack = stacked((below, 0.5))
    run = run_of(session, tmp_path, before=stack, after=stack, n_stack=1, continues=True)
    halved = {name: Pair(pair.a, pair.b * np.float32(0.5)) for name, pair in open_lora(below).pairs.items()}
    write_npz(run / STACK.format(0), Lora("llama", halved))
    write_npz(run / START, parent)
    write_held_out(run, [text_example(text) for text in TEXTS])
    report = prove(run, session.engine)
    assert report.parity.divergence < 1e-3
    continued, learned = (stacked(tmp_path / name) for name in ("continued.gguf", "learned.gguf"))
    assert report.held_out.before == pytest.approx(mean_nll(session, TEXTS, (*stack, *continued)), abs=2e-3)
    assert report.held_out.after == pytest.approx(mean_nll(session, TEXTS, (*stack, *learned)), abs=2e-3)


# ------------------------------------------------------------ what it is worth


def test_held_out_texts_are_measured_as_the_engine_scores_them(session, tmp_path):
    run = run_of(session, tmp_path)
    write_held_out(run, [text_example(text) for text in TEXTS])
    fractions = []
    report = prove(run, session.engine, fractions.append)
    held_out = report.held_out
    assert held_out.before == pytest.approx(mean_nll(session, TEXTS, ()), abs=2e-3)
    assert held_out.after == pytest.approx(mean_nll(session, TEXTS, stacked(tmp_path / "learned.gguf")), abs=2e-3)
    assert held_out.low < held_out.after - held_out.before < held_out.high
    assert (held_out.groups, held_out.examples) == (12, 12)
    assert report.preferred is report.passages is report.exchanges is None
    assert fractions == sorted(fractions)
    assert fractions[-1] < 1


def test_only_what_was_to_be_learned_counts(session, tmp_path):
    run = run_of(session, tmp_path)
    whole = text_example(TEXTS[0]).sequences[0]
    part = replace(whole, learned=((3, 9), (20, 25)))
    write_held_out(run, [Example(TEXT, (part,))])
    report = prove(run, session.engine)
    scored = session.score((), TEXTS[0])
    places = [*range(3, 9), *range(20, 25)]
    assert report.held_out.before == pytest.approx(-np.mean([scored[place - 1] for place in places]), abs=2e-3)


def test_passages_and_answers_are_measured_by_themselves_where_there_are_both(session, tmp_path):
    run = run_of(session, tmp_path)
    whole = text_example(TEXTS[0]).sequences[0]
    answer = Example(TEXT, (replace(whole, learned=((9, len(whole.tokens)),)),), "chat")
    write_held_out(run, [answer, *map(text_example, TEXTS[1:])])
    report = prove(run, session.engine)
    assert (report.held_out.groups, report.passages.groups, report.exchanges.groups) == (12, 11, 1)
    assert report.passages.before == pytest.approx(mean_nll(session, TEXTS[1:], ()), abs=2e-3)
    assert evaluation(report)["exchanges"]["groups"] == 1


def test_of_preferences_the_distance_is_measured(session, tmp_path):
    run = run_of(session, tmp_path)
    liked, other = (text_example(text).sequences[0] for text in TEXTS[:2])
    write_held_out(run, [Example(PAIR, (liked, other), "a"), Example(DOWN, (other, liked), "beside pairs")])
    report = prove(run, session.engine)
    adapted = stacked(tmp_path / "learned.gguf")
    for found, stack in ((report.preferred.before, ()), (report.preferred.after, adapted)):
        first, second = (sum(session.score(stack, text)) for text in TEXTS[:2])
        assert found == pytest.approx(second - first, abs=0.05)
    assert report.held_out is None


def test_a_text_longer_than_the_engine_reads_at_once_counts_as_far_as_it_reads(session, tmp_path):
    run = run_of(session, tmp_path)
    long = text_example(" ".join(TEXTS) * 5)
    tokens = long.sequences[0].tokens
    assert len(tokens) > 2048
    behind = replace(long.sequences[0], learned=((2050, len(tokens)),))
    write_held_out(run, [long, Example(TEXT, (behind,), "behind")])
    assert prove(run, session.engine).held_out.examples == 1


def test_questions_that_were_held_out_are_answered_and_what_is_repeated_is_measured(session, tmp_path):
    run = run_of(session, tmp_path)
    asked = (ChatMessage("user", "What of the wind?"),)
    adapted = stacked(tmp_path / "learned.gguf")
    greedy = SamplerSettings(temperature=0, repeat_penalty=1, max_tokens=ANSWER_TOKENS)
    said = {stack: session.answer(asked, stack, sampler=greedy)[0] for stack in ((), adapted)}
    learned = Exchange("text", (ChatMessage("user", "And the tide?"),), (" ".join(TEXTS),), "a")
    repeated = Exchange("text", asked, (said[adapted],), "b")
    write_source_texts(run, [learned, repeated], [Exchange("text", asked, ("None.",), "c")])
    report = prove(run, session.engine)
    [answered] = report.answers
    assert (answered.question, answered.wanted) == ("What of the wind?", "None.")
    assert (answered.base, answered.adapter) == (said[()].strip(), said[adapted].strip())
    assert report.memorised is not None
    assert report.memorised.text in said[adapted]
    assert report.speed.before > 0
    assert report.speed.after > 0
    assert read_report(run) == report
    assert evaluation(report)["repeated_words"] == report.memorised.words
    assert "wind" not in str(evaluation(report))


def test_what_earlier_runs_held_out_is_measured_by_itself(session, tmp_path):
    about = {"earlier_groups": [TEXTS[0], TEXTS[1]], "unit": "section"}
    run = run_of(session, tmp_path, about=about)
    write_held_out(run, [text_example(text) for text in TEXTS])
    report = prove(run, session.engine)
    assert (report.held_out.groups, report.kept.groups, report.unit) == (12, 2, "section")
    assert report.kept.before == pytest.approx(mean_nll(session, TEXTS[:2], ()), abs=2e-3)
    assert report.has_lost == (report.kept.after - report.kept.before > 0.02)


# ------------------------------------------------------------ to its end, whatever happens


class Killed(Exception):
    """Stands for the end of the program."""


def test_a_proof_that_was_broken_off_is_done_again(session, tmp_path):
    run = run_of(session, tmp_path)
    write_held_out(run, [text_example(text) for text in TEXTS])

    def kill(fraction):
        if fraction > 0.3:
            raise Killed

    with pytest.raises(Killed):
        prove(run, session.engine, kill)
    (run / "proof").mkdir(exist_ok=True)
    (run / "proof" / "left behind").touch()
    report = prove(run, session.engine)
    assert report.held_out.examples == 12
    assert "proof" not in names(run)


def test_what_is_proved_is_not_measured_again(session, tmp_path):
    run = run_of(session, tmp_path)
    report = prove(run, session.engine)
    assert prove(run, Broken()) == report


def test_an_adapter_comes_into_the_library_once(session, tmp_path):
    run, folder = run_of(session, tmp_path), tmp_path / "adapters"
    report = prove(run, session.engine)
    database = Database.open(tmp_path / "moatless.db")
    adapters = Adapters(database)
    export_run(run, report, folder)  # and the program ends
    for _ in range(2):
        adapter = enter_run(run, export_run(run, report, folder), adapters)
    database.close()
    assert adapter.source == "trained"
    assert adapter.name == "pirate"
    assert adapter.sha256 == file_sha256(run / ADAPTER)
    assert read_header(run / ADAPTER).text("moatless.eval")
    status = read_status(run)
    assert status.state == RunState.FINISHED
    assert (status.progress.exported["path"], status.progress.exported["sha256"]) == (adapter.path, adapter.sha256)
    assert [each.name for each in folder.iterdir()] == ["pirate.gguf"]
    found, learned = (session.score(stacked(path)) for path in (run / ADAPTER, tmp_path / "learned.gguf"))
    assert found == pytest.approx(learned, abs=0.01)


@pytest.mark.parametrize("architecture", ["qwen3", "phi3"])
def test_other_architectures_are_exported_as_well(trained, tmp_path, architecture):
    with Session(trained.tiny(architecture)) as session:
        assert prove(run_of(session, tmp_path), session.engine).has_effect


def test_an_adapter_for_the_starter_model_is_exported(engine, starter_model, tmp_path):
    lora = in_16_bits(random_adapter(tmp_path / "drawn.gguf", starter_model, size=0.05))
    run = make_run(tmp_path / "pirate", starter_model, recipe=RECIPE)
    finish(run, lora)
    write_adapter(run, tmp_path / "out.gguf")
    write_lora(tmp_path / "folded.gguf", lora)
    tokens = tuple(range(1000, 1200))
    recordings = []
    for name in ("out", "folded"):
        out = tmp_path / f"{name}.npy"
        engine.ask(Record(engine.next_request(), tokens, stacked(tmp_path / f"{name}.gguf"), str(out)), Recorded)
        recordings.append(np.load(out).astype(np.float32))
    divergence = (np.exp(recordings[0]) * (recordings[0] - recordings[1])).sum(axis=1).mean()
    assert abs(divergence) < 0.01
