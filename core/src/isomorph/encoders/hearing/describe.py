"""From a ``config.json`` to a `SoundEncoder`, through the family that its ``model_type`` names."""

from __future__ import annotations

from collections.abc import Mapping

from isomorph.encoders.config import Config, require
from isomorph.encoders.consistency import check_heads
from isomorph.encoders.hearing.description import SoundEncoder
from isomorph.encoders.hearing.family import Hearing
from isomorph.encoders.hearing.home import HOME, family_of
from isomorph.encoders.hearing.options import SCHEMA
from isomorph.encoders.options import judge_options
from isomorph.errors import BadModel, Unsupported
from isomorph.files import limits
from isomorph.files.schema import judge
from isomorph.files.tensor import Tensor


def families() -> Mapping[str, Hearing]:
    """Every family, by ``model_type``."""
    return HOME.all


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
    family = family_named(config)
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


def family_named(config: Config) -> Hearing:
    """The family that the ``model_type`` of a ``config.json`` names.

    Raises:
        Unsupported: there is none.
    """
    family = family_of(config)
    if family is not None:
        return family
    known = ", ".join(sorted(families()))
    raise Unsupported(
        f"no encoder of sounds for the model_type {str(config.get('model_type'))[:40]!r} of config.json "
        f"(there are: {known})"
    )
