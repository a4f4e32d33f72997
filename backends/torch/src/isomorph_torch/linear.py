"""Linear layers by oneDNN."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from isomorph_torch.alone import ALONE


class Linear(nn.Linear):
    """nn.Linear whose float32 products on a CPU are oneDNN's, in inference mode.

    Its parameters are those of the layer that it was. Training, tracing, compiling and forwards of one
    input `ALONE` take the way of nn.Linear. `packed` is a copy of the weight as oneDNN
    reads it fastest, None where the weight itself is multiplied with.
    """

    packed: torch.Tensor | None = None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(…, in_features) -> (…, out_features)."""
        weight = self.weight
        if (
            torch.compiler.is_compiling()
            or ALONE.get()
            or not torch.is_inference_mode_enabled()
            or x.dtype != torch.float32
            or weight.dtype != torch.float32
            or weight.device.type != "cpu"
        ):
            return functional.linear(x, weight, self.bias)
        found: torch.Tensor = torch.ops.mkldnn._linear_pointwise(
            x, weight if self.packed is None else self.packed, self.bias, "none", [], ""
        )
        return found


def use_onednn(chain: nn.Module) -> None:
    """Has every nn.Linear of the chain multiply by oneDNN, from packed weights.

    Classes made of nn.Linear are left alone: what they compute is their own.
    """
    for module in chain.modules():
        if type(module) is nn.Linear and module.weight.dtype == torch.float32:
            weight = module.weight.detach()
            module.__class__ = Linear
            module.packed = torch.ops.mkldnn._reorder_linear_weight(weight, None)


def unpack(chain: nn.Module) -> None:
    """Drops the packed copies: from now on the live weights count, which somebody may change."""
    for module in chain.modules():
        if isinstance(module, Linear):
            module.packed = None


def onednn_is_best() -> bool:
    """Whether oneDNN multiplies here at least as fast as MKL, which torch takes by itself.

    So it is with AVX-512, which MKL uses on one maker's processors only, and with AVX2, where both are as
    fast. The sums of oneDNN depend neither on the number of rows nor on that of threads; those of MKL do.
    """
    if not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        return False
    needed = ("_linear_pointwise", "_reorder_linear_weight")
    there = all(hasattr(torch.ops.mkldnn, name) for name in needed)
    return there and torch.backends.cpu.get_cpu_capability() in ("AVX2", "AVX512")
