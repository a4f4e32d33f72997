"""Each primitive in torch's operators.

An emitter is a function ``(*inputs, **attrs) -> tensor``, which gradients pass through. Meanings and
shapes are those of `isomorph.primitives.ops`. Where weights are stored in half precision, products are
taken in it; norms, softmax and positions stay in the type of what they get, or in float32.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch.nn import functional

from isomorph_torch.precision import at_least_float32

Tensor = torch.Tensor
Emitter = Callable[..., Tensor]

_DTYPES = {"float32": torch.float32, "int64": torch.int64}
_COMPARED: Mapping[str, Emitter] = {
    "equal": torch.eq,
    "greater": torch.gt,
    "greater_equal": torch.ge,
}


def linear(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """The product in the type of the weight."""
    return functional.linear(x.to(weight.dtype), weight, bias)


def matmul(a: Tensor, b: Tensor) -> Tensor:
    """In the wider of both types."""
    wider = torch.promote_types(a.dtype, b.dtype)
    return torch.matmul(a.to(wider), b.to(wider))


def layer_norm(x: Tensor, weight: Tensor, bias: Tensor | None, *, eps: float) -> Tensor:
    """torch's kernel, which sums in float32."""
    shift = None if bias is None else bias.to(x.dtype)
    return functional.layer_norm(x, weight.shape, weight.to(x.dtype), shift, eps)


def rms_norm(x: Tensor, weight: Tensor, *, eps: float) -> Tensor:
    """Squares and root in float32."""
    wide = at_least_float32(x)
    root = torch.rsqrt(wide.square().mean(-1, keepdim=True) + eps)
    return (wide * root).to(x.dtype) * weight


def softmax(x: Tensor) -> Tensor:
    """Along the last axis."""
    return at_least_float32(x).softmax(-1).to(x.dtype)


