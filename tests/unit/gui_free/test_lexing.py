"""Which words of program text get a color, and where they lie in their line."""

import pytest

from desktop_app.gui.chat.lexing import lex


def cut(line, start, length):
    return line.encode("utf-16-le")[2 * start : 2 * (start + length)].decode("utf-16-le")


def colored(language, text):
    lines = text.split("\n")
    return [
        {(cut(line, start, length), kind) for start, length, kind in spans}
        for line, spans in zip(lines, lex(language, text).lines, strict=True)
    ]


def test_words_are_found_in_their_lines():
    first, second = colored("python", "def area(r):\n    return 3.14 * r  # round")
    assert ("def", "keyword") in first
    assert ("area", "function") in first
    assert ("return", "keyword") in second
    assert ("3.14", "number") in second
    assert ("# round", "comment") in second


def test_a_string_over_several_lines_is_colored_in_each():
    lines = colored("python", 'x = """one\ntwo\n\nthree"""')
    assert [{kind for _word, kind in line} for line in lines] == [{"string"}, {"string"}, set(), {"string"}]


def test_characters_that_qt_counts_twice_move_nothing():
    (line,) = colored("python", 'x = "\U0001f600\U0001f600" + len("é")  # end')
    assert ("len", "builtin") in line
    assert ("# end", "comment") in line


@pytest.mark.parametrize("language", ["", "no-such-language"])
def test_an_unknown_language_is_left_without_colors(language):
    assert not any(lex(language, "x = 1").lines)


@pytest.mark.parametrize(
    "language", ["bash", "json", "html", "css", "javascript", "rust", "sql", "yaml", "diff", "pycon"]
)
def test_unfinished_code_is_no_trouble(language):
    text = "def f(\n\n\t'unclosed \"\\\n<b class=\n{ [ (("
    assert len(lex(language, text).lines) == text.count("\n") + 1
