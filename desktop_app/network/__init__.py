"""All that leaves this computer passes here: nothing else in the program opens a connection.

`door` holds the offline switch and knows every open connection, `journal` lists them for the person, `client` is the
HTTP client that both are built into, `hub` speaks with the Hugging Face Hub through it, `token` keeps the Hub token,
`updates` asks for new versions of this program and `release` says what may be believed of them, `troubles` turns
failures into sentences.
"""

import os

# Read by huggingface_hub when it is imported. It would name the programs around this one to the Hub and ask it once a
# day which ones there are, send a token that other programs have left on this computer, and download through a library
# of its own whose connections could be neither listed nor cut.
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
os.environ["HF_HUB_DISABLE_IMPLICIT_TOKEN"] = "1"
os.environ["HF_HUB_DISABLE_XET"] = "1"
