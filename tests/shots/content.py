"""Conversations worth a picture, stored through the program's own storage."""

import time

from desktop_app.engine.messages import AnswerFacts
from desktop_app.paths import DataFolder
from desktop_app.storage.chats import Chats
from desktop_app.storage.database import Database
from desktop_app.storage.records import MessageState, Role

DAY_S = 86_400
FACTS = AnswerFacts(
    prompt_tokens=412,
    reused_tokens=371,
    answer_tokens=318,
    omitted_messages=0,
    prefill_s=0.21,
    decode_s=7.4,
    time_to_first_token_s=0.24,
    finish_reason="stop",
    seed=1,
)
CSV_QUESTION = "People send me CSV files in which some rows are broken. How do I read them in Python?"
CSV_ANSWER = """\
Read it row by row and keep the bad rows apart, so that one broken line does not cost you the whole file.

```python
import csv
from pathlib import Path


def read_rows(path: Path) -> tuple[list[dict[str, str]], list[tuple[int, str]]]:
    \"\"\"Return the good rows, and line number and reason for each bad one.\"\"\"
    good, bad = [], []
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file, strict=True)
        for row in reader:
            if None in row or None in row.values():
                bad.append((reader.line_num, "wrong number of fields"))
            else:
                good.append(row)
    return good, bad
```

Three things to notice:

1. `utf-8-sig` swallows the mark that Excel puts at the start of a file.
2. `strict=True` makes the reader complain about stray quotes instead of guessing.
3. The line numbers let you tell the sender *which* rows to mend.

| Problem | What you get |
| --- | --- |
| too few fields | a `None` among the values |
| too many fields | a `None` among the keys |
| stray quote | `csv.Error` |
"""
LISBON_ANSWER = """\
<think>Three days, and they like walking. No list of sights; give a rhythm. Mention the tram, but early.</think>
Three days are enough for Lisbon if you let the hills set the pace.

**Day one: Alfama.** Take tram 28 before nine, when it is still a tram and not an attraction. Get off at \
*Portas do Sol*, look at the river for a while, then walk down and get lost; everything leads to the water.

**Day two: Belém.** The monastery opens at half past nine. Afterwards:

- custard tarts, warm, at the counter
- the tower from outside is enough
- back along the river by bicycle

**Day three: nothing planned.** Choose a *miradouro*, take a book, stay until the light goes.

> The best meal you will have is in a place without a menu in English.
"""


def store_conversations(folder: DataFolder) -> None:
    """Fill a data folder with some weeks of conversations."""
    folder.create()
    database = Database.open(folder.database)
    now = time.time()
    try:
        for age_days, title, asked, answered in (
            (40, "Sourdough that does not rise", "Why is my bread flat?", "Most often the starter is too young."),
            (
                16,
                "Kant in two sentences",
                "Explain Kant in two sentences.",
                "Act so that everyone could. Think so too.",
            ),
            (5, "Birthday poem for Jo", "A short poem for Jo, who likes tea.", "The kettle hums, the leaves unfold."),
            (1.1, "Letter to the tax office", "Help me ask for more time.", "Dear Sir or Madam, I kindly ask for ..."),
            (0.02, "Trip to Lisbon", "I have three days in Lisbon and like to walk. What should I do?", LISBON_ANSWER),
            (0.01, "Reading a CSV file safely", CSV_QUESTION, CSV_ANSWER),
        ):
            chats = Chats(database, lambda age_days=age_days: now - age_days * DAY_S)
            _store(chats, title, asked, answered)
        pinned = Chats(database).list_conversations()[-1]
        Chats(database).set_pinned(pinned.id, True)
    finally:
        database.close()


def _store(chats: Chats, title: str, asked: str, answered: str) -> None:
    conversation = chats.create()
    chats.rename(conversation.id, title)
    question = chats.add_message(conversation.id, None, Role.USER, asked)
    answer = chats.add_message(conversation.id, question.id, Role.ASSISTANT, "", model_name="SmolLM2-135M-Instruct")
    chats.write_answer(answer.id, answered, MessageState.DONE, facts=FACTS)
