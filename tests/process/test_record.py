"""What a model expects after each token is in the file, as it is measured; where that fails, no file is left."""

import numpy as np
import pytest

from desktop_app.engine.client import EngineClient
from desktop_app.engine.messages import Encode, Encoded, Finished, Generate, Load, Loaded, Record, Recorded
from desktop_app.errors import UserError
from desktop_app.library.gguf import read_header
from tests.process.stack_steps import GREEDY, QUESTION, SETTINGS, TEXT, Session, stacked
from tests.support.full_disk import no_file_may_grow_beyond
from tests.support.random_adapters import random_adapter

LONG = TEXT * 3  # several batches of one window
# Two batches of different lengths may add up the same numbers in another order.
SUM_ORDER = 1e-3


@pytest.fixture(scope="module")
def tiny(trained):
    """A tiny model whose texts begin with BOS."""
    with Session(trained.tiny("llama")) as session:
        yield session


@pytest.fixture(scope="module")
def starter(starter_model):
    with Session(starter_model) as session:
        yield session


@pytest.fixture(params=["tiny", "starter"])
def either(request, tiny, starter):
    return tiny if request.param == "tiny" else starter


def tokens_of(session, text):
    """Return a text's tokens, with BOS if the model wants it."""
    told = session.engine.ask(Encode(session.engine.next_request(), (), (text,)), Encoded)
    return (*([] if told.bos is None else [told.bos]), *told.texts[0])


def command(session, tokens, out, stack=()):
    return Record(session.engine.next_request(), tokens, stack, str(out))


def recorded(session, tokens, out, stack=()):
    """Return what the file has."""
    told = session.engine.ask(command(session, tokens, out, stack), Recorded)
    assert told.tokens == len(tokens)
    return np.load(out)


def rounding(numbers):
    """Return how far float16 may be from these numbers."""
    return np.spacing(np.abs(numbers).astype(np.float16)).astype(np.float64) / 2


def measured(tokens, rows):
    """Return of each token but the first what the rows before say of it."""
    return rows[np.arange(len(tokens) - 1), tokens[1:]].astype(np.float64)


def test_it_has_a_row_for_each_token_with_the_numbers_that_are_measured(either, tmp_path):
    tokens = tokens_of(either, LONG)
    assert len(tokens) > 128
    rows = recorded(either, tokens, tmp_path / "probe.npy")
    assert rows.dtype == np.float16
    assert rows.shape == (len(tokens), read_header(either.model).n_vocab)
    expected = np.array(either.score((), LONG))
    assert np.all(np.abs(measured(tokens, rows) - expected) <= rounding(expected) + SUM_ORDER)


def test_each_row_is_a_distribution(starter, tmp_path):
    rows = recorded(starter, tokens_of(starter, TEXT), tmp_path / "probe.npy")
    assert np.exp(rows.astype(np.float64)).sum(axis=1) == pytest.approx(1, abs=0.005)


def test_the_stack_acts_on_it(tiny, tmp_path):
    tokens = tokens_of(tiny, LONG)
    stack = stacked(*((random_adapter(tmp_path / f"{seed}.gguf", tiny.model, seed=seed), 0.5) for seed in (1, 2)))
    bare = recorded(tiny, tokens, tmp_path / "bare.npy")
    under = recorded(tiny, tokens, tmp_path / "stack.npy", stack)
    assert np.abs(under.astype(np.float32) - bare.astype(np.float32)).mean() > 0.1
    expected = np.array(tiny.score(stack, LONG))
    assert np.all(np.abs(measured(tokens, under) - expected) <= rounding(expected) + SUM_ORDER)


def test_the_tokens_are_read_as_they_are(tiny, tmp_path):
    """BOS is there if it was given, and not once more."""
    tokens = tokens_of(tiny, TEXT)
    with_bos, without = (recorded(tiny, each, tmp_path / "probe.npy") for each in (tokens, tokens[1:]))
    assert len(without) == len(with_bos) - 1
    assert not np.array_equal(without, with_bos[1:])


def test_a_whole_window_fits(tiny, tmp_path):
    rows = recorded(tiny, (1, *[100, 105] * 1023, 2), tmp_path / "probe.npy")
    assert len(rows) == 2048


def test_an_older_recording_is_replaced(tiny, tmp_path):
    out = tmp_path / "probe.npy"
    tokens = tokens_of(tiny, TEXT)
    recorded(tiny, tokens, out)
    assert len(recorded(tiny, tokens[:5], out)) == 5
    assert list(tmp_path.iterdir()) == [out]


