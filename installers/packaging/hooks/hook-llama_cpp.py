"""Tells PyInstaller of llama.cpp's libraries, which are loaded by their paths and in no import statement."""

from PyInstaller.utils.hooks import collect_dynamic_libs

binaries = collect_dynamic_libs("llama_cpp")
