"""Signs the bundle from the inside out, as Apple asks: every piece of code by itself, then the bundle around them.

`codesign --deep` would sign in one go, but with the same entitlements for all and not all that there is; it is used to
check alone. Without an identity the signature is ad hoc: nobody's, but Apple's processors run nothing unsigned.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from installers.packaging.places import program
from installers.packaging.tools import run_tool

IDENTITY = "MOATLESS_MACOS_IDENTITY"  # variable: name or SHA-1 of a “Developer ID Application” certificate
AD_HOC = "-"
ENTITLEMENTS = Path(__file__).with_name("entitlements.plist")

# How files with machine code begin: for one processor of 64 bits, or for several.
_MACH_O = (b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf")


def identity() -> str:
    """Return whose signature it will be."""
    return os.environ.get(IDENTITY) or AD_HOC


def sign_bundle(bundle: Path) -> None:
    """Sign all code in a bundle, and the bundle; whatever signatures were there are replaced.

    Raises:
        UserError: If codesign refuses, or finds something unsigned afterwards.
    """
    # The hardened runtime loads only libraries of the same maker, and an ad hoc signature names no maker.
    runtime = () if identity() == AD_HOC else ("--options", "runtime")
    for path in inside_out(bundle):
        sign(path, *runtime)
    sign(bundle, *runtime, "--entitlements", str(ENTITLEMENTS))
    run_tool("codesign", "--verify", "--deep", "--strict", "--verbose=2", bundle)


def sign(path: Path, *options: str) -> None:
    """Sign one file, or one bundle or framework without what is in it."""
    who = identity()
    timestamp = "--timestamp=none" if who == AD_HOC else "--timestamp"
    run_tool("codesign", "--force", "--sign", who, timestamp, *options, path)


def inside_out(bundle: Path) -> list[Path]:
    """Return all that has to be signed before the bundle, what lies deepest first.

    The bundle's own program is not among them, because codesign signs the bundle by it.
    """
    main_program = program(bundle, "darwin")
    found = [path for path in _code(bundle) if path != main_program]
    return sorted(found, key=lambda path: (-len(path.parts), path))


def _code(bundle: Path) -> Iterator[Path]:
    """Yield files with machine code and the versions of frameworks. Links lead to what is found anyway."""
    for folder, folders, files in os.walk(bundle):
        here = Path(folder)
        if here.name == "Versions" and here.parent.suffix == ".framework":
            yield from (here / name for name in folders if not (here / name).is_symlink())
        yield from (here / name for name in files if not (here / name).is_symlink() and _is_code(here / name))


def _is_code(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) in _MACH_O
