"""The chat page: puts list, header, transcript and message box together around the open conversation."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from desktop_app.engine.messages import Prefill
from desktop_app.errors import UserError
from desktop_app.gui.adapters.mix_panel import MixPanel
from desktop_app.gui.adapters.mixer import Mixer
from desktop_app.gui.chat.chat_frame import ChatFrame
from desktop_app.gui.chat.chat_header import ChatHeader
from desktop_app.gui.chat.chat_options import ChatOptions
from desktop_app.gui.chat.comparison_page import ComparisonPage
from desktop_app.gui.chat.composer import Composer
from desktop_app.gui.chat.conversation_list import ConversationList
from desktop_app.gui.chat.link_guard import ask_before_opening
from desktop_app.gui.chat.transcript import Transcript
from desktop_app.gui.chat.welcome import SUGGESTIONS, Welcome
from desktop_app.gui.theme import scale, theme
from desktop_app.jobs.adapter_library import AdapterLibrary
from desktop_app.jobs.answer import Answer
from desktop_app.jobs.asking import BUSY
from desktop_app.jobs.background import Background
from desktop_app.jobs.chat_session import ChatSession, Status
from desktop_app.jobs.engine import Engine, EngineState
from desktop_app.jobs.model_library import ModelLibrary
from desktop_app.jobs.presets import PresetList
from desktop_app.jobs.store import Store
from desktop_app.storage.records import Message, Model, Role, Stack

EARLIER = 30  # messages that are read when the person scrolls to the edge of what is shown


class ChatPage(QWidget):
    """Lives from the session: the person's wishes go there, and what comes back is shown.

    Signals:
        models_wanted(): The page of models.
        better_model_wanted(): The same, with those that can be downloaded.
        adapters_wanted(): The page of adapters.
        undo_offered(str, Callable): What was done, and how to undo it.
    """

    models_wanted = Signal()
    better_model_wanted = Signal()
    adapters_wanted = Signal()
    undo_offered = Signal(str, object)

    def __init__(
        self,
        session: ChatSession,
        store: Store,
        engine: Engine,
        library: ModelLibrary,
        adapters: AdapterLibrary,
        presets: PresetList,
        mix: MixPanel,
        background: Background,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._engine = engine
        self._library = library
        self.list = ConversationList(store)
        self.header = ChatHeader()
        self.transcript = Transcript(background.run)
        self.comparison = ComparisonPage(background.run)
        self.welcome = Welcome()
        self.composer = Composer()
        self.mix = mix
        self.mixer = Mixer(self.composer.stack, mix, session, engine, adapters, presets)
        self.options = ChatOptions()
        self._middle = QStackedWidget()
        self._shows_error = False
        self._is_reading = False
        self._shown_id = 0
        self._lay_out()
        self._connect_session()
        self._connect_widgets()
        store.conversation_renamed.connect(self._on_renamed)
        self._show_opened()

    # ------------------------------------------------------------ what the session says

    def _connect_session(self) -> None:
        session, engine = self._session, self._engine
        session.opened.connect(self._show_opened)
        session.added.connect(self._on_added)
        session.changed.connect(self._on_changed)
        session.answering.connect(self._on_answering)
        session.status_changed.connect(self._on_status)
        session.accepted.connect(self._on_accepted)
        session.refused.connect(self._on_refused)
        session.deleted.connect(self._on_deleted)
        session.ratings.rated.connect(self.transcript.show_rating)
        session.ratings.refused.connect(self._on_refused)
        session.model_changed.connect(self._on_model_changed)
        engine.state_changed.connect(lambda _state: self._on_status(session.status))
        engine.load_progressed.connect(self._on_load_progress)
        engine.load_failed.connect(self._on_refused)
        self._library.changed.connect(self._on_library)

    def _show_opened(self) -> None:
        session = self._session
        conversation = session.conversation
        is_same = not session.is_new and conversation.id == self._shown_id
        self._shown_id = conversation.id
        focus = QApplication.focusWidget()
        self._show_middle()
        keeps = self.transcript.show_messages(session.messages, len(session.path), session.first)
        self.header.title.setText(conversation.title)
        self.list.set_current(conversation.id, session.found)
        if self.composer.text() != conversation.draft:
            self.composer.set_text(conversation.draft)
        self.composer.show_status("")
        self._show_options()
        self._show_context()
        if session.found is not None:
            self.transcript.scroll_to(session.found)
        elif not is_same or not (keeps or (focus is not None and focus is QApplication.focusWidget())):
            self.composer.edit.setFocus()

    def _show_middle(self) -> None:
        comparison = self._session.comparison
        self.comparison.show_comparison(comparison)
        messages = self.transcript if self._session.path else self.welcome
        self._middle.setCurrentWidget(messages if comparison is None else self.comparison)
        self.frame.need(0 if comparison is None else self.comparison.wanted_width)

    def _on_added(self, message: Message) -> None:
        self._show_middle()
        self.transcript.append_message(message)
        self.header.title.setText(self._session.conversation.title)
        self._shown_id = self._session.conversation.id
        self.list.set_current(self._shown_id, self._session.found)

    def _on_renamed(self, conversation_id: int, title: str) -> None:
        if conversation_id == self._session.conversation.id:
            self.header.title.setText(title)

    def _on_changed(self, message: Message) -> None:
        self.transcript.update_message(message)
        self.comparison.update_message(message)
        self._show_context()

    def _on_answering(self, answer: Answer) -> None:
        message_id = answer.message.id
        if (card := self.comparison.streaming_card(message_id, answer.text)) is not None:
            answer.grew.connect(card.append)
        elif message_id in self._session.path:  # else it belongs to a version that is not shown
            answer.grew.connect(self.transcript.streaming_view(message_id, answer.text).append)
        answer.grew.connect(partial(self._on_piece, answer))
        answer.progressed.connect(partial(self._on_prefill, answer))

    def _on_piece(self, answer: Answer, _text: str) -> None:
        if self._is_reading and answer in self._session.answers:
            self._is_reading = False
            self.composer.show_status("")

    def _on_prefill(self, answer: Answer, prefill: Prefill) -> None:
        left = prefill.total_tokens - prefill.done_tokens
        if left > 0 and answer in self._session.answers:  # else another chat is on the screen
            self._is_reading = True
            self.composer.show_status(f"Reading {prefill.done_tokens:,} of {prefill.total_tokens:,} tokens")

    def _on_status(self, status: Status) -> None:
        self.composer.set_busy(status != Status.IDLE)
        self._escape.setEnabled(status != Status.IDLE or self._session.comparison is not None)
        loading = self._engine.state == EngineState.LOADING
        if status == Status.PREPARING and loading:
            self.composer.show_status("Your message goes out as soon as the model is loaded.")
        elif status == Status.IDLE and loading:
            self.composer.show_status("Loading the model")
        elif self._engine.state == EngineState.READY and status == Status.IDLE:
            self._show_note()
        self._show_context()

    def _show_note(self) -> None:
        """Show what the person should know of the model in use, if anything; an error stays until something is sent."""
        model = self._engine.model
        if not self._shows_error:
            self.composer.show_status((model.template_note or model.load_note) if model else "")

    def _on_load_progress(self, fraction: float) -> None:
        if self._session.status == Status.IDLE:
            self.composer.show_status(f"Loading the model, {round(100 * fraction)} %")

    def _on_accepted(self, text: str) -> None:
        self._shows_error = False
        if self.composer.text().strip() == text:  # not so when an older message was edited
            self.composer.clear()
        self.composer.show_status("")

    def _on_refused(self, error: UserError) -> None:
        self._shows_error = error is not BUSY  # which is over with the answer
        self.composer.show_status(str(error), "danger")

    def _on_deleted(self, count: int, undo: Callable[[], None]) -> None:
        words = "The message was deleted." if count == 1 else f"{count} messages were deleted."
        self.undo_offered.emit(words, undo)

    def _on_model_changed(self) -> None:
        model = self._session.model
        self._shows_error = False
        self.header.show_model(model.name if model else "")
        self.welcome.show_model(model)
        self._show_options()
        self._on_library()

    def _show_options(self) -> None:
        if self.header.options_button.isChecked():
            conversation = self._session.conversation
            self.options.show_values(conversation.system_prompt, conversation.sampler)

    def _on_library(self) -> None:
        model = self._session.model
        self.header.show_models(self._library.models, model.id if model else None)

    def _show_context(self) -> None:
        facts = next((m.facts for m in reversed(self.transcript.messages()) if m.facts is not None), None)
        n_ctx = self._engine.model.n_ctx if self._engine.model else 0
        self.header.show_context(facts.prompt_tokens + facts.answer_tokens if facts else 0, n_ctx)

    # ------------------------------------------------------------ what the person does

    def _connect_widgets(self) -> None:
        session = self._session
        self.list.chosen.connect(self._open)
        self.list.new_wanted.connect(self.start_new)
        self.list.trashed.connect(
            lambda title, undo: self.undo_offered.emit(f"“{title}” was moved to the trash.", undo)
        )
        self.list.removed.connect(lambda removed: session.start_new() if removed == session.conversation.id else None)
        self.header.model_chosen.connect(self.use_model)
        self.header.more_models_wanted.connect(self.models_wanted)
        self.header.options_button.toggled.connect(lambda _is_down: self._show_options())
        self.header.list_wanted.connect(lambda: self.list.setVisible(not self.list.isVisible()))
        self.options.changed.connect(session.set_options)
        self.welcome.suggested.connect(self._suggest)
        self.welcome.better_model_wanted.connect(self.better_model_wanted)
        self.composer.send_requested.connect(self._send)
        self.composer.stop_requested.connect(session.stop)
        self.composer.stack.adapters_wanted.connect(self.adapters_wanted)
        self.composer.stack.compare_wanted.connect(self._compare)
        self.mixer.refused.connect(self._on_refused)
        self.mixer.accepted.connect(self._on_stack_accepted)
        self.composer.edited.connect(lambda: session.set_draft(self.composer.text()))
        transcript = self.transcript
        transcript.regenerate_requested.connect(self._with_message(session.regenerate))
        transcript.compare_requested.connect(self._with_message(session.compare))
        transcript.delete_requested.connect(self._with_message(session.delete))
        transcript.continue_requested.connect(self._with_message(session.resume))
        transcript.version_requested.connect(self._with_message(session.step_version))
        transcript.rating_requested.connect(self._with_message(session.ratings.rate))
        transcript.edited.connect(self._edit)
        for shown in (transcript, self.comparison):
            shown.link_activated.connect(lambda url: ask_before_opening(self, url))
        transcript.earlier_wanted.connect(self._show_earlier)
        transcript.later_wanted.connect(self._show_later)
        transcript.latest_wanted.connect(session.reopen)
        self.comparison.keep_requested.connect(self._keep)
        self.comparison.stop_requested.connect(session.stop_one)
        self.comparison.end_requested.connect(session.end_comparison)
        self._escape.activated.connect(self._stop_or_end)

    def _keep(self, message_id: int) -> None:
        if (card := self.comparison.card(message_id)) is not None:
            self._session.keep(card.message)

    def _stop_or_end(self) -> None:
        """Stop what is being written; with nothing to stop, go back from the comparison to the chat."""
        if self._session.status != Status.IDLE:
            self._session.stop()
        else:
            self._session.end_comparison()

    def start_new(self) -> None:
        """Open an empty chat."""
        self.list.leave_trash()
        self._session.start_new()

    def use_model(self, model: Model) -> None:
        """Chat with this model from now on."""
        self._session.use_model(model)
        self.composer.edit.setFocus()

    def _open(self, conversation_id: int, message_id: int | None) -> None:
        self._session.open(conversation_id, message_id)
        if self.frame.is_narrow:
            self.list.hide()

    def search(self) -> None:
        """Let the person search all chats."""
        self.list.show()
        self.list.search.setFocus()
        self.list.search.selectAll()

    def _send(self, text: str, other_stack: Stack | None = None) -> None:
        self._shows_error = False
        if self._session.model is None:
            self._on_refused(
                UserError("There is no model to answer yet.", "Choose one above, or add one under Models.")
            )
            return
        self.mixer.settle()
        self._session.send(text, other_stack)

    def _compare(self, other_stack: Stack) -> None:
        """Have what is typed answered under both stacks, or else the last answer written once more under the other."""
        answer = next(iter(self.transcript.messages()[-1:]), None)
        if text := self.composer.text().strip():
            self._send(text, other_stack)
        elif answer is not None and answer.role == Role.ASSISTANT:
            self.mixer.settle()
            self._session.compare(answer, other_stack)
        else:
            self.composer.show_status("Write the message that is to be answered under both stacks first.")
            self.composer.edit.setFocus()

    def _on_stack_accepted(self) -> None:
        self._shows_error = False
        self._show_note()

    def _edit(self, message_id: int, text: str) -> None:
        message, view = self.transcript.message(message_id), self.transcript.view(message_id)
        if message is None:
            return
        self.composer.edit.setFocus()
        if message.role == Role.USER and self._session.status != Status.IDLE and view is not None:
            view.begin_edit(text)  # what was written is not lost because it comes too early
        self._session.edit(message, text)

    def _suggest(self, text: str) -> None:
        edit = self.composer.edit
        if self.composer.text() in dict(SUGGESTIONS).values():  # else it is the person's, and stays
            edit.selectAll()
        edit.insertPlainText(text)
        edit.setFocus()

    def _with_message(self, do: Callable[..., None]) -> Callable[..., None]:
        """Return a slot for a message's number, and more, that does something with the message."""

        def slot(message_id: int, *more: object) -> None:
            message = self.transcript.message(message_id)
            if message is not None:
                do(message, *more)

        return slot

    def _show_earlier(self) -> None:
        first = self.transcript.first_index
        self._session.read_messages(max(0, first - EARLIER), first, self.transcript.prepend)

    def _show_later(self) -> None:
        last = self.transcript.first_index + len(self.transcript.messages())
        self._session.read_messages(last, last + EARLIER, self.transcript.append_later)

    # ------------------------------------------------------------ construction

    def _composer_row(self) -> QHBoxLayout:
        """Return a row in which what is typed begins and ends where the transcript's text does."""
        row = QHBoxLayout()
        scroll_bar = self.transcript.verticalScrollBar().sizeHint().width()
        row.setContentsMargins(scale.SPACE_16, scale.SPACE_8, scale.SPACE_16 + scroll_bar, scale.SPACE_16)
        row.addStretch(1)
        row.addWidget(self.composer, 1000)
        row.addStretch(1)
        self._fit_composer()
        theme().changed.connect(self._fit_composer)
        return row

    def _fit_composer(self) -> None:
        self.composer.setMaximumWidth(theme().column() + 2 * scale.SPACE_16)

    def _lay_out(self) -> None:
        self._middle.addWidget(self.welcome)
        self._middle.addWidget(self.transcript)
        self._middle.addWidget(self.comparison)
        chat = QWidget()
        within_page = Qt.ShortcutContext.WidgetWithChildrenShortcut
        self._escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), self, context=within_page)
        column = QVBoxLayout(chat)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addWidget(self._middle, 1)
        column.addLayout(self._composer_row())
        self.frame = ChatFrame(self.list, chat, self)
        self.frame.add_panel(self.header.options_button, self.options)
        self.frame.add_panel(self.composer.stack.mix, self.mix)
        self.frame.folded.connect(self.header.list_button.setVisible)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.frame)
