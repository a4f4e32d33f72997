"""A look at a whole model before any backend: whether its settings and its weights belong together."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from warnings import warn

from isomorph.errors import BadModel, Unsupported
from isomorph.files.guard import reading
from isomorph.model.graph import Module
from isomorph.model.model import Model
from isomorph.plugins.kinds_door import failed
from isomorph.plugins.table import plugin_of
from isomorph.primitives.footprint import ROWS, WIDTH, Shapes
from isomorph.primitives.program import VALUES, Program
from isomorph.program.lower import lowered
from isomorph.program.width import width_behind

_ASIDE = (
    *(".position_ids", ".mask_token", ".num_batches_tracked", ".relative_position_index"),
    ".inv_freq",
)
"""Endings of what stands beside layers and is read in training alone, or follows from sizes."""


def examine(model: Model) -> None:
    """Lowers every chain once and keeps nothing of it; warns of stored parts of it that no chain reads.

    So every backend refuses the same folders, those too that bring model code of their own. What core
    has no lowering for, it cannot judge: the chain is examined up to there.

    Raises:
        BadModel: a tensor is missing, is of another shape or type than the settings imply, a module does
            not fit what it reads, or lowering failed; names the module.
        PluginFailed: a kind of a plugin failed, or says another width than it computes.
    """
    stored: dict[str, set[str]] = {}
    read: dict[str, set[str]] = {}
    for chain in model.each():  # of several towers over the same weights each reads its own
        for module, tensors in _read(chain):
            stored.setdefault(module.name, set()).update(chain.tensors_of(module))
            read.setdefault(module.name, set()).update(tensors)
    for name, names in stored.items():
        unread = left_over(names, read[name])
        if unread:
            warn(
                f"Module {name!r} of {model.folder} leaves {len(unread)} stored tensors unread, such as "
                f"{min(unread)!r}: its settings ask for fewer layers, or fewer parts of a layer, than "
                "its weights hold.",
                stacklevel=2,
            )


def _read(model: Model) -> Iterator[tuple[Module, Collection[str]]]:
    """Each module with the names of the tensors that it reads, as far as modules can be lowered."""
    steps, shapes = lowered(model), Shapes(ROWS, WIDTH)
    for index, module in enumerate(model.graph.modules):
        place = f"Module {module.name!r} ({module.kind}) of {model.folder}"
        try:
            with reading(place):
                weights, program = next(steps)
                _follow(program, shapes, place)
            _refuse_another_width(model, index, program, shapes)
        except Unsupported:
            break
        yield module, weights.read


def _refuse_another_width(model: Model, index: int, program: Program, shapes: Shapes) -> None:
    """Holds the `width` of a plugin's kind against what its `lower` computes.

    Raises:
        PluginFailed: they differ; users would be told of another number of features than they get.
    """
    module = model.graph.modules[index]
    origin = plugin_of(module.kind)
    if origin is None or not module.outputs:
        return
    stated = width_behind(model, index)
    shape = shapes.known[program.outputs[module.outputs[0]]]
    if stated is not None and len(shape) > 1 and shape[-1] != stated:
        why = TypeError(f"it gives {stated}, and lower computes {shape[-1]} features")
        raise failed(origin, module.kind, "width", why, module.name)


def _follow(program: Program, shapes: Shapes, place: str) -> None:
    """Finds the shapes of what a module computes; values of well-known names have as many axes as those say.

    Raises:
        BadModel: values do not fit each other, or one has other axes, such as token vectors under the
            name of the sentence's.
    """
    try:
        shapes.follow(program)
    except BadModel as cause:
        raise BadModel(f"{place}: {cause}") from cause
    for name, value in program.outputs.items():
        axes = len(shapes.known[value])
        if name in VALUES and axes != VALUES[name].rank:
            raise BadModel(
                f"{place} writes {name!r} with {axes} axes, and it has {VALUES[name].rank}: the module reads "
                "or writes another value than it should (module_input_name, module_output_name)."
            )


def left_over(stored: Collection[str], read: Collection[str]) -> frozenset[str]:
    """The names of `stored` that are not in `read` but belong to layers of its kinds.

    Such as further layers, whose names differ by a number, the bias of a layer that is read without
    one, or a table beside those that are read. Heads, poolers and buffers have names of their own; nobody
    need read them.
    """
    kinds = {_kind(name) for name in read} - {""}
    unread = (name for name in set(stored) - set(read) if not name.endswith(_ASIDE))
    return frozenset(name for name in unread if _kind(name) in kinds)


def _kind(name: str) -> str:
    """The layer that a tensor belongs to, whatever its number; "" where the name tells none.

    Tables of one home, such as those of words and of token types, are of one kind: their rows are added up.
    """
    return re.sub(r"\d+|(?<=\.)[a-z_]+(?=_embeddings$)", "*", name.rpartition(".")[0])
