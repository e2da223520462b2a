"""The trainer: teaches a model in a process of its own that is given a run folder and nothing else.

It needs torch, NumPy and psutil. It imports nothing else of this program, and its modules import each other
relatively, because the Python of a training environment, or of a bigger machine, runs this folder by itself:
`python desktop_app/trainer RUN_FOLDER`. The program in turn imports only the modules that do without torch:
`contract`, `parity`, `memory` and `ggml_library`.
"""
