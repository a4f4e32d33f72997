"""A dense vector to the few largest of many latent features."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from isomorph.contract import Module
from isomorph.errors import BadModel
from isomorph_torch.files import save_tensors
from isomorph_torch.modules.layer import Kind, Layer, Tensors
from isomorph_torch.modules.source import Source

_TIED = ("encoder.weight", "decoder.linear.weight")


class SparseAutoEncoder(Layer):
    """The encoder half; its decoder shares the matrix and is needed in training alone."""

    stats_last_nonzero: torch.Tensor | None

    def __init__(self, module: Module, stored_name: str, stats: torch.Tensor | None) -> None:
        super().__init__(module)
        config = module.config
        self.k: int = config["k"]
        self.normalize: bool = config["normalize"]
        self.encoder = nn.Linear(config["input_dim"], config["hidden_dim"], bias=False)
        self.pre_bias = nn.Parameter(torch.empty(config["input_dim"]))
        self.latent_bias = nn.Parameter(torch.empty(config["hidden_dim"]))
        self.register_buffer("stats_last_nonzero", stats)  # saved as it was read: nothing counts
        self._stored_name = stored_name

    def forward(self, values: Tensors) -> Tensors:
        """(B, input_dim) -> (B, hidden_dim), at most k of a row above 0."""
        x = values[self.reads[0]].to(self.encoder.weight.dtype)
        if self.normalize:
            deviation, mean = torch.std_mean(x, dim=-1, keepdim=True)
            x = (x - mean) / (deviation + 1e-5)
        latents = self.encoder(x - self.pre_bias) + self.latent_bias
        best = latents.topk(self.k, dim=-1)
        kept = torch.zeros_like(latents).scatter(-1, best.indices, best.values.relu())
        return {**values, self.writes[0]: kept}

    def save(self, folder: Path) -> None:
        """Writes the matrix once, under the name that it had."""
        tensors = self.state_dict()
        tensors[self._stored_name] = tensors.pop("encoder.weight")
        save_tensors(tensors, folder)


def build(source: Source) -> SparseAutoEncoder:
    """Takes the matrix under either of its names.

    Raises:
        BadModel: a tensor is missing or has another shape.
    """
    tensors = source.tensors()
    name = next((name for name in _TIED if name in tensors), _TIED[1])
    stats = tensors.get("stats_last_nonzero")
    layer = SparseAutoEncoder(source.module, name, None if stats is None else stats.long())
    wanted = {"encoder.weight": name, "pre_bias": "pre_bias", "latent_bias": "latent_bias"}
    state = {}
    for parameter, stored in wanted.items():
        shape = layer.get_parameter(parameter).shape
        if stored not in tensors or tensors[stored].shape != shape:
            raise BadModel(f"{source.folder} holds no {stored!r} of shape {tuple(shape)}.")
        state[parameter] = tensors[stored].float()
    layer.load_state_dict(state, strict=False, assign=True)
    return layer


def obstacle(source: Source) -> str:
    """The matrix and the two vectors must be there."""
    config = source.module.config
    wide, many = config["input_dim"], config["hidden_dim"]
    name = next((name for name in _TIED if name in source.module.weights), _TIED[1])
    shapes = {name: (many, wide), "pre_bias": (wide,), "latent_bias": (many,)}
    return source.lacks(shapes)


KIND = Kind(("sparse_auto_encoder",), build, obstacle)