def attention(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    mask: Tensor,
    bias: Tensor | None,
    *,
    heads: int,
    kv_heads: int,
    scale: float,
) -> Tensor:
    """torch's kernel; what may not be seen gets the lowest finite score, so that nothing is NaN by it."""
    query = _heads(q, heads)
    key, value = (_heads(x, kv_heads).to(query.dtype) for x in (k, v))
    if kv_heads != heads:
        key, value = (x.repeat_interleave(heads // kv_heads, dim=1) for x in (key, value))
    lowest = torch.finfo(query.dtype).min
    hidden = (mask == 0)[:, None, None, :]
    if bias is None:
        scores = torch.zeros(hidden.shape, dtype=query.dtype, device=q.device)
    else:
        scores = bias.clamp(min=lowest).to(query.dtype)
    seen = scores.masked_fill(hidden, lowest)
    mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=seen, scale=scale)
    return mixed.transpose(1, 2).flatten(2)


def _heads(x: Tensor, heads: int) -> Tensor:
    """(B, T, H) -> (B, heads, T, H / heads)."""
    return x.reshape(*x.shape[:2], heads, -1).transpose(1, 2)


def rotary(x: Tensor, cos: Tensor, sin: Tensor, *, heads: int) -> Tensor:
    """Turns the pairs (i, i + R / 2) of each head's first R features; angles are (T, R) or each row's own."""
    split = x.reshape(*x.shape[:2], heads, -1)
    size = cos.shape[-1]
    turning, rest = split[..., :size], split[..., size:]
    first, second = turning.chunk(2, dim=-1)
    turned = torch.cat([-second, first], dim=-1)
    result = turning * cos.unsqueeze(-2) + turned * sin.unsqueeze(-2)
    return torch.cat([result.to(x.dtype), rest], dim=-1).flatten(2)


def conv1d(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    *,
    stride: int,
    padding: tuple[int, int],
    groups: int,
) -> Tensor:
    """torch's kernel, which wants the positions last."""
    padded = functional.pad(x.to(weight.dtype).transpose(1, 2), tuple(padding))
    found = functional.conv1d(padded, weight, bias, stride=stride, groups=groups)
    return found.transpose(1, 2)


def lstm(
    x: Tensor,
    lengths: Tensor,
    input_weight: Tensor,
    state_weight: Tensor,
    bias: Tensor,
    *,
    hidden: int,
    reverse: bool,
) -> Tensor:
    """Position by position over all rows; a row whose text is over keeps its state."""
    rows, width, _ = x.shape
    gates = linear(x, input_weight, bias)
    h = c = gates.new_zeros(rows, hidden)
    found = [h] * width
    for t in reversed(range(width)) if reverse else range(width):
        i, f, g, o = (gates[:, t] + functional.linear(h, state_weight)).chunk(4, dim=1)
        cell = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        real = (t < lengths).unsqueeze(1)
        c = torch.where(real, cell, c)
        h = torch.where(real, torch.sigmoid(o) * torch.tanh(cell), h)
        found[t] = h * real
    return torch.stack(found, dim=1)


def experts(
    x: Tensor, routes: Tensor, *matrices: Tensor, count: int, activation: str, turned: bool
) -> Tensor:
    """One network after the other, each on the positions that ask for it."""
    rows, shares = x.flatten(0, -2), routes.flatten(0, -2)
    total = torch.zeros_like(rows)
    for index in range(count):
        asking = shares[:, index].nonzero().squeeze(1)
        up, down, *gate = matrices[index::count]
        own = rows[asking]
        inner = linear(own, up, None)
        if gate:
            inner = inner * activated(linear(own, gate[0], None), kind=activation)
        else:
            inner = activated(inner, kind=activation)
        answers = linear(inner, down.T if turned else down, None)
        weighed = answers * shares[asking, index].unsqueeze(1)
        total = total.index_add(0, asking, weighed.to(total.dtype))
    return total.reshape(x.shape)


_ACTIVATED: Mapping[str, Emitter] = {
    "gelu": functional.gelu,
    "gelu_tanh": lambda x: functional.gelu(x, approximate="tanh"),
    "relu": torch.relu,
    "relu2": lambda x: torch.relu(x).square(),
    "sigmoid": torch.sigmoid,
    "silu": functional.silu,
    "tanh": torch.tanh,
}


def activated(x: Tensor, *, kind: str) -> Tensor:
    """One of `isomorph.primitives.ops.ACTIVATIONS`."""
    return _ACTIVATED[kind](x)


def reduce(x: Tensor, *, kind: str, axis: int, keepdims: bool) -> Tensor:
    """Sum or maximum along one axis."""
    if kind == "sum":
        return x.sum(axis, keepdim=keepdims)
    return x.amax(axis, keepdim=keepdims)


def arange(x: Tensor, *, axis: int) -> Tensor:
    """Up to a dimension of x."""
    return torch.arange(x.shape[axis], device=x.device)


def take(x: Tensor, index: Tensor) -> Tensor:
    """One position of each row."""
    return x[torch.arange(len(x), device=x.device), index]


def scatter_max(x: Tensor, index: Tensor, *, size: int) -> Tensor:
    """Into zeros, which take part in the maximum."""
    return x.new_zeros(len(x), size).scatter_reduce(1, index, x, "amax")


def scatter_sum(x: Tensor, index: Tensor, *, size: int) -> Tensor:
    """Into zeros."""
    return x.new_zeros(len(x), size).scatter_add(1, index, x)


def keep_largest(x: Tensor, *, count: int) -> Tensor:
    """A stable sort, so that of equal values the first ones stay."""
    values, places = x.sort(dim=-1, descending=True, stable=True)
    return torch.zeros_like(x).scatter(-1, places[..., :count], values[..., :count])


def segment_mean(x: Tensor, offsets: Tensor) -> Tensor:
    """Sums of rows by the number of their segment, divided by how many there are."""
    ends = torch.cat([offsets[1:], offsets.new_tensor([len(x)])])
    counts = ends - offsets
    owner = torch.arange(len(offsets), device=x.device).repeat_interleave(counts)
    total = x.new_zeros(len(offsets), x.shape[1]).index_add(0, owner, x)
    return total / counts.clamp(min=1).unsqueeze(1)


def reshape(x: Tensor, *, shape: tuple[int, ...]) -> Tensor:
    """0 keeps the size of that axis."""
    return x.reshape([x.shape[i] if size == 0 else size for i, size in enumerate(shape)])


EMITTERS: Mapping[str, Emitter] = {
    "activation": activated,
    "add": torch.add,
    "arange": arange,
    "argmax": lambda x, *, axis: x.argmax(axis),
    "attention": attention,
    "cast": lambda x, *, dtype: x.to(_DTYPES[dtype]),
    "compare": lambda a, b, *, kind: _COMPARED[kind](a, b),
    "concat": lambda *values, axis: torch.cat(values, dim=axis),
    "conv1d": conv1d,
    "cos": torch.cos,
    "cumsum": lambda x, *, axis: x.cumsum(axis),
    "divide": torch.div,
    "embedding": lambda table, ids: table[ids],
    "experts": experts,
    "gather_elements": lambda x, index: x.gather(-1, index),
    "keep_largest": keep_largest,
    "layer_norm": layer_norm,
    "linear": linear,
    "log1p": torch.log1p,
    "lstm": lstm,
    "matmul": matmul,
    "maximum": torch.maximum,
    "multiply": torch.mul,
    "reduce": reduce,
    "reshape": reshape,
    "rms_norm": rms_norm,
    "rotary": rotary,
    "scatter_max": scatter_max,
    "scatter_sum": scatter_sum,
    "segment_mean": segment_mean,
    "sin": torch.sin,
    "softmax": softmax,
    "sqrt": torch.sqrt,
    "squeeze": lambda x, *, axis: x.squeeze(axis),
    "subtract": torch.sub,
    "take": take,
    "transpose": lambda x, *, perm: x.permute(perm),
    "unsqueeze": lambda x, *, axis: x.unsqueeze(axis),
    "where": torch.where,
}
"""The emitter of every primitive that this backend runs."""
