"""Records what sentence-transformers answers for models of whole words.

    python tests/parity/record_words.py

runs in an environment that holds torch, sentence-transformers and nltk. Makes ``words/`` anew: a
folder for each tiny model, and ``expected.npz``.
"""

from __future__ import annotations

import json
import os
import shutil
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

os.environ["HF_HUB_OFFLINE"] = "1"  # the models are local; the library would ask all the same

import numpy as np
import torch
from old_layouts import write
from safetensors.numpy import load_file, save_file
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Dense, Normalize
from sentence_transformers.sentence_transformer.modules import (
    CNN,
    LSTM,
    BoW,
    Pooling,
    WordEmbeddings,
    WordWeights,
)
from sentence_transformers.sentence_transformer.modules.tokenizer import (
    PhraseTokenizer,
    TransformersTokenizerWrapper,
    WhitespaceTokenizer,
)
from texts import WORDS as TEXTS
from tiny_models import strengthen
from tokenizers_tiny import word_piece

HERE = Path(__file__).parent / "words"
WIDTH = 12
WORDS = (
    "PADDING_TOKEN cat cats Cat dog river RIVER stones small valley sea New York New_York "
    "New_York_City York_City new_moon moon City don't don café naïve façade ÇA C++ #tag u.s. 3.14 "
    "one two three four five six seven eight nine ten 漢字 state_of_the_art is"
).split()
STOP = ["the", "of", "The", "a", "?", "!"]
IDF = {"cat": 2.5, "river": 0.3, "new_york": 1.7, "sea": 0.0, "moon": 4.0, "ten": 1e-3, "no": 9.0}
PROMPT = "small river: "

First = Callable[[], torch.nn.Module]


def words(
    tokenizer: Callable[[], Any] = lambda: WhitespaceTokenizer(WORDS, stop_words=STOP),
    padding: bool = True,
    **options: Any,
) -> First:
    """WordEmbeddings; with `padding` the first vector is zeros, as in tables made from text files."""

    def make() -> WordEmbeddings:
        made = tokenizer()
        inner = getattr(made, "tokenizer", None)
        table = torch.randn(len(inner) if inner else len(WORDS), WIDTH)
        table[0] *= not padding
        return WordEmbeddings(made, table, **options)

    return make


def lowered() -> WhitespaceTokenizer:
    """One that makes the whole text lower case first."""
    return WhitespaceTokenizer(WORDS, stop_words=STOP, do_lower_case=True)


def phrases() -> PhraseTokenizer:
    """One that knows phrases of up to four words."""
    return PhraseTokenizer(WORDS, stop_words=STOP, max_ngram_length=4)


def pieces() -> TransformersTokenizerWrapper:
    """A subword tokenizer in front of the table.

    The library hands it a keyword that it does not take, so that such a model cannot encode; here
    the keyword is dropped.
    """
    take = TransformersTokenizerWrapper.tokenize
    if "kwargs" not in take.__code__.co_varnames:
        TransformersTokenizerWrapper.tokenize = lambda self, text, **kwargs: take(self, text)
    return TransformersTokenizerWrapper(word_piece())


def old(folder: Path) -> None:
    """The layout of version 2: old type strings, old names of widths."""
    entries = json.loads((folder / "modules.json").read_text("utf-8"))
    for entry in entries:
        name = entry["type"].rpartition(".")[2]
        entry["type"] = f"sentence_transformers.models.{name}"
    write(folder / "modules.json", entries)
    for file, key in (("*_LSTM/lstm_config.json", ""), ("*_CNN/cnn_config.json", "in_")):
        for path in folder.glob(file):
            config = json.loads(path.read_text("utf-8"))
            config[f"{key}word_embedding_dimension"] = config.pop(f"{key}embedding_dimension")
            config.pop("stride_sizes", None)
            write(path, config)
    path = folder / "wordembedding_config.json"
    config = json.loads(path.read_text("utf-8"))
    config["tokenizer_class"] = (
        "sentence_transformers.models.tokenizer.WhitespaceTokenizer.WhitespaceTokenizer"
    )
    write(path, config)


def other_weights(folder: Path) -> None:
    """A weight file of WordWeights that says something else than the configuration."""
    (file,) = folder.glob("*_WordWeights/model.safetensors")
    save_file({"emb_layer.weight": 7 + load_file(file)["emb_layer.weight"]}, file)


Rewrite = Callable[[Path], None]
Recipe = tuple[First, Sequence[torch.nn.Module], Rewrite]


def untouched(folder: Path) -> None:
    """As the library saved it."""


