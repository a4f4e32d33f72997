"""GPT-2 (Radford et al. 2019): pre-norm blocks over learned positions; weights are stored turned."""

from __future__ import annotations

from isomorph.encoders import gpt
from isomorph.encoders.config import Config, require, under
from isomorph.encoders.consistency import head_size
from isomorph.encoders.description import Attention, Block, Embeddings, Encoder, Linear, Positions
from isomorph.encoders.family import Tiny

NAMES = {
    "hidden_size": "n_embd",
    "max_position_embeddings": "n_positions",
    "num_attention_heads": "n_head",
    "num_hidden_layers": "n_layer",
}
"""Newer names of options, and the ones that files have."""
DEFAULTS = {
    "vocab_size": 50_257,
    "n_positions": 1024,
    "n_embd": 768,
    "n_layer": 12,
    "n_head": 12,
    "n_inner": None,
    "layer_norm_epsilon": 1e-5,
    "scale_attn_weights": True,
    "scale_attn_by_inverse_layer_idx": False,
}


def describe(config: Config) -> Encoder:
    """Query, key and value are the columns of one weight."""
    config = {**DEFAULTS, **under(config, NAMES)}
    require(config, "is_causal", True, True)
    require(config, "add_cross_attention", False, False)
    hidden = config["n_embd"]
    positions = Positions("wpe.weight", config["n_positions"])
    words = Embeddings("wte.weight", config["vocab_size"], hidden, positions)
    blocks = tuple(_block(config, i, hidden) for i in range(config["n_layer"]))
    return Encoder("gpt2", hidden, words, blocks, gpt.norm(config, "ln_f", "n_embd"))


def _block(config: Config, index: int, hidden: int) -> Block:
    name, inner = f"h.{index}.", config["n_inner"] or 4 * hidden
    scale = head_size(hidden, config["n_head"]) ** -0.5 if config["scale_attn_weights"] else 1.0
    if config["scale_attn_by_inverse_layer_idx"]:
        scale /= index + 1
    query, key, value = (
        Linear(
            name + "attn.c_attn",
            hidden,
            hidden,
            rows=(part * hidden, (part + 1) * hidden),
            every=3 * hidden,
            turned=True,
        )
        for part in range(3)
    )
    out = Linear(name + "attn.c_proj", hidden, hidden, turned=True)
    feed_forward = gpt.feed_forward(config, name, hidden, inner, turned=True)
    before, after = gpt.in_front(config, (f"{name}ln_1", f"{name}ln_2"), "n_embd")
    attention = Attention(query, key, value, out, config["n_head"], scale=scale, causal=True)
    return Block(attention, before, feed_forward, after)


FAMILY = gpt.family(
    "gpt2",
    "GPT2",
    describe,
    tokenizer="GPT2Tokenizer",
    tiny={
        "gpt2": Tiny(
            {
                "n_embd": 30,
                "n_head": 5,
                "n_layer": 2,
                "n_inner": 43,
                "n_positions": 64,
                "scale_attn_by_inverse_layer_idx": True,
                "pad_token_id": 0,
            },
            pooling="lasttoken",
            usual=False,
        )
    },
)
