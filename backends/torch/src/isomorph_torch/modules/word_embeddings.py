"""A table of vectors for whole words."""

from __future__ import annotations

import torch
from torch import nn

from isomorph.contract import Module
from isomorph.errors import BadModel
from isomorph_torch import precision
from isomorph_torch.modules.layer import Kind, Layer, Tensors
from isomorph_torch.modules.source import Source

_TABLE = "emb_layer.weight"


class WordEmbeddings(Layer):
    """nn.Embedding, which is trained only where the model's file says so."""

    def __init__(self, module: Module, table: torch.Tensor) -> None:
        super().__init__(module)
        frozen = not module.config["update_embeddings"]
        self.emb_layer = nn.Embedding.from_pretrained(table, freeze=frozen)  # type: ignore[no-untyped-call]

    def forward(self, values: Tensors) -> Tensors:
        """Ids (B, T) -> (B, T, H)."""
        return {**values, self.writes[0]: self.emb_layer(values["input_ids"])}


def build(source: Source) -> WordEmbeddings:
    """Reads the table in the asked-for precision.

    Raises:
        BadModel: there is none.
    """
    tensors = source.tensors()
    if _TABLE not in tensors:
        raise BadModel(f"{source.folder} holds no tensor {_TABLE!r}.")
    table = tensors[_TABLE].to(precision.to_torch(source.options.arithmetic))
    return WordEmbeddings(source.module, table)


def obstacle(source: Source) -> str:
    """The table must be there; how wide it is, only the table says."""
    return source.lacks({_TABLE: source.module.config["shape"] or ()})


KIND = Kind(("word_embeddings",), build, obstacle)
