"""An answer to be learned is put behind its prompt as the model itself would write it, with its reasoning."""

import pytest

from desktop_app.engine.messages import ChatMessage
from desktop_app.engine.prompt import Part, PromptFormat, answers_of
from desktop_app.engine.sandbox import TemplateError
from tests.support.chat_models import CHAT_MODELS

ASKED = (ChatMessage("user", "Name a color."),)
THOUGHT = "<think>\nIt should be warm.\n</think>\n\nRed."


def says(*texts):
    """A conversation in which these are said by turns, the person first."""
    return tuple(ChatMessage("user" if n % 2 == 0 else "assistant", text) for n, text in enumerate(texts))


def prompt_format(name):
    model = CHAT_MODELS[name]
    return PromptFormat(model.template, "<s>", model.eos, has_chatml_tokens=bool(model.control))


def whole(name, answer, messages=ASKED):
    """Return (prompt, answer, what comes behind it) as texts."""
    form = prompt_format(name)
    return tuple(
        "".join(part.text for part in parts) for parts in (form.parts(messages), *form.answer_parts(messages, answer))
    )


@pytest.mark.parametrize("name", CHAT_MODELS)
@pytest.mark.parametrize("before", [(), ("Hello.", "Hi!")], ids=["first", "second"])
def test_prompt_answer_and_the_rest_are_what_the_template_makes_of_the_conversation(name, before):
    messages = says(*before, "Name a color.", "Red.")
    rendered = CHAT_MODELS[name].rendered(messages)
    if name == "r1":  # whose prompts begin a thought that conversations do not show
        rendered = "<think>\n\n</think>\n\nRed.".join(rendered.rsplit("Red.", 1))
    assert "".join(whole(name, "Red.", messages[:-1])) == rendered


@pytest.mark.parametrize(
    ("name", "answer", "closing"),
    [
        ("llama 3", "Red.", "<|eot_id|>"),
        ("gemma", "Red.", "<end_of_turn>\n"),
        ("phi 3", "Red.", "<|end|>\n<|endoftext|>"),
        ("mistral", " Red.", "</s>"),
        ("qwen 3", "<think>\n\n</think>\n\nRed.", "<|im_end|>\n"),
        ("r1", "\n</think>\n\nRed.", "<|end_of_text|>"),
        ("chatml", "Red.", "<|im_end|>\n"),
        ("plain", " Red.", "\n\n"),
    ],
)
def test_what_comes_between_prompt_and_answer_belongs_to_the_answer(name, answer, closing):
    assert whole(name, "Red.")[1:] == (answer, closing)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("llama 3", THOUGHT),
        ("mistral", " " + THOUGHT),
        ("qwen 3", THOUGHT),
        ("r1", THOUGHT.removeprefix("<think>\n")),
    ],
)
def test_reasoning_stays_whole_and_its_tag_is_there_once(name, expected):
    assert whole(name, THOUGHT)[1] == expected
    assert whole(name, THOUGHT.removeprefix("<think>\n"))[1] == expected


def test_an_answer_is_no_template_and_what_comes_before_it_is():
    written, closing = prompt_format("qwen 3").answer_parts(ASKED, "Say <|im_end|>.")
    assert written == [Part("<think>\n\n</think>\n\n", True), Part("Say <|im_end|>.", False)]
    assert closing == [Part("<|im_end|>\n", True)]


def test_a_system_prompt_is_folded_where_the_prompt_folds_it():
    messages = (ChatMessage("system", "Be brief."), *ASKED)
    prompt, answer, closing = whole("gemma", "Red.", messages)
    assert "Be brief.\n\nName a color." in prompt
    assert answer + closing == "Red.<end_of_turn>\n"


def test_a_system_prompt_that_only_the_last_message_shows_changes_nothing_of_the_answer():
    messages = (ChatMessage("system", "Be brief."), *ASKED)
    assert whole("mistral", "Red.", messages) == ("<s>[INST] Be brief.\n\nName a color.[/INST]", " Red.", "</s>")


def test_a_template_that_shows_no_answers_is_refused():
    source = "{% for m in messages %}{% if m['role'] == 'user' %}{{ m['content'] }}{% endif %}{% endfor %}"
    with pytest.raises(TemplateError, match="leaves answers out"):
        PromptFormat(source, "", "", has_chatml_tokens=True).answer_parts(ASKED, "Red.")


# ------------------------------------------------------------ which answers there are


def test_each_answer_comes_with_what_was_said_before_it():
    messages = says("a", "b", "c", "d")
    assert list(answers_of(messages)) == [(messages[:1], "b"), (messages[:3], "d")]


def test_what_answers_nobody_is_no_answer():
    greeting = ChatMessage("assistant", "Welcome!")
    assert list(answers_of((greeting, *says("a")))) == []
    assert list(answers_of((ChatMessage("system", "Be brief."), greeting))) == []
    assert [answer for _, answer in answers_of((greeting, *says("a", "b")))] == ["b"]


@pytest.mark.parametrize("text", ["", "  \n", "<think>\nIt should be", "<think>\nIt should be warm.\n</think>\n\n"])
def test_an_answer_that_says_nothing_is_none(text):
    assert list(answers_of(says("a", text))) == []


def test_neighbors_are_one_answer_as_they_are_in_prompts():
    messages = (*says("a", THOUGHT), ChatMessage("assistant", "<think>\nMore?\n</think>\n\nOr blue."))
    assert list(answers_of(messages)) == [(messages[:1], f"{THOUGHT}\n\nOr blue.")]


def test_marks_in_an_answer_are_dropped():
    assert [answer for _, answer in answers_of(says("a", " b\ue0f1c\ue0f0 "))] == ["bc"]
