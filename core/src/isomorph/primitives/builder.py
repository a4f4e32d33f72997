"""Writing a program: values are `Ref`s, weights are checked by name and shape when asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.errors import BadModel, Unsupported
from isomorph.files.names import OLD_WEIGHTS, WEIGHTS
from isomorph.files.tensor import Made, Tensor
from isomorph.primitives.implied import Implied
from isomorph.primitives.program import UNKNOWN, VALUES, Feed, Node, Program

FLOATS = ("F64", "F32", "F16", "BF16")
INTEGERS = ("I64", "I32", "I16", "I8", "U8")
"""How safetensors calls the types of stored tensors that are read here."""

NO_WEIGHTS = (
    f"has no weights: its folder holds none of {', '.join((*WEIGHTS, *OLD_WEIGHTS))}. Download or copy the "
    "model again, or convert what its weights lie in to safetensors."
)
"""What is said of a module without weights, behind its name."""


class Ref:
    """A value in a program under construction. Arithmetic on it emits primitives."""

    __slots__ = ("_name", "builder")

    def __init__(self, builder: Builder, name: str) -> None:
        self.builder = builder
        self._name = name

    @property
    def name(self) -> str:
        """The name of the value in the program."""
        return self._name

    def __add__(self, other: Ref | float) -> Ref:
        return self.builder.emit("add", (self, other))

    def __sub__(self, other: Ref | float) -> Ref:
        return self.builder.emit("subtract", (self, other))

    def __mul__(self, other: Ref | float) -> Ref:
        return self.builder.emit("multiply", (self, other))

    def __truediv__(self, other: Ref | float) -> Ref:
        return self.builder.emit("divide", (self, other))


class Stack(Ref):
    """A value of `count` values of one shape, along its first axis."""

    __slots__ = ("count",)

    def __init__(self, joined: Ref, count: int) -> None:
        super().__init__(joined.builder, joined.name)
        self.count = count


class Builder:
    """Collects the nodes, feeds and constants of one program."""

    def __init__(self, feeds: Mapping[str, Feed] | None = None) -> None:
        self._feed_types = {**VALUES, **(feeds or {})}
        self._feeds: dict[str, Feed] = {}
        self._constants: dict[str, Tensor | NDArray[Any]] = {}
        self._nodes: list[Node] = []
        self._bands: dict[str, int] = {}

    @property
    def used(self) -> frozenset[str]:
        """The primitives emitted so far."""
        return frozenset(node.primitive for node in self._nodes)

    def feed(self, name: str) -> Ref:
        """A value that the caller supplies."""
        self._feeds[name] = self._feed_types.get(name, UNKNOWN)
        return Ref(self, name)

    def constant(self, value: NDArray[Any] | np.generic | float) -> Ref:
        """A small value known now; a Python number becomes a float32 scalar."""
        typed = isinstance(value, np.ndarray | np.generic)
        array = np.asarray(value, None if typed else np.float32)
        name = f"c{len(self._constants)}"
        self._constants[name] = array
        return Ref(self, name)

    def weight(self, name: str, tensor: Tensor) -> Ref:
        """A tensor of the model, by a name that is unique in the program."""
        self._constants[name] = tensor
        return Ref(self, name)

    def emit(self, primitive: str, inputs: Sequence[Ref | float | None], **attrs: Any) -> Ref:
        """Appends a node. A number among the inputs becomes a constant, None an absent input."""
        names = tuple(self._name_of(value) for value in inputs)
        output = f"v{len(self._nodes)}"
        self._nodes.append(Node(primitive, names, output, attrs))
        return Ref(self, output)

    def is_band(self, value: Ref, width: int) -> None:
        """Says that a value (1, 1, T, T) is 0 up to `width` away from its diagonal, and -inf elsewhere."""
        self._bands[value.name] = width

    def finish(self, outputs: Mapping[str, Ref]) -> Program:
        """The program that computes `outputs`."""
        named = {name: ref.name for name, ref in outputs.items()}  # first: a name may bring nodes
        return Program(
            dict(self._feeds),
            dict(self._constants),
            tuple(self._nodes),
            named,
            dict(self._bands),
        )

    def _name_of(self, value: Ref | float | None) -> str:
        if value is None:
            return ""
        return value.name if isinstance(value, Ref) else self.constant(value).name


class Weights:
    """The tensors of one module, handed to its lowering, which asks for them by name and shape."""

    def __init__(self, builder: Builder, module: str, tensors: Mapping[str, Tensor]) -> None:
        self._builder = builder
        self._module = module
        self._tensors = tensors
        self._read: set[str] = set()

    @property
    def read(self) -> frozenset[str]:
        """The names that were asked for."""
        return frozenset(self._read)

    @property
    def names(self) -> frozenset[str]:
        """The names that the module's files hold."""
        return frozenset(self._tensors)

    @property
    def lacking(self) -> bool:
        """Whether the module has no weights at all."""
        return not self._tensors and not isinstance(self._tensors, Implied)

    def __call__(self, name: str, shape: tuple[int, ...], integers: bool = False) -> Ref:
        """The tensor of this name, of floating point or, with `integers`, of either.

        Raises:
            Unsupported: the module has no weight files that are read here.
            BadModel: there is no such tensor, its shape is not what the configuration implies, or it is
                stored in a type that is not read.
        """
        tensor = self.check(name, shape, integers)
        return self._builder.weight(f"{self._module}/{name}", tensor)

    def check(self, name: str, shape: tuple[int, ...], integers: bool = False) -> Tensor:
        """The tensor of this name, which does not become part of the program; raises as a call does."""
        if self.lacking:
            raise Unsupported(f"module {self._module!r} {NO_WEIGHTS}")
        tensor = self._stored(name, shape)
        if tensor is None:
            raise BadModel(
                f"Module {self._module!r} needs a tensor {name!r} of shape {shape}, but its weight "
                f"files hold: {_some(sorted(self._tensors))}."
            )
        if tensor.shape != shape:
            raise BadModel(
                f"Tensor {name!r} in {tensor.file.name} has shape {tensor.shape}, but the "
                f"configuration of module {self._module!r} implies {shape}."
            )
        self._note(name, tensor, FLOATS + INTEGERS if integers else FLOATS)
        return tensor

    def rows(self, name: str, rows: tuple[int, int], rest: tuple[int, ...]) -> Ref:
        """Some rows of a tensor whose other axes are `rest`; still a place in the file.

        Raises:
            BadModel: there is no such tensor, or it does not have these rows.
        """
        begin, end = rows
        tensor = self._stored(name, (end, *rest))
        if tensor is None or tensor.shape[1:] != rest or tensor.shape[0] < end:
            self(name, (end, *rest))  # raises, saying what there is
            raise AssertionError(name)
        self._note(name, tensor, FLOATS)
        return self._builder.weight(f"{self._module}/{name}[{begin}:{end}]", tensor.rows(*rows))

    def reshaped(self, name: str, stored: tuple[int, ...], shape: tuple[int, ...]) -> Ref:
        """The tensor of this name and this `stored` shape, under another shape of the same numbers.

        Raises:
            Unsupported, BadModel: as a call does.
        """
        tensor = self.check(name, stored)
        return self._builder.weight(f"{self._module}/{name}", tensor.reshaped(shape))

    def _stored(self, name: str, shape: tuple[int, ...]) -> Tensor | None:
        known = self._tensors
        return known.imply(name, shape) if isinstance(known, Implied) else known.get(name)

    def picked(
        self,
        name: str,
        stored: tuple[int, ...],
        shape: tuple[int, ...],
        recipe: str,
        pick: Callable[[NDArray[Any]], NDArray[Any]],
    ) -> Ref:
        """Some numbers of a tensor of the shape `stored`, in another order; made when they are read.

        `pick` gives them as an array of `shape`, and `recipe` tells which they are.

        Raises:
            BadModel: there is no such tensor, or it has another shape.
        """
        tensor = self.check(name, stored)
        sources = () if tensor.made is None else tensor.made.sources
        recipe = recipe if tensor.made is None else f"{tensor.made.recipe}, {recipe}"
        made = Made(lambda: pick(tensor.raw()), recipe, sources)
        return self._builder.weight(f"{self._module}/{name}[{recipe}]", tensor.remade(shape, made))

    def _note(self, name: str, tensor: Tensor, kinds: tuple[str, ...]) -> None:
        """That a tensor was read, and that it can be."""
        self._read.add(name)
        if tensor.dtype not in kinds:
            raise BadModel(
                f"Tensor {name!r} in {tensor.file.name} of module {self._module!r} is stored as "
                f"{tensor.dtype}; what is read there: {', '.join(kinds)}."
            )

    def shape_of(self, name: str) -> tuple[int, ...] | None:
        """The stored shape, or None where there is no such tensor."""
        tensor = self._tensors.get(name)
        return tensor.shape if tensor else None


def _some(names: Sequence[str], limit: int = 8) -> str:
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more
