"""What is typed in a new chat belongs to no chat yet, and to one alone once it is sent."""


def test_what_is_typed_in_a_new_chat_is_its_draft_until_it_is_sent(session, send, ask):
    session.set_draft("not yet sent")
    session.start_new()
    assert session.conversation.draft == session.new_draft == "not yet sent"
    send("not yet sent")
    assert session.new_draft == ""
    assert ask(lambda r: r.chats.get(session.conversation.id)).draft == ""


def test_what_is_typed_while_the_first_message_is_on_its_way_is_the_draft_of_that_chat(session, qtbot, ask):
    session.set_draft("hello")
    with qtbot.waitSignal(session.changed):
        session.send("hello")
        session.set_draft("hello, and more")
    assert session.new_draft == ""
    assert ask(lambda r: r.chats.get(session.conversation.id)).draft == "hello, and more"


def test_a_new_chat_opened_while_the_first_message_is_on_its_way_does_not_keep_its_text(session, qtbot, ask):
    session.set_draft("hello")
    with qtbot.waitSignal(session.accepted) as accepted:
        session.send("hello")
        session.start_new()
        assert session.conversation.draft == "hello"  # it may still be refused
    assert accepted.args == ["hello"]
    assert session.new_draft == ""
    assert session.is_new
