"""Arrays to a device and results back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray


def to_device(array: NDArray[Any], device: torch.device) -> torch.Tensor:
    """A copy of the array on the device; on CUDA nobody waits for it.

    It is copied on a CPU too: a shared read-only array would be torch's to write into.
    """
    copied = torch.tensor(array)
    if device.type != "cuda":
        return copied.to(device)
    return copied.pin_memory().to(device, non_blocking=True)


def to_host(results: Mapping[str, torch.Tensor]) -> dict[str, NDArray[np.float32]]:
    """All results as float32 arrays, waited for once.

    On CUDA they are fetched through pinned memory, and the wait is for this forward alone, not for
    what other lanes have queued behind it. No array keeps pinned memory, of which there is little.
    """
    found = {name: x.to(torch.float32).contiguous() for name, x in results.items()}
    if not any(x.device.type == "cuda" for x in found.values()):
        return {name: x.to("cpu").numpy() for name, x in found.items()}
    pinned = {name: torch.empty(x.shape, pin_memory=True) for name, x in found.items()}
    for name, x in found.items():
        pinned[name].copy_(x, non_blocking=True)
    done = torch.cuda.Event()  # type: ignore[no-untyped-call]
    done.record()
    done.synchronize()
    return {name: x.numpy().copy() for name, x in pinned.items()}
