"""GPT-J (Wang and Komatsuzaki 2021): attention beside feed-forward behind one norm, neighbours turn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from isomorph.encoders import gpt
from isomorph.encoders.config import Config, activation
from isomorph.encoders.consistency import head_size
from isomorph.encoders.description import (
    Attention,
    Block,
    Embeddings,
    Encoder,
    FeedForward,
    Linear,
    Norms,
)
from isomorph.encoders.family import Tiny
from isomorph.encoders.heads import layouts
from isomorph.encoders.heads.description import CausalLM
from isomorph.encoders.relations import Rotary
from isomorph.encoders.rotary import as_rotary, frequencies
from isomorph.errors import BadModel, Unsupported

DEFAULTS = {
    "vocab_size": 50_400,
    "n_positions": 2048,
    "n_embd": 4096,
    "n_layer": 28,
    "n_head": 16,
    "rotary_dim": 64,
    "n_inner": None,
    "layer_norm_epsilon": 1e-5,
}


def describe(config: Config) -> Encoder:
    """Texts are as long as transformers has angles for."""
    config = {**DEFAULTS, **config}
    hidden = config["n_embd"]
    turned = _turned(config)
    words = Embeddings("wte.weight", config["vocab_size"], hidden)
    blocks = tuple(_block(config, f"h.{i}.", turned) for i in range(config["n_layer"]))
    return Encoder("gptj", hidden, words, blocks, gpt.norm(config, "ln_f", "n_embd"))


def _turned(config: Config) -> Rotary:
    size, turning = head_size(config["n_embd"], config["n_head"]), config["rotary_dim"]
    if turning is not None and turning > size:
        raise BadModel(f"config.json sets rotary_dim={turning}, but a head has {size} features.")
    if turning is None or turning % 2 or size % 2:
        raise Unsupported(
            f"config.json sets rotary_dim={turning!r} of the {size} features of a head, which turn in pairs"
        )
    still = np.zeros((size - turning) // 2, np.float32)
    scaled = np.concatenate([frequencies(10_000.0, turning), still])
    return replace(as_rotary(scaled, longest=config["n_positions"]), interleaved=True)


def _block(config: Config, name: str, turned: Rotary) -> Block:
    hidden = config["n_embd"]
    inner = config["n_inner"] or 4 * hidden
    query, key, value, out = (
        Linear(f"{name}attn.{part}_proj", hidden, hidden, bias=False)
        for part in ("q", "k", "v", "out")
    )
    feed_forward = FeedForward(
        Linear(name + "mlp.fc_in", hidden, inner),
        Linear(name + "mlp.fc_out", inner, hidden),
        activation(config, "activation_function", "gelu_new"),
    )
    before = Norms(before=gpt.norm(config, name + "ln_1", "n_embd"))
    attention = Attention(query, key, value, out, config["n_head"], rotary=turned, causal=True)
    return Block(attention, before, feed_forward, before, parallel=True)


def _causal_lm(config: Config) -> CausalLM:
    return replace(layouts.untied_lm(config), bias="lm_head.bias")


FAMILY = replace(
    gpt.family(
        "gptj",
        "GPTJ",
        describe,
        {
            "gptj": Tiny(
                {
                    "n_embd": 32,
                    "n_layer": 2,
                    "n_head": 4,
                    "n_inner": 24,
                    "n_positions": 64,
                    "rotary_dim": 4,
                    "pad_token_id": 0,
                },
                pooling="lasttoken",
                usual=False,
            )
        },
        tokenizer="GPT2Tokenizer",
    ),
    causal_lm=_causal_lm,
)
