"""The packages for Linux: a Debian package, an archive for every distribution, an AppImage and a Flatpak manifest."""
