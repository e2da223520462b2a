"""A bundle as PyInstaller lays it out, with files that only begin like machine code."""

from pathlib import Path

CODE, SEVERAL = b"\xcf\xfa\xed\xfe code", b"\xca\xfe\xba\xbe code for several processors"


def make_bundle(path: Path) -> Path:
    """Make one with libraries, a framework, the bundled uv, data, and links between all of them."""
    contents = path / "Contents"
    files = {
        "Info.plist": b"<plist/>",
        "MacOS/Moatless": SEVERAL,
        "Frameworks/bin/uv": CODE,
        "Frameworks/llama_cpp/lib/libllama.dylib": CODE,
        "Frameworks/PySide6/QtCore.abi3.so": SEVERAL,
        "Frameworks/PySide6/Qt/lib/QtCore.framework/Versions/A/QtCore": SEVERAL,
        "Frameworks/PySide6/Qt/lib/QtCore.framework/Versions/A/Resources/Info.plist": b"<plist/>",
        "Resources/assets/moatless.svg": b"<svg/>",
        "Resources/desktop_app/trainer/__main__.py": b"",
    }
    for name, content in files.items():
        contents.joinpath(name).parent.mkdir(parents=True, exist_ok=True)
        contents.joinpath(name).write_bytes(content)
    framework = contents / "Frameworks" / "PySide6" / "Qt" / "lib" / "QtCore.framework"
    framework.joinpath("Versions", "Current").symlink_to("A")
    framework.joinpath("QtCore").symlink_to(Path("Versions", "Current", "QtCore"))
    contents.joinpath("Frameworks", "QtCore").symlink_to(framework.relative_to(contents / "Frameworks") / "QtCore")
    contents.joinpath("Frameworks", "assets").symlink_to(Path("..", "Resources", "assets"))
    contents.joinpath("Resources", "uv").symlink_to(Path("..", "Frameworks", "bin", "uv"))
    return path
