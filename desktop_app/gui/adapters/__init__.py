"""Widgets for adapters: their page, and the stack beside the message box with what can be done with it."""
