"""A live chain as a traced program: what exporters of other backends start from."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import nn

from isomorph_torch.chain import Evaluating

_ROWS, _WIDTH = 3, 5
"""Neither 0 nor 1, which torch takes for constants, nor equal, which it takes for one size."""


def trace(
    chain: object, inputs: Sequence[str], outputs: Sequence[str]
) -> torch.export.ExportedProgram:
    """A session's ``torch_module`` from int64 `inputs` to float32 `outputs`; rows and tokens are free.

    Raises:
        TypeError: `chain` is no module.
        Exception: whatever torch raises about code that it cannot trace so; it never fixes a size.
    """
    if not isinstance(chain, nn.Module):
        raise TypeError(f"{type(chain).__name__} is no nn.Module")
    example = tuple(_example(name, "offsets" in inputs) for name in inputs)
    free = tuple(dict.fromkeys(range(feed.dim()), torch.export.Dim.DYNAMIC) for feed in example)
    named = _Positional(chain, inputs, outputs)
    with quiet_tracing(), torch.no_grad(), Evaluating(chain):
        return torch.export.export(named.eval(), example, dynamic_shapes=(free,))


@contextmanager
def quiet_tracing() -> Iterator[None]:
    """Drops what torch and its tools say on the way: about their own code, nothing a user can act on."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "torch.export", "onnxscript")]
    levels = [logger.level for logger in loggers]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)


class _Positional(nn.Module):
    """Takes and gives tuples: the tracer's own names of values in dictionaries would be lost."""

    def __init__(self, chain: nn.Module, inputs: Sequence[str], outputs: Sequence[str]) -> None:
        super().__init__()
        self.chain = chain
        self.inputs, self.outputs = tuple(inputs), tuple(outputs)

    def forward(self, *feeds: torch.Tensor) -> tuple[torch.Tensor, ...]:
        values = self.chain(dict(zip(self.inputs, feeds, strict=True)))
        return tuple(values[name].float() for name in self.outputs)


def _example(name: str, ragged: bool) -> torch.Tensor:
    """A feed of the right shape. Ids are 0, which every table has; one row is padded."""
    if name == "offsets":
        return torch.arange(_ROWS)
    if name == "prompt_length":
        return torch.ones(_ROWS, dtype=torch.int64)
    if ragged:
        return torch.zeros(_WIDTH, dtype=torch.int64)
    if name == "attention_mask":
        mask = torch.ones(_ROWS, _WIDTH, dtype=torch.int64)
        mask[1, 3:] = 0
        return mask
    return torch.zeros(_ROWS, _WIDTH, dtype=torch.int64)
