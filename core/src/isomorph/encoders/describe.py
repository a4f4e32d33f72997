"""From a ``config.json`` to an `Encoder`, through the family that its ``model_type`` names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from isomorph.encoders.config import Config, require
from isomorph.encoders.consistency import check
from isomorph.encoders.description import Encoder
from isomorph.encoders.family import Family
from isomorph.encoders.homes import Home
from isomorph.encoders.options import judge_options, judge_sizes
from isomorph.errors import BadModel, Unsupported
from isomorph.files.tensor import Tensor

if TYPE_CHECKING:
    from isomorph.encoders.seeing.family import Seeing

_TEXTS: Home[Family] = Home("isomorph.encoders.families")
_SEEING: Home[Family] = Home("isomorph.encoders.seeing.families")


def families() -> Mapping[str, Family]:
    """Every family of encoders of texts alone, by ``model_type``."""
    return _TEXTS.all


def seeing_families() -> Mapping[str, Family]:
    """Every family of encoders of texts with images, by ``model_type``."""
    return _SEEING.all


def family_of(config: Config) -> Family | None:
    """The family that the ``model_type`` of a ``config.json`` names, or None."""
    model_type = config.get("model_type")
    return _TEXTS.find(model_type) or _SEEING.find(model_type)


def text_options(config: Config) -> Config:
    """The options of the encoder of texts: the whole file, where it holds no other parts."""
    family = family_of(config)
    return config if family is None else family.options(config)


def seeing_of(config: Config) -> Seeing | None:
    """What the family of a ``config.json`` does with images among tokens, None where it takes none."""
    family = family_of(config)
    return None if family is None else family.seeing


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
        judge_options(
            family.options(config),
            where,
            tensors,
            shared_layers=family.shared_layers,
            parts=family.parts,
        )
        if family.seeing is not None:
            family.seeing.judge(config, where)


def describe(config: Config, classified: bool = False) -> Encoder:
    """The encoder that a ``config.json`` asks for, whose options `judge_config` has seen.

    `classified` asks for the encoder that the family's sequence classifier reads.

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
    config = family.options(config)
    try:
        made = family.classified if classified else None
        encoder = (made or family.describe)(config)
    except KeyError as missing:
        raise BadModel(f"config.json of model_type {model_type!r} lacks {missing}.") from missing
    except (ArithmeticError, TypeError) as cause:
        raise BadModel(
            f"config.json of model_type {model_type!r} sets options that do not fit together: {cause}."
        ) from cause
    check(encoder, config)
    return encoder
