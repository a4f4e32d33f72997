"""Falcon (Almazrouei et al. 2023, arXiv:2311.16867): queries, keys and values packed in three orders."""

from __future__ import annotations

from isomorph.encoders import gpt
from isomorph.encoders.config import Config, activation, require, under
from isomorph.encoders.consistency import head_size
from isomorph.encoders.description import Attention, Block, Embeddings, Encoder, FeedForward, Linear
from isomorph.encoders.family import Tiny
from isomorph.encoders.relations import Rotary
from isomorph.encoders.rotary import parameters_of, rotary
from isomorph.errors import BadModel

DEFAULTS = {
    "vocab_size": 65_024,
    "hidden_size": 4544,
    "num_hidden_layers": 32,
    "num_attention_heads": 71,
    "num_ln_in_parallel_attn": None,
    "layer_norm_epsilon": 1e-5,
    "num_kv_heads": None,
    "new_decoder_architecture": False,
    "multi_query": True,
    "parallel_attn": True,
    "bias": False,
    "max_position_embeddings": 2048,
    "ffn_hidden_size": None,
    "activation": "gelu",
}


def describe(config: Config) -> Encoder:
    """With rotary positions; falling scores, which transformers rounds to 16 bits by place, are refused."""
    config = {**DEFAULTS, **under(config, {"n_embed": "hidden_size"})}
    require(config, "alibi", False, False, None)
    require(config, "is_causal", True, True)
    size = head_size(config["hidden_size"], config["num_attention_heads"])
    turned = rotary(parameters_of(config), size)
    names = [f"h.{index}." for index in range(config["num_hidden_layers"])]
    blocks = tuple(_block(config, name, size, turned) for name in names)
    hidden = config["hidden_size"]
    words = Embeddings("word_embeddings.weight", config["vocab_size"], hidden)
    return Encoder("falcon", hidden, words, blocks, gpt.norm(config, "ln_f"))


def _block(config: Config, name: str, size: int, turned: Rotary) -> Block:
    hidden, bias = config["hidden_size"], bool(config["bias"])
    query, key, value, kv_heads = _packed(config, name + "self_attention.query_key_value", size)
    heads = config["num_attention_heads"]
    out = Linear(name + "self_attention.dense", hidden, hidden, bias)
    inner = config["ffn_hidden_size"] or 4 * hidden
    feed_forward = FeedForward(
        Linear(name + "mlp.dense_h_to_4h", hidden, inner, bias),
        Linear(name + "mlp.dense_4h_to_h", inner, hidden, bias),
        activation(config, "activation", "gelu"),
    )
    norms, parallel = _norms(config)
    before, after = gpt.in_front(config, (name + norms[0], name + norms[1]))
    attention = Attention(query, key, value, out, heads, kv_heads, rotary=turned, causal=True)
    return Block(attention, before, feed_forward, after, parallel)


def _packed(config: Config, name: str, size: int) -> tuple[Linear, Linear, Linear, int]:
    """Query, key and value, and how many keys there are."""
    hidden, heads, bias = config["hidden_size"], config["num_attention_heads"], bool(config["bias"])
    if config["new_decoder_architecture"]:  # group by group: its queries, its key, its value
        kv_heads = config["num_kv_heads"] or heads
        if heads % kv_heads:
            raise BadModel(
                f"config.json: {heads} heads cannot share {kv_heads} heads of keys and values evenly."
            )
        group = heads // kv_heads
        ends = [0, group * size, (group + 1) * size, (group + 2) * size]
        every: int | None = ends[-1]
    elif config["multi_query"]:  # all queries, one key, one value
        kv_heads, every = 1, None
        ends = [0, hidden, hidden + size, hidden + 2 * size]
    else:  # head by head
        kv_heads, every = heads, 3 * size
        ends = [0, size, 2 * size, 3 * size]
    wide = kv_heads * size
    query, key, value = (
        Linear(name, hidden, outputs, bias, (ends[part], ends[part + 1]), every)
        for part, outputs in enumerate((hidden, wide, wide))
    )
    return query, key, value, kv_heads


def _norms(config: Config) -> tuple[tuple[str, str], bool]:
    """The norms in front of both parts of a block, and whether these stand side by side."""
    count, one = config["num_ln_in_parallel_attn"], "input_layernorm"
    if config["new_decoder_architecture"]:
        require(config, "parallel_attn", True, True)
        require(config, "num_ln_in_parallel_attn", None, None, 1, 2)
        return ((one, one) if count == 1 else ("ln_attn", "ln_mlp")), True
    require(config, "num_ln_in_parallel_attn", None, None, 1)
    if config["parallel_attn"]:
        return (one, one), True
    return (one, "post_attention_layernorm"), False


_SIZES = {"hidden_size": 32, "num_attention_heads": 4, "num_hidden_layers": 2}
_SIZES |= {"ffn_hidden_size": 24, "pad_token_id": 0}

FAMILY = gpt.family(
    "falcon",
    "Falcon",
    describe,
    tiny={
        "falcon": Tiny(_SIZES, pooling="lasttoken", usual=False),
        "falcon-new": Tiny(
            {**_SIZES, "new_decoder_architecture": True, "num_kv_heads": 2, "bias": True},
            pooling="lasttoken",
            usual=False,
        ),
    },
)
