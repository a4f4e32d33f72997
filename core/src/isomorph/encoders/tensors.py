"""The tensors that a description names: what weights for it must hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from isomorph.encoders.description import Attention, Embeddings, Linear, Norm, Scale
from isomorph.encoders.hearing.description import SoundEncoder, Strided, Surroundings
from isomorph.encoders.rare import (
    Convolution,
    Disentangled,
    Experts,
    Latents,
    ShortConvolution,
    Spans,
)
from isomorph.encoders.relations import Gate, RelativeBias, Rotary
from isomorph.encoders.seeing.description import Cuboids, Square
from isomorph.encoders.vision.description import AttentionPool, Leading, Patches, Places, Selector

Shapes = dict[str, tuple[int, ...]]


def shapes_of(description: Any, hidden: int) -> Shapes:
    """Name and shape of every tensor of an encoder or a head, without the file's prefix.

    `hidden` is the width of the encoder's states, which not every part repeats. Layers that are rows
    of one tensor make it as long as the last of them needs.
    """
    found: Shapes = {}
    for part in _parts(description):
        for name, shape in (*_tensors(part, hidden), *_seen(part)):
            found[name] = max(shape, found.get(name, shape))
    return found


def turned_layers(description: Any) -> frozenset[str]:
    """Names of the layers whose weights are stored as (inputs, outputs)."""
    parts = (part for part in _parts(description) if isinstance(part, Linear))
    return frozenset(part.name for part in parts if part.turned)


def _of_linear(spec: Linear) -> Iterator[tuple[str, tuple[int, ...]]]:
    outputs = spec.stored
    if spec.groups is not None:
        yield spec.name + ".weight", (outputs, spec.inputs // spec.groups, 1)
        if spec.bias:
            yield spec.name + ".bias", (outputs,)
        return
    yield spec.name + ".weight", (spec.inputs, outputs) if spec.turned else (outputs, spec.inputs)
    if spec.added:
        yield spec.added, (spec.outputs,)
    elif spec.bias:
        yield spec.name + ".bias", (outputs,)


def _of_embeddings(spec: Embeddings) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield spec.word, (spec.vocabulary, spec.width)
    if spec.positions is not None and not spec.positions.made:
        yield spec.positions.table, (spec.positions.count, spec.added_width)
    if spec.types is not None:
        yield spec.types, (spec.type_count, spec.added_width)
    if spec.tasks is not None:
        yield spec.tasks[0], (spec.tasks[1], spec.width)


def _of_convolution(
    spec: Convolution | ShortConvolution,
) -> Iterator[tuple[str, tuple[int, ...]]]:
    read = spec.features if isinstance(spec, Convolution) else 1
    yield spec.name + ".weight", (spec.features, read, spec.kernel)
    if isinstance(spec, Convolution) or spec.bias:
        yield spec.name + ".bias", (spec.features,)


def _of_experts(spec: Experts) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The tensors of all experts, and what is added behind them."""
    for each in (spec.up, spec.down, spec.gate):
        if each is None:
            continue
        height, width = each.stored
        if each.stacked is not None:
            yield each.name, (spec.count, each.stacked[1], width)
        elif "{}" in each.name:
            yield from ((each.name.format(i), each.stored) for i in range(spec.count))
        else:
            yield each.name, (spec.count * height, width)
    if spec.bias is not None:
        yield spec.bias, (spec.down.outputs,)


def _parts(part: Any) -> Iterator[Any]:
    """A part of a description and all that is in it, in the order of the fields."""
    if is_dataclass(part):
        yield part
        for field in fields(part):
            yield from _parts(getattr(part, field.name))
    elif isinstance(part, tuple):
        for each in part:
            yield from _parts(each)


def _of_sounds(part: Any) -> Iterator[tuple[str, tuple[int, ...]]]:
    """What encoders of sounds have beside the parts of others."""
    match part:
        case Attention(gate=Gate() as gate, query=query, heads=heads):
            yield gate.layer + ".weight", (8, query.inputs // heads)
            yield gate.layer + ".bias", (8,)
            yield gate.factor, (1, heads, 1, 1)
        case Strided():
            yield part.name + ".weight", (part.outputs, part.inputs, part.kernel)
            if part.bias:
                yield part.name + ".bias", (part.outputs,)
        case Surroundings():
            length, direction = part.names[0]
            yield length, (1, 1, part.kernel)
            yield direction, (part.features, part.features // part.groups, part.kernel)
            yield part.bias, (part.features,)
        case SoundEncoder(table=str(table), positions=int(count)):
            yield table, (count, part.hidden)


def _tensors(part: Any, hidden: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The tensors of one part, without those of the parts inside it."""
    yield from _of_sounds(part)
    match part:
        case Linear():
            yield from _of_linear(part)
        case Norm(learned=True):
            yield part.name + ".weight", (part.size,)
            if part.bias:
                yield part.name + ".bias", (part.size,)
        case Scale():
            yield part.name, (part.size,)
        case Experts():
            yield from _of_experts(part)
        case Convolution() | ShortConvolution():
            yield from _of_convolution(part)
        case Spans(attention=Attention(query=query)):
            yield part.keys + ".depthwise.weight", (query.inputs, 1, part.kernel)
            yield part.keys + ".pointwise.weight", (query.outputs, query.inputs, 1)
            yield part.keys + ".bias", (query.outputs, 1)
        case Embeddings():
            yield from _of_embeddings(part)
        case Latents():
            yield part.table, (part.count, part.key.inputs)
        case Rotary(stored=(str(name), *_)):
            yield name, (len(part.frequencies),)
        case RelativeBias():
            yield part.table, (part.buckets, part.heads)
        case Disentangled():
            yield part.table, (2 * part.span, hidden)


def _seen(part: Any) -> Iterator[tuple[str, tuple[int, ...]]]:
    """As `_tensors`, of the parts that only towers of pictures have."""
    match part:
        case Patches():
            square = (part.channels, part.side, part.side)
            yield (
                part.name + ".weight",
                (part.width, *((part.features,) if part.packed or part.flat else square)),
            )
            if part.bias:
                yield part.name + ".bias", (part.width,)
        case Cuboids():
            yield part.name + ".weight", part.shape
            if part.bias:
                yield part.name + ".bias", (part.width,)
        case Square():
            yield part.table, (part.side**2, part.width)
        case Leading():
            yield part.name, part.shape
        case Places():
            yield part.table, part.shape
        case Selector():
            yield part.latent, (1, 1, part.query.inputs)
        case AttentionPool():
            size = part.output.inputs
            yield part.probe, (1, 1, size)
            yield part.name + ".in_proj_weight", (3 * size, size)
            yield part.name + ".in_proj_bias", (3 * size,)
