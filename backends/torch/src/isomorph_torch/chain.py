"""The whole chain as one live nn.Module."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn

from isomorph.contract import Model, Options
from isomorph_torch.modules import Layer, Source, Tensors, build


class Chain(nn.Sequential):
    """Passes named tensors along its layers. Its children have the names of ``modules.json``."""

    def forward(self, values: Tensors) -> Tensors:
        """Feeds by name in, all values by name out: feeds, intermediate values and results."""
        for layer in self.layers():
            values = layer(values)
        return values

    def layers(self) -> Iterator[Layer]:
        """The layers in order."""
        for layer in self:
            assert isinstance(layer, Layer)
            yield layer


def build_chain(model: Model, options: Options) -> Chain:
    """Every module of the model, loaded on the CPU and in evaluation mode."""
    chain = Chain()
    for index, module in enumerate(model.graph.modules):
        # torch refuses dots in the name of a child, and an empty one.
        name = module.name.replace(".", "_") or str(index)
        chain.add_module(name, build(Source(model, module, options)))
    return chain.eval()


@contextmanager
def evaluating(chain: nn.Module) -> Iterator[None]:
    """Evaluation mode inside; every submodule then gets the mode back that it had, each its own."""
    training = [module for module in chain.modules() if module.training]
    for module in training:
        module.training = False
    try:
        yield
    finally:
        for module in training:
            module.training = True
