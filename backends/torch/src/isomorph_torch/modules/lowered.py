"""Any module that core lowers to primitives, where no class here or in transformers computes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import nn

from isomorph.contract import Model, Tensor
from isomorph.errors import BadModel, InputError, UnknownFormat, Unsupported
from isomorph.program import Program, claimable, lower
from isomorph_torch import precision
from isomorph_torch.emit import EMITTERS, Emitter
from isomorph_torch.files import save_tensors
from isomorph_torch.modules.fetched import fetched
from isomorph_torch.modules.layer import Kind, Layer, Tensors
from isomorph_torch.modules.source import Source


@dataclass(frozen=True, slots=True)
class Step:
    """One node of a program: an emitter, or a child of the layer by its name, on values by theirs."""

    run: Emitter | str
    inputs: tuple[str, ...]
    output: str
    done: tuple[str, ...]
    """Values that nobody reads again."""


class Lowered(Layer):
    """A program, step by step in torch's operators; its weights are parameters.

    Products with weights are nn.Linear children. Names are those of the stored tensors, with a slash in
    the place of each dot. There is no dropout, in training either.
    """

    def __init__(self, source: Source, program: Program, dtype: torch.dtype) -> None:
        super().__init__(source.module)
        self._stored = source.model.tensors_of(source.module)
        self._feeds, self._outputs = tuple(program.feeds), dict(program.outputs)
        self._weights = {n: c for n, c in program.constants.items() if isinstance(c, Tensor)}
        self._places: dict[str, tuple[str, str]] = {}
        self._products: dict[tuple[str, ...], str] = {}
        self._module = source.module.name
        live = {name: _parameter(stored, dtype) for name, stored in self._weights.items()}
        self._steps = tuple(self._prepared(program, live))
        for name, weight in live.items():
            if name not in self._places:
                self._places[name] = ("", self._named(name))
                self.register_parameter(self._named(name), weight)
        for name, constant in program.constants.items():
            if not isinstance(constant, Tensor):
                self.register_buffer(name, torch.from_numpy(np.array(constant)), persistent=False)

    def forward(self, values: Tensors) -> Tensors:
        """Whatever the program reads and promises, by name."""
        known = {name: values[name] for name in self._feeds}
        for step in self._steps:
            inputs = [self._value(name, known) if name else None for name in step.inputs]
            if isinstance(step.run, str):
                known[step.output] = self._multiplied(step.run, inputs[0])
            else:
                known[step.output] = step.run(*inputs)
            for name in step.done:
                known.pop(name, None)
        return {**values, **{name: self._value(of, known) for name, of in self._outputs.items()}}

    def save(self, folder: Path) -> None:
        """Writes all tensors of the module where one was changed; else its files say all there is.

        Raises:
            Unsupported: a changed weight is made of several stored numbers.
        """
        changed = [name for name, stored in self._weights.items() if self._differs(name, stored)]
        if not changed:
            return
        arrays = {name: np.array(stored.numpy()) for name, stored in self._stored.items()}
        for name in changed:
            homes = list(_homes(self._weights[name], self._stored))
            if not homes:
                raise Unsupported(
                    f"Weight {name!r} was changed, and the file has its numbers in another order. Write the "
                    "weights yourself, or train the model in the code that it was published with."
                )
            live = precision.at_least_float32(self._live(name).detach().cpu()).numpy().reshape(-1)
            for home, begin in homes:
                arrays[home].reshape(-1)[begin : begin + live.size] = live
        save_tensors({name: torch.from_numpy(array) for name, array in arrays.items()}, folder)

    def _prepared(self, program: Program, live: Mapping[str, nn.Parameter]) -> Iterator[Step]:
        last = {name: i for i, node in enumerate(program.nodes) for name in node.inputs}
        kept = frozenset(program.outputs.values())
        for index, node in enumerate(program.nodes):
            done = tuple(n for n in set(node.inputs) if n and last[n] == index and n not in kept)
            run: Emitter | str = partial(EMITTERS[node.primitive], **node.attrs)
            inputs, weights = node.inputs, node.inputs[1:]
            if node.primitive == "linear" and all(not name or name in live for name in weights):
                run, inputs = self._product(weights, live), inputs[:1]
            yield Step(run, inputs, node.output, done)

    def _product(self, names: tuple[str, ...], live: Mapping[str, nn.Parameter]) -> str:
        """The name of the child with this weight and this bias, or "" for none; made when first asked for."""
        if names in self._products:
            return self._products[names]
        weight, bias = names
        name = self._named(weight).removesuffix("/weight")
        while name in self._modules:
            name += "'"
        outputs, inputs = live[weight].shape
        child = nn.Linear(inputs, outputs, bias=bool(bias), device="meta")
        child.weight = live[weight]
        self._places.setdefault(weight, (name, "weight"))
        if bias:
            child.bias = live[bias]
            self._places.setdefault(bias, (name, "bias"))
        self.add_module(name, child)
        self._products[names] = name
        return name

    def _named(self, constant: str) -> str:
        """A constant's name as that of a parameter, in which torch allows no dot."""
        return constant.removeprefix(f"{self._module}/").replace(".", "/")

    def _multiplied(self, child: str, x: torch.Tensor | None) -> torch.Tensor:
        product = self.get_submodule(child)
        assert isinstance(product, nn.Linear)
        assert x is not None
        found: torch.Tensor = product(x.to(product.weight.dtype))
        return found

    def _value(self, name: str, known: Tensors) -> torch.Tensor:
        if name in known:
            return known[name]
        return self._live(name) if name in self._places else self.get_buffer(name)

    def _live(self, constant: str) -> nn.Parameter:
        child, attribute = self._places[constant]
        return self.get_submodule(child).get_parameter(attribute)

    def _differs(self, name: str, stored: Tensor) -> bool:
        live = self._live(name).detach().cpu()
        return not torch.equal(live, torch.from_numpy(np.array(stored.numpy())).to(live.dtype))


