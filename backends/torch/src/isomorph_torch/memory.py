"""How many tokens one forward should have."""

from __future__ import annotations

from typing import Any

import torch

LEAST, MOST = 1024, 16384
"""Padded tokens of a forward: fewer are never worth a launch, more do not make large GPUs busier."""

ON_CPU = 1024
"""Padded tokens of a forward on a CPU: with fewer, the Python code around the kernels takes its time."""

_SHARE = 0.5
"""Of the free memory: the allocator keeps blocks of several sizes, and others allocate too."""


def budget(device: torch.device, config: Any, itemsize: int, lanes: int) -> int:
    """Padded tokens of a forward on this device; 0, core's own choice, where it does not say its memory."""
    if device.type == "cpu":
        return ON_CPU
    if device.type != "cuda":
        return 0
    free, _ = torch.cuda.mem_get_info(device)
    return tokens_in(free, config, itemsize, lanes)


def tokens_in(free: int, config: Any, itemsize: int, lanes: int) -> int:
    """How many tokens' intermediate values fit into so many free bytes, in each of the lanes at once.

    Of a layer live at most the wide values of the feed-forward part before and after the activation and
    gate, and some of the model's own width; layers follow each other in the same memory.
    """
    width = int(getattr(config, "hidden_size", None) or 1024)
    wide = int(getattr(config, "intermediate_size", None) or 4 * width)
    fit = free * _SHARE / lanes / (itemsize * (3 * wide + 8 * width))
    return max(LEAST, min(MOST, int(fit)))
