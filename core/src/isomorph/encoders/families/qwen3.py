"""Qwen3 (arXiv:2505.09388): Qwen2's layout; queries and keys of each head are normalised.

Perplexity's pplx-embed is that with attention to both sides.
"""

from __future__ import annotations

from isomorph.encoders import decoders
from isomorph.encoders.config import Config, require
from isomorph.encoders.description import Encoder
from isomorph.encoders.families import qwen2
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.encoders.heads import layouts

DEFAULTS = {**qwen2.DEFAULTS, "head_dim": 128}


def describe(config: Config) -> Encoder:
    """Biases on all four projections or on none."""
    config = {**DEFAULTS, **config, "mlp_bias": False}
    windows = qwen2.layer_windows(config)
    return decoders.encoder(config, config["attention_bias"], windows=windows, head_norms=True)


def describe_both_ways(config: Config) -> Encoder:
    """Perplexity's code of this type: every token sees all others, and there are no windows."""
    require(config, "use_bidirectional_attention", True, True)
    require(config, "use_sliding_window", False, False)
    return describe({**config, "is_causal": False})


FAMILY = Family(
    model_type="qwen3",
    describe=describe,
    classes=Classes("Qwen3"),
    classifier=layouts.last_token,
    causal_lm=layouts.untied_lm,
    tokenizer="Qwen2Tokenizer",
    tiny={"qwen3": Tiny(decoders.GROUPED, "lasttoken", normalized=True)},
)
PPLX = Family(
    model_type="bidirectional_pplx_qwen3",
    describe=describe_both_ways,
    classes=Classes("PPLXQwen3"),
    tokenizer="Qwen2Tokenizer",
    tiny={"pplx-qwen3": Tiny({**decoders.GROUPED, "use_bidirectional_attention": True})},
)
