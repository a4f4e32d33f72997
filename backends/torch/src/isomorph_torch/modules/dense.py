"""A linear layer with an activation and, in newer models, a residual connection."""

from __future__ import annotations

import torch
from torch import nn

from isomorph.contract import Module
from isomorph.errors import Unsupported
from isomorph_torch.modules.layer import Kind, Layer, Tensors
from isomorph_torch.modules.source import Source


class Dense(Layer):
    """act(x W^T + b), plus x or its projection where there is a residual."""

    def __init__(self, module: Module) -> None:
        super().__init__(module)
        config = module.config
        wide, narrow = config["in_features"], config["out_features"]
        self.linear = nn.Linear(wide, narrow, bias=config["bias"])
        self.activation_function = activation(config["activation_function"])
        self.residual: nn.Module | None = None
        if config["use_residual"]:
            same = wide == narrow
            self.residual = nn.Identity() if same else nn.Linear(wide, narrow, bias=False)

    def forward(self, values: Tensors) -> Tensors:
        """(…, in_features) -> (…, out_features)."""
        x = values[self.reads[0]].to(self.linear.weight.dtype)
        y: torch.Tensor = self.activation_function(self.linear(x))
        if self.residual is not None:
            y = y + self.residual(x)
        return {**values, self.writes[0]: y}


def activation(path: str) -> nn.Module:
    """An activation by its class path in the file, which may name classes of torch.nn only.

    Raises:
        Unsupported: the path is of another package, or names no activation without arguments.
    """
    name = path.rsplit(".", 1)[-1]
    found = getattr(nn, name, None) if path.startswith("torch.nn.") else None
    if isinstance(found, type) and issubclass(found, nn.Module):
        try:
            return found()
        except TypeError:
            pass  # it wants arguments, which the format cannot carry
    raise Unsupported(
        f"Dense activation {path!r}; only classes of torch.nn that need no arguments are used"
    )


def build(source: Source) -> Dense:
    """Fills the linear parts."""
    layer = Dense(source.module)
    source.fill(layer)
    return layer


def obstacle(source: Source) -> str:
    """The activation must be torch's and the tensors must fit."""
    config = source.module.config
    try:
        activation(str(config["activation_function"]))
    except Unsupported as reason:
        return str(reason)
    wide, narrow = config["in_features"], config["out_features"]
    shapes: dict[str, tuple[int, ...]] = {"linear.weight": (narrow, wide)}
    if config["bias"]:
        shapes["linear.bias"] = (narrow,)
    if config["use_residual"] and wide != narrow:
        shapes["residual.weight"] = (narrow, wide)
    return source.lacks(shapes)


KIND = Kind(("dense",), build, obstacle)
