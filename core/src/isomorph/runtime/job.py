"""A call as data: what a pipeline, a worker process and a batcher are told of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.contract import Device
from isomorph.preprocess.protocol import Treatment


@dataclass(frozen=True, slots=True, kw_only=True)
class Job(Treatment):
    """One call: how its inputs are treated, batched and shown."""

    output: str = "sentence_embedding"
    """Default ``"sentence_embedding"``. The value of the chain that is asked for."""
    max_rows: int | None = None
    """Default None, as many as are fast. Inputs of a forward at most."""
    device: Device | None = None
    """Default None, the model's own. Where this call computes."""
    devices: tuple[Device, ...] = ()
    """Default ``()``; for example two of ``npu``. Where this call computes, if on several at once."""
    progress: bool = False
    """Default False. Whether a bar shows how far the call is."""
    deterministic: bool = False
    """Default False. Whether the shape of an input's forward depends on the input alone."""
    keep: Callable[[NDArray[Any], NDArray[np.int64]], Any] | None = None
    """Default None. What becomes of an input's array, a view of its batch's, and of its `Prepared.ids`."""
    first: int = 0
    """Default 0. The index of the first input, where these are a part of a call."""
    places: Sequence[int] = ()
    """Default (), one after the other. The indices of all inputs, where others of the call lie between."""
    processing: str | None = None
    """Default None, as the files say; for example ``'{"image": {"max_pixels": 4096}}'``. How inputs are read.

    It is JSON, so that jobs can be compared and sent to other processes.
    """
    lenient: bool = False
    """Default False. Whether an input that cannot be prepared is no error, and its row is NaN."""

    def place(self, index: int) -> int:
        """The index in the call of one of these inputs."""
        return self.places[index] if self.places else self.first + index
