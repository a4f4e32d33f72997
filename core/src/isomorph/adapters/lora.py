"""The tensors of a base model with those of a LoRA adapter merged in, each when it is read.

Names are ``base_model.model.MODULE.lora_A.weight`` and the like. Merged numbers are float32, whatever
the base model is stored in.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.adapters.settings import Lora
from isomorph.encoders.names import older
from isomorph.errors import BadModel, Unsupported
from isomorph.files.tensor import Made, Tensor
from isomorph.primitives.builder import FLOATS

_PREFIX = "base_model.model."
_PART = re.compile(
    r"(?P<module>.+)\.(?P<part>lora_[AB]|lora_embedding_[AB]|lora_magnitude_vector)"
    r"(?:\.default)?(?P<ending>\.weight|\.bias)?"
)
_WRAPPED = (".modules_to_save.default", ".base_layer", ".original_module")


def merged(
    base: Mapping[str, Tensor],
    adapter: Mapping[str, Tensor],
    lora: Lora,
    where: str,
    turned: Collection[str] | None = None,
) -> dict[str, Tensor]:
    """The tensors of the base model, by its names, some of them changed or replaced.

    Args:
        base: the tensors of the base model.
        adapter: those of the adapter, by the names in its file.
        lora: its settings.
        where: what messages call the adapter.
        turned: the layers of the base model that are stored as (inputs, outputs), None where nobody
            knows them: then shapes tell, and the settings where a matrix is square.

    Raises:
        BadModel: the adapter changes nothing, or what the base model does not have, or has other sizes.
        Unsupported: it changes a layer in a way that is not done here.
    """
    if not adapter:
        raise BadModel(f"{where} holds no tensor: what it would change was not saved.")
    found = dict(base)
    changes: dict[str, dict[str, Tensor]] = {}
    for stored, tensor in adapter.items():
        name = stored.removeprefix(_PREFIX)
        part = _PART.fullmatch(name)
        if part is not None:
            kind = part["part"] + (part["ending"] if part["ending"] == ".bias" else "")
            changes.setdefault(part["module"], {})[kind] = tensor
        else:
            _replace(found, name, tensor, lora, where)
    for module, parts in changes.items():
        _change(found, _Layer(module, parts, lora, f"{where}: {module!r}", turned))
    return found


def _replace(found: dict[str, Tensor], stored: str, tensor: Tensor, lora: Lora, where: str) -> None:
    """A tensor that was stored as a whole."""
    name = stored
    for wrapper in _WRAPPED:
        name = name.replace(wrapper + ".", ".")
    own = _located(found, name)
    if own is None and not lora.replaces(name):
        raise BadModel(
            f"{where} holds a tensor {stored[:200]!r}, which its base model does not have and its settings "
            "do not name."
        )
    found[own or name] = tensor


@dataclass(frozen=True, slots=True)
class _Layer:
    """A layer that is changed: its name in the adapter, its matrices, and what messages call it."""

    module: str
    parts: Mapping[str, Tensor]
    lora: Lora
    where: str
    turned: Collection[str] | None

    def is_turned(self, name: str, weight: Tensor, a: Tensor, b: Tensor) -> bool:
        """Whether the weight of this name is stored as (inputs, outputs), whatever the settings say.

        peft asks the class of the layer, and corrects its own copy of the settings.
        """
        if self.turned is not None:
            layer = name.removesuffix(".weight")
            return any(layer == each or layer.endswith("." + each) for each in self.turned)
        if len(set(weight.shape)) == 1:
            return self.lora.turned
        return weight.shape == (a.shape[-1], b.shape[0])


def _change(found: dict[str, Tensor], layer: _Layer) -> None:
    name = _located(found, f"{layer.module}.weight")
    if name is None:
        raise BadModel(f"{layer.where} is changed, and the base model has no such layer.")
    weight, parts, scaling = found[name], layer.parts, layer.lora.scaling_of(layer.module)
    for tensor in (weight, *parts.values()):
        if tensor.dtype not in FLOATS:
            raise BadModel(
                f"{layer.where}: a matrix of it is stored as {tensor.dtype}, not as floats."
            )
    table = "lora_embedding_A" in parts
    kind = "lora_embedding_" if table else "lora_"
    a, b = parts.get(f"{kind}A"), parts.get(f"{kind}B")
    if a is None or b is None:
        raise BadModel(f"{layer.where} is changed by one matrix alone, and it takes two.")
    magnitude = parts.get("lora_magnitude_vector")
    if (magnitude is not None) != layer.lora.dora or (magnitude is not None and table):
        raise Unsupported(f"{layer.where} is changed by DoRA where that is not merged.")
    turned = table or layer.is_turned(name, weight, a, b)
    _check_sizes(weight, a, b, layer, turned)
    if magnitude is not None and magnitude.shape != (b.shape[0],):
        raise BadModel(f"{layer.where}: there are magnitudes of shape {magnitude.shape}.")
    held = [each.held for each in (a, b, magnitude) if each is not None]
    made = Made(
        lambda: _sum(weight, a, b, scaling, magnitude, turned),
        f"LoRA {layer.module} {scaling!r} {turned}",
        tuple({file.path: file for file in held if file is not None}.values()),
    )
    found[name] = weight.remade(weight.shape, made, "F32")
    bias = parts.get("lora_B.bias")
    if bias is not None:
        _shift(found, layer, bias, scaling)


def _check_sizes(weight: Tensor, a: Tensor, b: Tensor, layer: _Layer, turned: bool) -> None:
    if len(weight.shape) != 2:
        raise Unsupported(f"{layer.where} is changed and is no matrix, but {weight.shape}.")
    outputs, inputs = reversed(weight.shape) if turned else weight.shape
    rank = layer.lora.rank_of(layer.module)
    if a.shape != (rank, inputs) or b.shape != (outputs, rank):
        raise BadModel(
            f"{layer.where} of shape {weight.shape} is changed by matrices {a.shape} and {b.shape}, and "
            f"the rank is {rank}."
        )


def _sum(
    weight: Tensor, a: Tensor, b: Tensor, scaling: float, magnitude: Tensor | None, turned: bool
) -> NDArray[Any]:
    """W + scaling * B A; with DoRA each output has the length that was learnt for it."""
    delta = b.numpy() @ a.numpy() * np.float32(scaling)
    whole = weight.numpy() + (delta.T if turned else delta)
    if magnitude is not None:
        axis = 0 if turned else 1
        length = np.linalg.norm(whole, axis=axis, keepdims=True)
        learnt = magnitude.numpy().reshape(length.shape)
        whole = whole * (learnt / length)
    return np.ascontiguousarray(whole, np.float32)


def _shift(found: dict[str, Tensor], layer: _Layer, bias: Tensor, scaling: float) -> None:
    """A layer's bias with the scaled bias of the second matrix."""
    name = _located(found, f"{layer.module}.bias")
    if name is None or found[name].shape != bias.shape:
        raise BadModel(
            f"{layer.where} has a bias added, and the base model has no such bias there."
        )
    own = found[name]
    made = Made(
        lambda: own.numpy() + bias.numpy() * np.float32(scaling),
        f"LoRA bias {layer.module} {scaling!r}",
        () if bias.held is None else (bias.held,),
    )
    found[name] = own.remade(own.shape, made, "F32")


def _located(names: Iterable[str], wanted: str) -> str | None:
    """How the base model calls a tensor: it may lie deeper there, or less deep by one level.

    Tensors of norms may have the names that old files give them.
    """
    old = older(wanted)
    return _placed(names, wanted) or (_placed(names, old) if old else None)


def _placed(names: Iterable[str], wanted: str) -> str | None:
    if wanted in names:
        return wanted
    shorter = wanted.partition(".")[2]
    ends = [n for n in names if n.endswith("." + wanted) and n.count(".") == wanted.count(".") + 1]
    if len(ends) == 1:
        return ends[0]
    return shorter if "." in shorter and shorter in names else None
