"""A text's Fourier transform in primitives: products with matrices of cosines and sines.

Lee-Thorp et al. 2021, arXiv:2105.03824.
"""

from __future__ import annotations

import numpy as np

from isomorph.encoders.rare import Fourier
from isomorph.primitives import ops
from isomorph.primitives.builder import Ref

TURN = 2 * np.pi


def transformed(spec: Fourier, mask: Ref, x: Ref) -> Ref:
    """The real part over positions and features of x (B, T, H) -> (B, T, H), zero at padding.

    With angles a of positions and b of features it is the sum of x (cos a cos b - sin a sin b).
    """
    real = ops.unsqueeze(ops.cast(mask, "float32"), 2)
    places = np.arange(spec.features, dtype=np.int64)
    angles = np.outer(places, places) % spec.features * (TURN / spec.features)
    make = mask.builder.constant
    x = x * real
    even, odd = (
        ops.matmul(x, make(turned.astype(np.float32)))
        for turned in (np.cos(angles), np.sin(angles))
    )
    turns = _angles(mask)
    return (ops.matmul(ops.cos(turns), even) - ops.matmul(ops.sin(turns), odd)) * real


def _angles(mask: Ref) -> Ref:
    """The angle (B, T, T) of two positions of a text of n: 2 pi / n times their product.

    Products are counted modulo n in whole numbers, so that no angle is rounded more than a small one.
    """
    one = mask.builder.constant(np.array([1]))
    places = (ops.cumsum(mask, axis=1) - one) * mask
    products = ops.unsqueeze(places, 1) * ops.unsqueeze(places, 2)
    count = ops.reduce(mask, "sum", axis=1, keepdims=True)
    least = ops.where(ops.compare(count, one, "greater"), count, one)
    whole = ops.unsqueeze(least, 2)
    size = ops.cast(whole, "float32")
    rounds = ops.cast(ops.cast(products, "float32") / size, "int64")
    return ops.cast(products - rounds * whole, "float32") * TURN / size