def _parameter(stored: Tensor, dtype: torch.dtype) -> nn.Parameter:
    """A copy: it may be trained, and the file stays as it is."""
    weight = torch.from_numpy(np.array(stored.numpy()))
    floating = weight.is_floating_point()
    return nn.Parameter(weight.to(dtype) if floating else weight, requires_grad=floating)


def _homes(weight: Tensor, stored: Mapping[str, Tensor]) -> Iterator[tuple[str, int]]:
    """The stored tensors that hold a weight as it is read, and at which of their numbers it begins."""
    for name, tensor in stored.items():
        if weight.made is not None:
            if weight.made is tensor.made:
                yield name, 0
        elif tensor.made is None and tensor.file == weight.file and tensor.nbytes:
            begin = weight.offset - tensor.offset
            if begin >= 0 and begin + weight.nbytes <= tensor.nbytes:
                yield name, begin * int(np.prod(tensor.shape, dtype=np.int64)) // tensor.nbytes


def build(source: Source) -> Lowered:
    """The module's program with its weights, on the CPU.

    Of options those of the type of numbers are followed, for modules that large tables are in.

    Raises:
        InputError: ``model_kwargs`` or ``config_kwargs`` ask for more of such a module.
        Unsupported: the type is not there.
        BadModel: a weight is missing, or has another shape.
    """
    dtype = torch.float32
    if source.module.config.get("transformer") is not None:
        why = f"transformers does not have this {source.module.kind}, and primitives compute it"
        dtype = precision.alone(source.options, why)
        if source.options.config_kwargs:
            names = ", ".join(sorted(map(str, source.options.config_kwargs)))
            raise InputError(f"config_kwargs {names} cannot be used: {why}. Change config.json.")
    # torch gives the last numbers of an activation other bits where all of them are no multiple of 32.
    # With every row they belong to a last position; with taken rows the place of a text shows in its bits.
    return Lowered(source, lower(_alone(source), every_row=True), dtype)


def obstacle(source: Source) -> str:
    """Core must know the module as primitives, and the folder must fill them.

    A configuration that would have code fetched is refused, whoever computes the model.
    """
    asked = fetched(source.module.config.get("transformer") or {})
    if asked:
        return asked
    try:
        _, reason = claimable(_alone(source), EMITTERS.keys())
    except (BadModel, UnknownFormat) as why:
        return str(why)
    return reason


def _alone(source: Source) -> Model:
    model = source.model
    return model.rest(model.graph.modules.index(source.module)).prefix(1)


KIND = Kind((), build, obstacle)
