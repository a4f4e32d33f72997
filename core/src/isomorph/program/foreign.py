"""Encoders in files that other libraries exported: what their inputs and outputs mean.

    meaning(model, ports)     how many modules the file stands for, and which output holds what
    fed(names, values, model) the value of one of its inputs, made up where texts do not give it

Names say what an output holds, or the user says it (``output_name=``). The vectors of tokens go before a
finished vector: the folder's own modules then decide what follows, as they do on every other backend.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.contract import Model, Values
from isomorph.errors import BadModel, Unsupported
from isomorph.plugins.table import kind_named
from isomorph.program.axes import Expected, Extents
from isomorph.program.positions import position_ids

KNOWN_INPUTS = frozenset(("input_ids", "attention_mask", "token_type_ids", "position_ids"))
"""Names of inputs that texts give or that are made up; a chain's own feeds come on top."""

TOKENS = ("last_hidden_state", "token_embeddings")
"""Names of outputs that hold what an encoder without a head writes."""

LOGITS = ("logits",)
"""Names of outputs that hold what a head writes; nobody asked for the hidden states of such a model."""

SENTENCE = "sentence_embedding"
"""The name of an output that holds finished vectors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """What an exported file says of its inputs and outputs.

    ``file`` is its name, for errors. ``extents`` are the sizes of the axes of the outputs, by name, for
    example ``(None, None, 384)``: None for a size that a forward decides. None, or nothing, stands for an
    output of which the file leaves open how many axes there are.
    """

    file: str
    inputs: Collection[str]
    outputs: Collection[str]
    extents: Mapping[str, Extents | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What a file stands for: the first `depth` modules.

    ``outputs`` maps the names that these modules promise to the file's names of them.
    """

    depth: int
    outputs: Mapping[str, str]


def meaning(model: Model, ports: Ports, output: str | None = None) -> Meaning:
    """What a file stands for in the chain of `model`.

    `output` names the output that holds what the first module writes, None where names shall say so.

    Raises:
        Unsupported: it has other inputs or outputs than this model's encoder, or an output whose axes can
            never be those of what the encoder writes; says which.
    """
    modules = model.graph.modules
    if not modules or not kind_named(modules[0].kind).exported:
        there = f"but the first module is {modules[0].kind!r}" if modules else "and there is none"
        raise Unsupported(f"{ports.file}: it is an encoder, {there}")
    unknown = sorted(set(ports.inputs) - KNOWN_INPUTS - set(model.graph.inputs))
    if unknown:
        raise Unsupported(
            f"{ports.file}: it wants inputs that texts do not give: {', '.join(unknown)}"
        )
    if output is not None:
        return _with_free_axes(model, ports, _of_named_output(model, ports, output))
    return _with_free_axes(model, ports, _of_known_outputs(model, ports))


def _with_free_axes(model: Model, ports: Ports, found: Meaning) -> Meaning:
    """What was found, unless the file itself says that its outputs hold something else.

    Raises:
        Unsupported: names the first such output.
    """
    expected = Expected(model.prefix(found.depth))
    for name, own in found.outputs.items():
        wrong = expected.fixed_misfit(name, ports.extents.get(own))
        if wrong:
            raise Unsupported(
                f"{ports.file}: its output {own!r} stands for {name} and {wrong}; its outputs and their axes "
                f"are {_listed(ports)}. Export it again from this model, with free axes for rows and tokens, "
                "or remove it."
            )
    return found


def _of_known_outputs(model: Model, ports: Ports) -> Meaning:
    """By the names of the outputs.

    Raises:
        Unsupported: they do not hold what the first module promises, nor what the chain does.
    """
    first, promised = model.graph.modules[0], model.graph.prefix(1).outputs
    known: dict[str, tuple[str, ...]] = {name: (name,) for name in promised}
    known[first.outputs[0]] = _known_names(model)
    held = {
        name: next((own for own in known[name] if own in ports.outputs), None) for name in promised
    }
    found = {name: own for name, own in held.items() if own is not None}
    if len(found) == len(promised):
        return Meaning(depth=1, outputs=found)
    writers = [i + 1 for i, m in enumerate(model.graph.modules) if SENTENCE in m.outputs]
    if writers and SENTENCE in ports.outputs:
        depth = _before_repeatable(model, writers[-1])
        if model.graph.prefix(depth).outputs == (SENTENCE,):
            return Meaning(depth=depth, outputs={SENTENCE: SENTENCE})
    missing = ", ".join(name for name in promised if name not in found)
    raise Unsupported(
        f"{ports.file}: its outputs and their axes are {_listed(ports)}, and none is known to hold "
        f"{missing} (known are {', '.join(_known_names(model))}); "
        f"output_name= beside file_name= may say which holds {first.outputs[0]}"
    )


def _before_repeatable(model: Model, depth: int) -> int:
    """`depth` without modules at its end that change nothing of what went through them.

    They bring a vector to length 1. No name says whether a file did that, and once more is no harm.
    """
    modules = model.graph.modules
    while kind_named(modules[depth - 1].kind).repeatable and SENTENCE in modules[depth - 2].outputs:
        depth -= 1
    return depth


def _known_names(model: Model) -> tuple[str, ...]:
    """The names under which files hold what the first module writes, the likeliest first."""
    first = model.graph.modules[0]
    headless = first.config.get("task", "feature-extraction") == "feature-extraction"
    return tuple(dict.fromkeys((*(TOKENS if headless else LOGITS), first.outputs[0])))


def _of_named_output(model: Model, ports: Ports, output: str) -> Meaning:
    """The first module alone, by the output that the user named.

    Raises:
        Unsupported: there is no such output, or the module writes more than one value.
    """
    first = model.graph.modules[0]
    if output not in ports.outputs:
        raise Unsupported(
            f"{ports.file}: it has no output {output!r}; its outputs and their axes are {_listed(ports)}"
        )
    if len(first.outputs) > 1:
        raise Unsupported(
            f"{ports.file}: one output {output!r} does not hold all of {', '.join(first.outputs)}"
        )
    return Meaning(depth=1, outputs={first.outputs[0]: output})


def _listed(ports: Ports) -> str:
    extents = {name: ports.extents.get(name) for name in ports.outputs}
    return ", ".join(
        name if own is None else f"{name} ({len(own)})" for name, own in extents.items()
    )


def fed(names: Collection[str], values: Values, model: Model) -> NDArray[Any]:
    """The value of an input that has these names.

    What texts do not give is made up: token types and the length of a prompt are 0, positions are
    counted as the encoder's family does.

    Raises:
        BadModel: nobody knows what the input means.
    """
    for name in names:
        if name in values:
            return values[name]
    ids = values["input_ids"]
    if "token_type_ids" in names:
        return np.zeros(ids.shape, np.int64)
    if "prompt_length" in names:
        return np.zeros(len(ids), np.int64)
    if "position_ids" in names:
        return position_ids(model, values)
    raise BadModel(
        f"A file in {model.folder} wants an input {', '.join(sorted(names))}, which texts do not give."
    )
