"""A small folder that looks like the frozen program, for the packages that are made of one."""

PROGRAM = """\
#!/bin/sh
echo "started with $*" >> "$HOME/calls.txt"
"""


def make_frozen_folder(folder):
    """Return a frozen folder with a program that notes what it is asked, `uv`, a library and a link."""
    inside = folder / "_internal"
    for name, text, mode in (
        ("moatless", PROGRAM, 0o700),
        ("_internal/bin/uv", "#!/bin/sh\n", 0o755),
        ("_internal/libone.so.1", "a library", 0o755),
        ("_internal/assets/licenses.json", "[]", 0o600),
    ):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
    inside.joinpath("libone.so").symlink_to("libone.so.1")
    return folder


def write_pngs(folder, sizes):
    """Stand for the drawing of icons, which needs Qt."""
    folder.mkdir(parents=True, exist_ok=True)
    for size in sizes:
        folder.joinpath(f"{size}.png").write_text(f"a picture of {size} pixels")
