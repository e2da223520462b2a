"""Shows a bundle or a disk image to Apple, and attaches the answer, so that a Mac without a network opens it too."""

import json
import os
import tempfile
from pathlib import Path

from desktop_app.errors import UserError
from installers.packaging.tools import ToolFailed, run_tool

# Variables: the file with a key of App Store Connect, the key's ID, and the ID of who issued it.
KEY, KEY_ID, ISSUER = "MOATLESS_NOTARY_KEY", "MOATLESS_NOTARY_KEY_ID", "MOATLESS_NOTARY_ISSUER"


def is_configured() -> bool:
    return all(os.environ.get(name) for name in (KEY, KEY_ID, ISSUER))


def notarize(path: Path) -> None:
    """Have a signed bundle or disk image accepted, which takes minutes.

    Raises:
        UserError: If it is not accepted; what Apple found was printed.
    """
    with tempfile.TemporaryDirectory() as scratch:
        sent = path
        if path.is_dir():  # ditto keeps links and what the signature is written in; other archivers do not
            sent = Path(scratch, f"{path.name}.zip")
            run_tool("ditto", "-c", "-k", "--keepParent", path, sent)
        answer = _submit(sent)
    # The tool ends well also when Apple has refused.
    if answer.get("status") != "Accepted":
        if "id" in answer:
            print(_notarytool("log", answer["id"]), flush=True)
        raise UserError(
            f"Apple did not accept {path.name}: {answer.get('status') or answer.get('message') or 'no answer'}.",
            "What is wrong with it was printed above. Mend it and build again.",
        )
    run_tool("xcrun", "stapler", "staple", path)


def _submit(path: Path) -> dict[str, str]:
    try:
        said = _notarytool("submit", str(path), "--wait", "--output-format", "json")
    except ToolFailed as error:
        if not error.output.strip():
            raise
        said = error.output
    try:
        answer = json.loads(said)
    except ValueError:
        return {"message": said.strip()}
    return answer if isinstance(answer, dict) else {}


def _notarytool(verb: str, *arguments: str) -> str:
    who = ["--key", os.environ[KEY], "--key-id", os.environ[KEY_ID], "--issuer", os.environ[ISSUER]]
    return run_tool("xcrun", "notarytool", verb, *arguments, *who)
