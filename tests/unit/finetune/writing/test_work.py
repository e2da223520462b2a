"""The model writes what is still missing, a little at a time: nothing twice, nothing from what is not wanted."""

import re
from collections import Counter

import pytest
from msgspec.structs import replace

from desktop_app.engine.messages import Generate
from desktop_app.errors import UserError
from desktop_app.finetune.course_reading import bring_up_to_date
from desktop_app.finetune.course_rows import effective
from desktop_app.finetune.encoder import EngineEncoder
from desktop_app.finetune.goals import EXAMPLES, FORMAT, PASSAGE, QUESTION, REWRITE, STYLE, SUMMARY, TASK, VOCABULARY
from desktop_app.finetune.writing.sources import MOST, MOST_HELD_OUT
from desktop_app.finetune.writing.work import (
    Outcome,
    characters_per_token,
    is_of_written,
    is_work_left,
    with_note,
    write_examples,
)
from tests.support.course_parts import course_folder, document, prose, read
from tests.unit.finetune.fake_engine import FakeEngine


class WritingEngine(FakeEngine):
    """Turns a sentence into a question about it, sums up a text by its first sentence, and can be killed."""

    def __init__(self, ends_after=None):
        super().__init__()
        self.left = ends_after

    def events(self, *commands):
        for command in commands:
            if isinstance(command, Generate):
                if self.left == 0:
                    raise UserError("The model stopped unexpectedly.", "Try again.")
                self.left = None if self.left is None else self.left - 1
                self.answer = self._answer(command.messages[-1].content)
            yield from super().events(command)

    @staticmethod
    def _answer(asked):
        if asked.startswith("Write the question"):
            *_, said = asked.split("\n\n")
            return "Who " + " ".join(said.split()[1:9]) + "?"
        if asked.startswith("Say this in short"):
            *_, said = asked.split("\n\n")
            return " ".join(word for number, word in enumerate(said.split()) if number % 3).rstrip(".") + "."
        if asked.startswith("Write the request"):
            return "Write the " + " ".join(asked.split("\n\n")[1].split()[:8]).rstrip(".")
        return re.split(r"(?<=\.)\s", asked)[0]

    @property
    def asked(self):
        return [each.messages[-1].content for each in self.commands if isinstance(each, Generate)]


def made(tmp_path, goal=VOCABULARY, n=6, paragraphs=8, **changes):
    folder = course_folder(tmp_path, letters(n, paragraphs), goal=goal, **changes)
    bring_up_to_date(folder)
    return folder


def letters(n, paragraphs=8, first=0):
    return [read(f"{number}.txt", prose(f"n{number}", paragraphs)) for number in range(first, first + n)]


def of(folder, *origins):
    return [row for row in folder.examples() if row.origin in origins]


def written(folder):
    return of(folder, QUESTION, REWRITE, SUMMARY, TASK)


def test_each_passage_gives_questions_that_its_own_sentences_answer(tmp_path):
    folder = made(tmp_path)
    write_examples(folder, WritingEngine())
    passages = {row.id: row for row in of(folder, PASSAGE)}
    questions = of(folder, QUESTION)
    assert questions
    for row in questions:
        source = passages[row.id.partition(".")[0]]
        assert row.answers[0] in source.answers[0]
        assert (row.document, row.group, row.is_held_out) == (source.document, source.group, source.is_held_out)
        assert [each.role for each in row.prompt] == ["user"]
    learned = [row for row in passages.values() if not row.is_held_out]
    assert {row.id for row in learned} <= {row.id.partition(".")[0] for row in questions}
    assert max(Counter(row.id.partition(".")[0] for row in questions).values()) == 3
    assert len({row.id for row in folder.examples()}) == len(folder.examples())


def test_a_few_questions_are_held_out_to_measure_by(tmp_path):
    folder = made(tmp_path, n=20)
    write_examples(folder, WritingEngine())
    assert 0 < sum(row.is_held_out for row in of(folder, QUESTION)) <= MOST_HELD_OUT


@pytest.mark.parametrize(
    ("goal", "origins"), [(VOCABULARY, {QUESTION, SUMMARY}), (STYLE, {REWRITE}), (FORMAT, {TASK}), (EXAMPLES, set())]
)
def test_the_goal_says_what_is_written(tmp_path, goal, origins):
    folder = made(tmp_path, goal)
    write_examples(folder, WritingEngine())
    assert {row.origin for row in written(folder)} <= origins
    assert {each.origin for each in folder.written()} == origins


