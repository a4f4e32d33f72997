"""What stands in the place of attention in few encoders, in primitives."""

from __future__ import annotations

from isomorph.encoders.attention import Attending
from isomorph.encoders.names import EncoderWeights
from isomorph.encoders.rare import Fourier, ShortConvolution, Spans
from isomorph.primitives import ops
from isomorph.primitives.builder import Ref


def mixed(
    mixer: ShortConvolution | Spans | Fourier, weights: EncoderWeights, attending: Attending, x: Ref
) -> Ref:
    """What a mixer makes of x (B, T, H), of the same shape."""
    if isinstance(mixer, Spans):
        from isomorph.encoders.spans import spanned

        return spanned(mixer, weights, attending, x)
    if isinstance(mixer, Fourier):
        from isomorph.encoders.fourier import transformed

        return transformed(mixer, attending.mask, x)
    return _looked_back(mixer, weights, attending.mask, x)


def _looked_back(spec: ShortConvolution, weights: EncoderWeights, mask: Ref, x: Ref) -> Ref:
    x = x * ops.unsqueeze(ops.cast(mask, "float32"), 2)
    first, gate, last = (weights.linear(part, x) for part in spec.inward)
    kernel = weights(spec.name + ".weight", (spec.features, 1, spec.kernel))
    bias = weights(spec.name + ".bias", (spec.features,)) if spec.bias else None
    return weights.linear(
        spec.outward,
        gate
        * ops.conv1d(
            first * last, kernel, bias, padding=(spec.kernel - 1, 0), groups=spec.features
        ),
    )
