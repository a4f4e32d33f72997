"""From a ``config.json`` to an `Encoder`, through the family that its ``model_type`` names."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from isomorph.encoders.config import Config, require
from isomorph.encoders.consistency import check
from isomorph.encoders.description import Encoder
from isomorph.encoders.family import Family
from isomorph.encoders.options import judge_options, judge_sizes
from isomorph.errors import BadModel, Unsupported
from isomorph.files.tensor import Tensor

_FILES = "isomorph.encoders.families"


@cache
def families() -> Mapping[str, Family]:
    """Every family, by ``model_type``."""
    names = sorted(file.name for file in iter_modules(import_module(_FILES).__path__))
    modules = [import_module(f"{_FILES}.{name}") for name in names]
    return {family.model_type: family for module in modules for family in module.FAMILIES}


def family_of(config: Config) -> Family | None:
    """The family that the ``model_type`` of a ``config.json`` names, or None."""
    return families().get(str(config.get("model_type")))


def judge_config(config: Config, where: str, tensors: Mapping[str, Tensor]) -> None:
    """Refuses a ``config.json`` before anything is built of it; `tensors` are those of its folder.

    Of an architecture without a family, which is another engine's to understand, only sizes beyond all
    bounds are refused.

    Raises:
        BadModel: names the file (`where`), the option and what it must be.
    """
    family = family_of(config)
    if family is None:
        judge_sizes(config, where)
    else:
        judge_options(config, where, tensors, shared_layers=family.shared_layers)


def describe(config: Config) -> Encoder:
    """The encoder that a ``config.json`` asks for, whose options `judge_config` has seen.

    Raises:
        Unsupported: no family has this ``model_type``, or the family lacks an option that is set.
        BadModel: options contradict each other.
    """
    model_type = config.get("model_type")
    family = family_of(config)
    if family is None:
        raise Unsupported(
            f"no encoder family for model_type {model_type!r} (families: "
            f"{', '.join(sorted(families()))}). Two ways out: a backend that brings its own model "
            "code, or 'isomorph export', which makes an artifact for one that does not"
        )
    require(config, "quantization_config", None, None)
    try:
        encoder = family.describe(config)
    except KeyError as missing:
        raise BadModel(f"config.json of model_type {model_type!r} lacks {missing}.") from missing
    except (ArithmeticError, TypeError) as cause:
        raise BadModel(
            f"config.json of model_type {model_type!r} sets options that do not fit together: {cause}."
        ) from cause
    check(encoder, config)
    return encoder
