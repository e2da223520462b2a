"""What the user can choose, declared once: type, default, limits, words. The settings page is built from `OPTIONS`."""

from typing import Any

from desktop_app.engine.choices import LoadSettings, SamplerSettings
from desktop_app.settings.option import MAX_PATH_CHARS, Choice, Decimal, Folder, Line, Option, Text, Toggle, Whole

APPEARANCE = "Appearance"
CHAT = "Chat"
MODEL = "Model"
MEMORY = "Memory"
ANSWERS = "Answers"
TEACHING = "Teaching"
MODEL_FILES = "Model files"
PRIVACY = "Privacy"

# What is to be said once about all options of a section.
SECTION_HELP = {MODEL: "These take effect when a model is loaded."}

_SAMPLER = SamplerSettings()
_LOAD = LoadSettings()
_MAX_PROMPT_CHARS = 100_000
_MAX_GPU_LAYERS = 513  # of llama.cpp, with the output


THEME = Choice(
    "theme",
    APPEARANCE,
    "Colors",
    "Light or dark, or whichever your system uses at the moment.",
    "system",
    (("system", "Like the system"), ("light", "Light"), ("dark", "Dark")),
)
TEXT_SIZE = Whole(
    "text_size",
    APPEARANCE,
    "Text size",
    "Steps larger or smaller than the text of your system.",
    0,
    -2,
    6,
)
SEND_KEY = Choice(
    "send_key",
    CHAT,
    "Send with",
    "The other one of the two, and Shift+Enter, begin a new line.",
    "enter",
    (("enter", "Enter"), ("ctrl_enter", "Ctrl+Enter")),
)
SUGGEST_TITLES = Toggle(
    "suggest_titles",
    CHAT,
    "Let the model suggest titles",
    "After the first answer the model names the conversation. Otherwise your first words are its title.",
    True,
)
SYSTEM_PROMPT = Text(
    "system_prompt",
    CHAT,
    "System prompt for new chats",
    "What the model should always know or do. Each chat can have its own.",
    "",
    _MAX_PROMPT_CHARS,
)
CONTEXT_LENGTH = Whole(
    "context_length",
    MODEL,
    "Context length",
    "How many tokens of a conversation the model sees at once; a token is about four letters. More takes more memory.",
    0,
    0,
    1_048_576,
    "Automatic",
)
GPU_LAYERS = Whole(
    "gpu_layers",
    MODEL,
    "Layers on the GPU",
    "How much of the model the graphics processor computes, where there is one. Automatic puts there what fits.",
    _LOAD.n_gpu_layers,
    -1,
    _MAX_GPU_LAYERS,
    "Automatic",
)
KV_TYPE = Choice(
    "kv_type",
    MODEL,
    "Precision of the KV cache",
    "How exactly the model remembers the conversation. Fewer bits take less memory; 4 bits cost some quality.",
    _LOAD.kv_type,
    (("auto", "Automatic"), ("f16", "16 bits"), ("q8_0", "8 bits"), ("q4_0", "4 bits")),
)
FLASH_ATTENTION = Choice(
    "flash_attention",
    MODEL,
    "Flash attention",
    "A way to compute that takes less memory and is fast on most graphics processors; a KV cache of less than 16 bits "
    "needs it.",
    _LOAD.flash_attention,
    (("auto", "Automatic"), ("on", "On"), ("off", "Off")),
)
THREADS = Whole(
    "threads",
    MODEL,
    "Processor threads",
    "How many processor cores the model uses. Automatic follows how busy they are.",
    0,
    0,
    512,
    "Automatic",
)
SPECULATE = Toggle(
    "speculate",
    MODEL,
    "Guess ahead",
    "The model checks several guessed words at once, where that is faster. The guesses come from the text or from a "
    "much smaller model of the same family, if one is here; the answers stay as good.",
    _LOAD.speculate,
)
KEEP_STATES = Toggle(
    "keep_states",
    MEMORY,
    "Keep what the model has read",
    "A conversation that is opened again goes on at once, because the model need not read it again. What is kept is as "
    "private as the chat and is deleted with it.",
    True,
)
STATE_DISK_GB = Whole(
    "state_disk_gb",
    MEMORY,
    "Disk space for what it has read",
    "If more would be needed, what was not used for the longest time goes. Automatic is 4 GB, or a twentieth of the "
    "free disk if that is less.",
    0,
    0,
    1_000,
    "Automatic",
    "GB",
)
IDLE_MINUTES = Whole(
    "idle_minutes",
    MEMORY,
    "Let an idle model go after",
    "Its memory is free for other programs then. It is loaded again as soon as you write.",
    30,
    0,
    1_440,
    "Never",
    "min",
)
TEMPERATURE = Decimal(
    "temperature",
    ANSWERS,
    "Temperature",
    "Low for the most likely words, high for surprising ones. 0 always takes the likeliest.",
    _SAMPLER.temperature,
    0.0,
    2.0,
    0.05,
)
TOP_K = Whole(
    "top_k",
    ANSWERS,
    "Top-k",
    "Choose among this many of the likeliest tokens.",
    _SAMPLER.top_k,
    0,
    1000,
    "All",
)
TOP_P = Decimal(
    "top_p",
    ANSWERS,
    "Top-p",
    "Choose among the likeliest tokens that together reach this share of probability. 1 keeps all.",
    _SAMPLER.top_p,
    0.0,
    1.0,
    0.01,
)
MIN_P = Decimal(
    "min_p",
    ANSWERS,
    "Min-p",
    "Leave out tokens below this share of the likeliest one's probability. 0 leaves out none.",
    _SAMPLER.min_p,
    0.0,
    1.0,
    0.01,
)
REPEAT_PENALTY = Decimal(
    "repeat_penalty",
    ANSWERS,
    "Repeat penalty",
    "Makes words that have just been used less likely. 1 is off.",
    _SAMPLER.repeat_penalty,
    1.0,
    2.0,
    0.01,
)
MAX_TOKENS = Whole(
    "max_tokens",
    ANSWERS,
    "Longest answer",
    "An answer ends after this many tokens; without a limit, where the context is full.",
    _SAMPLER.max_tokens,
    0,
    1_048_576,
    "No limit",
)

