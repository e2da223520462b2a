"""Prose of a model: shown as Markdown, and never more than text."""

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QTextDocument
from PySide6.QtNetwork import QNetworkAccessManager

from desktop_app.gui.chat.prose_view import ProseView
from desktop_app.gui.theme import theme

HOSTILE = """![one](file:///etc/hostname) ![two](http://127.0.0.1:9/pixel.png) ![](relative.png)

<img src="file:///etc/hostname"><img src='http://127.0.0.1:9/x.png'>

<script>alert(1)</script>

<iframe src="http://127.0.0.1:9/"></iframe>

<style>* { color: red; background: url(http://127.0.0.1:9/y.png) }</style>

[script](javascript:alert(1)) [file](file:///etc/passwd) [data](data:text/html,x) [good](https://example.org/a?b=c)

![ref][r]

[r]: file:///etc/hostname

<b>bold</b> <a href="javascript:alert(1)">x</a>
"""


@pytest.fixture
def prose(qtbot):
    view = ProseView()
    qtbot.addWidget(view)
    return view


@pytest.fixture
def loads(monkeypatch):
    """Note whatever a view gives back when its document asks for a resource, and any request to the network."""
    given = []
    load = ProseView.loadResource
    monkeypatch.setattr(ProseView, "loadResource", lambda *a: given.append(load(*a)) or given[-1])
    monkeypatch.setattr(QNetworkAccessManager, "createRequest", lambda *a: given.append(a))
    return given


def show(qtbot, view, markdown):
    view.set_markdown(markdown)
    view.resize(600, view.height_for(600))
    view.show()
    qtbot.waitExposed(view)
    view.grab()


def fragments(document):
    block = document.begin()
    while block.isValid():
        iterator = block.begin()
        while not iterator.atEnd():
            yield iterator.fragment()
            iterator += 1
        block = block.next()


def test_hostile_text_loads_nothing(qtbot, prose, loads):
    show(qtbot, prose, HOSTILE)
    assert [thing for thing in loads if thing] == []
    assert not any(fragment.charFormat().isImageFormat() for fragment in fragments(prose.document()))


def test_resources_are_refused_whoever_asks(prose):
    for address in ("file:///etc/hostname", "http://127.0.0.1:9/x.png", "qrc:/x.png", "relative.png"):
        for kind in QTextDocument.ResourceType:
            assert prose.loadResource(kind.value, QUrl(address)).isEmpty()
            assert not prose.document().resource(kind.value, QUrl(address))


def test_html_is_shown_as_text(qtbot, prose):
    show(qtbot, prose, HOSTILE)
    text = prose.toPlainText()
    for shown in ("<script>alert(1)</script>", "<b>bold</b>", "<iframe", "<style>", "<img src="):
        assert shown in text


@pytest.mark.parametrize("rule", ["---", " ---  ", "-----"])
def test_text_below_a_rule_at_the_top_is_not_taken_for_front_matter(prose, rule):
    prose.set_markdown(f"{rule}\n\nfirst\n\n---\n\nsecond")
    assert "first" in prose.toPlainText()


def test_an_image_is_told_by_its_description(prose):
    prose.set_markdown("A ![cat on a mat](https://example.org/cat.png)![](file:///x.png) sat")
    assert prose.toPlainText() == "A [cat on a mat] sat"


def test_only_links_to_the_web_and_mail_are_followed(prose, heard):
    chosen = heard(prose.link_activated)
    for address in ("javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "vbscript:x", "#anchor", "x.html"):
        prose.anchorClicked.emit(QUrl(address))
    assert chosen == []
    for address in ("https://example.org/a?b=c", "http://example.org/", "mailto:a@example.org"):
        prose.anchorClicked.emit(QUrl(address))
    assert [url for (url,) in chosen] == ["https://example.org/a?b=c", "http://example.org/", "mailto:a@example.org"]


def test_a_click_on_a_link_shows_nothing_by_itself(prose):
    assert not prose.openLinks()
    assert not prose.openExternalLinks()


def test_a_persons_text_is_shown_as_typed(prose):
    typed = "# no heading\n  *no* emphasis <b>x</b>\n\n\n- dash"
    prose.set_plain(typed)
    assert prose.toPlainText() == typed


def test_height_follows_the_width(prose):
    prose.set_markdown("word " * 300)
    assert prose.height_for(300) > 1.8 * prose.height_for(600)


def test_a_view_needs_no_scroll_bars(qtbot, prose):
    show(qtbot, prose, "# Title\n\n" + "word " * 300 + "\n\n| a | b |\n|--|--|\n| 1 | 2 |\n\n" + "x" * 400)
    assert prose.verticalScrollBar().maximum() == 0


def test_a_selection_stays_while_the_text_grows(prose):
    prose.set_markdown("One two three")
    cursor = prose.textCursor()
    cursor.setPosition(4)
    cursor.setPosition(7, cursor.MoveMode.KeepAnchor)
    prose.setTextCursor(cursor)
    prose.set_markdown("One two three four\n\nfive")
    assert prose.textCursor().selectedText() == "two"


@pytest.mark.parametrize("markdown", ["", "\n\n", "|a|\n|-|", "---", "# ", "- ", "> ", "```", "[x]: y", "***", "1. "])
def test_odd_ends_of_text_are_no_trouble(qtbot, prose, markdown):
    show(qtbot, prose, markdown)
    assert prose.height_for(400) >= 0


def test_a_new_theme_recolors_what_is_shown(qapp, prose):
    prose.set_markdown("Use `code` here")
    light = [f.charFormat().background().color().name() for f in fragments(prose.document())]
    theme().apply(qapp, "dark")
    prose.refresh()
    dark = [f.charFormat().background().color().name() for f in fragments(prose.document())]
    assert light[1] != dark[1]


@pytest.mark.parametrize(("text", "side"), [("To be", "left"), ("قال الرجل", "right")])
def test_the_bar_of_a_quote_is_where_its_lines_begin(qtbot, prose, text, side):
    show(qtbot, prose, f"> {text}")
    picture = prose.grab().toImage()
    line = theme().tokens.line
    middle = picture.height() // 2
    columns = [x for x in range(picture.width()) if picture.pixelColor(x, middle).name() == line.lower()]
    assert columns
    assert (max(columns) < 10) if side == "left" else (min(columns) > picture.width() - 10)
    block = prose.document().firstBlock().blockFormat()
    assert (block.leftMargin() > 0, block.rightMargin() > 0) == (side == "left", side == "right")
