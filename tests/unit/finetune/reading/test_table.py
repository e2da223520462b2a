"""Examples in tables and in lines of JSON: the names of their columns say what is asked and what is answered."""

import csv
import io
import json

import pytest

from desktop_app.engine.messages import ChatMessage

ROWS = [("What is it?", "A boat, “small”; red."), ("Where?\nHere?", "There, | over there.")]


def table(rows, delimiter=",", header=()):
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows([header, *rows] if header else rows)
    return out.getvalue()


def said(file):
    return [(each.prompt[-1].content, each.answers[0]) for each in file.exchanges]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("header", [("prompt", "completion"), ("Question ", "ANSWER"), ("input", "output"), ()])
def test_two_columns_are_questions_and_answers(read, header, delimiter):
    file = read("a.csv", table(ROWS, delimiter, header))
    assert file.kind == "Table"
    assert said(file) == ROWS
    assert file.skipped == ()


def test_tsv_is_parted_by_tabs(read):
    assert said(read("a.tsv", "a, b; c\td\ne\tf\n")) == [("a, b; c", "d"), ("e", "f")]


def test_instructions_with_input_and_system_are_one_prompt(read):
    rows = [("7", "Translate.", "Hund", "dog", "Be brief."), ("8", "Say hello.", "", "Hello.", "")]
    file = read("a.csv", table(rows, header=("id", "instruction", "input", "output", "system")))
    assert said(file) == [("Translate.\n\nHund", "dog"), ("Say hello.", "Hello.")]
    assert file.exchanges[0].prompt[0] == ChatMessage("system", "Be brief.")
    assert len(file.exchanges[1].prompt) == 1


def test_thumbs_and_pairs_are_read(read):
    rows = [("a", "b", "TRUE"), ("a", "c", "0"), ("a", "d", "")]
    file = read("a.csv", table(rows, header=("prompt", "completion", "label")))
    assert [each.kind for each in file.exchanges] == ["up", "down", "text"]
    file = read("a.csv", table([("a", "good", "bad")], header=("prompt", "chosen", "rejected")))
    assert [(each.kind, each.answers) for each in file.exchanges] == [("pair", ("good", "bad"))]


WORDS = (
    ["Positive", "thumbs up", "👍🏽", ":thumbsup:", "like", "1.0"],
    ["negative", "Thumbs_Down", "👎", "bad", "-1", "0"],
)


def test_thumbs_are_known_by_their_usual_words(read):
    for kind, words in zip(("up", "down"), WORDS, strict=True):
        file = read("a.csv", table([("a", "b", word) for word in words], header=("prompt", "completion", "label")))
        assert [each.kind for each in file.exchanges] == [kind] * len(words)
        lines = [{"prompt": "a", "completion": "b", "label": word} for word in words]
        assert [each.kind for each in read("a.jsonl", "\n".join(map(json.dumps, lines))).exchanges] == [kind] * 6
    lines = [{"question": "a", "answer": "b", "label": label} for label in (1, 0, True, None)]
    file = read("a.jsonl", "\n".join(map(json.dumps, lines)))
    assert [each.kind for each in file.exchanges] == ["up", "down", "up", "text"]


def test_an_answer_whose_label_nobody_knows_is_never_imitated(read, skipped, refusal):
    rows = table(
        [("a", "b", "mediocre"), ("a", "c", "up"), ("a", "d", "not good")], header=("prompt", "answer", "label")
    )
    file = read("a.csv", rows)
    assert [each.kind for each in file.exchanges] == ["up"]
    assert skipped(file) == {"lines whose labels are neither good nor bad": 2}
    assert refusal("a.csv", rows, is_strict=True) == "The “label” of line 2 of “a.csv” is neither true nor false."


def test_rows_without_an_answer_are_left_out_and_told(read, skipped):
    file = read("a.csv", "prompt,completion\na,b\nc,\nd\n\n,e\n")
    assert said(file) == [("a", "b")]
    assert skipped(file) == {"lines without an answer": 2, "line that is no example": 1}


def test_rows_without_an_answer_are_refused_where_nothing_may_be_left_out(refusal):
    assert refusal("a.csv", "prompt,completion\na,b\nc,\n", is_strict=True).startswith(
        "Line 3 of “a.csv” has no answer"
    )


def test_a_table_of_something_else_is_refused(refusal):
    assert refusal("a.csv", "year,sum,unit\n1999,3,kg\n") == "“a.csv” has no columns of questions and answers."


GOOD = '{"prompt": "Hello?", "completion": "Hi."}'


def test_bad_lines_of_json_are_left_out_and_told(read, skipped):
    lines = [GOOD, "{", "", '{"prompt": "Hello?"}', '{"prompt": "a", "completion": ""}', '{"a": 1}', "[]", "nonsense"]
    file = read("a.jsonl", "\n".join(lines))
    assert file.kind == "Examples"
    assert said(file) == [("Hello?", "Hi.")]
    assert skipped(file) == {"lines that are not JSON": 2, "lines without an answer": 3, "line that is no example": 1}
    assert next(each.shown for each in file.skipped if each.why == "lines that are not JSON") == "{"


def test_bad_lines_are_refused_with_their_number_where_nothing_may_be_left_out(refusal):
    assert refusal("a.jsonl", f"{GOOD}\n{{", is_strict=True).startswith("Line 2 of “a.jsonl” is not JSON")


def test_lines_of_json_may_have_the_names_of_other_programs(read):
    lines = [
        {"instruction": "Add.", "input": "1 1", "output": "2"},
        {"question": "Where?", "answer": "Here."},
        {"prompt": "When?", "response": "Now."},
        {"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}]},
        {"messages": [{"role": "user", "content": "A"}, {"role": "assistant", "content": "B"}]},
    ]
    file = read("a.jsonl", "\n".join(map(json.dumps, lines)), is_strict=True)
    others = [("When?", "Now."), ("Hi", "Hello"), ("A", "B")]
    assert said(file) == [("Add.\n\n1 1", "2"), ("Where?", "Here."), *others]
    assert said(read("a.json", json.dumps(lines))) == said(file)
