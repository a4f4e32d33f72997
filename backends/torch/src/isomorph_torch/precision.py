"""Names of precisions and torch's types.

A precision is that of the large tables: the transformer and static embeddings. Pooling sums in
float32 and the small modules after it keep float32 weights, which costs next to nothing.
"""

from __future__ import annotations

import torch

from isomorph.contract import Options
from isomorph.errors import InputError, Unsupported

DEFAULT = "float32"
"""On accelerators too: vectors must not depend on where they were computed."""

_DTYPES = {
    "float32": torch.float32,
    "float16": torch.float16,
    "bfloat16": torch.bfloat16,
}


def to_torch(precision: str | None) -> torch.dtype:
    """The type behind a name; None means float32.

    Raises:
        Unsupported: torch models are not loaded in this precision; lists those that are.
    """
    try:
        return _DTYPES[precision or DEFAULT]
    except KeyError:
        raise Unsupported(
            f"Precision {precision!r} was asked for; backend 'torch' loads models in "
            f"{', '.join(_DTYPES)}."
        ) from None


def from_torch(dtype: torch.dtype) -> str:
    """The name of a type: ``torch.bfloat16`` is "bfloat16"."""
    return str(dtype).removeprefix("torch.")


def at_least_float32(x: torch.Tensor) -> torch.Tensor:
    """Half precision widened to float32, everything else as it is."""
    return x.float() if x.dtype in (torch.float16, torch.bfloat16) else x


def alone(options: Options, why: str) -> torch.dtype:
    """The type of weights where ``model_kwargs`` may say nothing else; their word on it wins.

    Raises:
        InputError: they hold more; `why` says what makes that useless.
        Unsupported: there is no such type.
    """
    given = dict(options.model_kwargs)
    named = [given.pop(name) for name in ("torch_dtype", "dtype") if name in given]
    given.pop("trust_remote_code", None)
    if given:
        raise InputError(
            f"model_kwargs {', '.join(sorted(map(str, given)))} cannot be used: {why}."
        )
    wanted = named[-1] if named else None
    if wanted is None or wanted == "auto":
        return to_torch(options.arithmetic)
    return (
        wanted if isinstance(wanted, torch.dtype) else to_torch(str(wanted).removeprefix("torch."))
    )
