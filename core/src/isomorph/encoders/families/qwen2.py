"""Qwen2 (arXiv:2407.10671): Llama's layout, biases on query, key and value, windows on some layers."""

from __future__ import annotations

from collections.abc import Sequence

from isomorph.encoders import decoders
from isomorph.encoders.config import Config
from isomorph.encoders.description import Encoder
from isomorph.encoders.families import llama
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.encoders.heads import layouts
from isomorph.errors import Unsupported

DEFAULTS = {
    **llama.DEFAULTS,
    "vocab_size": 151_936,
    "intermediate_size": 22_016,
    "num_key_value_heads": 32,
    "max_position_embeddings": 32_768,
    "use_sliding_window": False,
    "sliding_window": 4096,
    "max_window_layers": 28,
    "layer_types": None,
}


def describe(config: Config) -> Encoder:
    """Of the projections exactly query, key and value have a bias, whatever the file says."""
    config = {**DEFAULTS, **config, "mlp_bias": False}
    windows = layer_windows(config)
    return decoders.encoder(config, bias=True, output_bias=False, windows=windows)


def layer_windows(config: Config) -> Sequence[int | None]:
    """The window of each layer: from ``layer_types``, else from ``max_window_layers`` on."""
    window = config["sliding_window"] if config["use_sliding_window"] else None
    kinds = config["layer_types"]
    if kinds is None:
        first = config["max_window_layers"]
        return [window if i >= first else None for i in range(config["num_hidden_layers"])]
    if window is None and "sliding_attention" in kinds:
        raise Unsupported("config.json sets layer_types with windows, but no sliding_window in use")
    return decoders.by_layer(config, kinds, {"full_attention": None, "sliding_attention": window})


FAMILY = Family(
    model_type="qwen2",
    describe=describe,
    classes=Classes("Qwen2"),
    classifier=layouts.last_token,
    causal_lm=layouts.untied_lm,
    tokenizer="Qwen2Tokenizer",
    tiny={
        "qwen2": Tiny(
            {
                **decoders.GROUPED,
                "use_sliding_window": True,
                "sliding_window": 5,
                "max_window_layers": 1,
            },
            pooling="lasttoken",
        ),
    },
)
