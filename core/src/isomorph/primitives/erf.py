"""The error function in numpy, which has none."""

import numpy as np

from isomorph.primitives.array import Array

# W. J. Cody, "Rational Chebyshev approximation for the error function", Mathematics of Computation
# 23 (1969), 631-637. Coefficients from the highest power down, for np.polyval.
_NEAR_P = (
    1.85777706184603153e-1,
    3.16112374387056560e0,
    1.13864154151050156e2,
    3.77485237685302021e2,
    3.20937758913846947e3,
)
_NEAR_Q = (
    1.0,
    2.36012909523441209e1,
    2.44024637934444173e2,
    1.28261652607737228e3,
    2.84423683343917062e3,
)
_FAR_P = (
    2.15311535474403846e-8,
    5.64188496988670089e-1,
    8.88314979438837594e0,
    6.61191906371416295e1,
    2.98635138197400131e2,
    8.81952221241769090e2,
    1.71204761263407058e3,
    2.05107837782607147e3,
    1.23033935479799725e3,
)
_FAR_Q = (
    1.0,
    1.57449261107098347e1,
    1.17693950891312499e2,
    5.37181101862009858e2,
    1.62138957456669019e3,
    3.29079923573345963e3,
    4.36261909014324716e3,
    3.43936767414372164e3,
    1.23033935480374942e3,
)
_BORDER = 0.46875
_ONE_FROM = 4.0  # 1 - erf(4) is 1.5e-8, below half a float32 step


def erf(x: Array) -> Array:
    """erf(x) of float32 values, evaluated in float64 and rounded once -> float32."""
    magnitude = np.abs(x.astype(np.float64))
    near = np.minimum(magnitude, _BORDER)
    square = near * near
    small = near * np.polyval(_NEAR_P, square) / np.polyval(_NEAR_Q, square)
    far = np.clip(magnitude, _BORDER, _ONE_FROM)
    large = 1.0 - np.exp(-far * far) * np.polyval(_FAR_P, far) / np.polyval(_FAR_Q, far)
    large[magnitude >= _ONE_FROM] = 1.0
    result = np.where(magnitude <= _BORDER, small, large)
    return np.copysign(result, x).astype(np.float32)
