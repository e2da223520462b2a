"""Texts and conversations go to the engine in batches, of which nobody who reads a sentence knows."""

import pytest

from desktop_app.engine.messages import ChatMessage
from desktop_app.errors import UserError
from desktop_app.finetune.encoder import EngineEncoder
from tests.unit.finetune.fake_engine import FakeEngine


class Refusing(FakeEngine):
    """Accepts no system prompt, as some templates do, and numbers what it refuses as the engine does."""

    def events(self, *commands):
        for command in commands:
            for number, messages in enumerate(command.conversations, command.first):
                if messages[0].role == "system":
                    raise UserError(f"Nothing can be learned from conversation {number:,}.")
        yield from super().events(*commands)


def test_a_conversation_that_is_refused_is_called_by_its_number_among_all():
    fine = (ChatMessage("user", "word " * 400), ChatMessage("assistant", "Yes."))
    engine = Refusing()
    with pytest.raises(UserError, match="from conversation 1,000"):
        EngineEncoder(engine).chats([fine] * 999 + [(ChatMessage("system", "Be brief."), *fine)])
    assert len(EngineEncoder(engine).chats([fine] * 300)) == 300
