"""The trainer's one kind of error that a person gets to read."""


class TrainerError(Exception):
    """Trouble of the world that can be told in a sentence.

    Args:
        sentence: What happened and what it means; whole sentences.
        hint: What the person can do now, or empty.
    """

    def __init__(self, sentence: str, hint: str = "") -> None:
        super().__init__(sentence if not hint else f"{sentence} {hint}")
        self.sentence = sentence
        self.hint = hint
