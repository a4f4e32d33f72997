"""SmolLM3 (Hugging Face 2025): Llama's layout, of which every fourth layer knows no positions."""

from __future__ import annotations

from dataclasses import replace

from isomorph.encoders import decoders
from isomorph.encoders.config import Config
from isomorph.encoders.description import Block, Encoder
from isomorph.encoders.families import llama
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.encoders.heads import layouts
from isomorph.errors import BadModel

LOCAL, GLOBAL = "sliding_attention", "full_attention"
DEFAULTS = {
    **llama.DEFAULTS,
    "vocab_size": 128_256,
    "hidden_size": 2048,
    "num_hidden_layers": 36,
    "num_attention_heads": 16,
    "num_key_value_heads": 4,
    "max_position_embeddings": 32_768,
    "rope_theta": 2e6,
    "pad_token_id": 128_004,
    "use_sliding_window": False,
    "sliding_window": None,
    "no_rope_layers": None,
    "no_rope_layer_interval": 4,
    "layer_types": None,
}


def describe(config: Config) -> Encoder:
    """``no_rope_layers`` has 1 for a layer that turns; windows are those of the layers with 0."""
    config = {**DEFAULTS, **config}
    layers, turns, kinds = (
        config[name] for name in ("num_hidden_layers", "no_rope_layers", "layer_types")
    )
    size = config["sliding_window"] if config["use_sliding_window"] else None
    if turns is None:
        every = config["no_rope_layer_interval"]
        turns = [int((i + 1) % every != 0) for i in range(layers)]
    if len(turns) != layers:
        raise BadModel(f"config.json sets {len(turns)} no_rope_layers for {layers} layers.")
    if kinds is None:
        kinds = [LOCAL if size is not None and not each else GLOBAL for each in turns]
    windows = decoders.by_layer(config, kinds, {LOCAL: size, GLOBAL: None})
    plain = decoders.encoder(config, bias=config["attention_bias"], windows=windows)
    pairs = zip(plain.blocks, turns, strict=True)
    return replace(plain, blocks=tuple(b if each else _still(b) for b, each in pairs))


def _still(block: Block) -> Block:
    return replace(block, attention=replace(block.attending, rotary=None))


FAMILY = Family(
    model_type="smollm3",
    describe=describe,
    classes=Classes("SmolLM3"),
    classifier=lambda config, hidden: layouts.last_token({**DEFAULTS, **config}, hidden),
    causal_lm=layouts.tied_lm,
    tiny={
        "smollm3": Tiny(
            {
                **decoders.GROUPED,
                "no_rope_layers": [1, 0],
                "use_sliding_window": True,
                "sliding_window": 5,
            },
            pooling="lasttoken",
        )
    },
)
