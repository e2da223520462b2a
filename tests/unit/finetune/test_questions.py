"""What is asked of a model to see what it has learned."""

from desktop_app.engine.messages import ChatMessage
from desktop_app.finetune.pieces import Exchange, Passage
from desktop_app.finetune.questions import OPENING_WORDS, WANTED_WORDS, held_out_questions, learned_questions
from desktop_app.finetune.source_texts import SourceText, read_source_texts, write_source_texts

PARAGRAPH = " ".join(f"word{n}" for n in range(100))


def asked(question, answer="So.", group="", **changes):
    prompt = (ChatMessage("user", "Hello."), ChatMessage("assistant", "Yes?"), ChatMessage("user", question))
    return SourceText(group or question, answer, prompt, is_held_out=True, **changes)


def passage(text=PARAGRAPH, group="doc", is_held_out=True):
    return SourceText(group, text, is_held_out=is_held_out)


def shown(questions):
    return [each.shown for each in questions]


def test_a_question_is_asked_as_it_was_with_all_that_was_said_before():
    [question] = held_out_questions([asked("When?", "At seven.")])
    assert (question.shown, question.wanted, question.is_continued) == ("When?", "At seven.", False)
    assert [each.content for each in question.prompt.messages] == ["Hello.", "Yes?", "When?"]


def test_of_a_text_the_first_words_are_given_and_the_next_are_wanted():
    [question] = held_out_questions([passage()])
    words = PARAGRAPH.split()
    assert question.prompt.text == question.shown == " ".join(words[:OPENING_WORDS])
    assert question.wanted == " ".join(words[OPENING_WORDS : OPENING_WORDS + WANTED_WORDS])
    assert question.is_continued


def test_questions_come_before_texts_and_first_one_of_each_group():
    texts = [passage(), asked("a1", group="a"), asked("a2", group="a"), asked("b1", group="b"), asked("a3", group="a")]
    assert shown(held_out_questions(texts))[:4] == ["a1", "b1", "a2", "a3"]
    assert len(shown(held_out_questions(texts))) == 5


def test_a_text_can_be_begun_at_each_paragraph_that_enough_follows():
    text = f"Title\n\n{PARAGRAPH}\n\n{PARAGRAPH.upper()}\n\nThe end."
    found = shown(held_out_questions([passage(text)]))
    assert [each.split()[0] for each in found] == ["Title", "word0", "WORD0"]


def test_of_texts_of_several_documents_each_comes_once_before_any_comes_again():
    texts = [passage(f"{PARAGRAPH}\n\n{PARAGRAPH}", "a"), passage(PARAGRAPH.upper(), "b")]
    assert [each.group for each in held_out_questions(texts)] == ["a", "b", "a"]


def test_what_was_disliked_is_not_wanted():
    assert list(held_out_questions([asked("When?", kind="down")])) == []
    assert learned_questions([SourceText("g", "No.", (ChatMessage("user", "When?"),), "down")], 5, 1) == []


def test_what_was_learned_and_what_was_held_out_are_kept_apart():
    texts = [passage(group="held out"), passage(group="learned", is_held_out=False)]
    assert [each.group for each in held_out_questions(texts)] == ["held out"]
    assert [each.group for each in learned_questions(texts, 5, 1)] == ["learned"]


def test_of_much_that_was_learned_some_is_chosen_by_chance_and_always_the_same():
    texts = [passage(f"{PARAGRAPH}\n\n{PARAGRAPH}", f"{n}", is_held_out=False) for n in range(30)]
    chosen = [each.group for each in learned_questions(texts, 20, 1)]
    assert len(chosen) == 20
    assert chosen == [each.group for each in learned_questions(texts, 20, 1)]
    assert chosen != [each.group for each in learned_questions(texts, 20, 2)]


def test_the_texts_of_a_run_are_read_as_they_were_written(tmp_path):
    prompt = (ChatMessage("system", "Be brief."), ChatMessage("user", "متى؟"))
    pair = Exchange("pair", prompt, ("better", "worse"), "a")
    (tmp_path / "examples").mkdir()
    write_source_texts(tmp_path, [Passage("A text.", "d"), pair], [Exchange("text", prompt, ("So.",), "b")])
    assert read_source_texts(tmp_path) == (
        SourceText("d", "A text."),
        SourceText("a", "better", prompt, "pair"),
        SourceText("b", "So.", prompt, is_held_out=True),
    )


def test_a_run_of_before_tells_no_texts(tmp_path):
    assert read_source_texts(tmp_path) == ()
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples" / "texts.jsonl").write_text("[]\n")
    assert read_source_texts(tmp_path) == ()
