"""E-mail: what was written in each mail, without what it quotes, its signature, and what it carries."""

from email.message import EmailMessage

import pytest

from tests.support.documents_packed import RIGHT_TO_LEFT

BODY = "Dear Anna,\n\nthe boat has come.\n\nBen\n"


def mail(text=BODY, subject="The boat", html="", attachment="", charset="utf-8"):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "ben@example.org", "anna@example.org", subject
    if text:
        message.set_content(text, charset=charset)
    if html:
        (message.add_alternative if text else message.set_content)(html, subtype="html")
    if attachment:
        message.add_attachment(attachment, filename="a.txt")
    return message.as_bytes()


def texts(file):
    return [each.text for each in file.sections]


def test_a_mail_is_a_section_called_after_its_subject(read):
    file = read("a.eml", mail(subject="Re: AW: Grüße from the boat"))
    assert file.kind == "E-mail"
    assert [(each.title, each.text) for each in file.sections] == [("Grüße from the boat", BODY.strip())]
    assert file.skipped == ()


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1", "cp1252"])
def test_a_mail_says_its_encoding(read, charset):
    assert texts(read("a.eml", mail("Viele Grüße aus Köln", charset=charset))) == ["Viele Grüße aus Köln"]


def test_an_encoding_that_nobody_knows_is_guessed_and_told(read, skipped):
    data = mail("Viele Grüße aus Köln an alle", charset="iso-8859-1").replace(b"iso-8859-1", b"x-nowhere")
    file = read("a.eml", data)
    assert texts(file) == ["Viele Grüße aus Köln an alle"]
    assert skipped(file) == {"encoding that had to be guessed: cp1252": 1}


def test_plain_text_goes_before_html_and_html_is_read_where_there_is_no_other(read, skipped):
    html = "<p>In <b>HTML</b>.</p><blockquote><p>Old.</p></blockquote><div class='gmail_quote x'>Older</div>"
    assert texts(read("a.eml", mail(html=html))) == [BODY.strip()]
    file = read("a.eml", mail(text="", html=html))
    assert texts(file) == ["In HTML."]
    assert skipped(file) == {"quoted parts": 2}


def test_attachments_are_left_out_and_told(read, skipped):
    file = read("a.eml", mail(attachment="A secret plan"))
    assert texts(file) == [BODY.strip()]
    assert skipped(file) == {"attachment": 1}


@pytest.mark.parametrize(
    "introduction",
    [
        "On Mon, May 4, 2026 at 12:00 PM Anna <anna@example.org> wrote:",
        "On Mon, May 4, 2026 at 12:00 PM Anna Maria\n<anna@example.org> wrote:",
        "Am 04.05.26 um 12:00 schrieb Anna:",
        "Le 4 mai 2026 à 12:00, Anna a écrit :",
    ],
)
def test_quotations_are_left_out_with_their_introduction(read, skipped, introduction):
    file = read("a.eml", mail(f"Yes, it has.\n\n{introduction}\n\n> Has it come?\n>> Not yet.\n\nAnd it is red.\n"))
    assert texts(file) == ["Yes, it has.\n\nAnd it is red."]
    assert skipped(file) == {"quoted lines": 3 + introduction.count("\n")}


def test_between_parts_of_a_quotation_nothing_more_is_taken_for_its_introduction(read):
    text = "It costs 5 euros:\nOn Monday Anna wrote:\n> What?\n\n> When?\n"
    assert texts(read("a.eml", mail(text))) == ["It costs 5 euros:"]


def test_a_sentence_above_a_quotation_stays(read):
    assert texts(read("a.eml", mail("You ask me:\n> Why?\nBecause.\n"))) == ["You ask me:\nBecause."]


def test_signatures_are_left_out_and_told(read, skipped):
    file = read("a.eml", mail("Yes.\n\nSent from my phone\n\n-- \nBen Smith\nHarbour 1\n"))
    assert texts(file) == ["Yes."]
    assert skipped(file) == {"signatures": 2}


