"""Reads what `moatless selftest` says: each of its checks has to be well, and nothing else may have been said."""

import json
from typing import Any

from desktop_app.errors import UserError
from installers.trial.people import Done


def read_report(done: Done) -> dict[str, Any]:
    """Return what each check has found, by its name.

    Raises:
        UserError: If one of them failed, the last did not come, or the program had more to say.
    """
    checks = [_object(line) for line in done.stdout.splitlines()]
    if bad := [check for check in checks if not check.get("ok")]:
        raise UserError(f"The self-test has failed: {json.dumps(bad, ensure_ascii=False)}. {done.stderr.strip()}")
    found = {check["check"]: check["found"] for check in checks}
    if done.returncode or "versions" not in found:
        raise UserError(
            f"The self-test ended with status {done.returncode} after: {', '.join(found)}. {done.stderr.strip()}"
        )
    if surplus := done.stderr.strip():
        raise UserError(f"The self-test is well, but the program had more to say: {surplus}")
    if not found["versions"]["frozen"]:
        raise UserError("This was not the packaged program, but one of a checkout.")
    return found


def in_words(found: dict[str, Any]) -> str:
    """Return a report in a few words."""
    versions = found["versions"]
    modules = f" ({', '.join(versions['modules'])})" if versions["modules"] else ""
    return f"{len(found)} checks are well; Qt {versions['qt']}, llama.cpp {versions['llama.cpp']}{modules}"


def _object(line: str) -> dict[str, Any]:
    try:
        told = json.loads(line)
    except ValueError:
        told = None
    if not isinstance(told, dict) or "check" not in told:
        raise UserError(f"The self-test printed what is no check: {line[:200]}")
    return told
