"""Which model architectures the engine can chat with: facts of the llama.cpp inside llama-cpp-python 0.3.36.

The names are `general.architecture` of a GGUF file and come from `src/llama-arch.cpp` of llama.cpp 0c1e570. Left out
of `CHAT` although llama.cpp knows them, because they do not write an answer token by token: models that make
embeddings, that write speech, that see for another model, that guess ahead for another model, that fill in a whole
text at once (diffusion), and T5, whose encoder would have to be run first (native code aborts if it is not). `gptj`
has a name there but no code.
"""

LLAMA_CPP_PYTHON = "0.3.36"

_CHAT_NAMES = """
afmoe apertus arcee arctic arwkv7 baichuan bailingmoe bailingmoe2 bailingmoe3 bitnet bloom chameleon chatglm
codeshell cogvlm cohere2 cohere2moe command-r dbrx deci deepseek deepseek2 deepseek2-ocr deepseek32 deepseek4 dots1
dots3note ernie4_5 ernie4_5-moe exaone exaone-moe exaone4 falcon falcon-h1 gemma gemma2 gemma3 gemma3n gemma4
glm-dsa glm4 glm4moe glm5-next gpt-oss gpt2 gptneox granite granite_swa granitehybrid granitemoe graniteswitch grok
grovemoe hrm_text hunyuan-dense hunyuan-moe hunyuan_vl hy_v3 hy_v4 internlm2 jais jais2 jamba kimi-k3 kimi-linear
laguna lfm2 lfm2moe llama llama4 maincoder mamba mamba2 maple mellum mimo2 minicpm minicpm3 minimax-01 minimax-m2
minimax-m3 mistral3 mistral4 mpt muse-glimmer nanbeige nemotron nemotron_h nemotron_h_moe olmo olmo2 olmoe openelm
orion paddleocr pangu-embedded phi2 phi3 phimoe plamo plamo2 plamo3 plm qwen qwen2 qwen2moe qwen2vl qwen3 qwen35
qwen35moe qwen3moe qwen3next qwen3vl qwen3vlmoe qwen4exp refact rwkv6 rwkv6qwen2 rwkv7 seed_oss smallthinker
smollm3 spark2_5 stablelm starcoder starcoder2 step35 talkie xverse
"""
CHAT = frozenset(_CHAT_NAMES.split())

# Their memory of the conversation has a fixed size, whatever the context length.
RECURRENT = frozenset({"arwkv7", "mamba", "mamba2", "rwkv6", "rwkv6qwen2", "rwkv7"})

_EMBEDDING = "turns text into numbers for searching"
_SPEECH = "writes speech"
_DRAFT = "only guesses ahead for a larger model"
_DIFFUSION = "fills in a whole text at once"

# What the others do, to be said in a sentence.
OTHER = {
    "bert": _EMBEDDING,
    "modern-bert": _EMBEDDING,
    "nomic-bert": _EMBEDDING,
    "nomic-bert-moe": _EMBEDDING,
    "neo-bert": _EMBEDDING,
    "jina-bert-v2": _EMBEDDING,
    "jina-bert-v3": _EMBEDDING,
    "eurobert": _EMBEDDING,
    "gemma-embedding": _EMBEDDING,
    "llama-embed": _EMBEDDING,
    "wavtokenizer-dec": _SPEECH,
    "qwen3tts": _SPEECH,
    "pockettts": _SPEECH,
    "gemma4-assistant": _DRAFT,
    "eagle3": _DRAFT,
    "dflash": _DRAFT,
    "dream": _DIFFUSION,
    "llada": _DIFFUSION,
    "llada-moe": _DIFFUSION,
    "rnd1": _DIFFUSION,
    "t5": "translates or sums up a given text",
    "t5encoder": _EMBEDDING,
}
