"""One file a family: `MODEL_TYPES`, and `describe(config) -> Encoder`. Defaults are transformers'."""

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
