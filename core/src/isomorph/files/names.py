"""Names of files that several rooms know."""

from __future__ import annotations

WEIGHTS = ("model.safetensors", "model.safetensors.index.json")
OLD_WEIGHTS = ("pytorch_model.bin", "pytorch_model.bin.index.json")
"""Pickled weights, which are read where there are no others."""

WEIGHT_PATTERN = "*.safetensors"
ADAPTER = "adapter_config.json"
ADAPTER_WEIGHTS = ("adapter_model.safetensors", "adapter_model.bin")
"""An adapter's settings and its weights, beside the weights that they change or alone."""

OLD_WEIGHT_PATTERNS = (
    *("pytorch_model*.bin", "pytorch_model*.bin.index.json", ADAPTER_WEIGHTS[1]),
)
ALL_WEIGHTS = (
    *(WEIGHTS[0], "model-*.safetensors", "model*.safetensors.index.json", *ADAPTER_WEIGHTS),
    *(OLD_WEIGHTS[0], "pytorch_model-*.bin", "pytorch_model*.bin.index.json"),
)
"""Names that weights of a model, their shards and adapters have, and no others."""
SPARSE_HEAD, COLBERT_HEAD = "sparse_linear.pt", "colbert_linear.pt"
"""Heads of FlagEmbedding's models, pickled, beside the weights."""

QUANTIZED_WEIGHTS = "quantized.safetensors"
"""Weights in fewer bits, in place of others. No other library takes them for numbers that they are not."""
ANY_WEIGHTS = (QUANTIZED_WEIGHTS, *WEIGHTS, *OLD_WEIGHTS)
"""Files of which a module with weights has at least one."""
QUANTIZED = "isomorph-quantized.json"
"""What a quantised model stores and computes, and what was measured of it."""

PROBES = "isomorph-probes.json"
"""Texts with the vectors that an exported model gave for them."""

TOKENIZER = "tokenizer.json"
VOCABULARIES = (
    *("vocab.txt", "vocab.json", "bpe.codes", "sentencepiece.bpe.model", "sentencepiece.model"),
    *("spiece.model", "tokenizer.model", "spm.model"),
)
"""Files of which a tokenizer without ``tokenizer.json`` has at least one."""
TOKENIZER_FILES = (
    *(TOKENIZER, "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"),
    *(*VOCABULARIES, "merges.txt", "source.spm", "target.spm"),
)
"""All files of tokenizers; `isomorph.preprocess.vocabulary.recipes` says which class reads which."""
