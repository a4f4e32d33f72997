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

_PER_TOKEN = ("mapping", "weights")


class StaticEmbedding(Layer):
    """nn.EmbeddingBag over ragged rows: a row without tokens gives zeros.

    Where there are any, `mapping` says which row of the table stands for a token, and `weights` by
    what that row is multiplied before the mean.
    """

    mapping: torch.Tensor | None

    def __init__(
        self,
        module: Module,
        table: torch.Tensor,
        mapping: torch.Tensor | None = None,
        weights: torch.Tensor | None = None,
    ) -> None:
        super().__init__(module)
        self._stored_name = module.config["table"]
        mode = "mean" if weights is None else "sum"
        self.embedding = nn.EmbeddingBag.from_pretrained(table, freeze=False, mode=mode)
        self.register_buffer("mapping", mapping)
        self.weights = None if weights is None else nn.Parameter(weights)

    def forward(self, values: Tensors) -> Tensors:
        """Ids (tokens,) and offsets (rows,) -> (rows, D), in at least float32."""
        ids, offsets = values["input_ids"], values["offsets"]
        rows = ids if self.mapping is None else self.mapping[ids]
        if self.weights is None:
            x = precision.at_least_float32(self.embedding(rows, offsets))
        else:
            each = self.weights[ids].to(self.embedding.weight.dtype)
            sums = precision.at_least_float32(self.embedding(rows, offsets, each))
            end = torch.tensor([len(ids)], device=offsets.device)
            x = sums / torch.diff(offsets, append=end).clamp(min=1).unsqueeze(1)
        return {**values, self.writes[0]: x}

    def save(self, folder: Path) -> None:
        """Writes the table under the name that it had: sentence-transformers' or model2vec's."""
        tensors = {self._stored_name: self.embedding.weight}
        extra = {"mapping": self.mapping, "weights": self.weights}
        tensors |= {name: tensor for name, tensor in extra.items() if tensor is not None}
        save_tensors(tensors, folder)


def build(source: Source) -> StaticEmbedding:
    """Reads the table in the asked-for precision.

    Raises:
        BadModel: there is no table, or none of the tensors that belong to it.
    """
    config, tensors = source.module.config, source.tensors()
    wanted = [config["table"], *(name for name in _PER_TOKEN if config[name])]
    for name in wanted:
        if name not in tensors:
            raise BadModel(f"{source.folder} holds no tensor {name!r}.")
    table = tensors[wanted[0]].to(precision.to_torch(source.options.arithmetic))
    mapping = tensors["mapping"].long() if config["mapping"] else None
    weights = tensors["weights"].float() if config["weights"] else None
    return StaticEmbedding(source.module, table, mapping, weights)


def obstacle(source: Source) -> str:
    """The table must be there, and what the module keeps for each token."""
    config = source.module.config
    per_token = {name: (config["tokens"],) for name in _PER_TOKEN if config[name]}
    return source.lacks({config["table"]: config["shape"], **per_token})


KIND = Kind(("static_embedding",), build, obstacle)