def _recipe(first: First, *after: torch.nn.Module, rewrite: Rewrite = untouched) -> Recipe:
    return first, after, rewrite


MODES = ["mean", "max", "mean_sqrt_len_tokens", "weightedmean", "lasttoken"]


def recipes() -> Mapping[str, Recipe]:
    """Every model, its modules fresh."""
    mean = Pooling(WIDTH, "mean")
    weights = WordWeights(WORDS, IDF, unknown_word_weight=0.6)
    means = Pooling(WIDTH, [mode for mode in MODES if mode != "max"])
    return {
        "mean": _recipe(words(), mean),
        "all-modes": _recipe(words(), Pooling(WIDTH, MODES)),
        "lowered": _recipe(words(lowered), mean, Normalize()),
        "short": _recipe(words(max_seq_length=4), mean),
        "phrases": _recipe(words(phrases), mean),
        "pieces": _recipe(words(pieces), mean),
        "weighted": _recipe(words(), weights, means),
        "weighted-other-file": _recipe(words(), weights, mean, rewrite=other_weights),
        "cnn": _recipe(words(), CNN(WIDTH, 10, [1, 3, 5]), Pooling(30, MODES)),
        "cnn-any-first-vector": _recipe(words(padding=False), CNN(WIDTH, 8, [3, 7]), Pooling(16, "max")),
        "lstm": _recipe(words(), LSTM(WIDTH, 9), Pooling(18, MODES)),
        "lstm-layers": _recipe(words(), LSTM(WIDTH, 7, num_layers=3), Pooling(14, "mean")),
        "lstm-one-way": _recipe(
            words(padding=False),
            LSTM(WIDTH, 7, num_layers=2, dropout=0.3, bidirectional=False),
            Pooling(7, "lasttoken"),
        ),
        "all-old": _recipe(
            words(),
            CNN(WIDTH, 6, [1, 3]),
            LSTM(12, 5),
            Pooling(10, "mean"),
            Dense(10, 6, activation_function=torch.nn.Tanh()),
            rewrite=old,
        ),
        "weighted-cnn-lstm": _recipe(
            words(), weights, CNN(WIDTH, 6, [1, 3]), LSTM(12, 5), Pooling(10, "mean")
        ),
        "bow": _recipe(lambda: BoW([*WORDS, "cat", "river"], IDF)),
        "bow-set": _recipe(
            lambda: BoW(WORDS, IDF, unknown_word_weight=0, cumulative_term_frequency=False)
        ),
        "bow-dense": _recipe(
            lambda: BoW(WORDS, IDF),
            Dense(len(WORDS), 8, activation_function=torch.nn.Tanh()),
            Normalize(),
        ),
    }  # fmt: skip


def build(name: str, recipe: Recipe) -> SentenceTransformer:
    """Saves a model through the library, rewrites it by hand, and reads it again."""
    first, after, rewrite = recipe
    torch.manual_seed(zlib.crc32(name.encode()))
    chain = [first(), *after]
    for module in chain[1:]:
        if not isinstance(module, WordWeights):
            strengthen(module)
    folder = HERE / name
    SentenceTransformer(modules=chain, device="cpu").save_pretrained(
        str(folder), create_model_card=False
    )
    rewrite(folder)
    return SentenceTransformer(str(folder), device="cpu", local_files_only=True)


def record(model: SentenceTransformer) -> dict[str, np.ndarray]:
    """Vectors one at a time and all at once, with a prompt, and those of single tokens."""
    texts = list(TEXTS.values())
    found = {
        "alone": model.encode(texts, batch_size=1),
        "together": model.encode(texts, batch_size=len(texts)),
        "prompt": model.encode(texts, batch_size=1, prompt=PROMPT),
        "dimension": np.array(model.get_embedding_dimension()),
        "max_seq_length": np.array(model.max_seq_length or 0),
    }
    for name, text in TEXTS.items():
        features = model.preprocess([text])
        if "attention_mask" in features and features["attention_mask"].any():
            (tokens,) = model.encode([text], output_value="token_embeddings")
            found[f"tokens/{name}"] = tokens.cpu().numpy()
    return found


def main() -> None:
    """Makes the folder anew."""
    torch.set_grad_enabled(False)
    shutil.rmtree(HERE, ignore_errors=True)
    HERE.mkdir()
    arrays = {"prompt": np.array(PROMPT)}
    for name, recipe in recipes().items():
        found = record(build(name, recipe))
        arrays |= {f"{name}/{key}": value for key, value in found.items()}
        print(name, found["alone"].shape, flush=True)
    np.savez_compressed(HERE / "expected.npz", **arrays)


if __name__ == "__main__":
    main()
