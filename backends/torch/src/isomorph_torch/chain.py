"""The whole chain as one live nn.Module."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition
from types import TracebackType

from torch import nn

from isomorph.contract import Model, Options
from isomorph_torch.modules import Layer, Source, Tensors, build


class LiveChain(nn.Sequential):
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


def build_chain(model: Model, options: Options) -> LiveChain:
    """Every module of the model, loaded on the CPU and in evaluation mode."""
    chain = LiveChain()
    for index, module in enumerate(model.graph.modules):
        # torch refuses dots in the name of a child, and an empty one.
        name = module.name.replace(".", "_") or str(index)
        chain.add_module(name, build(Source(model, module, options)))
    return chain.eval()


class Evaluating:
    """Evaluation mode inside; every submodule then gets the mode back that it had, each its own.

    Any number of threads may be inside at once; the last one that leaves gives the modes back.
    """

    def __init__(self, chain: nn.Module) -> None:
        self._chain = chain
        self._changed = Condition()
        self._inside = 0
        self._training: list[nn.Module] = []

    @contextmanager
    def nobody(self) -> Iterator[None]:
        """Waits until no thread is inside; none comes in before this is left."""
        with self._changed:
            self._changed.wait_for(lambda: not self._inside)
            yield

    def __enter__(self) -> None:
        with self._changed:
            self._inside += 1
            for module in self._chain.modules():
                if module.training:
                    module.training = False
                    self._training.append(module)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._changed:
            self._inside -= 1
            if not self._inside:
                for module in self._training:
                    module.training = True
                self._training.clear()
                self._changed.notify_all()