def test_of_documents_in_a_format_each_is_the_answer_to_a_task_and_those_held_out_measure(tmp_path):
    folder = made(tmp_path, FORMAT, n=30, paragraphs=3)
    write_examples(folder, WritingEngine())
    rows, documents = folder.examples(), folder.load().documents
    assert len(rows) == 30
    assert {row.document for row in rows if row.is_held_out} == {each.sha256 for each in documents if each.is_held_out}
    assert effective(rows, folder.load()) == rows
    assert all(prose(f"n{number}", 3) in {row.answers[0] for row in rows} for number in range(30))


def test_what_was_written_is_not_written_again(tmp_path):
    folder = made(tmp_path)
    assert is_work_left(folder)
    write_examples(folder, WritingEngine())
    rows = folder.examples()
    assert not is_work_left(folder)
    engine = WritingEngine()
    write_examples(folder, engine)
    assert engine.asked == []
    assert folder.examples() == rows


def test_what_the_person_took_out_does_not_come_back_and_is_not_written_from(tmp_path):
    folder = made(tmp_path)
    rows = folder.examples()
    folder.save_examples([replace(rows[0], is_left_out=True), *rows[1:]])
    documents = folder.load().documents
    folder.save(
        replace(folder.load(), documents=(replace(documents[1], is_left_out=True), *documents[2:], documents[0]))
    )
    write_examples(folder, WritingEngine())
    assert rows[0].id not in {each.source for each in folder.written()}
    assert documents[1].sha256 not in {row.document for row in written(folder)}
    folder.save_examples([replace(row, is_left_out=True) for row in folder.examples()])
    before = folder.examples()
    write_examples(folder, WritingEngine())
    assert folder.examples() == before


def test_what_is_private_and_left_out_is_not_shown_to_the_model(tmp_path):
    secret = "Ida can be reached at ida.brunner@example.org in the whole of January."
    folder = course_folder(
        tmp_path, [read("a.txt", f"{prose('ada', 8)}\n\n{secret}")], goal=VOCABULARY, private_out=("email",)
    )
    bring_up_to_date(folder)
    engine = WritingEngine()
    write_examples(folder, engine)
    assert engine.asked
    assert not any("example.org" in asked for asked in engine.asked)


@pytest.mark.parametrize("ends_after", [0, 1, 13, 40])
def test_a_kill_at_any_moment_costs_no_more_than_what_was_being_written(tmp_path, ends_after):
    wanted = made(tmp_path / "whole")
    write_examples(wanted, WritingEngine())
    folder = made(tmp_path / "killed")
    with pytest.raises(UserError, match="stopped unexpectedly"):
        write_examples(folder, WritingEngine(ends_after))
    kept = folder.examples()
    engine = WritingEngine()
    write_examples(folder, engine)
    assert folder.examples()[: len(kept)] == kept
    assert folder.examples() == wanted.examples()
    assert folder.written() == wanted.written()
    total = len(made_asked(tmp_path))
    assert len(engine.asked) <= total - ends_after + 12


def made_asked(tmp_path):
    engine = WritingEngine()
    write_examples(made(tmp_path / "counted"), engine)
    return engine.asked


def test_a_kill_between_the_rows_and_the_note_of_them_writes_nothing_twice(tmp_path):
    folder = made(tmp_path)
    write_examples(folder, WritingEngine())
    rows = folder.examples()
    path = folder.path / "written.jsonl"
    path.write_text("".join(line for line in path.read_text().splitlines(True) if '"kept":0' in line))
    write_examples(folder, WritingEngine())
    assert folder.examples() == rows


def test_there_is_a_limit_and_what_is_written_is_from_all_over_the_documents(tmp_path):
    folder = made(tmp_path, n=60, paragraphs=24)
    learned = [row for row in of(folder, PASSAGE) if not row.is_held_out]
    assert len(learned) * 3 > MOST
    write_examples(folder, WritingEngine())
    questions = [row for row in of(folder, QUESTION) if not row.is_held_out]
    assert 0.8 * MOST <= len(questions) <= MOST
    assert len({row.document for row in questions}) > 0.9 * len({row.document for row in learned})
    assert not is_work_left(folder)


def test_after_a_run_new_documents_get_examples_of_their_own(tmp_path):
    folder = made(tmp_path)
    write_examples(folder, WritingEngine())
    folder.save_examples([replace(row, run="Tea") for row in folder.examples()])
    more = letters(3, first=40)
    course = folder.load()
    folder.save(replace(course, documents=(*course.documents, *map(document, more))))
    for each in more:
        folder.save_text(each)
    bring_up_to_date(folder)
    write_examples(folder, WritingEngine())
    new = {row.document for row in written(folder) if not row.run and not row.is_held_out}
    settled = [each for each in folder.load().documents if each.sha256 in {file.sha256 for file in more}]
    assert new == {each.sha256 for each in settled if each.n_learned}


