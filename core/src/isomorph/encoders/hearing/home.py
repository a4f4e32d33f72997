"""The families of encoders of sounds, by the ``model_type`` of a ``config.json``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from isomorph.encoders.config import Config
from isomorph.encoders.homes import Home

if TYPE_CHECKING:
    from isomorph.encoders.hearing.family import Hearing

HOME: Home[Hearing] = Home("isomorph.encoders.hearing.families")


def family_of(config: Config) -> Hearing | None:
    """The family that the ``model_type`` of a ``config.json`` names, or None."""
    return HOME.find(config.get("model_type"))
