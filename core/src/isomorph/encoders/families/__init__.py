"""One file a family: `MODEL_TYPES`, and `describe(config) -> Encoder`. Defaults are transformers'.

A family made after code outside of transformers lists in `PUBLISHED` how ``auto_map`` names that code.
"""

FILES = (
    "bert",
    "roberta",
    "distilbert",
    "electra",
    "albert",
    "mpnet",
    "deberta_v2",
    "modernbert",
    "nomic_bert",
    "gte",
    "t5",
    "llama",
    "mistral",
    "qwen2",
    "qwen3",
    "gemma3",
)
