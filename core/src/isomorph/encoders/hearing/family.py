"""The record of a family of encoders of sounds: everything that is known about one ``model_type``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from isomorph.encoders.config import Config
from isomorph.encoders.hearing.description import SoundEncoder


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """A family of encoders of sounds. A new one is a file with such a record."""

    model_type: str
    """As ``config.json`` has it: ``"whisper"``."""

    describe: Callable[[Config], SoundEncoder]
    """From the options of a ``config.json`` to an encoder. Defaults are transformers'."""

    extractors: tuple[str, ...]
    """transformers' classes that make what the encoder is fed, as files of settings name them."""

    model_class: str
    """transformers' class of the encoder alone, ``module.Class`` below ``transformers.models``."""

    tiny: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Options of small models for the conformance kit, by name."""