GO_ON, PAUSE, WAIT = "go_on", "pause", "wait"  # while a model is being taught
TRAIN_CLOSED = Choice(
    "train_closed",
    TEACHING,
    "When the window is closed",
    "A model that is being taught can go on learning without the window, or pause until you say that it may go on.",
    GO_ON,
    ((GO_ON, "Go on teaching"), (PAUSE, "Pause")),
)
TRAIN_WHILE_CHATTING = Choice(
    "train_while_chatting",
    TEACHING,
    "While an answer is written",
    "Teaching always leaves the computer to other work. If it waits, answers are as fast as without it.",
    WAIT,
    ((GO_ON, "Go on gently"), (WAIT, "Wait")),
)
NOTIFY_TRAINED = Toggle(
    "notify_trained",
    TEACHING,
    "Notify me at the end",
    "Your system shows a notification when a model has been taught and this window is not in front.",
    True,
)

TRAINING_INDEX = Line(
    "training_index",
    TEACHING,
    "Package index",
    "Where the training environment of an installed Moatless gets its packages, for networks that have an index of "
    "their own. Empty is the usual one, pypi.org.",
    "",
    MAX_PATH_CHARS,
)
TRAINING_FOLDER = Folder(
    "training_folder",
    TEACHING,
    "Folder of packages",
    "For computers without network: the training environment is made of the packages in this folder, and no connection "
    "is made.",
    "",
)

WATCHED_FOLDER = Folder(
    "watched_folder",
    MODEL_FILES,
    "Watched folder",
    "Models in this folder, and in those inside it, come into the library by themselves. They are not copied.",
    "",
)
OFFLINE = Toggle(
    "offline",
    PRIVACY,
    "Offline",
    "While this is on, no connection of any kind is made. Chatting never needs one; only finding and downloading do.",
    False,
)
CHECK_FOR_UPDATES = Toggle(
    "check_for_updates",
    PRIVACY,
    "Look for new versions",
    "Once a day the page with the releases is asked which version is the newest. Nothing about you or this computer is "
    "sent, and nothing is installed by itself.",
    False,
)

OPTIONS: tuple[Option[Any], ...] = (
    THEME,
    TEXT_SIZE,
    SEND_KEY,
    SUGGEST_TITLES,
    SYSTEM_PROMPT,
    CONTEXT_LENGTH,
    GPU_LAYERS,
    KV_TYPE,
    FLASH_ATTENTION,
    THREADS,
    SPECULATE,
    KEEP_STATES,
    STATE_DISK_GB,
    IDLE_MINUTES,
    TEMPERATURE,
    TOP_K,
    TOP_P,
    MIN_P,
    REPEAT_PENALTY,
    MAX_TOKENS,
    TRAIN_CLOSED,
    TRAIN_WHILE_CHATTING,
    NOTIFY_TRAINED,
    TRAINING_INDEX,
    TRAINING_FOLDER,
    WATCHED_FOLDER,
    OFFLINE,
    CHECK_FOR_UPDATES,
)
