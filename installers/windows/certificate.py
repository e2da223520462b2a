"""Gives a release machine what it signs with: `python -m installers.windows.certificate`, which its workflow runs.

The certificate comes from a secret and goes into the store of the machine's user. One whose key is in a device or with
a service is put into the store by the maker's own program; then only the variable that signtool.py reads is set.
"""

import base64
import os
import sys
import tempfile
from pathlib import Path

from desktop_app.errors import UserError
from installers.packaging.tools import run_tool

# Variables that the workflow fills with secrets: a .pfx file in base64, and its password.
CERTIFICATE, PASSWORD = "WINDOWS_CERTIFICATE", "WINDOWS_CERTIFICATE_PASSWORD"


def main() -> int:
    """Import it; return the exit status."""
    if not os.environ.get(CERTIFICATE):
        print("There is no certificate to import.")
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch, "certificate.pfx")
        file.write_bytes(base64.b64decode(os.environ[CERTIFICATE]))
        try:
            run_tool("certutil", "-user", "-p", os.environ[PASSWORD], "-importpfx", file, "NoRoot")
        except UserError as error:
            print(error, file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
