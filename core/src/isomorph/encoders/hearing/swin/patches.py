"""From spectra to the places of a grid, in primitives."""

from __future__ import annotations

import numpy as np

from isomorph.encoders.description import Linear, Norm
from isomorph.encoders.hearing.swin.description import EPS, HOME, Swin
from isomorph.encoders.hearing.swin.stretch import bicubic
from isomorph.encoders.names import EncoderWeights
from isomorph.primitives import ops
from isomorph.primitives.builder import Ref

_EMBED = HOME + "patch_embed."


def places(swin: Swin, weights: EncoderWeights, spectra: Ref) -> Ref:
    """Spectra (B, channels, frames, mels) -> (B, side^2, width), row by row."""
    x = _batch_norm(weights, HOME + "batch_norm", swin.mels, spectra)
    square = _folded(swin, x)
    width, side = swin.stages[0].width, swin.stages[0].side
    if not swin.fused:
        found = _patched(swin, weights, ops.reshape(square, (0, swin.square, swin.square)))
    else:
        flat = ops.reshape(square, (0, 0, -1))
        whole, crops = (_rows(flat, rows) for rows in ((0,), (1, 2, 3)))
        found = _patched(swin, weights, ops.reshape(whole, (0, swin.square, swin.square)))
        crops = ops.reshape(crops, (0, 0, swin.square, swin.square))
        found = _fused(swin, weights, found, _cropped(swin, weights, crops))
    found = ops.reshape(found, (0, side * side, width))
    return weights.norm(Norm(_EMBED + "norm", width, EPS), found) if swin.patch_norm else found


def _batch_norm(weights: EncoderWeights, name: str, size: int, x: Ref) -> Ref:
    """With the mean and the variance that training has left."""
    weight, bias, mean, variance = (
        weights(f"{name}.{part}", (size,))
        for part in ("weight", "bias", "running_mean", "running_var")
    )
    return (x - mean) / ops.sqrt(variance + EPS) * weight + bias


def _folded(swin: Swin, x: Ref) -> Ref:
    """(B, channels, frames, mels) -> (B, channels, square, square): parts of the time below each other."""
    if swin.frames < swin.long:
        x = ops.matmul(x.builder.constant(bicubic(swin.frames, swin.long)), x)
    parts = ops.reshape(x, (0, 0, swin.folds, swin.square, swin.mels))
    turned = ops.transpose(parts, (0, 1, 2, 4, 3))
    return ops.reshape(turned, (0, 0, swin.square, swin.square))


def _rows(x: Ref, rows: tuple[int, ...]) -> Ref:
    """Some rows of the last axis but one, by a matrix of zeros and ones."""
    chosen = np.zeros((len(rows), 4), np.float32)
    chosen[np.arange(len(rows)), rows] = 1
    return ops.matmul(x.builder.constant(chosen), x)


def _patched(swin: Swin, weights: EncoderWeights, x: Ref) -> Ref:
    """(B, square, square) -> (B, side, side, width)."""
    side, patch, width = swin.stages[0].side, swin.patch, swin.stages[0].width
    split = ops.transpose(ops.reshape(x, (0, side, patch, side, patch)), (0, 1, 3, 2, 4))
    flat = ops.reshape(split, (0, side, side, patch * patch))
    weight = weights.reshaped(
        _EMBED + "proj.weight", (width, 1, patch, patch), (width, patch * patch)
    )
    return ops.linear(flat, weight, weights(_EMBED + "proj.bias", (width,)))


def _cropped(swin: Swin, weights: EncoderWeights, x: Ref) -> Ref:
    """Crops (B, 3, square, square), side by side and filled up with zeros -> (B, side, side, width)."""
    side, patch, width = swin.stages[0].side, swin.patch, swin.stages[0].width
    wide, count = 3 * patch, swin.crops
    kept = np.eye(swin.square, count * wide, dtype=np.float32)  # what is beyond fills no patch
    x = ops.matmul(x, x.builder.constant(kept))
    split = ops.reshape(x, (0, 0, side, patch, count, wide))
    flat = ops.reshape(ops.transpose(split, (0, 1, 2, 4, 3, 5)), (0, 0, 0, count, patch * wide))
    stored = (width, 1, patch, wide)
    weight = weights.reshaped(_EMBED + "mel_conv2d.weight", stored, (width, patch * wide))
    found = ops.linear(flat, weight, weights(_EMBED + "mel_conv2d.bias", (width,)))
    beside = ops.reshape(ops.transpose(found, (0, 2, 1, 3, 4)), (0, side, 3 * count, width))
    filled = np.eye(side, 3 * count, dtype=np.float32)
    return ops.matmul(x.builder.constant(filled), beside)


def _fused(swin: Swin, weights: EncoderWeights, whole: Ref, crops: Ref) -> Ref:
    """Attentional fusion (Dai et al. 2021, arXiv:2009.14082) of two grids (B, side, side, width)."""
    side, name = swin.stages[0].side, _EMBED + "fusion_model."
    both = whole + crops
    middle = ops.reduce(
        ops.reduce(both, "sum", axis=2, keepdims=True), "sum", axis=1, keepdims=True
    )
    near = _attended(swin, weights, name + "local_att.", 0, both)
    far = _attended(swin, weights, name + "global_att.", 1, middle / float(side * side))
    share = ops.activation(near + far, "sigmoid")
    return (whole * share + crops * (share * -1.0 + 1.0)) * 2.0


def _attended(swin: Swin, weights: EncoderWeights, name: str, first: int, x: Ref) -> Ref:
    """Two layers with batch norms; `first` is the number of the first."""
    width, less = swin.stages[0].width, swin.reduced
    x = _pointwise(weights, Linear(f"{name}{first}", width, less), x)
    x = ops.activation(_batch_norm(weights, f"{name}{first + 1}", less, x), "relu")
    x = _pointwise(weights, Linear(f"{name}{first + 3}", less, width), x)
    return _batch_norm(weights, f"{name}{first + 4}", width, x)


def _pointwise(weights: EncoderWeights, layer: Linear, x: Ref) -> Ref:
    stored = (layer.outputs, layer.inputs, 1, 1)
    weight = weights.reshaped(layer.name + ".weight", stored, stored[:2])
    return ops.linear(x, weight, weights(layer.name + ".bias", (layer.outputs,)))
