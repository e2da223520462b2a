"""The person's Hub token: in the keychain of the system and nowhere else; without one, in memory until the end."""

import logging
from enum import Enum

import keyring
from keyring.errors import KeyringError

from desktop_app.errors import UserError

_SERVICE, _NAME = "Moatless", "Hugging Face token"

_log = logging.getLogger(__name__)


class Kept(Enum):
    """Where the token is."""

    NOWHERE = "nowhere"
    KEYCHAIN = "keychain"
    MEMORY = "memory"


class HubToken:
    """May be used from any thread. A keychain may ask the person and keep its caller waiting: never in the window's."""

    def __init__(self) -> None:
        self._in_memory = ""

    def get(self) -> str:
        """Return the token, or an empty text."""
        return self._in_memory or self._in_keychain()

    def kept(self) -> Kept:
        if self._in_memory:
            return Kept.MEMORY
        return Kept.KEYCHAIN if self._in_keychain() else Kept.NOWHERE

    def set(self, token: str) -> Kept:
        """Keep a token in place of the one before; an empty one forgets it. Return where it is kept.

        Raises:
            UserError: If it cannot be one; the one before stays.
        """
        token = token.strip()
        # With any other letter in it, no request could be sent, and what says so would quote it.
        if not all("!" <= letter <= "~" for letter in token):
            raise UserError(
                "This does not look like a token of the Hub.", "Copy it again from the page of your tokens."
            )
        self._in_memory = ""
        try:
            if token:
                keyring.set_password(_SERVICE, _NAME, token)
            elif self._in_keychain():
                keyring.delete_password(_SERVICE, _NAME)
        except (KeyringError, OSError, RuntimeError) as error:
            _log.info("no keychain: %s", type(error).__name__)
        if token and self._in_keychain() != token:  # a keychain that is none takes everything and keeps nothing
            self._in_memory = token
        return self.kept()

    def _in_keychain(self) -> str:
        try:
            return keyring.get_password(_SERVICE, _NAME) or ""
        except (KeyringError, OSError, RuntimeError) as error:
            _log.info("no keychain: %s", type(error).__name__)
            return ""
