"""LoRA adapters as files and as matrices: check, import, stack, flatten, merge. No Qt, no native model code."""
