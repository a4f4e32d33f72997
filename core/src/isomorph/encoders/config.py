"""What a family asks of a ``config.json``: values that it implements, names of activations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from isomorph.errors import BadModel, Unsupported

Config = Mapping[str, Any]


def require(config: Config, option: str, default: Any, *supported: Any) -> Any:
    """The value of an option of which a family implements only some values.

    Raises:
        Unsupported: another value is set; names option and value, so that nothing else is computed.
    """
    value = config.get(option, default)
    if value not in supported:
        raise Unsupported(
            f"config.json sets {option}={value!r}; model_type {config.get('model_type')!r} is "
            f"implemented for {', '.join(map(repr, supported))}"
        )
    return value


def token(config: Config, option: str, default: int | None) -> int:
    """The id of a token that a family cannot do without, among those of ``vocab_size``.

    Raises:
        Unsupported: no such token is set.
    """
    value, words = config.get(option, default), config["vocab_size"]
    if not isinstance(value, int) or not 0 <= value < words:
        raise Unsupported(
            f"config.json sets {option}={value!r}; model_type {config.get('model_type')!r} is "
            f"implemented for one of its {words} tokens"
        )
    return value


def under(config: Config, names: Mapping[str, str]) -> Config:
    """A ``config.json`` with the older names of its options, which `names` maps newer ones to.

    Raises:
        BadModel: a file sets both names of an option, to different values.
    """
    found = dict(config)
    for newer, older in names.items():
        if newer in found:
            value = found.pop(newer)
            if found.setdefault(older, value) != value:
                raise BadModel(f"config.json sets {newer}={value!r}, but {older}={found[older]!r}.")
    return found


_ACTIVATIONS = {
    "gelu": "gelu",
    "gelu_python": "gelu",
    "gelu_new": "gelu_tanh",
    "gelu_pytorch_tanh": "gelu_tanh",
    "gelu_fast": "gelu_tanh",
    "relu": "relu",
    "relu2": "relu2",
    "silu": "silu",
    "swish": "silu",
    "tanh": "tanh",
    "sigmoid": "sigmoid",
}


def activation(config: Config, option: str, default: str) -> str:
    """The primitive activation behind a name that transformers uses in configurations."""
    return _ACTIVATIONS[require(config, option, default, *_ACTIVATIONS)]
