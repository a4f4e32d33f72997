"""BigBird (Zaheer et al. 2020, arXiv:2007.14062): BERT's layout, of which short texts see everything."""

from __future__ import annotations

from dataclasses import replace

from isomorph.encoders.config import Config, activation, require
from isomorph.encoders.description import Block, Encoder
from isomorph.encoders.families.bert import bert_like
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.encoders.heads import layouts
from isomorph.encoders.heads.description import Classifier, MaskedLM
from isomorph.encoders.post_norm import positions, type_count
from isomorph.errors import Unsupported

FULL, SPARSE = "original_full", "block_sparse"
DEFAULTS = {
    "vocab_size": 50_358,
    "max_position_embeddings": 4096,
    "hidden_act": "gelu_new",
    "attention_type": SPARSE,
    "block_size": 64,
    "num_random_blocks": 3,
    "use_bias": True,
    "rescale_embeddings": False,
}


def describe(config: Config) -> Encoder:
    """Sparse attention begins behind so many tokens; no text may be that long.

    Raises:
        Unsupported: a text may.
    """
    config = {**DEFAULTS, **config}
    require(config, "attention_type", SPARSE, SPARSE, FULL)
    sparse = _sparse(config)
    if sparse:
        raise Unsupported(sparse)
    plain = bert_like(config, positions(config), type_count(config))
    words = replace(
        plain.embeddings, scale=plain.hidden**0.5 if config["rescale_embeddings"] else 1.0
    )
    blocks = tuple(_block(block, config["use_bias"]) for block in plain.blocks)
    return replace(plain, embeddings=words, blocks=blocks)


def _sparse(config: Config) -> str:
    """What is not done for texts that may be so long that attention is sparse, "" where none may."""
    config = {**DEFAULTS, **config}
    dense = (5 + 2 * config["num_random_blocks"]) * config["block_size"]
    if config["attention_type"] != SPARSE or config["max_position_embeddings"] <= dense:
        return ""
    return (
        f"config.json sets attention_type={SPARSE!r}, with which transformers computes texts of more than "
        f"{dense} tokens by blocks until its first shorter text, and in full from then on: they have no "
        f"vectors of their own. With attention_type={FULL!r} in config.json all texts are computed in full"
    )


def _block(block: Block, bias: bool) -> Block:
    seen = block.attending
    query, key, value = (replace(part, bias=bias) for part in (seen.query, seen.key, seen.value))
    return replace(block, attention=replace(seen, query=query, key=key, value=value))


def _classifier(config: Config, hidden: int) -> Classifier:
    kind = activation({**DEFAULTS, **config}, "hidden_act", "gelu_new")
    return layouts.first_position(config, hidden, "classifier.dense", kind, "classifier.out_proj")


def _masked_lm(config: Config, encoder: Encoder) -> MaskedLM:
    return layouts.bert_lm({**DEFAULTS, **config}, encoder)


def _pooler(encoder: Encoder) -> dict[str, tuple[int, ...]]:
    return {"pooler.weight": (encoder.hidden, encoder.hidden), "pooler.bias": (encoder.hidden,)}


FAMILY = Family(
    model_type="big_bird",
    describe=describe,
    classes=Classes("BigBird", "bert."),
    classifier=_classifier,
    masked_lm=_masked_lm,
    misread=_sparse,
    tokenizer="BigBirdTokenizer",
    unread=_pooler,
    tiny={"big-bird": Tiny({"type_vocab_size": 2, "rescale_embeddings": True})},
)
