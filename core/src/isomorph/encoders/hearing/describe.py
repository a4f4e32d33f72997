"""From a ``config.json`` to a `SoundEncoder`, through the family that its ``model_type`` names."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from isomorph.encoders.config import Config, require
from isomorph.encoders.consistency import check_heads
from isomorph.encoders.hearing.description import SoundEncoder
from isomorph.encoders.hearing.family import Hearing
from isomorph.encoders.hearing.options import SCHEMA
from isomorph.encoders.options import judge_options
from isomorph.errors import BadModel, Unsupported
from isomorph.files import limits
from isomorph.files.schema import judge
from isomorph.files.tensor import Tensor

_FILES = "isomorph.encoders.hearing.families"


@cache
def families() -> Mapping[str, Hearing]:
    """Every family, by ``model_type``."""
    names = sorted(file.name for file in iter_modules(import_module(_FILES).__path__))
    modules = [import_module(f"{_FILES}.{name}") for name in names]
    return {family.model_type: family for module in modules for family in module.FAMILIES}


def family_of(config: Config) -> Hearing | None:
    """The family that the ``model_type`` of a ``config.json`` names, or None."""
    return families().get(str(config.get("model_type")))


def judge_config(config: Config, where: str, tensors: Mapping[str, Tensor]) -> None:
    """Refuses a ``config.json`` before anything is built of it; `tensors` are those of its folder.

    Raises:
        BadModel: names the file (`where`), the option and what it must be.
    """
    judge(config, SCHEMA, where)
    words = ("vocab_size",)  # of a decoder or a head, which nobody need store
    judge_options({k: v for k, v in config.items() if k not in words}, where, tensors)


def encoder_of(config: Config) -> SoundEncoder:
    """The encoder that a ``config.json`` asks for, whose options `judge_config` has seen.

    Raises:
        Unsupported: no family has this ``model_type``, or the family lacks an option that is set.
        BadModel: options contradict each other.
    """
    family = family_of(config)
    if family is None:
        raise _unknown(config)
    require(config, "quantization_config", None, None)
    try:
        encoder = family.describe(config)
    except (ArithmeticError, IndexError, KeyError, TypeError) as cause:
        raise BadModel(
            f"config.json of model_type {family.model_type!r} sets options that do not fit together: "
            f"{cause!r}."
        ) from cause
    if max(encoder.hop, encoder.reach) > limits.WINDOW:
        raise BadModel(
            f"config.json sets convolutions that read {encoder.reach} samples every {encoder.hop} for a "
            f"position; at most {limits.WINDOW} are read."
        )
    for block in encoder.blocks:
        check_heads(block.attending)
    return encoder


def sound_model(config: Config) -> str:
    """transformers' class of an encoder of sounds alone, ``file.Class`` below ``transformers.models``.

    Raises:
        Unsupported: no family has this ``model_type``.
    """
    family = family_of(config)
    if family is None:
        raise _unknown(config)
    return family.model_class


def _unknown(config: Config) -> Unsupported:
    known = ", ".join(sorted(families()))
    return Unsupported(
        f"no encoder of sounds for the model_type {str(config.get('model_type'))[:40]!r} of config.json "
        f"(there are: {known})"
    )
