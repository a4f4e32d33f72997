"""Any head in primitives, on the last hidden states of its encoder."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from isomorph.encoders.description import Encoder, Linear
from isomorph.encoders.heads.description import CausalLM, Classifier, MaskedLM, Transform
from isomorph.encoders.names import EncoderWeights
from isomorph.primitives import ops
from isomorph.primitives.builder import Ref, Weights
from isomorph.primitives.projection import Projection


def lower_classifier(
    head: Classifier, encoder: Encoder, weights: Weights, hidden: Ref, values: Mapping[str, Ref]
) -> Ref:
    """Scores (B, labels) of hidden states (B, T, H)."""
    named = EncoderWeights.of(weights, encoder.embeddings)
    x = hidden if head.late else _vector(head, hidden, values)
    for transform in head.transforms:
        x = _transformed(transform, named, x)
    if head.late:
        x = _vector(head, x, values)
    scores = named.linear(head.output, x)
    return scores if head.scale == 1.0 else scores * head.scale


def lower_compared(head: Linear, encoder: Encoder, weights: Weights, hidden: Ref) -> Ref:
    """Vectors (B, T, features) of length 1 that are compared, of hidden states (B, T, H)."""
    named = EncoderWeights.of(weights, encoder.embeddings)
    return ops.l2_normalize(named.linear(head, hidden))


def lower_masked_lm(head: MaskedLM, encoder: Encoder, weights: Weights, hidden: Ref) -> Projection:
    """Scores (B, T, V) of hidden states (B, T, H), computed when somebody reads them.

    Raises:
        BadModel: the decoder is neither stored nor tied to the word embeddings.
    """
    named = EncoderWeights.of(weights, encoder.embeddings)
    x = hidden if head.transform is None else _transformed(head.transform, named, hidden)
    matrix = named.stored(head.weight) if head.weight else ""
    if head.tied and matrix not in weights.names:
        matrix = named.stored(named.word)
    stored = [name for name in map(named.stored, head.biases) if name in weights.names]
    # Where none is stored, asking for the last name raises the error that lists what there is.
    bias = next(iter(stored), head.biases[-1]) if head.biases else None
    shape = encoder.embeddings.vocabulary, head.inputs(encoder.hidden)
    return Projection(x, weights, matrix, bias, shape)


def lower_causal_lm(head: CausalLM, encoder: Encoder, weights: Weights, hidden: Ref) -> Projection:
    """Scores (B, T, V) of hidden states (B, T, H), computed when somebody reads them.

    Raises:
        BadModel: the matrix is neither stored nor tied to the word embeddings.
    """
    named = EncoderWeights.of(weights, encoder.embeddings)
    matrix = named.stored(head.weight)
    if head.tied and matrix not in weights.names:
        matrix = named.stored(named.word)
    shape = encoder.embeddings.vocabulary, encoder.hidden
    bias = named.stored(head.bias) if head.bias else None
    x = hidden if head.transform is None else _transformed(head.transform, named, hidden)
    if head.scale != 1.0:
        x = x * head.scale
    return Projection(x, weights, matrix, bias, shape, cap=head.cap)


def _transformed(transform: Transform, weights: EncoderWeights, x: Ref) -> Ref:
    y = ops.activation(weights.linear(transform.linear, x), transform.activation)
    return y if transform.norm is None else weights.norm(transform.norm, y)


def _vector(head: Classifier, hidden: Ref, values: Mapping[str, Ref]) -> Ref:
    """(B, T, H) -> (B, H)."""
    mask = values["attention_mask"]
    if head.reads == "mean":
        real = ops.cast(mask, "float32")
        total = ops.squeeze(ops.matmul(ops.unsqueeze(real, 1), hidden), axis=1)
        return total / ops.maximum(ops.reduce(real, "sum", axis=1, keepdims=True), 1e-9)
    none = mask.builder.constant(np.array([0]))
    if head.reads == "first":  # position 0 even where that is padding: transformers looks there
        return ops.take(hidden, ops.argmax(mask * none, axis=1))
    ids = values["input_ids"]
    columns = ops.unsqueeze(ops.arange(ids, axis=1), 0)
    sought = ids.builder.constant(
        np.array([head.end_id if head.reads == "end" else head.padding_id])
    )
    found = ops.cast(ops.compare(ids, sought, "equal"), "int64")
    if head.reads == "last":
        found = ids.builder.constant(np.array([1])) - found
    return ops.take(hidden, ops.argmax(found * columns, axis=1))
