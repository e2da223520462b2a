"""Whatever a person does with a stack, the answer is what a fresh engine gives that has only ever known this stack."""

import os
import random
import signal
from contextlib import suppress

import pytest

from desktop_app.engine.messages import ChatMessage, Generate, Prefill
from desktop_app.errors import UserError
from tests.process.stack_steps import GREEDY, TEXT, Session, stacked
from tests.process.steps import collected
from tests.support.random_adapters import random_adapter

STEPS = 40
KINDS = ((), (), ("attn_q", "attn_v"), ("ffn_up", "ffn_down", "ffn_gate"), ("attn_output",))
RANKS = (4, 8, 16, 70, 3)
WORDS = ("the ferry", "leaves", "at seven", "bread", "for those who wait", "on the quay", "again", "why")


@pytest.fixture(scope="module")
def model(trained):
    return trained.tiny("llama")


@pytest.fixture(scope="module")
def adapters(model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("adapters")
    return [
        random_adapter(folder / f"{number}.gguf", model, rank, number, kinds)
        for number, (rank, kinds) in enumerate(zip(RANKS, KINDS, strict=True))
    ]


@pytest.fixture(scope="module")
def fresh(model):
    """An engine that loads the model anew for each question and has never seen anything else then."""
    with Session(model) as session:
        yield session


class Person:
    """Plays by chance with the stack and with two conversations."""

    def __init__(self, start, adapters, chance):
        self.start = start  # a new engine that finds what the one before has kept on disk
        self.session = start()
        self.adapters = adapters
        self.chance = chance
        self.stack = []  # [path, scale, is it on]
        self.used = [()]
        self.conversations = {1: [self.message()], 2: [self.message()]}
        self.conversation = 1

    @property
    def messages(self):
        return self.conversations[self.conversation]

    @property
    def acting(self):
        """The stack as the engine is told of it; what is off is told as 0 or not at all."""
        return stacked(*((path, scale if is_on else 0.0) for path, scale, is_on in self.stack))

    def message(self):
        return ChatMessage("user", " ".join(self.chance.choices(WORDS, k=self.chance.randint(3, 12))))

    # ------------------------------------------------------------ the stack

    def add(self):
        if len(self.stack) < 4:
            at = self.chance.randint(0, len(self.stack))
            self.stack.insert(at, [self.chance.choice(self.adapters), 1.0, True])

    def take_out(self):
        if self.stack:
            self.stack.pop(self.chance.randrange(len(self.stack)))

    def toggle(self):
        if self.stack:
            entry = self.chance.choice(self.stack)
            entry[2] = not entry[2]

    def move_slider(self):
        if self.stack:
            self.chance.choice(self.stack)[1] = self.chance.choice((0.0, 0.25, 0.5, 0.9, 1.1, 1.5, 2.0, -1.0))

    def reorder(self):
        self.chance.shuffle(self.stack)

    def go_back(self):
        self.stack = [[path, scale, True] for path, scale in self.chance.choice(self.used)]

    # ------------------------------------------------------------ the conversations

    def say_more(self):
        text, _ = self.session.answer(tuple(self.messages), self.acting, self.conversation)
        self.messages.extend((ChatMessage("assistant", text), self.message()))

    def edit(self):
        del self.messages[2 * self.chance.randrange((len(self.messages) + 1) // 2) :]
        self.messages.append(self.message())

    def change_conversation(self):
        self.conversation = 3 - self.conversation

    def ask_for_a_title(self):
        self.session.answer((*self.messages[:1], ChatMessage("user", "Give this a title.")), self.acting)

    def prepare(self):
        self.session.prepare(self.acting)

    # ------------------------------------------------------------ the engine

    def kill(self):
        """Kill the engine in the middle of an answer."""
        engine = self.session.engine
        command = Generate(engine.next_request(), tuple(self.messages), stack=self.acting, conversation=1)
        with suppress(UserError):
            for event in engine.events(command):
                if isinstance(event, Prefill):
                    os.kill(engine.process_id, signal.SIGKILL)
        engine.close()
        self.session = self.start()

    def restart(self):
        self.session.engine.close()
        self.session = self.start()


CHANGES = [Person.add] * 5 + [Person.move_slider] * 5 + [Person.toggle] * 3 + [Person.go_back] * 3
CHANGES += [Person.take_out, Person.reorder, Person.say_more, Person.say_more, Person.edit, Person.change_conversation]
CHANGES += [Person.ask_for_a_title, Person.prepare, Person.kill, Person.restart]


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in (1, 2))])
def test_every_answer_is_that_of_a_fresh_engine(model, adapters, fresh, tmp_path, seed):
    chance = random.Random(seed)
    person = Person(lambda: Session(model, tmp_path), adapters, chance)
    with person.session:
        done = []
        for _ in range(STEPS):
            change = chance.choice(CHANGES)
            change(person)
            done.append(change.__name__)
            messages, stack = tuple(person.messages), person.acting
            fresh.load()
            expected, plain = fresh.answer(messages, stack)
            found, facts = person.session.answer(messages, stack, person.conversation)
            assert found == expected, done
            assert facts.stack_fingerprint == plain.stack_fingerprint
            assert person.session.score(stack) == fresh.score(stack), done
            person.used.append([(path, scale) for path, scale, is_on in person.stack if is_on])
        person.session.engine.close()
    with Session(model) as session:
        assert session.answer(messages, stack)[0] == found


def test_several_stacks_beside_each_other_are_each_as_alone(model, adapters, fresh, tmp_path):
    chance = random.Random(9)
    with Session(model, tmp_path) as session:
        for _ in range(8):
            first, second = chance.sample(adapters, 2)
            stacks = [stacked((first, chance.choice((0.5, 1.0, 1.5))), (second, scale)) for scale in (0.5, 1.0, -1.0)]
            stacks += [stacked(first), ()]
            messages = (ChatMessage("user", TEXT[: chance.randint(20, 200)]),)
            commands = [
                Generate(session.engine.next_request(), messages, GREEDY, conversation=1, stack=stack)
                for stack in stacks
            ]
            found = collected(session.engine.events(*commands))
            for command, stack in zip(commands, stacks, strict=True):
                fresh.load()
                assert found[command.request][0] == fresh.answer(messages, stack)[0]
