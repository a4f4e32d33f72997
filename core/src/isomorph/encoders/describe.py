"""From a ``config.json`` to an `Encoder`, through the family that its ``model_type`` names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from typing import Any, TypeVar

from isomorph.encoders.consistency import check
from isomorph.encoders.description import Encoder
from isomorph.encoders.families import FILES
from isomorph.encoders.options import judge_options, judge_sizes
from isomorph.errors import BadModel, Unsupported
from isomorph.files.tensor import Tensor

Head = TypeVar("Head")
Config = Mapping[str, Any]
Describe = Callable[[Config], Encoder]


@cache
def families() -> Mapping[str, Describe]:
    """The functions that describe encoders, by ``model_type``."""
    table: dict[str, Describe] = {}
    for name in FILES:
        family = import_module(f"isomorph.encoders.families.{name}")
        table.update(dict.fromkeys(family.MODEL_TYPES, family.describe))
    return table


def judge_config(config: Config, where: str, tensors: Mapping[str, Tensor]) -> None:
    """Refuses a ``config.json`` before anything is built of it; `tensors` are those of its folder.

    Of an architecture without a family, which is another engine's to understand, only sizes beyond all
    bounds are refused.

    Raises:
        BadModel: names the file (`where`), the option and what it must be.
    """
    if str(config.get("model_type")) in families():
        judge_options(config, where, tensors)
    else:
        judge_sizes(config, where)


def is_published(config: Config, reference: str) -> bool:
    """Whether a family was made after the code that a reference of ``auto_map`` names.

    Of code in the folder itself nobody knows what it computes, whatever its name.
    """
    for name in FILES:
        family = import_module(f"isomorph.encoders.families.{name}")
        if config.get("model_type") in family.MODEL_TYPES:
            return reference.startswith(tuple(getattr(family, "PUBLISHED", ())))
    return False


def describe(config: Config) -> Encoder:
    """The encoder that a ``config.json`` asks for, whose options `judge_config` has seen.

    Raises:
        Unsupported: no family has this ``model_type``, or the family lacks an option that is set.
        BadModel: options contradict each other.
    """
    model_type = config.get("model_type")
    family = families().get(str(model_type))
    if family is None:
        raise Unsupported(
            f"no encoder family for model_type {model_type!r} (families: "
            f"{', '.join(sorted(families()))}). Two ways out: a backend that brings its own model "
            "code, or 'isomorph export', which makes an artifact for one that does not"
        )
    require(config, "quantization_config", None, None)
    try:
        encoder = family(config)
    except KeyError as missing:
        raise BadModel(f"config.json of model_type {model_type!r} lacks {missing}.") from missing
    except (ArithmeticError, TypeError) as cause:
        raise BadModel(
            f"config.json of model_type {model_type!r} sets options that do not fit together: {cause}."
        ) from cause
    check(encoder, config)
    return encoder


def head_of(heads: Mapping[str, Head], config: Config, what: str) -> Head:
    """The entry for the ``model_type`` of a ``config.json`` in a table of heads of one kind.

    Raises:
        Unsupported: no head is known for it; lists those that are.
    """
    model_type = str(config.get("model_type"))
    head = heads.get(model_type)
    if head is None:
        raise Unsupported(
            f"no {what} head for model_type {model_type!r} (heads: {', '.join(sorted(heads))})"
        )
    return head


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


_ACTIVATIONS = {
    "gelu": "gelu",
    "gelu_python": "gelu",
    "gelu_new": "gelu_tanh",
    "gelu_pytorch_tanh": "gelu_tanh",
    "gelu_fast": "gelu_tanh",
    "relu": "relu",
    "silu": "silu",
    "swish": "silu",
    "tanh": "tanh",
    "sigmoid": "sigmoid",
}


def activation(config: Config, option: str, default: str) -> str:
    """The primitive activation behind a name that transformers uses in configurations."""
    return _ACTIVATIONS[require(config, option, default, *_ACTIVATIONS)]
