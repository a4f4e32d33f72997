"""UltraBERT: EuroBERT's layout, most of whose layers see a window, with bases of their own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from isomorph.encoders import decoders
from isomorph.encoders.config import Config, require
from isomorph.encoders.description import Encoder, Linear
from isomorph.encoders.families import llama
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.encoders.heads import layouts
from isomorph.encoders.heads.description import Classifier
from isomorph.encoders.relations import Rotary
from isomorph.encoders.rotary import complete, rotary
from isomorph.errors import BadModel

LOCAL, GLOBAL = "sliding_attention", "full_attention"
BASES = {LOCAL: 10_000.0, GLOBAL: 2_560_000.0}
DEFAULTS = {
    **llama.DEFAULTS,
    "max_position_embeddings": 32_768,
    "sliding_window": 128,
    "layer_types": None,
    "attention_windows": None,
}


def describe(config: Config) -> Encoder:
    """Every third layer sees all; older files list a window, or null, and a base for each layer."""
    config = _newer({**DEFAULTS, **config, "is_causal": False})
    kinds = config["layer_types"]
    windows = decoders.by_layer(config, kinds, {LOCAL: config["sliding_window"], GLOBAL: None})
    plain = decoders.encoder(config, config["attention_bias"], windows=windows, turned=_none())
    turned = {kind: _rotary(config, kind) for kind in set(kinds)}
    blocks = (
        replace(block, attention=replace(block.attending, rotary=turned[kind]))
        for block, kind in zip(plain.blocks, kinds, strict=True)
    )
    return replace(plain, blocks=tuple(blocks))


def _none() -> Rotary:
    return Rotary((0.0,))


def _newer(config: dict[str, Any]) -> dict[str, Any]:
    """Under the newer names of the options."""
    layers, listed = config["num_hidden_layers"], config["attention_windows"]
    kinds, size = config["layer_types"], config["sliding_window"]
    if listed is not None:
        size = next((window for window in listed if window), size)
        kinds = kinds or [LOCAL if window else GLOBAL for window in listed]
    kinds = kinds or [LOCAL if (i + 1) % 3 else GLOBAL for i in range(layers)]
    bases, found = config.pop("rope_theta", None), config.get("rope_parameters")
    if isinstance(bases, list) and found is None:
        if len(bases) != len(kinds):
            raise BadModel(
                f"config.json sets {len(bases)} numbers as rope_theta for {len(kinds)} layers."
            )
        found = {
            kind: {"rope_type": "default", "rope_theta": base}
            for kind, base in zip(kinds, bases, strict=True)
        }
    return {**config, "layer_types": kinds, "sliding_window": size, "rope_parameters": found}


def _rotary(config: Config, kind: str) -> Rotary:
    found = dict((config["rope_parameters"] or {}).get(kind) or {"rope_type": "default"})
    found.setdefault("rope_theta", BASES[kind])
    return rotary(complete(config, found), decoders.head_size(config))


def _classifier(config: Config, hidden: int) -> Classifier:
    way = require(config, "classifier_pooling", "cls", "cls", "mean")
    output = Linear("classifier", hidden, layouts.labels(config))
    return Classifier(output, "first" if way == "cls" else "mean")


FAMILY = Family(
    model_type="ultrabert",
    describe=describe,
    classes=Classes("Ultrabert"),
    classifier=_classifier,
    tiny={
        "ultrabert": Tiny({**decoders.GROUPED, "layer_types": [LOCAL, GLOBAL], "sliding_window": 4})
    },
)