HEADERS = "From: Anna\nDate: Monday\nSubject: The boat\nTo: Ben\n"


def test_what_an_answer_repeats_below_is_left_out(read, skipped):
    for mark in ("-----Original Message-----\n", "-----Ursprüngliche Nachricht-----\n", ""):
        file = read("a.eml", mail(f"Yes.\n\n{mark}{HEADERS}\nHas it come?\n"))
        assert texts(file) == ["Yes."]
        assert list(skipped(file)) == ["quoted lines"]


def test_a_forwarded_mail_is_read_without_its_headers(read, skipped):
    file = read("a.eml", mail(f"See below.\n\n---------- Forwarded message ---------\n{HEADERS}\nIt has come.\n"))
    assert texts(file) == ["See below.\n\nIt has come."]
    assert skipped(file) == {"lines about forwarded mails": 5}


def test_a_line_that_looks_like_a_header_is_text(read):
    text = "From: my garden\nthe apples have come."
    assert texts(read("a.eml", mail(text))) == [text]


def test_lines_that_flow_are_whole(read):
    text = "These lines \nbelong together.\n\n  Not this.\n> quoted \nNew.\n"
    data = mail(text).replace(b'charset="utf-8"', b'charset="utf-8"; format=flowed')
    assert texts(read("a.eml", data)) == ["These lines belong together.\n\n Not this.\nNew."]


def test_mails_without_anything_new_and_encrypted_ones_are_told(read, skipped):
    file = read("a.eml", mail("> Has it come?\n"))
    assert texts(file) == []
    assert skipped(file)["mail in which nothing new is written"] == 1
    secret = "-----BEGIN PGP MESSAGE-----\nabc\n-----END PGP MESSAGE-----\n"
    assert skipped(read("a.eml", mail(secret))) == {"encrypted mail": 1}


def mbox(*mails):
    return b"".join(b"From ben@example.org Mon May  4 12:00:00 2026\n" + each + b"\n" for each in mails)


@pytest.mark.parametrize("ends", [b"\n", b"\r\n"])
def test_a_mailbox_has_a_section_a_mail(read, ends):
    mails = [mail("One.\n\n>From the sea.\n", "First"), mail("Two.\n", "Second"), mail(RIGHT_TO_LEFT, "Third")]
    file = read("inbox.mbox", mbox(*mails).replace(b"\n", ends))
    assert file.kind == "Mailbox"
    assert [(each.title, each.text) for each in file.sections] == [
        ("First", "One.\n\nFrom the sea."),
        ("Second", "Two."),
        ("Third", RIGHT_TO_LEFT),
    ]


def test_one_bad_mail_does_not_spoil_the_others(read):
    bad = b"Subject: =?x?=\nContent-Type: multipart/mixed; boundary=\n\n--\xff\n"
    assert BODY.strip() in texts(read("inbox.mbox", mbox(bad, mail(), b"", b"\xff\xfe\n\n\0")))


def test_mails_that_are_no_text_or_nested_without_end_are_told_and_the_others_read(read, skipped):
    noise = b"Content-Type: text/plain; charset=utf-8\n\n" + bytes(range(256)).replace(b"\n", b"") * 20 + b"\n"
    deep = b"".join(b"--%d\nContent-Type: multipart/mixed; boundary=%d\n\n" % (n, n + 1) for n in range(3000))
    nested = b"Content-Type: multipart/mixed; boundary=0\n\n" + deep
    file = read("inbox.mbox", mbox(mail(), noise, nested, mail()))
    assert texts(file) == [BODY.strip()] * 2
    assert skipped(file) == {"mails that could not be read": 2}


def test_only_the_beginning_of_a_subject_says_that_it_is_an_answer(read):
    assert read("a.eml", mail(subject="Score: 3:1")).sections[0].title == "Score: 3:1"


def test_what_is_no_mail_is_told(refusal):
    assert refusal("a.eml", "A letter.") == "“a.eml” is damaged, or not what its name says."
    assert refusal("a.mbox", "A letter.") == "“a.mbox” is damaged, or not what its name says."
