"""BLOOM (arXiv:2211.05100): pre-norm blocks whose scores fall with the distance, heads packed."""

from __future__ import annotations

from isomorph.encoders import gpt
from isomorph.encoders.config import Config, require, under
from isomorph.encoders.consistency import head_size
from isomorph.encoders.description import Attention, Block, Embeddings, Encoder, FeedForward, Linear
from isomorph.encoders.distances import alibi_slopes
from isomorph.encoders.family import Tiny
from isomorph.encoders.relations import Alibi

NAMES = {"num_hidden_layers": "n_layer", "num_attention_heads": "n_head", "n_embed": "hidden_size"}
"""Other names that files have for options, and the ones that are read."""
DEFAULTS = {
    "vocab_size": 250_880,
    "hidden_size": 64,
    "n_layer": 2,
    "n_head": 8,
    "layer_norm_epsilon": 1e-5,
}


def describe(config: Config) -> Encoder:
    """Words are normalised. How ``pretraining_tp`` splits sums changes nothing but their last bits."""
    config = {**DEFAULTS, **under(config, NAMES)}
    require(config, "is_causal", True, True)
    require(config, "apply_residual_connection_post_layernorm", False, False)
    hidden = config["hidden_size"]
    words = Embeddings(
        "word_embeddings.weight",
        config["vocab_size"],
        hidden,
        norm=gpt.norm(config, "word_embeddings_layernorm"),
    )
    alibi = Alibi(alibi_slopes(config["n_head"]))
    blocks = tuple(_block(config, f"h.{i}.", alibi) for i in range(config["n_layer"]))
    return Encoder("bloom", hidden, words, blocks, gpt.norm(config, "ln_f"))


def _block(config: Config, name: str, alibi: Alibi) -> Block:
    hidden, heads = config["hidden_size"], config["n_head"]
    size = head_size(hidden, heads)
    query, key, value = (
        Linear(
            name + "self_attention.query_key_value",
            hidden,
            hidden,
            rows=(part * size, (part + 1) * size),
            every=3 * size,
        )
        for part in range(3)
    )
    out = Linear(name + "self_attention.dense", hidden, hidden)
    feed_forward = FeedForward(
        Linear(name + "mlp.dense_h_to_4h", hidden, 4 * hidden),
        Linear(name + "mlp.dense_4h_to_h", 4 * hidden, hidden),
        "gelu_tanh",
    )
    names = (f"{name}input_layernorm", f"{name}post_attention_layernorm")
    before, after = gpt.in_front(config, names)
    attention = Attention(query, key, value, out, heads, causal=True, relative=alibi)
    return Block(attention, before, feed_forward, after)


FAMILY = gpt.family(
    "bloom",
    "Bloom",
    describe,
    tiny={
        "bloom": Tiny(
            {"hidden_size": 30, "n_head": 5, "n_layer": 2, "pad_token_id": 0},
            pooling="lasttoken",
            usual=False,
        )
    },
)
