"""The training environment of a packaged program: a Python with torch, fetched when the person wants to train.

In a source checkout there is none: the Python that runs the program trains as well.
"""
