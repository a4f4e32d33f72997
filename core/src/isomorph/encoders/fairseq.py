"""The layout of fairseq's models of two halves, an encoder and a decoder over one table of words.

`config` is a ``config.json`` on top of the family's defaults.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from isomorph.encoders.config import activation, require
from isomorph.encoders.description import (
    Attention,
    Block,
    Embeddings,
    Encoder,
    FeedForward,
    Linear,
    Norm,
    Norms,
    Positions,
)
from isomorph.encoders.rare import CrossBlock, Decoder
from isomorph.errors import BadModel

SIZES = {
    "vocab_size": 50_265,
    "d_model": 1024,
    "encoder_layers": 12,
    "encoder_ffn_dim": 4096,
    "encoder_attention_heads": 16,
    "decoder_layers": 12,
    "decoder_ffn_dim": 4096,
    "decoder_attention_heads": 16,
    "max_position_embeddings": 1024,
    "activation_function": "gelu",
    "scale_embedding": False,
}
"""Defaults that most of these families have."""
TINY = {
    "d_model": 32,
    **dict.fromkeys(("encoder_layers", "decoder_layers"), 2),
    **dict.fromkeys(("encoder_ffn_dim", "decoder_ffn_dim"), 24),
    **dict.fromkeys(("encoder_attention_heads", "decoder_attention_heads"), 4),
    "max_position_embeddings": 64,
    **dict.fromkeys(("bos_token_id", "decoder_start_token_id"), 2),
    "eos_token_id": 3,
}
"""Sizes of a small model; texts of the kit end with the token 3."""


def encoder(
    config: Mapping[str, Any], positions: Positions, *, first: bool, words: bool, last: bool
) -> Encoder:
    """The encoder alone, with norms `first` in its layers, behind its `words`, behind the `last` layer."""
    require(config, "is_decoder", False, False)
    hidden = config["d_model"]
    blocks = tuple(
        Block(*_parts(config, "encoder", index, first)) for index in range(config["encoder_layers"])
    )
    return Encoder(
        str(config["model_type"]),
        hidden,
        _embeddings(config, "encoder", positions, words),
        blocks,
        Norm("encoder.layer_norm", hidden, _EPS) if last else None,
    )


def decoder(config: Mapping[str, Any], half: Encoder, start: int | None) -> Decoder:
    """What belongs to the `half` that is the encoder."""
    positions, padding = half.embeddings.positions, config["pad_token_id"]
    assert positions is not None
    if padding is None:
        raise BadModel("config.json sets pad_token_id=null, and a text is moved behind that id.")
    placed = replace(positions, table=positions.table.replace("encoder.", "decoder."))
    blocks = []
    for index in range(config["decoder_layers"]):
        first = half.blocks[0].attention_norms.before is not None
        own, norms, fed, fed_norms = _parts(config, "decoder", index, first)
        name = f"decoder.layers.{index}.encoder_attn"
        looking = _attention(config, "decoder", name)
        around = _norms(config, f"{name}_layer_norm", first)
        own = replace(own, causal=True)
        blocks.append(CrossBlock(own, norms, looking, around, fed, fed_norms))
    final = half.final_norm
    return Decoder(
        _embeddings(config, "decoder", placed, half.embeddings.norm is not None),
        tuple(blocks),
        start,
        padding,
        None if final is None else replace(final, name="decoder.layer_norm"),
    )


_EPS = 1e-5


def _embeddings(
    config: Mapping[str, Any], half: str, positions: Positions, normed: bool
) -> Embeddings:
    hidden = config["d_model"]
    return Embeddings(
        "shared.weight",
        config["vocab_size"],
        hidden,
        positions,
        norm=Norm(f"{half}.layernorm_embedding", hidden, _EPS) if normed else None,
        scale=float(hidden) ** 0.5 if config["scale_embedding"] else 1.0,
        also=("encoder.embed_tokens.weight", "embed_tokens.weight"),
        own=f"{half}.embed_tokens.weight",
        inside="encoder.",
    )


def _parts(
    config: Mapping[str, Any], half: str, index: int, first: bool
) -> tuple[Attention, Norms, FeedForward, Norms]:
    """Attention to itself and feed-forward of one layer, each with its norms."""
    hidden, inner, name = config["d_model"], config[f"{half}_ffn_dim"], f"{half}.layers.{index}."
    fed = FeedForward(
        Linear(name + "fc1", hidden, inner),
        Linear(name + "fc2", inner, hidden),
        activation(config, "activation_function", "gelu"),
    )
    return (
        _attention(config, half, name + "self_attn"),
        _norms(config, name + "self_attn_layer_norm", first),
        fed,
        _norms(config, name + "final_layer_norm", first),
    )


def _attention(config: Mapping[str, Any], half: str, name: str) -> Attention:
    hidden = config["d_model"]
    query, key, value, out = (
        Linear(f"{name}.{part}_proj", hidden, hidden) for part in ("q", "k", "v", "out")
    )
    return Attention(query, key, value, out, config[f"{half}_attention_heads"])


def _norms(config: Mapping[str, Any], name: str, first: bool) -> Norms:
    norm = Norm(name, config["d_model"], _EPS)
    return Norms(before=norm) if first else Norms(after=norm)