def changed(folder, name, text):
    """Have a document say something else now."""
    file, course = read(name, *text), folder.load()
    documents = (
        replace(each, sha256=file.sha256, before=each.sha256) if each.name == name else each
        for each in course.documents
    )
    folder.save_text(file)
    folder.save(replace(course, documents=tuple(documents)))
    bring_up_to_date(folder)


@pytest.mark.parametrize("run", ["", "Tea"], ids=["not learned yet", "learned"])
def test_of_a_document_in_a_format_that_was_corrected_what_it_said_before_is_not_learned_any_more(tmp_path, run):
    files = [read(f"{n}.txt", f"Minutes {n}\n\nPresent: Ida {n}\n\n{prose(f'n{n}', 3)}") for n in range(30)]
    folder = course_folder(tmp_path, files, goal=FORMAT)
    bring_up_to_date(folder)
    write_examples(folder, WritingEngine())
    folder.save_examples([replace(row, run=run) for row in folder.examples()])
    name = next(each.name for each in folder.load().documents if not each.is_held_out)
    number = name.removesuffix(".txt")
    text = f"Minutes {number}\n\nPresent: nobody\n\n{prose(f'n{number}', 3)}"
    changed(folder, name, [text])
    write_examples(folder, WritingEngine())
    rows = [row for row in effective(folder.examples(), folder.load()) if f"Minutes {number}\n" in row.answers[0]]
    assert [row.answers[0] for row in rows] == [text]


def test_of_a_long_document_in_a_format_only_what_is_new_is_written_from_again(tmp_path):
    tickets = [f"Ticket {number}\n\n{prose(f'n{number}', 3)}" for number in range(30)]
    folder = course_folder(tmp_path, [read("tickets.txt", *tickets)], goal=FORMAT)
    bring_up_to_date(folder)
    write_examples(folder, WritingEngine())
    rows = folder.examples()
    changed(folder, "tickets.txt", [f"Ticket X\n\n{prose('new', 3)}", *tickets])
    write_examples(folder, WritingEngine())
    sha256 = folder.load().documents[0].sha256
    later = folder.examples()
    assert later[: len(rows)] == tuple(replace(row, document=sha256) for row in rows)
    [new] = later[len(rows) :]
    assert new.answers[0].startswith("Ticket X")
    assert not new.is_held_out


# ------------------------------------------------------------ what is told


def test_it_says_how_far_it_is_and_how_long_it_will_take(tmp_path):
    folder, told, saves = made(tmp_path), [], []
    seconds = iter(range(100_000))
    write_examples(
        folder, WritingEngine(), lambda *words: told.append(words), lambda: saves.append(1), lambda: next(seconds)
    )
    words, fractions, left = zip(*told, strict=True)
    assert set(words) == {"Writing questions with answers", "Writing summaries"}
    assert list(fractions) == sorted(fractions)
    assert (fractions[0], fractions[-1], left[0], left[-1]) == (0, 1, None, 0)
    assert 1 < len(saves) < len(set(fractions))  # it is told more often than it is saved


def test_what_was_dropped_is_counted_by_why(tmp_path):
    class Poor(WritingEngine):
        @staticmethod
        def _answer(asked):
            return "As a model I say: what is the meaning of courage in Hanstead?"

    folder = made(tmp_path)
    outcome = write_examples(folder, Poor())
    assert outcome.kept == 0
    assert outcome.dropped["say what is not in the text"] > 10
    [note] = with_note((), outcome)
    total = sum(outcome.dropped.values())
    assert note.startswith(f"Of what the model wrote, {total} of {total} examples were dropped: ")
    assert is_of_written(note)
    assert with_note(("Other.", note), Outcome(3, {"are like another one": 1})) == (
        "Other.",
        "Of what the model wrote, 1 of 4 examples were dropped: 1 are like another one.",
    )
    assert with_note(("Other.", note), Outcome(3, {})) == ("Other.",)


def test_the_same_question_is_kept_once(tmp_path):
    class Same(WritingEngine):
        @staticmethod
        def _answer(asked):
            return "What was carried from the harbour before the letters were counted again?"

    folder = made(tmp_path)
    outcome = write_examples(folder, Same())
    assert outcome.kept <= 1


def test_the_tokens_of_the_texts_are_measured(tmp_path):
    folder = made(tmp_path)
    measured = characters_per_token(EngineEncoder(FakeEngine()), folder.examples())
    text = "".join(row.answers[0] for row in folder.examples())
    assert measured == pytest.approx(len(text) / len(text.split()), rel=0.05)
    assert characters_per_token(EngineEncoder(FakeEngine()), ()) is None
