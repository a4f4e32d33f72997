"""One file a family: `MODEL_TYPES`, and `describe(config) -> Encoder`. Defaults are transformers'."""
