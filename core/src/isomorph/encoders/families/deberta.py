"""DeBERTa (He et al. 2020, arXiv:2006.03654): query, key and value packed head by head, no buckets."""

from __future__ import annotations

from dataclasses import replace

from isomorph.encoders.config import Config, require
from isomorph.encoders.consistency import head_size
from isomorph.encoders.description import Block, Encoder, Linear
from isomorph.encoders.families import deberta_v2
from isomorph.encoders.families.bert import bert_like
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.encoders.post_norm import positions
from isomorph.encoders.rare import Disentangled

DEFAULTS = {"vocab_size": 50_265, "layer_norm_eps": 1e-7}


def describe(config: Config) -> Encoder:
    """The later version's layout with other projections; each distance has vectors of its own."""
    config = {**DEFAULTS, **config}
    require(config, "talking_head", False, False)
    terms = deberta_v2.terms_of(config)
    encoder = bert_like(config, positions(config), types=config.get("type_vocab_size", 0))
    blocks = tuple(
        _attending(config, block, f"encoder.layer.{i}.attention.self.", terms)
        for i, block in enumerate(encoder.blocks)
    )
    embeddings = deberta_v2.embeddings(config, encoder.embeddings)
    return replace(encoder, embeddings=embeddings, blocks=blocks)


def _attending(config: Config, block: Block, name: str, terms: frozenset[str]) -> Block:
    """Key has no bias, and those of query and value are tensors beside the packed one."""
    hidden, heads = block.attending.query.inputs, block.attending.heads
    size = head_size(hidden, heads)
    query, key, value = (
        Linear(
            name + "in_proj",
            hidden,
            hidden,
            bias=False,
            rows=(part * size, (part + 1) * size),
            every=3 * size,
            added=added and name + added,
        )
        for part, added in enumerate(("q_bias", "", "v_bias"))
    )
    attention = replace(
        block.attending,
        query=query,
        key=key,
        value=value,
        scale=(size * (1 + len(terms))) ** -0.5,
        disentangled=_relative(config, name, hidden, terms),
    )
    return replace(block, attention=attention)


def _relative(config: Config, name: str, hidden: int, terms: frozenset[str]) -> Disentangled | None:
    if not config.get("relative_attention", False) or not terms:
        return None
    farthest = config.get("max_relative_positions", -1)
    farthest = config.get("max_position_embeddings", 512) if farthest < 1 else farthest
    to_content, to_position = "p2c" in terms, "c2p" in terms
    return Disentangled(
        "encoder.rel_embeddings.weight",
        farthest,
        0,
        farthest,
        content_to_position=to_position,
        position_to_content=to_content,
        query=Linear(name + "pos_q_proj", hidden, hidden) if to_content else None,
        key=Linear(name + "pos_proj", hidden, hidden, bias=False) if to_position else None,
    )


FAMILY = Family(
    model_type="deberta",
    describe=describe,
    classes=Classes("Deberta", "deberta.", pooler=False),
    classifier=deberta_v2.classifier,
    masked_lm=deberta_v2.masked_lm,
    tokenizer="DebertaTokenizer",
    typed_pairs=True,
    tiny={
        "deberta-first": Tiny({"relative_attention": True, "pos_att_type": ["c2p", "p2c"]}),
        "deberta-first-plain": Tiny({"type_vocab_size": 2}),
    },
)
