"""StaticEmbedding: a table of token vectors and its tokenizer, alone and in a loaded model."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import torch
from tokenizers import Tokenizer

from isomorph import parts
from isomorph.model.graph import Module
from isomorph_dropin.modules.alone import Alone
from isomorph_dropin.modules.bases import InputModule
from isomorph_dropin.modules.calling import read_module, run
from isomorph_dropin.modules.drawn import of_table

_VECTOR = "sentence_embedding"


class StaticEmbedding(Alone, parts.StaticEmbedding, InputModule):
    """A table of token vectors and its tokenizer."""

    __module__ = "sentence_transformers.sentence_transformer.modules.static_embedding"

    def __init__(
        self,
        tokenizer: Any,
        embedding_weights: Any = None,
        embedding_dim: int | None = None,
        base_model: str | None = None,
    ) -> None:
        """As isomorph's part; `embedding_dim` alone draws the vectors. `base_model` is for model cards."""
        own = getattr(tokenizer, "backend_tokenizer", tokenizer)
        if isinstance(own, Tokenizer):
            own.no_padding()
            if embedding_weights is None and embedding_dim is not None:
                embedding_weights = of_table(own.get_vocab_size(), embedding_dim)
        super().__init__(own, embedding_weights, embedding_dim)
        self.__dict__["base_model"] = base_model

    @classmethod
    def _of(cls, folder: Path) -> Self:
        module, weights = read_module(cls._kind.name, folder)
        table = run(module, folder, weights, _each(module))[_VECTOR]
        return cls(Tokenizer.from_file(str(folder / "tokenizer.json")), table)

    def _model_of_it(self) -> Any:
        """A model of the table alone."""
        from isomorph_dropin.faces.sentence_transformer import SentenceTransformer

        return SentenceTransformer(modules=[self], preload=False)

    @property
    def embedding(self) -> torch.nn.EmbeddingBag:
        """The vectors by token id, each with its weight, as a module of torch: a copy.

        `weight` of it is (tokens, dim), float32.
        """
        rows = self._loaded.forward(dict(_each(self._loaded._data)))[_VECTOR]
        return torch.nn.EmbeddingBag.from_pretrained(rows, freeze=False)

    @property
    def num_embeddings(self) -> int:
        """How many tokens have a vector."""
        return int(self._loaded._data.config["tokens"])

    @property
    def max_seq_length(self) -> float:
        """No limit."""
        return math.inf

    def get_embedding_dimension(self) -> int:
        """The width of the vectors."""
        width: int = self._loaded._data.config["shape"][-1]
        return width

    get_sentence_embedding_dimension = get_embedding_dimension

    def preprocess(self, inputs: Any, prompt: str | None = None, **kwargs: Any) -> Any:
        """The token ids of all texts, one behind the other, and where each begins."""
        return self._loaded.preprocess(inputs, prompt, **kwargs)

    tokenize = preprocess

    def forward(self, features: Mapping[str, Any], **kwargs: Any) -> Mapping[str, Any]:
        """The mean of the vectors of each text, (texts, dim)."""
        made: Mapping[str, Any] = self._loaded.forward(features)
        return made


def _each(module: Module) -> Mapping[str, Any]:
    """Features of as many texts as there are tokens, each of one token."""
    ids = torch.arange(int(module.config["tokens"]))
    return {"input_ids": ids, "offsets": ids}
