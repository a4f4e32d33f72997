"""BERT's layers with their norms in front of them, as a few of its descendants have them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from isomorph.encoders.description import Block, Encoder, Norm, Norms


@dataclass(frozen=True, slots=True)
class Names:
    """What the norms are called: of attention and feed-forward in a block, and the one behind all blocks."""

    attention: str
    feed_forward: str
    final: str


def pre_norm(encoder: Encoder, names: Names) -> Encoder:
    """A post-norm encoder of BERT's layout with its norms moved; that of the embeddings stays."""
    blocks = tuple(
        _moved(block, f"encoder.layer.{index}.", names)
        for index, block in enumerate(encoder.blocks)
    )
    like = encoder.embeddings.norm
    assert like is not None, "BERT's embeddings are normalised"
    return replace(encoder, blocks=blocks, final_norm=replace(like, name=names.final))


def without_embedding_norm(encoder: Encoder) -> Encoder:
    """The encoder whose embeddings go into the first block as they are."""
    return replace(encoder, embeddings=replace(encoder.embeddings, norm=None))


def _moved(block: Block, prefix: str, names: Names) -> Block:
    attention, feed_forward = block.attention_norms.after, block.feed_forward_norms.after
    return replace(
        block,
        attention_norms=_before(attention, prefix + names.attention),
        feed_forward_norms=_before(feed_forward, prefix + names.feed_forward),
    )


def _before(norm: Norm | None, name: str) -> Norms:
    assert norm is not None, "a block of BERT's layout normalises what it made"
    return Norms(before=replace(norm, name=name))
