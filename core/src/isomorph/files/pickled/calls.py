"""The names that a file of pickled tensors may speak of, and what is made for each: never a class.

A name outside of these tables is refused. None of them is imported: they are texts that are compared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from isomorph.files.pickled.values import Storage, Unreadable, View, view, whole

_STORED_AS = {
    "DoubleStorage": "F64", "FloatStorage": "F32", "HalfStorage": "F16",
    "BFloat16Storage": "BF16", "LongStorage": "I64", "IntStorage": "I32",
    "ShortStorage": "I16", "CharStorage": "I8", "ByteStorage": "U8",
    "BoolStorage": "BOOL", "UntypedStorage": "U8",
}  # fmt: skip
_HOMES = ("torch", "torch.cuda", "torch.storage")
STORAGES = {f"{home}.{name}": dtype for home in _HOMES for name, dtype in _STORED_AS.items()}
"""Types of storages, by the names under which they are saved: what their numbers are."""

DTYPES = {
    "torch.float64": "F64", "torch.float32": "F32", "torch.float16": "F16",
    "torch.bfloat16": "BF16", "torch.float8_e4m3fn": "F8_E4M3",
    "torch.float8_e5m2": "F8_E5M2", "torch.int64": "I64", "torch.int32": "I32",
    "torch.int16": "I16", "torch.int8": "I8", "torch.uint64": "U64",
    "torch.uint32": "U32", "torch.uint16": "U16", "torch.uint8": "U8", "torch.bool": "BOOL",
}  # fmt: skip
"""Types of numbers, by the names under which they are saved."""


@dataclass(frozen=True, slots=True)
class Name:
    """A name of one of the tables here."""

    text: str


def named(module: str, name: str) -> Name:
    """The name of something in a module.

    Raises:
        Unreadable: it stands in none of the tables.
    """
    text = f"{module}.{name}"
    if text in CALLS or text in STORAGES or text in DTYPES:
        return Name(text)
    raise Unreadable(f"it asks for {text[:200]!r}, which no file of plain tensors needs")


def called(name: object, arguments: object) -> Any:
    """What a call makes.

    Raises:
        Unreadable: this is not called, or not with such arguments.
    """
    if not isinstance(name, Name) or name.text not in CALLS:
        what = repr(name.text) if isinstance(name, Name) else f"a {type(name).__name__}"
        raise Unreadable(f"it calls {what}, which is no function of plain tensors")
    if not isinstance(arguments, tuple):
        raise Unreadable(f"it calls {name.text!r} with a {type(arguments).__name__}")
    make, least, most = CALLS[name.text]
    if not least <= len(arguments) <= most:
        raise Unreadable(f"it calls {name.text!r} with {len(arguments)} arguments")
    return make(*arguments)


def storage_type(value: object) -> str:
    """What the numbers of a storage are, from the name of its type.

    Raises:
        Unreadable: it is the name of none.
    """
    if not isinstance(value, Name) or value.text not in STORAGES:
        raise Unreadable("a storage in it has no type that is known")
    return STORAGES[value.text]


def storage(key: object, dtype: str, count: object) -> Storage:
    """A storage under a key of its file.

    Raises:
        Unreadable: the key is no text, or the count no number.
    """
    if not isinstance(key, str):
        raise Unreadable(f"a storage in it has a {type(key).__name__} for a key")
    return Storage(key, dtype, whole(count, "size"))


def _mapping(pairs: object = ()) -> dict[str, Any]:
    """An ordered mapping: empty, or of pairs in a list, as Python 2 wrote it."""
    if not isinstance(pairs, list | tuple):
        raise Unreadable(f"it makes a mapping of a {type(pairs).__name__}")
    found: dict[str, Any] = {}
    for pair in pairs:
        if not isinstance(pair, list | tuple) or len(pair) != 2 or not isinstance(pair[0], str):
            raise Unreadable("it makes a mapping of what are no pairs with a text first")
        found[pair[0]] = pair[1]
    return found


def _tensor(storage: object, offset: object, shape: object, strides: object) -> View:
    return view(storage, None, offset, shape, strides)


def _tensor_2(
    storage: object,
    offset: object,
    shape: object,
    strides: object,
    trained: object,
    hooks: object,
    more: object = None,
) -> View:
    _refuse_extras(hooks, more)
    return view(storage, None, offset, shape, strides)


def _tensor_3(
    storage: object,
    offset: object,
    shape: object,
    strides: object,
    trained: object,
    hooks: object,
    dtype: object,
    more: object = None,
) -> View:
    _refuse_extras(hooks, more)
    if not isinstance(dtype, Name) or dtype.text not in DTYPES:
        raise Unreadable("a tensor in it has no type of numbers that is known")
    return view(storage, DTYPES[dtype.text], offset, shape, strides)


def _refuse_extras(hooks: object, more: object) -> None:
    """Hooks are functions, and what else a tensor may have makes other numbers of those stored."""
    if hooks not in (None, {}) or more not in (None, {}):
        raise Unreadable("a tensor in it has more than numbers: hooks, or a form of its own")


def _parameter(data: object, trained: object, hooks: object) -> View:
    if not isinstance(data, View):
        raise Unreadable("a parameter in it is of no tensor")
    _refuse_extras(hooks, None)
    return data


CALLS: Mapping[str, tuple[Callable[..., Any], int, int]] = {
    "collections.OrderedDict": (_mapping, 0, 1),
    "torch._utils._rebuild_tensor": (_tensor, 4, 4),
    "torch._utils._rebuild_tensor_v2": (_tensor_2, 6, 7),
    "torch._utils._rebuild_tensor_v3": (_tensor_3, 7, 8),
    "torch._utils._rebuild_parameter": (_parameter, 3, 3),
}
"""Functions: what is done for each, with how many arguments at least and at most."""
