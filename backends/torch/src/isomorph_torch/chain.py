"""The whole chain as one live nn.Module."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock, get_ident
from time import sleep
from types import TracebackType

from torch import nn

from isomorph.contract import Model, Options
from isomorph_torch.modules import Layer, Source, Tensors, build

A_LOOK = 0.001
"""Seconds between two looks whether the last thread has left."""


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

    Any number of threads may be inside at once; the last one that leaves gives the modes back. An interrupt
    at any moment leaves nobody inside: the lock is the interpreter's own, and leaving twice does no harm.
    No module is asked for its mode while `is_changeable` is false.
    """

    def __init__(self, chain: nn.Module, is_changeable: bool = True) -> None:
        self._chain = chain
        self.is_changeable = is_changeable
        self._changing = RLock()
        self._inside: set[int] = set()
        self._training: list[nn.Module] = []

    @contextmanager
    def nobody(self) -> Iterator[None]:
        """Waits until no thread is inside; none comes in before this is left."""
        while True:
            with self._changing:
                if not self._inside:
                    yield
                    return
            sleep(A_LOOK)

    def __enter__(self) -> None:
        try:
            with self._changing:
                self._inside.add(get_ident())
                for module in self._chain.modules() if self.is_changeable else ():
                    if module.training:
                        self._training.append(module)
                        module.training = False
        except BaseException:
            self._leave()
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._leave()

    def _leave(self) -> None:
        with self._changing:
            self._inside.discard(get_ident())
            if not self._inside:
                for module in self._training:
                    module.training = True
                self._training.clear()
