"""Tiny models of whole words: their first modules as data, and the modules that stand behind them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from isomorph.encoders.tensors import Shapes
from isomorph.testing.tokenizer import vocabulary, write_tokenizer

_TOKENIZERS = "sentence_transformers.models.tokenizer"
_CLASSES = {
    "whitespace": f"{_TOKENIZERS}.WhitespaceTokenizer.WhitespaceTokenizer",
    "": f"{_TOKENIZERS}.WordTokenizer.TransformersTokenizerWrapper",
}


@dataclass(frozen=True, slots=True)
class Words:
    """A WordEmbeddings module: how its text is split, as `Text.words` says it, and its width."""

    split: str = "whitespace"
    width: int = 24

    @property
    def type(self) -> str:
        """The class reference that ``modules.json`` gets."""
        return "sentence_transformers.models.WordEmbeddings"

    @property
    def path(self) -> str:
        """The folder of the module."""
        return "0_WordEmbeddings"

    @property
    def shapes(self) -> Shapes:
        """The table, one row a word."""
        return {"emb_layer.weight": (len(vocabulary()), self.width)}

    def write(self, place: Path) -> None:
        """Writes everything but the table."""
        config = {
            "tokenizer_class": _CLASSES[self.split],
            "update_embeddings": False,
            "max_seq_length": 1_000_000,
        }
        _write_json(place / "wordembedding_config.json", config)
        if not self.split:
            write_tokenizer(place)
            return
        words = {"vocab": vocabulary(), "stop_words": ["the", "of"], "do_lower_case": False}
        _write_json(place / f"{self.split}tokenizer_config.json", words)


@dataclass(frozen=True, slots=True)
class Bag:
    """A BoW module."""

    cumulative: bool = True

    @property
    def type(self) -> str:
        """The class reference that ``modules.json`` gets."""
        return "sentence_transformers.models.BoW.BoW"

    @property
    def path(self) -> str:
        """The folder of the module."""
        return "0_BoW"

    @property
    def shapes(self) -> Shapes:
        """No tensors: the weights are configuration."""
        return {}

    def write(self, place: Path) -> None:
        """Writes the configuration."""
        config = {**weights(), "cumulative_term_frequency": self.cumulative}
        _write_json(place / "config.json", config)


def weights() -> dict[str, Any]:
    """A vocabulary with a weight for most words, as BoW and WordWeights store it."""
    words = vocabulary()
    known = {word: 0.25 + index % 7 / 2 for index, word in enumerate(words) if index % 5}
    return {"vocab": list(words), "word_weights": known, "unknown_word_weight": 0.7}


def cnn_shapes(wide: int, channels: int, sizes: tuple[int, ...]) -> Shapes:
    """The tensors of a CNN."""
    shapes: Shapes = {}
    for index, size in enumerate(sizes):
        shapes[f"convs.{index}.weight"] = (channels, wide, size)
        shapes[f"convs.{index}.bias"] = (channels,)
    return shapes


def lstm_shapes(wide: int, hidden: int, layers: int, both_ways: bool) -> Shapes:
    """The tensors of an LSTM."""
    shapes: Shapes = {}
    ways = ("", "_reverse") if both_ways else ("",)
    for layer in range(layers):
        for way in ways:
            shapes[f"encoder.weight_ih_l{layer}{way}"] = (4 * hidden, wide)
            shapes[f"encoder.weight_hh_l{layer}{way}"] = (4 * hidden, hidden)
            shapes[f"encoder.bias_ih_l{layer}{way}"] = (4 * hidden,)
            shapes[f"encoder.bias_hh_l{layer}{way}"] = (4 * hidden,)
        wide = hidden * len(ways)
    return shapes


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2), "utf-8")
