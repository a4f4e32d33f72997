"""The families of towers, by the ``model_type`` of a ``config.json``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from isomorph.encoders.config import Config
from isomorph.encoders.tower import TowerFamily
from isomorph.errors import BadModel

_HOMES = ("isomorph.encoders.vision.families", "isomorph.encoders.hearing.towers")
"""The packages whose files hold `FAMILIES`, records of towers."""


@cache
def tower_families() -> Mapping[str, TowerFamily]:
    """Every family of towers, by ``model_type``."""
    found: dict[str, TowerFamily] = {}
    for home in _HOMES:
        names = sorted(file.name for file in iter_modules(import_module(home).__path__))
        for name in names:
            for family in import_module(f"{home}.{name}").FAMILIES:
                found[family.model_type] = family
    return found


def towers_of(config: Config) -> TowerFamily | None:
    """The family that the ``model_type`` of a ``config.json`` names, and its class where that counts."""
    found = tower_families().get(str(config.get("model_type")))
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
