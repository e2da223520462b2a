"""What the programs are asked: text of any length, a text to correct, and questions that are answered at length."""

import itertools

Messages = list[dict[str, str]]

_SENTENCE = "The ferry to the island leaves at seven and the baker on the quay sells bread to those who wait"
STORY = "Tell a long story about this island."
QUESTION = "Explain in several paragraphs how bread is made and why it rises."

# With one word spelled wrong.
LETTER = """\
Thank you for the parcel that came on Tuesday. The gloves fit well, and the children have already eaten most of the \
dried apples. We spent the first days of the month repairing the roof of the barn, because the storm in October had \
lifted eleven tiles and the hay below was begining to smell. Your brother held the ladder and complained about the \
cold, but he stayed until the last tile was in its place, and afterwards we drank tea beside the stove. The school \
has a new teacher. Her name is Helen Marsh, and she comes from a village near the coast where the winters are mild, \
so she was surprised by the depth of our snow. She has asked each family to lend a book for the winter. We chose \
the atlas that your father gave us, since nobody here has ever seen the maps of the southern islands. Peter wanted \
to keep it at home, but he changed his mind when he heard that his own name would be written on the list by the \
door. There is little other news. The mill was closed for a week while the wheel was mended. The price of flour \
went up and then came down again. Old Thomas sold his grey horse to a man from the valley and bought a clock \
instead, which strikes thirteen at noon and keeps his neighbors amused. If the road stays open we will come to see \
you in February, and we will bring two jars of honey and the blue blanket that you left behind in the summer. The \
doctor came over the hill last Sunday to look at the baby, who had coughed for three nights, and he found nothing \
worse than a cold. He drank two cups of coffee, told us about the flood at the harbor, and refused to take any \
money. In the evening the wind turned to the west and the stars came out, so we put on our coats and walked to the \
frozen lake with a lantern."""


def filler(words: int) -> str:
    return " ".join(itertools.islice(itertools.cycle(_SENTENCE.split()), words))


def question(text: str) -> Messages:
    """Return a conversation of one question."""
    return [{"role": "user", "content": text}]
