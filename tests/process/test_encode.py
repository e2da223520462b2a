"""Conversations become the tokens of chat, and of these the ones are learned that the model itself would write."""

from dataclasses import replace

import pytest

from desktop_app.engine.client import EngineClient
from desktop_app.engine.messages import (
    ChatMessage,
    Count,
    Counted,
    Encode,
    Encoded,
    Finished,
    Generate,
)
from desktop_app.errors import UserError
from desktop_app.library.gguf import read_header
from tests.process.stack_steps import GREEDY, Session
from tests.support.chat_models import CHAT_MODELS, ChatModel
from tests.support.native_text import texts

SYSTEM = ChatMessage("system", "Be brief.")
THOUGHT = "<think>\nIt should be warm.\n</think>\n\nRed."
ENDS = {
    "llama 3": "<|eot_id|>",
    "gemma": "<end_of_turn>",
    "phi 3": "<|end|>",
    "mistral": "</s>",
    "qwen 3": "<|im_end|>",
    "r1": "<|end_of_text|>",
    "chatml": "<|im_end|>",
    "plain": "</s>",
}
LEADS = {"mistral": " ", "plain": " ", "qwen 3": "<think>\n\n</think>\n\n", "r1": "\n</think>\n\n"}
# Whose prompts do not begin with all that was written before: empty thoughts are left out, or no token ends an answer.
SPLIT = {"qwen 3", "r1", "plain"}


def says(*texts_):
    """A conversation in which these are said by turns, the person first."""
    return tuple(ChatMessage("user" if n % 2 == 0 else "assistant", text) for n, text in enumerate(texts_))


TWO = says("Name a color.", "Red.", "Another one?", "Blue.")


def encode(engine, *conversations, texts=()):
    return engine.ask(Encode(engine.next_request(), conversations, texts), Encoded)


def refusal(engine, *conversations):
    with pytest.raises(UserError) as refused:
        encode(engine, *conversations)
    return refused.value.sentence


