"""The families of towers, by the ``model_type`` of a ``config.json``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from isomorph.encoders.config import Config
from isomorph.encoders.homes import Home
from isomorph.errors import BadModel

if TYPE_CHECKING:
    from isomorph.encoders.tower import TowerFamily

_HOMES: tuple[Home[TowerFamily], ...] = (
    Home("isomorph.encoders.vision.families"),
    Home("isomorph.encoders.hearing.towers"),
)


@cache
def tower_families() -> Mapping[str, TowerFamily]:
    """Every family of towers, by ``model_type``."""
    return {name: family for home in _HOMES for name, family in home.all.items()}


def towers_of(config: Config) -> TowerFamily | None:
    """The family that the ``model_type`` of a ``config.json`` names, and its class where that counts."""
    model_type = config.get("model_type")
    found = next((f for home in _HOMES if (f := home.find(model_type)) is not None), None)
    if found is not None and found.named:
        names = config.get("architectures")
        if not isinstance(names, list) or found.architecture not in names:
            return None
    return found


def options_of(config: Config, key: str) -> Config:
    """The options of one tower: those under its key, or the whole file where the key is "".

    Dots part the keys of objects in objects.

    Raises:
        BadModel: there are none.
    """
    found: Any = config
    for part in key.split(".") if key else ():
        found = found.get(part) if isinstance(found, Mapping) else None
    if not isinstance(found, Mapping):
        raise BadModel(f"config.json sets {key}={found!r}, which must be an object of options.")
    return found
