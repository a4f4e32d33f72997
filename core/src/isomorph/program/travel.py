"""Arrays that cross the border of a backend, as bytes for another process: safetensors with a seal.

safetensors says how arrays lie in bytes, and refuses sizes that do not fit them. Its format has no checksum,
so the seal is one: damaged numbers are refused too. What is told beside the arrays is JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

_TYPES = {"I64": "int64", "F32": "float32"}
"""The number types that cross the border of a backend, by safetensors' names."""
_ROOM = 1 << 31
"""Numbers along an axis of an array that holds none, at most: no bytes bound that one."""


def packed(arrays: Mapping[str, NDArray[Any]], **told: Any) -> bytes:
    """Arrays by name, int64 or float32, and what is told beside them.

    Raises:
        ValueError: an array is of another type.
    """
    from safetensors.numpy import save  # takes its time, which only few processes need

    for name, array in arrays.items():
        if str(array.dtype) not in _TYPES.values():
            raise ValueError(f"{name!r} is {array.dtype}, and none of {_known()}")
    whole = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    said = json.dumps(told)
    found: bytes = save(whole, {"told": said, "seal": _seal(whole, said)})
    return found


def unpacked(data: bytes) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """The arrays by name, and what is told beside them.

    Raises:
        ValueError: the bytes are cut, damaged or not what `packed` makes, or hold an array of another type.
    """
    from safetensors import SafetensorError, deserialize

    try:
        entries = deserialize(data)  # type: ignore[no-untyped-call]
        about = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])["__metadata__"]
        said, seal = about["told"], about["seal"]
        told = json.loads(said)
    except (SafetensorError, KeyError, TypeError, ValueError, RecursionError) as cause:
        raise ValueError(f"{len(data):,} bytes are no sealed safetensors: {cause}") from None
    arrays = {str(name): _array(str(name), each) for name, each in entries}
    if not isinstance(told, dict) or seal != _seal(arrays, said):
        raise ValueError(f"{len(data):,} bytes were damaged on their way: their seal is another")
    return arrays, told


def _array(name: str, entry: Mapping[str, Any]) -> NDArray[Any]:
    shape = tuple(entry["shape"])
    if entry["dtype"] not in _TYPES:
        raise ValueError(f"{name[:80]!r} is {entry['dtype']}, and none of {_known()}")
    if 0 in shape and max(shape) > _ROOM:
        raise ValueError(f"{name[:80]!r} holds no number and is said to be {shape}")
    kind = _TYPES[entry["dtype"]]
    little = np.frombuffer(entry["data"], np.dtype(kind).newbyteorder("<"))
    try:
        return little.reshape(shape).astype(kind, copy=False)
    except ValueError as cause:
        raise ValueError(f"{name[:80]!r} cannot be {shape}: {cause}") from None


def _seal(arrays: Mapping[str, NDArray[Any]], told: str) -> str:
    """A digest of all that is packed, in the order of the names."""
    ordered = sorted(arrays.items())
    shapes = [[name, str(array.dtype), array.shape] for name, array in ordered]
    made = sha256(json.dumps([told, shapes]).encode())
    for _, array in ordered:
        made.update(array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes())
    return made.hexdigest()


def _known() -> str:
    return ", ".join(_TYPES.values())
