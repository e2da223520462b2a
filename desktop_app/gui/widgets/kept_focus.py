"""Whoever works with the keyboard stays where they are when the button they pressed is hidden or disabled."""

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtWidgets import QWidget


@contextmanager
def kept_focus(owner: QWidget, *heirs: QWidget) -> Iterator[None]:
    """Hide, show, enable and disable some widgets without losing the keyboard's focus to another part of the window.

    Args:
        owner: They are in it. It has the focus as long as none of them can have it, and gives it to the next who can.
        heirs: Those of them that may have the focus, the one to prefer first.
    """
    had_focus = owner.hasFocus() or any(heir.hasFocus() for heir in heirs)
    yield
    if had_focus and not any(heir.hasFocus() for heir in heirs):
        able = (heir for heir in heirs if heir.isVisibleTo(owner) and heir.isEnabledTo(owner))
        next(able, owner).setFocus()