class Taught:
    """An engine with a model of a family, and its tokens as text."""

    def __init__(self, name: str, model: ChatModel, session: Session) -> None:
        self.name, self.model, self.engine = name, model, session.engine

    def rendered(self, messages, is_prompt=False):
        """Return what the template makes of messages, with the BOS that it leaves to the vocabulary."""
        rendered = self.model.rendered(messages, is_prompt)
        return f"<s>{rendered}" if self.model.adds_bos and not rendered.startswith("<s>") else rendered

    def encode(self, messages):
        """Return [(text, [what of it is learned])] of the sequences of a conversation."""
        [chat] = encode(self.engine, messages).conversations
        return [
            (self.model.text(each.tokens), [self.model.text(each.tokens[start:end]) for start, end in each.learned])
            for each in chat.sequences
        ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module", params=list(CHAT_MODELS))
def taught(request, folder):
    model = CHAT_MODELS[request.param]
    with Session(model.write(folder / f"{request.param}.gguf")) as session:
        yield Taught(request.param, model, session)


@pytest.fixture(scope="module")
def starter(starter_model):
    with Session(starter_model) as session:
        yield session


# ------------------------------------------------------------ any template


def test_of_each_answer_all_is_learned_up_to_the_token_that_ends_it(taught):
    lead, end = LEADS.get(taught.name, ""), ENDS[taught.name]
    learned = [each for _, learned in taught.encode(TWO) for each in learned]
    assert learned == [f"{lead}Red.{end}", f"{lead}Blue.{end}"]


def test_a_conversation_stays_in_one_sequence_where_prompts_go_on_from_answers(taught):
    sequences = taught.encode(TWO)
    assert [len(learned) for _, learned in sequences] == ([1, 1] if taught.name in SPLIT else [2])
    assert all(text.endswith(learned[-1]) for text, learned in sequences)


def test_the_tokens_say_what_the_template_makes_of_the_whole_conversation(taught):
    *_, (text, _) = taught.encode(TWO)
    before, answer, after = taught.rendered(TWO).partition("Blue.")
    if taught.name == "r1":  # whose prompts begin a thought that conversations do not show
        before += "<think>\n\n</think>\n\n"
    assert text == before + answer + ENDS[taught.name]
    assert after.startswith(ENDS[taught.name]) or taught.name == "plain"


@pytest.mark.parametrize("system", [(), (SYSTEM,)], ids=["alone", "with a system prompt"])
def test_before_each_answer_stands_the_prompt_that_chat_has(taught, system):
    messages = (*system, *TWO)
    [chat] = encode(taught.engine, messages).conversations
    starts = [start for each in chat.sequences for start, _ in each.learned]
    asked = [messages[: len(system) + 1], messages[: len(system) + 3]]
    counts = [taught.engine.ask(Count(taught.engine.next_request(), each), Counted).tokens for each in asked]
    assert starts == counts
    if taught.name == "gemma" and system:  # it renders no system role
        return
    last = chat.sequences[-1].tokens[: starts[-1]]
    assert taught.model.text(last) == taught.rendered(asked[-1], is_prompt=True)


def test_reasoning_is_learned_with_its_own_answer_and_is_not_in_the_prompt_of_the_next(taught):
    (first, [learned]), (second, _) = taught.encode(says("Name a color.", THOUGHT, "Another one?", "Blue."))
    assert "It should be warm.\n</think>\n\nRed." in learned
    assert learned.endswith(ENDS[taught.name])
    assert first.count("<think>") == 1
    assert "warm" not in second


def test_the_text_of_a_control_token_stays_mere_text(taught):
    end = ENDS[taught.name]
    [*_, (text, learned)] = taught.encode(says(f"What is {end}?", f"It is {end}, an end.", "Thanks.", "Bye."))
    [chat] = encode(taught.engine, says(f"What is {end}?", f"It is {end}, an end.")).conversations
    [sequence] = chat.sequences
    marker = taught.model.tokens.index(end)
    answer = sequence.tokens[sequence.learned[0][0] :]
    assert f"It is {end}, an end.{end}" in taught.model.text(answer)
    assert answer.count(marker) == 1
    assert learned[-1].endswith(f"Bye.{end}")
    assert f"It is {end}, an end." in text


def test_several_conversations_and_texts_keep_their_order(taught):
    told = encode(taught.engine, says("a", "b"), TWO, texts=("One <s>", "", "Two"))
    assert [sum(len(each.learned) for each in chat.sequences) for chat in told.conversations] == [1, 2]
    assert [taught.model.text(tokens) for tokens in told.texts] == ["One <s>", "", "Two"]
    assert 1 not in told.texts[0]
    assert told.bos == (1 if taught.model.adds_bos else None)
    assert told.eog == taught.model.tokens.index(taught.model.eos)


def test_a_token_may_not_grow_over_the_end_of_the_prompt(folder):
    """The prompt ends with a line feed and the answer begins with one: in chat they are never one token."""
    model = replace(CHAT_MODELS["r1"], words=("\n\n",))
    with Session(model.write(folder / "border.gguf")) as session:
        [chat] = encode(session.engine, says("Name a color.", "Red.")).conversations
    [sequence] = chat.sequences
    [(start, _)] = sequence.learned
    assert model.text(sequence.tokens[:start]).endswith("<think>\n")
    assert model.text(sequence.tokens[start:]).startswith("\n</think>\n\nRed.")
    assert model.tokens.index("\n\n") in sequence.tokens[start:]


# ------------------------------------------------------------ refused


def test_what_has_nothing_to_learn_is_refused_by_its_number(taught):
    for useless in (says("Hello?"), (ChatMessage("assistant", "Welcome!"),), says("a", "<think>\nHm"), ()):
        sentence = refusal(taught.engine, TWO, TWO, useless, TWO)
        assert sentence.startswith("Nothing can be learned from conversation 3, because it has no answer")
    assert encode(taught.engine, TWO)
    with pytest.raises(UserError, match="from conversation 1,000, because it has no answer"):
        taught.engine.ask(Encode(taught.engine.next_request(), (TWO, says("Hello?")), first=999), Encoded)


def test_what_the_template_refuses_is_refused_by_its_number_with_what_it_says(folder):
    source = (
        "{% for m in messages %}{% if 'secret' in m['content'] %}{{ raise_exception('no secrets here') }}{% endif %}"
        "{{ m['content'] }}{% endfor %}"
    )
    with Session(ChatModel(source).write(folder / "picky.gguf")) as session:
        sentence = refusal(session.engine, TWO, says("Tell me a secret.", "No."))
    assert "from conversation 2, because this model's chat template does not accept it" in sentence
    assert sentence.endswith("it says: no secrets here.")


def test_without_a_model_there_are_no_tokens():
    with EngineClient() as engine:
        assert refusal(engine, TWO) == "No model is loaded."
    with EngineClient("echo") as engine:
        assert "has no model" in refusal(engine, TWO)


def test_it_can_be_stopped(starter):
    for command in (
        Encode(starter.engine.next_request(), (TWO,)),
        Encode(starter.engine.next_request(), (), ("a text",)),
    ):
        starter.engine.stop(command.request)  # overtakes the command
        with pytest.raises(UserError, match="Stopped"):
            starter.engine.ask(command, Encoded)
    assert encode(starter.engine, TWO)


# ------------------------------------------------------------ the starter model


def test_the_starter_model_learns_answers_and_reads_the_rest(starter):
    [chat] = encode(starter.engine, (SYSTEM, *TWO)).conversations
    [sequence] = chat.sequences
    learned = [sequence.tokens[start:end] for start, end in sequence.learned]
    whole, *answers = texts(starter.model, [sequence.tokens, *learned])
    rendered = ChatModel(read_header(starter.model).metadata["tokenizer.chat_template"]).rendered((SYSTEM, *TWO))
    assert whole + "\n" == rendered
    assert answers == ["Red.<|im_end|>", "Blue.<|im_end|>"]


def test_what_the_starter_model_has_written_is_what_it_would_learn(starter):
    """Prompt and answer have as many tokens as they had in chat, the end of the turn included."""
    asked = says("What is the capital of France? Answer with one word.")
    text, facts = starter.answer(asked, (), sampler=replace(GREEDY, max_tokens=64))
    assert facts.finish_reason == "stop"
    [chat] = encode(starter.engine, (*asked, ChatMessage("assistant", text))).conversations
    [sequence] = chat.sequences
    assert sequence.learned == ((facts.prompt_tokens, facts.prompt_tokens + facts.answer_tokens),)
    assert len(sequence.tokens) == facts.prompt_tokens + facts.answer_tokens


def test_a_text_has_the_tokens_that_are_measured(starter):
    text = "The ferry leaves at seven <|im_end|>\n\n  and é, 中."
    told = encode(starter.engine, texts=(text,))
    assert texts(starter.model, told.texts) == [text]
    assert len(told.texts[0]) == len(starter.score((), text)) + 1
    assert told.bos is None  # as its file says
    assert texts(starter.model, [[told.eog]]) == ["<|im_end|>"]


def test_it_waits_until_the_answers_before_it_are_written(starter):
    engine = starter.engine
    answer = Generate(engine.next_request(), says("Tell me a story."), GREEDY)
    command = Encode(engine.next_request(), (TWO,))
    closing = [event for event in engine.events(answer, command) if isinstance(event, Finished | Encoded)]
    assert [type(event) for event in closing] == [Finished, Encoded]
    assert closing[0].facts.finish_reason == "length"
