"""The tensors of an ONNX file, wherever they stand, and the files beside it in which their numbers lie.

A tensor may be an initialiser, dense or sparse; an attribute of an operator, such as Constant's; and both
again in the bodies of If, Loop and Scan, in functions, and in graphs for training, to any depth. Field
numbers: onnx.proto of the ONNX specification.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from isomorph_onnx.skim import Place, Skim

DEPTH = 100
"""Messages inside of each other: no parser takes more."""

_MODEL, _TENSOR = "model", "tensor"
_INSIDE: Mapping[str, Mapping[int, str]] = {
    _MODEL: {7: "graph", 20: "training", 25: "function"},
    "graph": {1: "node", 5: _TENSOR, 15: "sparse"},
    "node": {5: "attribute"},
    "attribute": {
        5: _TENSOR, 10: _TENSOR, 6: "graph", 11: "graph", 22: "sparse", 23: "sparse",
    },
    "sparse": {1: _TENSOR, 2: _TENSOR},
    "training": {1: "graph", 2: "graph"},
    "function": {7: "node", 11: "attribute"},
}  # fmt: skip
"""The fields of each kind of message in which tensors may be, and the kinds of those fields."""

_DIMS, _TYPE, _NAME, _EXTERNAL, _WHERE = 1, 2, 8, 13, 14  # of TensorProto
_KEY, _VALUE = 1, 2  # of an entry of external data
_AXES = 64


@dataclass(frozen=True, slots=True)
class Stored:
    """One tensor in a file: its name, its `TensorProto.DataType`, its shape.

    ``locations`` are the files beside it that it names; ``outside`` says whether its numbers lie there.
    """

    name: str
    dtype: int
    shape: tuple[int, ...]
    locations: tuple[str, ...] = ()
    outside: bool = False

    @property
    def is_matrix(self) -> bool:
        """Whether it is a weight to multiply with or to gather from, not a bias or a scale."""
        return sum(size > 1 for size in self.shape) >= 2


def every_tensor(file: Skim) -> Iterator[Place]:
    """Where the tensors of a model lie.

    Raises:
        ValueError: this is no protocol buffer, or messages are nested too deeply.
    """
    waiting = [(_MODEL, file.whole, 0)]
    while waiting:
        kind, message, depth = waiting.pop()
        if depth > DEPTH:
            raise ValueError(f"it has more than {DEPTH} messages inside of each other")
        inside = _INSIDE[kind]
        for number, held in file.fields(message):
            what = inside.get(number)
            if what is None or isinstance(held, int):
                continue
            if what == _TENSOR:
                yield held
            else:
                waiting.append((what, held, depth + 1))


def tensor(file: Skim, message: Place) -> Stored:
    """What a tensor says of itself.

    Raises:
        ValueError: this is no protocol buffer, or no tensor.
    """
    name, dtype, outside = "", 0, False
    shape: list[int] = []
    locations: list[str] = []
    for number, held in file.fields(message):
        if isinstance(held, int):
            if number == _DIMS:
                shape.append(held)
            elif number == _TYPE:
                dtype = held
            elif number == _WHERE:
                outside = outside or held != 0
        elif number == _DIMS:  # packed, as newer writers have it
            shape += file.numbers(held)
        elif number == _NAME:
            name = file.read(held)
        elif number == _EXTERNAL:
            locations += _location(file, held)
        if len(shape) > _AXES:
            raise ValueError(f"it has a tensor of more than {_AXES} axes")
    return Stored(name, dtype, tuple(shape), tuple(locations), outside)


def _location(file: Skim, entry: Place) -> list[str]:
    """The value of an entry of external data where that is a file's name.

    Raises:
        ValueError: the entry has two keys or values: parsers take the last, and who looks is misled.
    """
    keys, values = file.each(entry, _KEY), file.each(entry, _VALUE)
    if len(keys) > 1 or len(values) > 1:
        raise ValueError("an entry of external data has two keys or two values")
    if not keys or file.read(keys[0]) != "location":
        return []
    return [file.read(values[0]) if values else ""]