def test_a_conversation_goes_on_as_if_nothing_was_recorded(tiny, tmp_path):
    text, _ = tiny.answer(QUESTION, (), conversation=1)
    recorded(tiny, tokens_of(tiny, TEXT), tmp_path / "probe.npy")
    again, facts = tiny.answer(QUESTION, (), conversation=1)
    assert again == text
    assert facts.prompt_tokens - facts.reused_tokens == 1


def test_it_waits_until_the_answers_before_it_are_written(starter, tmp_path):
    tokens = tokens_of(starter, TEXT)
    answer = Generate(starter.engine.next_request(), QUESTION, GREEDY)
    record = command(starter, tokens, tmp_path / "probe.npy")
    closing = [event for event in starter.engine.events(answer, record) if isinstance(event, Finished | Recorded)]
    assert [type(event) for event in closing] == [Finished, Recorded]
    assert closing[0].facts.finish_reason == "length"


# ------------------------------------------------------------ refused


def refusal(session, tokens, out, stack=()):
    """Return the sentence; nothing is left in the folder, and nothing in it is changed."""
    before = {path: path.read_bytes() for path in out.parent.iterdir()} if out.parent.exists() else {}
    with pytest.raises(UserError) as refused:
        recorded(session, tokens, out, stack)
    assert before == ({path: path.read_bytes() for path in out.parent.iterdir()} if out.parent.exists() else {})
    return refused.value.sentence


@pytest.mark.parametrize("wrong", [-1, 288, 2**31, -(2**40)])
def test_numbers_that_are_no_tokens_are_refused(tiny, tmp_path, wrong):
    assert read_header(tiny.model).n_vocab == 288
    sentence = refusal(tiny, (1, 50, wrong, 60), tmp_path / "probe.npy")
    assert sentence == "This text was turned into tokens for another model."
    assert recorded(tiny, (1, 50, 287, 60), tmp_path / "probe.npy").shape == (4, 288)


@pytest.mark.parametrize("count", [0, 1, 2049])
def test_a_text_too_short_or_too_long_is_refused(tiny, tmp_path, count):
    sentence = refusal(tiny, (50,) * count, tmp_path / "probe.npy")
    assert sentence == f"A text to be recorded has from 2 to 2,048 tokens, and this one has {count:,}."


def test_an_adapter_that_is_not_there_is_refused(tiny, tmp_path):
    assert "is not there" in refusal(tiny, (1, 50), tmp_path / "probe.npy", stacked(tmp_path / "nowhere.gguf"))


def test_numbers_that_overflow_are_refused_and_the_older_recording_stays(tiny, tmp_path):
    out = tmp_path / "probe.npy"
    tokens = tokens_of(tiny, TEXT)
    recorded(tiny, tokens, out)
    adapter = random_adapter(tmp_path / "huge.gguf", tiny.model, size=1e30)
    assert "are no numbers" in refusal(tiny, tokens, out, stacked(adapter))


def test_a_folder_that_is_not_there_is_refused(tiny, tmp_path):
    assert "could not be written to “probe.npy”" in refusal(tiny, (1, 50), tmp_path / "nowhere" / "probe.npy")


def test_on_a_full_disk_nothing_is_left(trained, tmp_path):
    with no_file_may_grow_beyond(20_000):
        client = EngineClient()
    with client:
        client.ask(Load(client.next_request(), str(trained.tiny("llama")), SETTINGS), Loaded)
        with pytest.raises(UserError, match=r"could not be written to “probe\.npy”"):
            client.ask(Record(client.next_request(), (1, *[50] * 200), (), str(tmp_path / "probe.npy")), Recorded)
        assert list(tmp_path.iterdir()) == []
        few = Record(client.next_request(), (1, 50), (), str(tmp_path / "probe.npy"))
        assert client.ask(few, Recorded).tokens == 2


def test_stopped_nothing_is_left_and_the_older_recording_stays(tiny, tmp_path):
    out = tmp_path / "probe.npy"
    recorded(tiny, (1, 50), out)
    record = command(tiny, tokens_of(tiny, LONG), out)
    tiny.engine.stop(record.request)  # overtakes the command
    with pytest.raises(UserError, match="Stopped"):
        tiny.engine.ask(record, Recorded)
    assert list(tmp_path.iterdir()) == [out]
    assert len(np.load(out)) == 2


def test_without_a_model_nothing_is_recorded(tmp_path):
    for backend, sentence in (("llama", "No model is loaded"), ("echo", "has no model")):
        with EngineClient(backend) as engine, pytest.raises(UserError, match=sentence):
            engine.ask(Record(engine.next_request(), (1, 50), (), str(tmp_path / "probe.npy")), Recorded)
    assert list(tmp_path.iterdir()) == []
