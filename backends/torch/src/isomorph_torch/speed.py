"""Which faster ways a chain is run by, on its device."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch

from isomorph_torch.chain import LiveChain
from isomorph_torch.linear import onednn_is_best, unpack, use_onednn
from isomorph_torch.modules.transformer import Transformer
from isomorph_torch.varlen import Varlen, by_sequence, flash, flash_is_there


@dataclass(frozen=True, slots=True)
class Faster:
    """`products` are oneDNN's; `packed` as long as nobody else holds the chain; `unpadded` likewise."""

    products: bool = False
    packed: bool = False
    unpadded: bool = False

    @classmethod
    def of(cls, chain: LiveChain, device: torch.device, masked_is_padding: bool) -> Faster:
        """Chooses, and prepares the chain. Else a place that is masked may be a result, unseen by others.

        Sums of oneDNN's products do not depend on how many rows there are, MKL's do: so padding is left
        out on a CPU where the products are oneDNN's, and a vector does not depend on its neighbours.
        """
        first = next(chain.parameters(), None)
        plain = first is not None and first.dtype == torch.float32 and device.type == "cpu"
        products = plain and onednn_is_best()
        if products:
            use_onednn(chain)
        for layer in _encoders(chain) if masked_is_padding else ():
            attention = _attention(layer, device, products)
            if attention is not None:
                layer.leave_out_padding(attention)
        unpadded = any(layer.unpadded for layer in _encoders(chain))
        return cls(products, products or unpadded, unpadded)

    def without_copies(self, chain: LiveChain) -> Faster:
        """What is left when somebody else gets the chain: live weights, and values of padded shapes."""
        unpack(chain)
        for layer in _encoders(chain):
            layer.keep_padding()
        return replace(self, packed=False, unpadded=False)

    @property
    def names(self) -> tuple[str, ...]:
        """The ways in use, for reports."""
        ways = (("unpadded", self.unpadded), ("oneDNN", self.products))
        return tuple(name for name, used in ways if used)


def _attention(layer: Transformer, device: torch.device, products: bool) -> Varlen | None:
    """What attends without padding, None where padding stays."""
    config, dtype = layer.auto_model.config, layer.auto_model.dtype
    heads = getattr(config, "num_attention_heads", None) or 1
    width = getattr(config, "head_dim", None) or getattr(config, "hidden_size", 0) // heads
    if flash_is_there(device, dtype, width):
        return flash
    return by_sequence if products else None


def _encoders(chain: LiveChain) -> Iterator[Transformer]:
    return (layer for layer in chain.layers() if isinstance(layer, Transformer))
