"""The mean of the vectors of a text's tokens, with no padding and no attention."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from isomorph.contract import Module
from isomorph.errors import BadModel
from isomorph_torch import precision
from isomorph_torch.files import save_tensors
from isomorph_torch.modules.layer import Kind, Layer, Tensors
from isomorph_torch.modules.source import Source


class StaticEmbedding(Layer):
    """nn.EmbeddingBag over ragged rows: a row without tokens gives zeros."""

    def __init__(self, module: Module, table: torch.Tensor) -> None:
        super().__init__(module)
        self._stored_name = module.config["table"]
        self.embedding = nn.EmbeddingBag.from_pretrained(table, freeze=False, mode="mean")

    def forward(self, values: Tensors) -> Tensors:
        """Ids (tokens,) and offsets (rows,) -> (rows, D), in at least float32."""
        x = self.embedding(values["input_ids"], values["offsets"])
        return {**values, self.writes[0]: precision.at_least_float32(x)}

    def save(self, folder: Path) -> None:
        """Writes the table under the name that it had: sentence-transformers' or model2vec's."""
        save_tensors({self._stored_name: self.embedding.weight}, folder)


def build(source: Source) -> StaticEmbedding:
    """Reads the table in the asked-for precision."""
    name = source.module.config["table"]
    table = source.tensors().get(name)
    if table is None:
        raise BadModel(f"{source.folder} holds no tensor {name!r}.")
    return StaticEmbedding(source.module, table.to(precision.to_torch(source.options.precision)))


def obstacle(source: Source) -> str:
    """The table must be there."""
    config = source.module.config
    return source.lacks({config["table"]: config["shape"]})


KIND = Kind(build, obstacle)
