"""Frequencies of rotary positions, from what a ``config.json`` says about them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.encoders.describe import Config, require
from isomorph.encoders.description import Rotary
from isomorph.errors import Unsupported


def frequencies(theta: float, size: int) -> NDArray[np.float32]:
    """theta^(-2i / size) for i = 0, 1, …, rounded as float32 arithmetic rounds it.

    An error in the last place of a frequency grows with the position, so the steps are those of the
    published models: exponent, power and reciprocal are each rounded.
    """
    exponents = np.arange(0, size, 2, dtype=np.float32) / np.float32(size)
    powers = np.power(np.float64(theta), exponents.astype(np.float64)).astype(np.float32)
    return np.float32(1) / powers


def rope_parameters(config: Config) -> Mapping[str, Any]:
    """The settings of rotary positions; the older ``rope_scaling`` wins, as in transformers."""
    return config.get("rope_scaling") or config.get("rope_parameters") or {}


def rotary(config: Config, parameters: Mapping[str, Any], size: int, theta: float | None) -> Rotary:
    """Rotary positions of heads of this size; `theta` is the base where `parameters` set none.

    Raises:
        Unsupported: a scaling scheme whose frequencies are not constant, or one not known here.
    """
    named = {"rope_type": parameters.get("type", "default"), **parameters}
    named["model_type"] = config.get("model_type")
    kind = require(named, "rope_type", "default", "default", "linear")
    require(named, "partial_rotary_factor", None, None, 1.0)
    require(config, "partial_rotary_factor", None, None, 1.0)
    base = parameters.get("rope_theta", theta)
    if base is None:
        raise Unsupported(f"config.json of model_type {named['model_type']!r} sets no rope_theta")
    values = frequencies(base, size)
    if kind == "linear":
        values = values / np.float32(parameters["factor"])
    return as_rotary(values)


def as_rotary(values: NDArray[np.float32]) -> Rotary:
    """The description that holds these frequencies."""
    return Rotary(tuple(float(value) for value in values))
