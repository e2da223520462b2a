"""What is shown of an answer: whole characters, and nothing from a stop string on."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from desktop_app.engine.text import TextStream


def show(stream, pieces):
    shown = []
    for piece in pieces:
        shown.append(stream.feed(piece))
        if stream.ended:
            break
    return "".join(shown) + stream.flush()


def test_a_character_is_shown_when_its_last_byte_is_there():
    stream = TextStream()
    first, second = "é".encode()[:1], "é".encode()[1:]
    assert stream.feed(first) == ""
    assert stream.feed(second) == "é"


def test_nothing_from_the_stop_string_on_is_shown():
    stream = TextStream(("###",))
    assert show(stream, [b"one #", b"#", b"# two"]) == "one "
    assert stream.ended


def test_the_beginning_of_a_stop_string_is_shown_once_it_is_something_else():
    stream = TextStream(("\nUser:",))
    assert stream.feed(b"a\nUs") == "a"
    assert stream.feed(b"age") == "\nUsage"


def test_what_was_held_back_is_shown_at_the_end():
    assert show(TextStream(("###",)), [b"a ##"]) == "a ##"


def test_a_character_that_is_not_whole_at_the_end_is_left_out():
    assert show(TextStream(), [b"a ", "😀".encode()[:3]]) == "a "
    assert show(TextStream(("###",)), [b"a #", "é".encode()[:1]]) == "a #"


@given(st.text(max_size=60), st.lists(st.integers(0, 200)), st.sampled_from([(), ("ab",), ("a", "bcd"), ("\n\n",)]))
def test_however_the_bytes_come_the_text_is_the_same(text, cuts, stop):
    data = text.encode()
    borders = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    pieces = [data[a:b] for a, b in itertools.pairwise(borders)]
    ends = [at for word in stop if (at := text.find(word)) >= 0]
    assert show(TextStream(stop), pieces) == (text[: min(ends)] if ends else text)
