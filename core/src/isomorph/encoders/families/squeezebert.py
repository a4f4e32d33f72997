"""SqueezeBERT (Iandola et al. 2020, arXiv:2006.11316): BERT, whose layers are convolutions in groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from isomorph.encoders.config import Config, activation
from isomorph.encoders.description import Block, Encoder, FeedForward, Linear
from isomorph.encoders.families import bert
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.encoders.heads import layouts
from isomorph.encoders.post_norm import Names, Sizes, block, positions, type_count
from isomorph.errors import BadModel

NAMES = Names(
    query="attention.query",
    key="attention.key",
    value="attention.value",
    output="post_attention.conv1d",
    attention_norm="post_attention.layernorm",
    up="intermediate.conv1d",
    down="output.conv1d",
    feed_forward_norm="output.layernorm",
)
GROUPS = {
    "q_groups": 4,
    "k_groups": 4,
    "v_groups": 4,
    "post_attention_groups": 1,
    "intermediate_groups": 4,
    "output_groups": 4,
}
EPS = 1e-12
"""Of the norms in blocks, which pass over the option."""


def describe(config: Config) -> Encoder:
    """BERT's embeddings, and blocks whose layers read groups of features."""
    plain = bert.bert_like(config, positions(config), type_count(config))
    width = config.get("embedding_size", 768)
    if width != plain.hidden:
        raise BadModel(
            f"config.json sets embedding_size={width} and hidden_size={plain.hidden}, and nothing makes one "
            "width of the other."
        )
    groups = {name: config.get(name, count) for name, count in GROUPS.items()}
    sizes = Sizes(
        plain.hidden,
        config.get("intermediate_size", 3072),
        config.get("num_attention_heads", 12),
        activation(config, "hidden_act", "gelu"),
        EPS,
    )
    blocks = (
        _grouped(block(sizes, f"encoder.layers.{index}.", NAMES), groups)
        for index in range(len(plain.blocks))
    )
    return replace(plain, blocks=tuple(blocks))


def _grouped(plain: Block, groups: Mapping[str, int]) -> Block:
    seen, fed = plain.attending, plain.feed_forward
    assert isinstance(fed, FeedForward), "no experts in BERT's layout"
    return replace(
        plain,
        attention=replace(
            seen,
            query=_in_groups(seen.query, "q_groups", groups),
            key=_in_groups(seen.key, "k_groups", groups),
            value=_in_groups(seen.value, "v_groups", groups),
            output=_in_groups(seen.output, "post_attention_groups", groups),
        ),
        feed_forward=replace(
            fed,
            up=_in_groups(fed.up, "intermediate_groups", groups),
            down=_in_groups(fed.down, "output_groups", groups),
        ),
    )


def _in_groups(layer: Linear, option: str, groups: Mapping[str, int]) -> Linear:
    count = groups[option]
    if layer.inputs % count or layer.outputs % count:
        raise BadModel(
            f"config.json sets {option}={count}, into which {layer.inputs} features and "
            f"{layer.outputs} do not split."
        )
    return replace(layer, groups=count)


FAMILY = Family(
    model_type="squeezebert",
    describe=describe,
    classes=Classes("SqueezeBert", "transformer."),
    classifier=layouts.pooler,
    masked_lm=layouts.bert_lm,
    tokenizer="SqueezeBertTokenizer",
    typed_pairs=True,
    unread=bert.pooler,
    tiny={
        "squeezebert": Tiny(
            {"type_vocab_size": 2, "embedding_size": 32, "post_attention_groups": 2}
        )
    },
)
