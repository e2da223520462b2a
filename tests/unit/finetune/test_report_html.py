"""The report as a page: all that was measured, nothing that is loaded, and nobody's text taken for HTML."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from desktop_app.errors import UserError
from desktop_app.finetune.measures import Answered, Change, Overlap, Speed, Training
from desktop_app.finetune.report import Report, verdict
from desktop_app.finetune.report_curve import curve_svg
from desktop_app.finetune.report_html import report_html, write_page
from desktop_app.finetune.run_folder import Progress
from desktop_app.trainer.contract import Base, Part, Recipe, Run
from desktop_app.trainer.reading import Reading
from tests.unit.library.sentences import assert_readable

NASTY = "<script>alert('x')</script> & \"quoted\" 'too'"
REPORT = Report(
    run="my letters",
    model="Tiny",
    training=Training("done", 40, 35, 3.0, 2.5, 40_000, 400.0, 100.0, "fast", "float32", "cpu"),
    parity=Reading(600, 3.1, 3.1, 0.003, 0.96),
    effect=Reading(600, 3.0, 3.01, 0.2, 0.8),
    held_out=Change(2.4, 2.0, -0.5, -0.3, 14, 30, 2),
    preferred=None,
    answers=(Answered("When does it leave?", "Never.", "At seven.", "At seven, sir."),),
    memorised=Overlap(7, 9, "seven words of it"),
    speed=Speed(44.0, 41.5),
    unit="section",
)
RUN = Run(
    "my letters",
    Base("Tiny", "/home/me/tiny.gguf", "llama", (Part("tiny.gguf", 7, "ab" * 32),)),
    Recipe(),
    about={"documents": [{"name": "letters.pdf", "sha256": "cd" * 32}], "notes": ["Three were left out."]},
)
PROGRESS = Progress(
    losses={1: 3.0, 2: 2.5, 3: 2.4},
    held_out={0: 3.1, 3: 2.6},
    proved={"time": 1_700_000_000.0},
    exported={"path": "/home/me/adapters/x.gguf", "sha256": "ef" * 32},
)


class Reader(HTMLParser):
    """Holds the elements against each other, and collects text, by the class of what it is in."""

    def __init__(self, page):
        super().__init__()
        self.open, self.texts, self.tags = [], [], []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in ("meta",):
            self.open.append((tag, dict(attributes)))

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        if data.strip() and self.open[-1][0] != "style":
            self.texts.append((data, self.open[-1]))


def page(progress=PROGRESS, done=RUN, **changes):
    return report_html(replace(REPORT, **changes), progress, done)


def text_of(html):
    return " ".join(text for text, _ in Reader(html).texts)


def test_the_verdict_comes_first():
    texts = [text for text, (_, attributes) in Reader(page()).texts if attributes.get("class") != "muted"]
    title = texts.index("my letters", 1)  # after that of the window
    assert verdict(REPORT) in texts[title + 1 : title + 3]


def test_only_a_gain_is_green():
    assert 'class="verdict gain"' in page()
    assert 'class="verdict no-gain"' in page(held_out=Change(2.4, 2.4, -0.1, 0.1, 14, 30))


def test_all_that_was_measured_is_there():
    text = text_of(page())
    for words in (
        "14 sections of 2 documents; change between -0.500 and -0.300; this says nothing about other documents",
        *("2.400", "2.000", "44.0", "41.5", "3.000", "3.010"),
        *("When does it leave?", "Never.", "At seven.", "At seven, sir."),
        *("learning_rate 0.0002", "tiny.gguf, SHA-256 " + "ab" * 32, "letters.pdf, SHA-256 " + "cd" * 32, "ef" * 32),
        *("Three were left out.", "2023-11-1"),
    ):
        assert words in text


def test_what_was_measured_on_passages_and_on_answers_is_there_by_itself():
    text = text_of(
        page(passages=Change(2.4, 2.39, -0.1, 0.08, 14, 30, 14), exchanges=Change(3.0, 2, -1.1, -0.9, 30, 30))
    )
    assert "Of this, on passages 2.400 2.390 14 texts; change between -0.100 and +0.080" in text
    assert "Of this, on answers 3.000 2.000 30 conversations; change between -1.100 and -0.900" in text


def test_nothing_is_loaded_from_anywhere_and_no_place_on_this_computer_is_told():
    html = page()
    assert not re.search(r"\b(src|href|@import|url\()", html)
    assert set(re.findall(r'https?://[^\s"]+', html)) == {"http://www.w3.org/2000/svg"}  # the name of SVG
    assert "<script" not in html
    assert "/home/me" not in html


@pytest.mark.parametrize(
    "changes",
    [
        {"run": NASTY},
        {"model": NASTY},
        {"answers": (Answered(NASTY, NASTY, NASTY, NASTY),)},
        {"memorised": Overlap(31, 40, NASTY, NASTY)},
    ],
)
def test_what_a_person_wrote_is_shown_and_never_read_as_html(changes):
    html = page(**changes)
    assert "<script" not in html
    assert NASTY in text_of(html)


def test_names_and_notes_of_documents_are_no_html():
    about = {"documents": [{"name": NASTY, "sha256": "cd"}], "notes": [NASTY]}
    html = page(done=replace(RUN, about=about))
    assert "<script" not in html
    assert text_of(html).count(NASTY) == 2


def test_texts_go_in_the_direction_they_are_written_in():
    asked, wanted = "متى تغادر؟", "في السابعة."
    reader = Reader(page(answers=(Answered(asked, "a", "b", wanted),), memorised=Overlap(31, 40, wanted)))
    for text, (tag, attributes) in reader.texts:
        if asked in text or text == wanted:
            assert attributes.get("dir") == "auto" or tag == "bdi"


def test_a_text_that_is_gone_on_with_is_shown_as_a_beginning():
    assert "It was late …" in text_of(page(answers=(Answered("It was late", "a", "b", "c", is_continued=True),)))


def test_what_is_repeated_at_length_is_shown_under_a_warning_once():
    html = page(memorised=Overlap(31, 40, "thirty-one words", "letters.pdf"))
    assert 'class="warning"' in html
    assert html.count("Think before you share it") == 1
    assert "thirty-one words" in html
    assert 'class="warning"' not in page()
    assert "seven words of it" not in page()


def test_what_was_not_measured_is_left_out():
    html = page(Progress(), answers=(), memorised=None, speed=None, held_out=None)
    assert "What it says" not in html
    assert "<svg" not in html
    assert "Tokens a second" not in html


def test_there_are_colors_for_the_dark():
    assert "prefers-color-scheme: dark" in page()


def test_a_page_is_written_whole_or_refused_in_a_sentence(tmp_path):
    write_page(tmp_path / "report.html", page())
    assert (tmp_path / "report.html").read_text("utf-8") == page()
    (tmp_path / "file").touch()
    with pytest.raises(UserError) as caught:
        write_page(tmp_path / "file" / "report.html", page())
    assert_readable(caught.value)


# ------------------------------------------------------------ the curve


def drawn(losses, held_out):
    return ElementTree.fromstring(curve_svg(losses, held_out))


def lines(drawing, name):
    found = [each.get("points").split() for each in drawing.iter() if each.get("class") == name]
    return [[tuple(map(float, point.split(","))) for point in points] for points in found][1:]  # without the legend


def test_both_curves_fall_from_left_to_right_as_their_losses_do():
    drawing = drawn({step: 3 - step / 100 for step in range(1, 101)}, {0: 3.2, 50: 2.7, 100: 2.4})
    for name in ("training", "held-out"):
        [points] = lines(drawing, name)
        assert points == sorted(points)
        assert [y for _, y in points] == sorted(y for _, y in points)
        assert all(0 < x < 680 and 0 < y < 280 for x, y in points)


def test_the_axes_have_round_numbers_around_all_losses():
    drawing = drawn({1: 2.93, 40: 2.11}, {})
    texts = [each.text for each in drawing.iter() if each.tag.endswith("text")]
    for words in ("2.0", "3.0", "0", "40", "step", "loss", "what is learned", "what was held out"):
        assert words in texts


def test_thousands_of_steps_are_drawn_as_some_hundred_points():
    [points] = lines(drawn(dict.fromkeys(range(1, 5001), 2.0), {}), "training")
    assert 100 < len(points) <= 300


@pytest.mark.parametrize("losses", [{1: 2.0}, {1: 2.0, 2: 2.0}, {1: 0.0}, {7: 1e-9}, {1: 5000.0, 2: 1e-6}])
def test_few_or_equal_losses_are_no_trouble(losses):
    assert drawn(losses, {}) is not None


def test_losses_that_are_no_numbers_are_not_drawn():
    assert curve_svg({1: float("nan")}, {1: float("inf")}) == ""
    [points] = lines(drawn({1: 2.0, 2: float("nan"), 3: 1.0}, {}), "training")
    assert len(points) == 2
