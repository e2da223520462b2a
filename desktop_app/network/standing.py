"""What secures connections and secrets on this computer, found out without connecting to anybody."""

import sys

import httpx2
import keyring


def certificates() -> str:
    """Return whom connections believe; what cannot be loaded raises what the system says."""
    context = httpx2.create_ssl_context()
    if sys.platform in ("win32", "darwin"):
        return "those of the system"
    return f"{context.cert_store_stats()['x509']} loaded, others as they are needed"


def keychain() -> str:
    """Return what the keychain is called that a token would be kept in; nothing is asked of it."""
    return keyring.get_keyring().name
