"""What the program is called outside of itself: in packages, in the menus of a desktop and where releases are."""

IDENTIFIER = "io.github.moatless.Moatless"
SUMMARY = "Private chat with local models that you can teach"
HOMEPAGE = "https://github.com/moatless/moatless"
# One file beside the packages of the newest release; see `network.updates`.
UPDATES_URL = f"{HOMEPAGE}/releases/latest/download/moatless-release.json"
