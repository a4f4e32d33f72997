"""GPT-Neo (Black et al. 2021): GPT-2's layout, of which every other layer has a window; SGPT stands on it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any

from isomorph.encoders import decoders, gpt
from isomorph.encoders.config import Config, require, under
from isomorph.encoders.description import Attention, Block, Embeddings, Encoder, Linear, Positions
from isomorph.encoders.family import Tiny

NAMES = {"num_attention_heads": "num_heads", "num_hidden_layers": "num_layers"}
"""Newer names of options, and the ones that files have."""
DEFAULTS = {
    "vocab_size": 50_257,
    "max_position_embeddings": 2048,
    "hidden_size": 2048,
    "num_layers": 24,
    "num_heads": 16,
    "intermediate_size": None,
    "window_size": 256,
    "attention_types": None,
    "layer_norm_epsilon": 1e-5,
    "is_causal": True,
}


def describe(config: Config) -> Encoder:
    """Scores are not scaled; of the four projections the last one has a bias."""
    config = {**DEFAULTS, **under(config, NAMES)}
    require(config, "is_causal", True, True)
    hidden = config["hidden_size"]
    positions = Positions("wpe.weight", config["max_position_embeddings"])
    words = Embeddings("wte.weight", config["vocab_size"], hidden, positions)
    seen = decoders.window(config, config["window_size"])
    windows = decoders.by_layer(
        {"num_hidden_layers": config["num_layers"]}, _kinds(config), {"global": None, "local": seen}
    )
    blocks = tuple(_block(config, f"h.{i}.", window) for i, window in enumerate(windows))
    return Encoder("gpt_neo", hidden, words, blocks, gpt.norm(config, "ln_f"))


def _kinds(config: Config) -> Sequence[str]:
    """``attention_types`` lists pairs: kinds of layers in turn, and how often they come."""
    pairs: Any = config["attention_types"] or [[["global", "local"], 12]]
    turns = (kind for kinds, times in pairs for _ in range(times) for kind in kinds)
    return list(islice(turns, config["num_layers"] + 1))  # one more shows that they are too many


def _block(config: Config, name: str, window: int | None) -> Block:
    hidden = config["hidden_size"]
    inner, part = config["intermediate_size"] or 4 * hidden, name + "attn.attention."
    query, key, value = (Linear(f"{part}{each}_proj", hidden, hidden, False) for each in "qkv")
    attention = Attention(
        query,
        key,
        value,
        Linear(part + "out_proj", hidden, hidden),
        config["num_heads"],
        scale=1.0,
        causal=True,
        window=window,
    )
    feed_forward = gpt.feed_forward(config, name, hidden, inner)
    before, after = gpt.in_front(config, (f"{name}ln_1", f"{name}ln_2"))
    return Block(attention, before, feed_forward, after)


FAMILY = gpt.family(
    "gpt_neo",
    "GPTNeo",
    describe,
    tokenizer="GPT2Tokenizer",
    tiny={
        "gpt-neo": Tiny(
            {
                "hidden_size": 32,
                "num_heads": 4,
                "num_layers": 2,
                "window_size": 5,
                "intermediate_size": 24,
                "max_position_embeddings": 64,
                "attention_types": [[["local", "global"], 1]],
                "pad_token_id": 0,
            },
            pooling="weightedmean",
            usual=False,
        )
    },
)
