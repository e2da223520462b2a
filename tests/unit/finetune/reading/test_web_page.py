"""HTML: the text of a page in paragraphs, without what pages have around it."""

import pytest

from tests.support.documents_packed import RIGHT_TO_LEFT


def page(body, head=""):
    return f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>"


def text(read, body):
    return "\n\n".join(each.text for each in read("a.html", page(body)).sections)


def test_headings_make_sections(read):
    body = """<p>Before.</p><h1>One
      and more</h1><p>First
      line.</p><div>Loose <b>text</b><p>Next.</p></div><h3>Two</h3>Last."""
    file = read("a.htm", page(body, "<title>The page</title>"))
    assert file.kind == "Web page"
    assert [(each.title, each.text) for each in file.sections] == [
        ("The page", "Before."),
        ("One and more", "One and more\n\nFirst line.\n\nLoose text\n\nNext."),
        ("Two", "Two\n\nLast."),
    ]


def test_what_pages_have_around_their_text_is_left_out_and_told(read, skipped):
    body = """<header><h1>Site</h1></header><nav>Home About</nav><div role="navigation">More</div>
    <script>var a;</script><style>p {}</style><aside>Buy</aside><form>Name <input><button>Go</button></form>
    <main><article><header><h2>Title</h2></header><p>Text.</p><p hidden>Hidden.</p><noscript>No</noscript></article>
    </main><footer>Imprint</footer>"""
    file = read("a.html", page(body))
    assert [each.text for each in file.sections] == ["Title\n\nText."]
    assert skipped(file) == {
        "blocks of links": 2,
        "scripts and styles": 2,
        "page header": 1,
        "aside": 1,
        "form": 1,
        "page footer": 1,
    }
    assert next(each.shown for each in file.skipped if each.why == "blocks of links") == "Home About"


def test_a_page_that_is_one_form_is_read(read, skipped):
    form = "<form method='post'><nav>Home</nav><h1>Title</h1><p>Text.</p><select><option>A</option></select></form>"
    file = read("a.html", page(form))
    assert [each.text for each in file.sections] == ["Title\n\nText."]
    assert skipped(file) == {"block of links": 1}


def test_lists_tables_breaks_and_code_keep_their_lines(read):
    assert text(read, "<ul><li>one</li><li>two<ul><li>three</li></ul></li></ul>") == "- one\n- two\n- three"
    assert text(read, "<table><tr><th>a</th><th>b</th></tr><tr><td>c</td><td>d</td></tr></table>") == "a | b\nc | d"
    assert text(read, "<p>one<br>two</p>") == "one\ntwo"
    assert text(read, "<pre>for a:\n    b()</pre>") == "for a:\n    b()"


def test_tables_that_only_lay_out_a_page_are_no_tables(read):
    assert text(read, "<table><tr><td><p>One.</p><p>Two.</p></td><td><p>Three.</p></td></tr></table>") == (
        "One.\n\nTwo.\n\nThree."
    )


@pytest.mark.parametrize(
    "declaration", ['<meta charset="windows-1251">', '<meta content="text/html; charset=windows-1251">']
)
def test_a_page_says_its_encoding(read, declaration):
    file = read("a.html", page("<p>\u041f\u0440\u0438\u0432\u0435\u0442</p>", declaration).encode("cp1251"))
    assert file.sections[0].text == "\u041f\u0440\u0438\u0432\u0435\u0442"
    assert file.skipped == ()


def test_right_to_left_text_comes_out_unchanged(read):
    assert text(read, f'<p dir="rtl">{RIGHT_TO_LEFT}</p>') == RIGHT_TO_LEFT


def test_a_page_of_open_tags_alone_ends(read):
    assert read("a.html", "<div><b>" * 50_000 + "End").sections


def test_entities_of_its_own_are_not_unfolded(read):
    laughs = '<!DOCTYPE html [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><p>It says &b; &amp; &eacute;.</p>'
    assert "haha" not in read("a.html", laughs).sections[0].text
