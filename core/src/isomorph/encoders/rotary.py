"""Frequencies of rotary positions (Su et al. 2021, arXiv:2104.09864) and of how they are stretched.

Computed in float32, step by step as the models were trained: at position 30000 the last bit of a
frequency is a visible angle.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.encoders.config import require
from isomorph.encoders.relations import Rotary
from isomorph.errors import BadModel, Unsupported

Parameters = Mapping[str, Any]
Frequencies = NDArray[np.float32]


def rotary(
    parameters: Parameters,
    size: int,
    *schemes: str,
    partial: bool = False,
    interleaved: bool = False,
) -> Rotary:
    """Rotary positions of heads of `size` features, from what `parameters_of` found.

    `schemes` are those that the family is known to have been trained with; none means any. If `partial`,
    ``partial_rotary_factor`` says which part of a head turns, the first one. `interleaved` says how
    features are paired.

    Raises:
        Unsupported: a way of stretching that is not implemented; names it.
        BadModel: a parameter of the scheme is missing, or they do not fit each other.
    """
    kind = require(parameters, "rope_type", "default", *(schemes or _SCHEMES))
    if not partial:
        require(parameters, "partial_rotary_factor", 1.0, 1.0, None)
    if parameters["rope_theta"] is None:
        raise Unsupported(
            f"config.json of model_type {parameters['model_type']!r} sets no rope_theta"
        )
    whole, size = size, _turning(parameters, size)
    with np.errstate(all="ignore"):
        scaled, factor = _SCHEMES[kind](parameters, size)
    if not (np.isfinite(scaled).all() and (scaled > 0).all() and math.isfinite(factor)):
        raise BadModel(f"config.json sets a rope_type={kind!r} whose frequencies are no numbers.")
    longest = parameters[_LONGEST[kind]] if kind in _LONGEST else None
    if not interleaved:
        return as_rotary(scaled, factor, longest)
    if size < whole and factor != 1.0:
        raise Unsupported(
            f"config.json sets rope_type={kind!r} and partial_rotary_factor for pairs of neighbours"
        )
    still = np.zeros((whole - size) // 2, np.float32)
    return replace(as_rotary(np.concatenate([scaled, still]), factor, longest), interleaved=True)


def _turning(parameters: Parameters, size: int) -> int:
    """How many features of a head turn."""
    factor = parameters["partial_rotary_factor"]
    turning = size if factor is None else int(size * factor)
    if turning % 2 or size % 2 or not 0 < turning <= size:
        raise Unsupported(
            f"rotary positions pair features, but {turning} of the {size} in a head turn"
        )
    return turning


def as_rotary(scaled: Frequencies, factor: float = 1.0, longest: int | None = None) -> Rotary:
    """The description that holds these frequencies."""
    return Rotary(tuple(map(float, scaled)), factor, longest)


def parameters_of(config: Mapping[str, Any], theta: float = 10_000.0) -> Parameters:
    """The scheme that a ``config.json`` sets for all layers, under either generation of its names.

    Older files have ``rope_theta``, by default `theta`, and ``rope_scaling``, which wins over the
    newer ``rope_parameters``.

    Raises:
        Unsupported: there is one scheme for each type of layer.
    """
    found = dict(config.get("rope_scaling") or config.get("rope_parameters") or {})
    for name, value in found.items():
        if isinstance(value, Mapping):
            raise Unsupported(f"config.json sets rope_parameters of {name!r}, not of all layers")
    found.setdefault("rope_theta", config.get("rope_theta", theta))
    if "original_max_position_embeddings" in config:
        found["original_max_position_embeddings"] = config["original_max_position_embeddings"]
    return complete(config, found)


def complete(config: Mapping[str, Any], found: Parameters) -> Parameters:
    """The parameters of one scheme with what they take from the rest of the configuration."""
    longest = config.get("max_position_embeddings")
    return {
        "rope_type": found.get("type", "default"),
        "original_max_position_embeddings": longest,
        "partial_rotary_factor": config.get("partial_rotary_factor"),
        **found,
        "max_position_embeddings": longest,
        "model_type": config.get("model_type"),
    }


def _set(parameters: Parameters, name: str) -> Any:
    """A parameter that a scheme cannot do without."""
    value = parameters.get(name)
    if value is None:
        raise BadModel(f"config.json sets rope_type={parameters['rope_type']!r} without {name}.")
    return value


def frequencies(theta: float, size: int) -> Frequencies:
    """theta ^ (-2 i / size) for the pairs i of `size` features."""
    return np.float32(1.0) / _periods(theta, size)


def _periods(theta: float, size: int) -> Frequencies:
    """Powers of theta: the nearest float32 of each, whose exponents are float32 too."""
    exponents = np.arange(0, size, 2).astype(np.float32) / np.float32(size)
    return (float(theta) ** exponents.astype(np.float64)).astype(np.float32)


def _default(parameters: Parameters, size: int) -> tuple[Frequencies, float]:
    return frequencies(parameters["rope_theta"], size), 1.0


def _linear(parameters: Parameters, size: int) -> tuple[Frequencies, float]:
    """Positions divided by a factor (Chen et al. 2023, arXiv:2306.15595)."""
    return frequencies(parameters["rope_theta"], size) / np.float32(_set(parameters, "factor")), 1.0


def _llama3(parameters: Parameters, size: int) -> tuple[Frequencies, float]:
    """Long waves stretched by a factor, short ones kept, a ramp in between (arXiv:2407.21783)."""
    original, factor, low, high = (
        _set(parameters, name)
        for name in (
            "original_max_position_embeddings",
            "factor",
            "low_freq_factor",
            "high_freq_factor",
        )
    )
    if not low < high:
        raise BadModel(
            f"config.json sets low_freq_factor={low}, not below high_freq_factor={high}."
        )
    plain = frequencies(parameters["rope_theta"], size)
    one = np.float32(1.0)  # a number over an array is that number times the reciprocals
    waves = one / plain * np.float32(2 * math.pi)
    kept = (one / waves * np.float32(original) - np.float32(low)) / np.float32(high - low)
    mixed = (1 - kept) * plain / np.float32(factor) + kept * plain
    stretched = np.where(waves > original / low, plain / np.float32(factor), mixed)
    return np.where(waves < original / high, plain, stretched).astype(np.float32), 1.0


def _yarn(parameters: Parameters, size: int) -> tuple[Frequencies, float]:
    """YaRN (Peng et al. 2023, arXiv:2309.00071): a ramp over pairs, and warmer attention."""
    original = _set(parameters, "original_max_position_embeddings")
    factor = parameters.get("factor")
    if factor is None:
        factor = parameters["max_position_embeddings"] / original
    theta = parameters["rope_theta"]
    periods = _periods(theta, size)

    def pair(turns: float) -> float:
        """Which pair turns so often within the original length."""
        return size * math.log(original / (turns * 2 * math.pi)) / (2 * math.log(theta))

    first, last = pair(parameters.get("beta_fast") or 32), pair(parameters.get("beta_slow") or 1)
    if parameters.get("truncate", True):
        first, last = math.floor(first), math.ceil(last)
    first, last = max(first, 0), min(last, size - 1)
    steps = np.arange(size // 2, dtype=np.float32) - np.float32(first)
    ramp = np.clip(steps / np.float32(last - first or 0.001), 0, 1)
    kept = np.float32(1.0) / periods
    stretched = np.float32(1.0) / (np.float32(factor) * periods)
    plain = 1 - ramp
    return stretched * (1 - plain) + kept * plain, _yarn_factor(parameters, factor)


def _yarn_factor(parameters: Parameters, factor: float) -> float:
    """What cos and sin are multiplied by: given, or grown with the logarithm of the stretch."""
    given = parameters.get("attention_factor")
    if given is not None:
        return float(given)

    def grown(weight: float) -> float:
        return 1.0 if factor <= 1 else 0.1 * weight * math.log(factor) + 1.0

    above, below = parameters.get("mscale"), parameters.get("mscale_all_dim")
    return grown(above) / grown(below) if above and below else grown(1)


def _longrope(parameters: Parameters, size: int) -> tuple[Frequencies, float]:
    """LongRoPE (Ding et al. 2024, arXiv:2402.13753): a factor for each pair, and warmer attention.

    Texts of the original length or less have the short factors; `Rotary.longest` keeps them to it.
    """
    short = np.array(_set(parameters, "short_factor"), np.float32)
    if short.shape != (size // 2,):
        raise BadModel(
            f"config.json sets {len(short)} numbers as short_factor, but {size // 2} pairs of features turn."
        )
    original = _set(parameters, "original_max_position_embeddings")
    factor, grown = parameters.get("factor"), parameters.get("attention_factor")
    if factor is None:
        factor = parameters["max_position_embeddings"] / original
    if grown is None:
        grown = 1.0 if factor <= 1 else math.sqrt(1 + math.log(factor) / math.log(original))
    return np.float32(1.0) / (short * _periods(parameters["rope_theta"], size)), float(grown)


_LONGEST = {
    "dynamic": "max_position_embeddings",
    "longrope": "original_max_position_embeddings",
}
"""Schemes that have other frequencies for texts beyond a length, and the parameter that says it."""
_SCHEMES: Mapping[str, Callable[[Parameters, int], tuple[Frequencies, float]]] = {
    "default": _default,
    "linear": _linear,
    "dynamic": _default,  # up to the original length, which `Rotary.longest` keeps texts to
    "llama3": _llama3,
    "longrope": _longrope,
    "yarn": _yarn,
}
