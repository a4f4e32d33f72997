"""Records what model2vec answers for folders in its own layout.

    python tests/parity/record_model2vec.py

runs in an environment that holds model2vec==0.10.0. Makes ``model2vec/`` anew: a few tiny folders,
each with ``config.json`` and no ``modules.json``, and ``expected.npz``.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
from model2vec import StaticModel
from model2vec.quantization import DType, quantize_embeddings
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers

HERE = Path(__file__).parent / "model2vec"
WIDTH = 12
WORDS = "the a of cat dog bird sun rain sea sat ran sang red blue old new river stones".split()
TEXTS = (
    "the cat sat",
    "",
    "cat",
    "zebra the unheard cat qqq sang",  # words that the vocabulary does not hold
    "zebra",
    "the old red bird ran of the new blue sea a dog sang rain sun river stones the end",
)


def word_level() -> Tokenizer:
    """Whole words: what it does not know is [UNK]."""
    ids = {token: index for index, token in enumerate(("[PAD]", "[UNK]", *WORDS))}
    tokenizer = Tokenizer(models.WordLevel(ids, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    return tokenizer


def unigram() -> Tokenizer:
    """Pieces with scores, as SentencePiece's; the unknown token is known by its id alone."""
    pieces = [("<unk>", 0.0), *((f"▁{word}", -2.0 - 0.1 * i) for i, word in enumerate(WORDS))]
    pieces += [(letter, -9.0) for letter in "aeinorst▁"]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=0))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    return tokenizer


def tiny_models() -> dict[str, StaticModel]:
    """One for every trait of the format."""
    rng = np.random.default_rng(7)
    words, pieces = word_level(), unigram()
    count = words.get_vocab_size()
    table = rng.normal(0, 0.5, (count, WIDTH)).astype(np.float32)
    halves = quantize_embeddings(table, DType.Float16)
    bytes_ = quantize_embeddings(table, DType.Int8)
    clusters = rng.normal(0, 1, (7, WIDTH)).astype(np.float32)
    mapping = rng.integers(0, 7, count).astype(np.int32)
    weights = rng.uniform(0.1, 2.0, count)
    scored = rng.normal(0, 0.5, (pieces.get_vocab_size(), WIDTH)).astype(np.float32)
    return {
        "plain": StaticModel(table, words, max_length=None),
        "normalized-short": StaticModel(table, words, normalize=True, max_length=6),
        "float16": StaticModel(halves, words, normalize=True),
        "int8": StaticModel(bytes_, words),
        "clusters": StaticModel(clusters, words, weights=weights, token_mapping=mapping),
        "int8-clusters": StaticModel(
            quantize_embeddings(clusters, DType.Int8),
            words,
            weights=weights,
            token_mapping=mapping,
            normalize=True,
        ),
        "unigram": StaticModel(scored, pieces),
    }


def main() -> None:
    """Saves every model, drops its ``modules.json``, and keeps what the library answers."""
    shutil.rmtree(HERE, ignore_errors=True)
    HERE.mkdir()
    arrays = {"texts": np.array(TEXTS)}
    for name, model in tiny_models().items():
        folder = HERE / name
        model.save_pretrained(folder)
        for file in ("modules.json", "README.md"):
            (folder / file).unlink(missing_ok=True)
        again = StaticModel.from_pretrained(folder)
        # Its short cut drops characters before it counts tokens; tiny words would make that visible.
        again.median_token_length = 1000
        arrays[name] = again.encode(list(TEXTS)).astype(np.float32)
    np.savez_compressed(HERE / "expected.npz", **arrays)


if __name__ == "__main__":
    main()
