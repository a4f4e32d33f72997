"""The primitive of layers that hold many networks, of which each position asks a few."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from isomorph.primitives.array import Array
from isomorph.primitives.builder import Ref
from isomorph.primitives.ops.elementwise import activated
from isomorph.primitives.primitive import Attrs, Primitive, Shape, Shapes, fit, float32


def experts(
    x: Ref,
    routes: Ref,
    ups: Sequence[Ref],
    downs: Sequence[Ref],
    gates: Sequence[Ref] = (),
    *,
    activation: str,
    turned: bool = False,
) -> Ref:
    """x (…, H) through E networks, each result times its column of routes (…, E), added -> (…, H).

    A network is down activation(up x), or down (activation(gate x) * up x) where there are `gates`; its
    matrices are up and gate (I, H) and down (H, I), which is stored as (I, H) if `turned`. Where a
    position's route is 0 its network need not be computed: an engine may do so or not.
    """
    settings = {"count": len(ups), "activation": activation, "turned": turned}
    return x.builder.emit("experts", (x, routes, *ups, *downs, *gates), **settings)


def _experts(
    x: Array, routes: Array, *matrices: Array, count: int, activation: str, turned: bool
) -> Array:
    """One network after the other, each on the positions that ask for it."""
    rows, shares = x.reshape(-1, x.shape[-1]), routes.reshape(-1, count)
    result = np.zeros_like(rows)
    for index in range(count):
        asking = np.flatnonzero(shares[:, index])
        if not len(asking):
            continue
        own = rows[asking]
        up, down, *gate = matrices[index::count]
        inner = own @ up.T
        if gate:
            inner *= activated(own @ gate[0].T, kind=activation)
        else:
            inner = activated(inner, kind=activation)
        answers = inner @ (down if turned else down.T)
        result[asking] += answers * shares[asking, index, None]
    return result.reshape(x.shape)


def _answered(shapes: Shapes, attrs: Attrs) -> Shape:
    x, routes, up, *_ = shapes
    fit((x, routes), attrs["count"], routes[-1])
    fit((x, up), x[-1], up[1])
    return x


def _inside(shapes: Shapes, attrs: Attrs) -> int:
    """What one network makes of all positions: gate, product and result."""
    x, _, up, *_ = shapes
    positions: int = int(np.prod(x[:-1], dtype=np.int64))
    return positions * (3 * up[0] + x[-1]) * 4


PRIMITIVES = (Primitive("experts", _experts, _answered, float32, _inside),)
