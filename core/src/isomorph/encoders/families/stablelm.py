"""StableLM (arXiv:2402.17834): Llama's layout with layer norms, of which a quarter of each head turns."""

from __future__ import annotations

from isomorph.encoders import decoders
from isomorph.encoders.config import Config, require
from isomorph.encoders.description import Block, Encoder, Norm, Norms
from isomorph.encoders.families import llama
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.encoders.heads import layouts
from isomorph.encoders.rotary import parameters_of, rotary

DEFAULTS = {
    **llama.DEFAULTS,
    "vocab_size": 50_304,
    "hidden_size": 2560,
    "intermediate_size": 6912,
    "num_key_value_heads": 32,
    "max_position_embeddings": 4096,
    "layer_norm_eps": 1e-5,
    "partial_rotary_factor": 0.25,
    "use_qkv_bias": False,
    "use_parallel_residual": False,
}


def describe(config: Config) -> Encoder:
    """Side by side, both halves of a layer read what one norm gives."""
    config = {**DEFAULTS, **config, "mlp_bias": False}
    require(config, "qk_layernorm", False, False)
    turned = rotary(parameters_of(config), decoders.head_size(config), partial=True)
    bias, parallel = config["use_qkv_bias"], config["use_parallel_residual"]
    blocks = []
    for i in range(config["num_hidden_layers"]):
        name = f"layers.{i}."
        before = Norms(before=_norm(config, name + "input_layernorm"))
        between = Norms(before=_norm(config, name + "post_attention_layernorm"))
        blocks.append(
            Block(
                decoders.attention(config, name, turned, bias, output_bias=False),
                before,
                decoders.feed_forward(config, name, "hidden_act"),
                before if parallel else between,
                parallel,
            )
        )
    return decoders.of_blocks(config, blocks, _norm(config, "norm"))


def _norm(config: Config, name: str) -> Norm:
    return Norm(name, config["hidden_size"], config["layer_norm_eps"])


FAMILY = Family(
    model_type="stablelm",
    describe=describe,
    classes=Classes("StableLm"),
    classifier=layouts.last_token,
    causal_lm=layouts.untied_lm,
    tiny={
        "stablelm": Tiny({**decoders.GROUPED, "use_qkv_bias": True}, pooling="lasttoken"),
        "stablelm-parallel": Tiny({**decoders.GROUPED, "use_parallel_residual": True}),
    },
)
