"""Phi-3 (arXiv:2404.14219): Llama's layout with packed tensors, a window, and positions for long texts."""

from __future__ import annotations

from dataclasses import replace

from isomorph.encoders import decoders
from isomorph.encoders.config import Config
from isomorph.encoders.description import Block, Encoder, Linear
from isomorph.encoders.families import llama
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.encoders.heads import layouts
from isomorph.encoders.rotary import parameters_of, rotary

DEFAULTS = {
    **llama.DEFAULTS,
    "vocab_size": 32_064,
    "hidden_size": 3072,
    "intermediate_size": 8192,
    "max_position_embeddings": 4096,
    "original_max_position_embeddings": 4096,
    "rms_norm_eps": 1e-5,
    "sliding_window": None,
    "pad_token_id": 32_000,
}
OLDER = {"su": "longrope", "yarn": "longrope"}
"""What the first files call the one scheme that stretches positions."""


def describe(config: Config) -> Encoder:
    """Query, key and value are one tensor, and so are gate and input."""
    config = {**DEFAULTS, **config, "mlp_bias": False}
    found = parameters_of(config)
    found = {**found, "rope_type": OLDER.get(found["rope_type"], found["rope_type"])}
    turned = rotary(found, decoders.head_size(config), "default", "longrope", partial=True)
    plain = decoders.encoder(
        config,
        bias=False,
        windows=[config["sliding_window"]] * config["num_hidden_layers"],
        feed=lambda layer: decoders.packed_feed_forward(config, f"layers.{layer}."),
        turned=turned,
    )
    return replace(plain, blocks=tuple(_packed(i, block) for i, block in enumerate(plain.blocks)))


def _packed(layer: int, block: Block) -> Block:
    attention, name = block.attending, f"layers.{layer}.self_attn.qkv_proj"
    begin, rows = 0, []
    for part in (attention.query, attention.key, attention.value):
        rows.append(Linear(name, part.inputs, part.outputs, False, (begin, begin + part.outputs)))
        begin += part.outputs
    query, key, value = rows
    return replace(block, attention=replace(attention, query=query, key=key, value=value))


FAMILY = Family(
    model_type="phi3",
    describe=describe,
    classes=Classes("Phi3"),
    classifier=lambda config, hidden: layouts.last_token({**DEFAULTS, **config}, hidden),
    causal_lm=layouts.untied_lm,
    tiny={
        "phi3": Tiny({**decoders.GROUPED, "sliding_window": 5}, pooling="lasttoken"),
        "phi3-long": Tiny(
            {
                "original_max_position_embeddings": 64,
                "max_position_embeddings": 256,
                "rope_scaling": {
                    "type": "longrope",
                    "short_factor": [1.0, 1.1, 1.5, 2.0],
                    "long_factor": [1.0, 2.0, 4.0, 8.0],
                },
            },
            pooling="lasttoken",
        ),
    },
)
