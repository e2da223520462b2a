"""Moatless: private chat with local models that a person can teach."""

__version__ = "0.1.0"
