"""What is in the frozen program."""


def inside(trial):
    return ""
