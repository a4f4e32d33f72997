"""Attention over sequences that lie one behind the other, without padding between them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import torch
from torch.nn import functional

Varlen = Callable[
    [torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor, int, float | None, tuple[int, int]],
    torch.Tensor,
]
"""Queries, keys and values (tokens, heads, D), ends, longest, scale and window -> (tokens, heads, D).

The ends, int32 (sequences + 1,), are where the sequences begin and the last one ends, beginning with 0;
`longest` is the length of the longest. The window is how many tokens to the left and to the right of
itself a token sees, -1 for all of them.
"""

EVERYTHING = (-1, -1)
"""The window of a token that sees all of its sequence."""

LEAST = 32
"""Positions of a block at least: with fewer the kernels are too small."""
BLOCKS = 4
"""From how many blocks on they are faster than all pairs."""


def flash(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    ends: torch.Tensor,
    longest: int,
    scale: float | None,
    window: tuple[int, int],
) -> torch.Tensor:
    """torch's kernel, which runs on CUDA and in half precision only. See `Varlen`."""
    from torch.nn.attention.varlen import varlen_attn

    mixed = varlen_attn(
        query, key, value, ends, ends, longest, longest, scale=scale, window_size=window
    )
    assert isinstance(mixed, torch.Tensor)  # a pair comes only where more is asked for
    return mixed


def by_sequence(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    ends: torch.Tensor,
    longest: int,
    scale: float | None,
    window: tuple[int, int],
) -> torch.Tensor:
    """The same anywhere and in any precision: neighbours of one length together. See `Varlen`."""
    mixed = torch.empty_like(query)
    for start, rows, length in runs(ends.tolist()):
        place = slice(start, start + rows * length)
        shape = (rows, length, *query.shape[1:])
        q, k, v = (x[place].reshape(shape).transpose(1, 2) for x in (query, key, value))
        size = max(LEAST, *window)
        if min(window) >= 0 and length > BLOCKS * size:
            part = in_blocks(q, k, v, size, window, scale)
        else:
            seen = band(length, window, query.device)
            part = functional.scaled_dot_product_attention(q, k, v, attn_mask=seen, scale=scale)
        mixed[place] = part.transpose(1, 2).flatten(0, 1)
    return mixed


def in_blocks(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    size: int,
    window: tuple[int, int],
    scale: float | None,
) -> torch.Tensor:
    """Attention (B, heads, T, D) within windows of at most `size` to a side, by blocks of so many positions.

    Each block attends to itself and to the two beside it: all pairs of a long text are many times more.
    """
    rows, heads, length, features = query.shape
    blocks = -(-length // size)
    after = blocks * size - length
    asked = functional.pad(query, (0, 0, 0, after)).reshape(rows, heads, blocks, size, features)
    q, k, v = (
        x.transpose(1, 2).flatten(0, 1)
        for x in (asked, *(_neighbours(x, size, after) for x in (key, value)))
    )
    places = torch.arange(3 * size, device=query.device) - size
    distance = places - torch.arange(size, device=query.device).unsqueeze(1)
    near = (distance >= -window[0]) & (distance <= window[1])
    at = places + size * torch.arange(blocks, device=query.device).unsqueeze(1)
    seen = near & ((at >= 0) & (at < length)).unsqueeze(1)
    seen[-1, size - after :] = True  # what fills the last block up sees something, and is cut off
    mixed = functional.scaled_dot_product_attention(
        q, k, v, attn_mask=seen.unsqueeze(1).repeat(rows, 1, 1, 1), scale=scale
    )
    by_block = mixed.reshape(rows, blocks, heads, size, -1).transpose(1, 2)
    return by_block.flatten(2, 3)[:, :, :length]


def _neighbours(x: torch.Tensor, size: int, after: int) -> torch.Tensor:
    """(B, heads, T, D) -> (B, heads, blocks, 3 size, D): each block between the two beside it."""
    padded = functional.pad(x, (0, 0, size, after + size))
    return padded.unfold(2, 3 * size, size).transpose(3, 4)


def flash_is_there(device: torch.device, dtype: torch.dtype, head: int) -> bool:
    """Whether `flash` runs on this device, in this type, with so many numbers a head."""
    if device.type != "cuda" or dtype not in (torch.float16, torch.bfloat16):
        return False
    if head > 256 or head % 8:
        return False
    try:
        from torch.nn.attention.varlen import varlen_attn  # noqa: F401
    except ImportError:  # an older torch
        return False
    return torch.version.hip is None and torch.cuda.get_device_capability(device) >= (8, 0)


def runs(ends: list[int]) -> list[tuple[int, int, int]]:
    """Start, number and length of neighbouring sequences of one length; empty ones are left out."""
    found: list[tuple[int, int, int]] = []
    for start, end in pairwise(ends):
        if found and found[-1][2] == end - start:
            found[-1] = (found[-1][0], found[-1][1] + 1, end - start)
        elif end > start:
            found.append((start, 1, end - start))
    return found


def band(length: int, window: tuple[int, int], device: torch.device) -> torch.Tensor | None:
    """True (T, T) where the column lies in the row's window; None where all of them do."""
    left, right = (length if side < 0 else side for side in window)
    if min(left, right) >= length - 1:
        return None
    places = torch.arange(length, device=device)
    distance = places.unsqueeze(0) - places.unsqueeze(1)
    return (distance >= -left) & (distance <= right)
