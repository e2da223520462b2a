"""Sentences for model files that are damaged, cut off or something else altogether, and names fit to stand in them."""

import re
from pathlib import Path

from desktop_app.errors import UserError

HEAD_BYTES = 512  # enough to tell what a file is

_LONGEST_SHOWN = 60
_CHOOSE = "Choose a file whose name ends in .gguf."
_OTHER = "Download it again, or choose another file."
_AGAIN = "Download the model file itself, then add it."
_CONVERT = "Look for a GGUF version of this model; its file name ends in .gguf."
_MAGICS = (
    (b"PK\x03\x04", "is a PyTorch file or another zip archive, not a GGUF model", _CONVERT),
    (b"\x80\x02", "is a PyTorch file, not a GGUF model", _CONVERT),
    (b"\x80\x03", "is a PyTorch file, not a GGUF model", _CONVERT),
    (b"\x80\x04", "is a PyTorch file, not a GGUF model", _CONVERT),
    (b"\x89HDF", "is a Keras file, not a GGUF model", _CONVERT),
    (b"\x1f\x8b", "is a compressed archive, not a GGUF model", "Unpack it and choose the .gguf file inside."),
    (b"7z\xbc\xaf", "is a compressed archive, not a GGUF model", "Unpack it and choose the .gguf file inside."),
    (b"lmgg", "is in the format that came before GGUF, which is not supported any more", _CONVERT),
    (b"fmgg", "is in the format that came before GGUF, which is not supported any more", _CONVERT),
    (b"tjgg", "is in the format that came before GGUF, which is not supported any more", _CONVERT),
    (b"algg", "is an adapter in the format that came before GGUF, which is not supported any more", _CONVERT),
    (b"version https://git-lfs", "is only a pointer to a model that Git keeps elsewhere, not the model", _AGAIN),
)


class Truncated(UserError):
    """The end of a file is missing."""


def shown_name(path: Path) -> str:
    """Return a file's name for a sentence; bytes that are no text (possible on Linux) become question marks."""
    return path.name.encode("utf-8", errors="replace").decode()


def utf8_path(path: Path) -> Path:
    """Return the path, if it is text: nothing could keep it or be told of it otherwise.

    Raises:
        UserError: If it is none, which is possible on Linux.
    """
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        raise UserError(
            f"The name of “{shown_name(path)}”, or of its folder, is not text in UTF-8, so it could not be used.",
            "Rename it, then try again.",
        ) from error
    return path


def shown_text(text: str) -> str:
    """Return a text out of a file for a sentence: printable and not long."""
    printable = "".join(character if character.isprintable() else "?" for character in text[:_LONGEST_SHOWN])
    return printable + ("…" if len(text) > _LONGEST_SHOWN else "")


def damaged(name: str, detail: str) -> UserError:
    """Return the error for a file that cannot have been written like this."""
    return UserError(f"“{name}” is damaged: {detail}.", _OTHER)


def truncated(name: str, what_is_there: str) -> Truncated:
    """Return the error for a file whose end is missing."""
    return Truncated(
        f"“{name}” is truncated: {what_is_there}, so the download was probably cut off.",
        "Download it again, or let the download finish.",
    )


def not_a_gguf(name: str, head: bytes) -> UserError:
    """Return the error for a file that does not begin like a GGUF.

    Args:
        name: The file's name as shown to the person.
        head: Its first `HEAD_BYTES` bytes, or all it has.
    """
    if not head:
        return UserError(f"“{name}” is empty.", "Download it again.")
    for magic, kind, hint in _MAGICS:
        if head.startswith(magic):
            return UserError(f"“{name}” {kind}.", hint)
    if re.match(rb"(\xef\xbb\xbf)?\s*<(!doctype|html|head|\?xml)", head, re.IGNORECASE):
        return UserError(f"“{name}” is a web page that was saved in place of a model.", _AGAIN)
    if head[8:9] == b"{" and int.from_bytes(head[:8], "little") < 1 << 27:
        return UserError(f"“{name}” is a safetensors file, not a GGUF model.", _CONVERT)
    if not head.strip(b"\0"):
        return UserError(f"“{name}” has nothing in it yet; its download never got going.", "Download it again.")
    hint = _OTHER if name.lower().endswith(".gguf") else _CHOOSE
    if all(byte >= 32 or byte in b"\t\n\r" for byte in head):
        return UserError(f"“{name}” is a text file, not a model.", hint)
    return UserError(f"“{name}” is not a GGUF model.", hint)
