"""The layout that today's decoders share: pre-norm blocks, gated and rotary, over grouped heads.

`config` is a ``config.json`` on top of the family's defaults, so that every option has a value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from isomorph.encoders.config import activation, require
from isomorph.encoders.consistency import head_size as equal_share
from isomorph.encoders.description import (
    Attention,
    Block,
    Embeddings,
    Encoder,
    FeedForward,
    Linear,
    Norm,
    Norms,
)
from isomorph.encoders.rare import Experts, Matrices
from isomorph.encoders.relations import Rotary
from isomorph.encoders.rotary import parameters_of, rotary
from isomorph.errors import BadModel, Unsupported

GROUPED = {"head_dim": 8, "num_key_value_heads": 2}
"""Options of a small decoder with two queries to a key."""


def encoder(
    config: Mapping[str, Any],
    bias: bool,
    output_bias: bool | None = None,
    windows: Sequence[int | None] | None = None,
    head_norms: bool = False,
    feed: Callable[[int], FeedForward | Experts] | None = None,
    turned: Rotary | None = None,
) -> Encoder:
    """All of it, from the names that transformers gives the tensors.

    `output_bias` None is `bias`. `windows` are counted as `window` says, one a layer. `feed` gives a layer's
    feed-forward by its number, where that is not the usual one; so is `turned`.
    """
    layers = range(config["num_hidden_layers"])
    turned = turned or rotary(parameters_of(config), head_size(config))
    blocks = []
    for i in layers:
        name = f"layers.{i}."
        seen = window(config, windows[i]) if windows else None
        attending = attention(config, name, turned, bias, output_bias, seen, head_norms)
        pre = (
            norm(config, name + "input_layernorm"),
            norm(config, name + "post_attention_layernorm"),
        )
        feeding = feed(i) if feed else feed_forward(config, name, "hidden_act")
        blocks.append(Block(attending, Norms(before=pre[0]), feeding, Norms(before=pre[1])))
    return of_blocks(config, blocks, norm(config, "norm"))


def of_blocks(config: Mapping[str, Any], blocks: Sequence[Block], final: Norm) -> Encoder:
    """An encoder of these blocks behind words without anything."""
    hidden = config["hidden_size"]
    words = Embeddings("embed_tokens.weight", config["vocab_size"], hidden)
    return Encoder(str(config["model_type"]), hidden, words, tuple(blocks), final_norm=final)


def head_size(config: Mapping[str, Any]) -> int:
    """Features of a head: those set, else an equal share of the hidden ones."""
    given = config["head_dim"]
    return int(given or equal_share(config["hidden_size"], config["num_attention_heads"]))


def window(config: Mapping[str, Any], size: int | None) -> int | None:
    """The farthest distance seen: a causal window counts its own position, one both ways does not."""
    if size is None:
        return None
    if size < 1:
        raise BadModel(f"config.json sets sliding_window={size}, in which no token sees any.")
    return size - 1 if config["is_causal"] else size


def attention(
    config: Mapping[str, Any],
    name: str,
    turned: Rotary | None,
    bias: bool,
    output_bias: bool | None = None,
    seen: int | None = None,
    head_norms: bool = False,
) -> Attention:
    """One block's attention; `seen` is the farthest distance, None for all."""
    causal = require(config, "is_causal", True, True, False)
    hidden, heads, size = config["hidden_size"], config["num_attention_heads"], head_size(config)
    kv_heads = config["num_key_value_heads"] or heads
    name += "self_attn."
    return Attention(
        Linear(name + "q_proj", hidden, heads * size, bias),
        Linear(name + "k_proj", hidden, kv_heads * size, bias),
        Linear(name + "v_proj", hidden, kv_heads * size, bias),
        Linear(name + "o_proj", heads * size, hidden, bias if output_bias is None else output_bias),
        heads,
        kv_heads,
        rotary=turned,
        query_norm=norm(config, name + "q_norm", size) if head_norms else None,
        key_norm=norm(config, name + "k_norm", size) if head_norms else None,
        causal=causal,
        window=seen,
    )


def feed_forward(
    config: Mapping[str, Any], name: str, option: str, inside: str = "mlp."
) -> FeedForward:
    """One block's gated feed-forward; `option` names its activation."""
    hidden, inner = config["hidden_size"], config["intermediate_size"]
    bias, name = config.get("mlp_bias", False), name + inside
    return FeedForward(
        Linear(name + "up_proj", hidden, inner, bias),
        Linear(name + "down_proj", inner, hidden, bias),
        activation(config, option, "silu"),
        gate=Linear(name + "gate_proj", hidden, inner, bias),
    )


def experts(
    config: Mapping[str, Any], name: str, *, router: str, inner: int, matrices: Sequence[str]
) -> Experts:
    """Gated experts of one block; `matrices` are the names of gate, up and down.

    Such names hold ``{}`` in place of the expert's number, and all of them begin with `name`.
    """
    hidden, count = config["hidden_size"], config["num_experts"]
    gate, up, down = (f"{name}{matrix}.weight" for matrix in matrices)
    return Experts(
        Linear(name + router, hidden, count, bias=False),
        count,
        config["num_experts_per_tok"],
        Matrices(up, hidden, inner),
        Matrices(down, inner, hidden),
        activation(config, "hidden_act", "silu"),
        gate=Matrices(gate, hidden, inner),
        normalized=config["norm_topk_prob"],
    )


def packed_feed_forward(config: Mapping[str, Any], name: str) -> FeedForward:
    """One block's gated feed-forward, whose gate and input are one tensor."""
    hidden, inner = config["hidden_size"], config["intermediate_size"]
    gate, up = (
        Linear(name + "mlp.gate_up_proj", hidden, inner, False, (part * inner, (part + 1) * inner))
        for part in range(2)
    )
    down = Linear(name + "mlp.down_proj", inner, hidden, bias=False)
    return FeedForward(up, down, activation(config, "hidden_act", "silu"), gate=gate)


def norm(config: Mapping[str, Any], name: str, size: int | None = None) -> Norm:
    """Root mean square normalisation of `size` features, by default the hidden ones."""
    size = size or config["hidden_size"]
    return Norm(name, size, config["rms_norm_eps"], bias=False, kind="rms")


def by_layer(config: Mapping[str, Any], kinds: Sequence[str], of: Mapping[str, Any]) -> list[Any]:
    """For each layer what `of` holds for its kind.

    Raises:
        BadModel: there are not as many kinds as layers.
        Unsupported: a kind that `of` does not have.
    """
    layers = config["num_hidden_layers"]
    unknown = sorted(set(kinds) - set(of))
    if unknown:
        raise Unsupported(
            f"config.json sets layer_types={unknown}; implemented are {', '.join(of)}"
        )
    if len(kinds) != layers:
        raise BadModel(f"config.json sets {len(kinds)} layer_types for {layers} layers.")
    return [of[kind] for kind in kinds]
