"""BERT as Jina's second generation has it (Günther et al. 2023, arXiv:2310.19923).

No positions, but scores that fall with distance, and gated feed-forward layers. There are two codes with
names of their own: the later one (models for German, Spanish, Chinese and programs) normalises queries and
keys, and adds what attention made once more. Only ``auto_map`` tells which one a folder is of.
"""

from __future__ import annotations

from dataclasses import replace

from isomorph.encoders.config import Config, require
from isomorph.encoders.description import Block, Encoder, FeedForward, Linear, Norm, Norms
from isomorph.encoders.relations import Alibi

PUBLISHED = ("jinaai/jina-bert-implementation--", "jinaai/jina-bert-v2-qk-post-norm--")
"""The repositories of the code, the earlier one first."""


def encoder(config: Config, plain: Encoder) -> Encoder:
    """Tensor names as in the published files; `plain` is BERT of the same sizes."""
    from isomorph.encoders.distances import alibi_slopes  # BERT itself reads this file

    gating = {"geglu": "gelu", "reglu": "relu"}
    kind = gating[require(config, "feed_forward_type", "original", *gating)]
    names = (config.get("auto_map") or {}).values()
    later = any(str(name).startswith(PUBLISHED[1]) for name in names)
    alibi = Alibi(alibi_slopes(plain.blocks[0].attending.heads)) if plain.blocks else None
    make = _normed if later else _gated
    blocks = tuple(
        replace(block, attention=replace(block.attending, relative=alibi))
        for block in (make(b, f"encoder.layer.{i}.", kind) for i, b in enumerate(plain.blocks))
    )
    return replace(plain, embeddings=replace(plain.embeddings, positions=None), blocks=blocks)


def _gated(plain: Block, name: str, kind: str) -> Block:
    """Gate and input are halves of one tensor, and the norm stands among them."""
    feed_forward = _feed_forward(plain, name + "mlp.gated_layers", name + "mlp.wo", kind)
    after = replace(_after(plain.feed_forward_norms), name=name + "mlp.layernorm")
    return replace(plain, feed_forward=feed_forward, feed_forward_norms=Norms(after=after))


def _normed(plain: Block, name: str, kind: str) -> Block:
    """The input is the first half, the gate the second."""
    up, down = name + "mlp.up_gated_layer", name + "mlp.down_layer"
    feed_forward = _feed_forward(plain, up, down, kind)
    assert feed_forward.gate is not None
    rows = feed_forward.gate.rows, feed_forward.up.rows
    feed_forward = replace(
        feed_forward,
        up=replace(feed_forward.up, rows=rows[0]),
        gate=replace(feed_forward.gate, rows=rows[1]),
    )
    joined = _after(plain.attention_norms)
    query, key = (
        replace(joined, name=f"{name}attention.self.layer_norm_{part}") for part in ("q", "k")
    )
    first, second = (replace(joined, name=f"{name}layer_norm_{number}") for number in (1, 2))
    return replace(
        plain,
        attention=replace(plain.attending, query_norm=query, key_norm=key),
        attention_norms=Norms(joined=joined, after=first),
        feed_forward=feed_forward,
        feed_forward_norms=Norms(after=second),
    )


def _feed_forward(plain: Block, packed: str, down: str, kind: str) -> FeedForward:
    """With the gate in the first half of the packed tensor."""
    assert isinstance(plain.feed_forward, FeedForward)
    hidden, inner = plain.feed_forward.up.inputs, plain.feed_forward.up.outputs
    gate, given = (
        Linear(packed, hidden, inner, bias=False, rows=(start, start + inner))
        for start in (0, inner)
    )
    return FeedForward(given, Linear(down, inner, hidden), kind, gate)


def _after(norms: Norms) -> Norm:
    assert norms.after is not None, "BERT normalises what it has added"
    return norms.after
