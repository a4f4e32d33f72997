"""DeBERTa v2 and v3 (arXiv:2111.09543): content attends to relative positions and they to it."""

from __future__ import annotations

from dataclasses import replace

from isomorph.encoders.config import Config, activation, require
from isomorph.encoders.consistency import head_size
from isomorph.encoders.description import Block, Embeddings, Encoder, Linear, Norm
from isomorph.encoders.families.bert import bert_like
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.encoders.heads import layouts
from isomorph.encoders.heads.description import Classifier, MaskedLM
from isomorph.encoders.post_norm import Names, positions
from isomorph.encoders.rare import Convolution, Disentangled
from isomorph.errors import Unsupported

NAMES = Names(
    query="attention.self.query_proj",
    key="attention.self.key_proj",
    value="attention.self.value_proj",
)
DEFAULTS = {
    "vocab_size": 128100,
    "hidden_size": 1536,
    "num_hidden_layers": 24,
    "num_attention_heads": 24,
    "intermediate_size": 6144,
    "layer_norm_eps": 1e-7,
}


def describe(config: Config) -> Encoder:
    """BERT's layout with other projections, and scores between content and positions."""
    config = {**DEFAULTS, **config}
    hidden, heads = config["hidden_size"], config["num_attention_heads"]
    size = head_size(hidden, heads)
    require(config, "attention_head_size", size, size)
    longest = config.get("max_position_embeddings", 512)
    encoder = bert_like(
        config, positions(config), types=config.get("type_vocab_size", 0), names=NAMES
    )
    terms = terms_of(config)
    relative = _relative(config, longest, terms)
    scale = (size * (1 + len(terms))) ** -0.5
    blocks = tuple(
        _attending(block, f"encoder.layer.{i}.attention.self.", scale, relative)
        for i, block in enumerate(encoder.blocks)
    )
    return replace(
        encoder,
        embeddings=embeddings(config, encoder.embeddings),
        blocks=blocks,
        convolution=_convolution(config),
    )


def embeddings(config: Config, bert: Embeddings) -> Embeddings:
    """Normalised after the projection, if there is one, and zero where there is padding."""
    hidden, width = bert.width, config.get("embedding_size", bert.width)
    wider = width != hidden
    return replace(
        bert,
        width=width,
        positions=bert.positions if config.get("position_biased_input", True) else None,
        norm=None if wider else bert.norm,
        projection=Linear("embeddings.embed_proj", width, hidden, bias=False) if wider else None,
        projected_norm=bert.norm if wider else None,
        masked=True,
    )


def _convolution(config: Config) -> Convolution | None:
    """Beside the first block of the largest models; a kernel of even size would shorten the text."""
    kernel, name = config.get("conv_kernel_size", 0), "encoder.conv."
    if not kernel:
        return None
    if kernel % 2 == 0:
        raise Unsupported(f"config.json sets conv_kernel_size={kernel}; odd sizes are implemented")
    require(config, "conv_groups", 1, 1)
    hidden = config["hidden_size"]
    norm = Norm(name + "LayerNorm", hidden, config["layer_norm_eps"])
    return Convolution(name + "conv", hidden, kernel, activation(config, "conv_act", "tanh"), norm)


def terms_of(config: Config) -> frozenset[str]:
    """Which of content to position and position to content are added: a list, or ``"c2p|p2c"``."""
    given = config.get("pos_att_type") or ()
    terms = [term.strip() for term in given.lower().split("|")] if isinstance(given, str) else given
    unknown = sorted(set(terms) - {"c2p", "p2c"})
    if unknown:
        raise Unsupported(f"config.json sets pos_att_type={given!r}; 'c2p', 'p2c' are implemented")
    return frozenset(terms)


def _relative(config: Config, longest: int, terms: frozenset[str]) -> Disentangled | None:
    """The position vectors of all blocks; projections of their own are named per block."""
    if not config.get("relative_attention", False) or not terms:
        return None
    hidden = config["hidden_size"]
    farthest = config.get("max_relative_positions", -1)
    farthest = longest if farthest < 1 else farthest
    buckets = max(config.get("position_buckets", -1), 0)
    if buckets and not 1 <= buckets // 2 < farthest - 1:
        raise Unsupported(
            f"config.json sets position_buckets={buckets!r}, which does not fit {farthest} positions"
        )
    norm = require(config, "norm_rel_ebd", "none", "none", "layer_norm") == "layer_norm"
    own = Linear("", hidden, hidden) if not config.get("share_att_key", False) else None
    return Disentangled(
        "encoder.rel_embeddings.weight",
        buckets or farthest,
        buckets,
        farthest,
        Norm("encoder.LayerNorm", hidden, config["layer_norm_eps"]) if norm else None,
        content_to_position="c2p" in terms,
        position_to_content="p2c" in terms,
        query=own,
        key=own,
    )


def _attending(block: Block, name: str, scale: float, relative: Disentangled | None) -> Block:
    """The block with its scale and its relative positions; `name` stands before projections."""
    if relative is not None and relative.query is not None and relative.key is not None:
        relative = replace(
            relative,
            query=replace(relative.query, name=name + "pos_query_proj"),
            key=replace(relative.key, name=name + "pos_key_proj"),
        )
    attention = replace(block.attending, scale=scale, disentangled=relative)
    return replace(block, attention=attention)


def classifier(config: Config, hidden: int) -> Classifier:
    """The first position through one layer, which is no part of the encoder."""
    require(config, "pooler_hidden_size", hidden, hidden)
    kind = activation(config, "pooler_hidden_act", "gelu")
    return layouts.first_position(config, hidden, "pooler.dense", kind, "classifier")


def masked_lm(config: Config, encoder: Encoder) -> MaskedLM:
    """The older head is BERT's; the newer one has no decoder of its own, tied or not."""
    if require(config, "legacy", True, True, False):
        return layouts.bert_lm(config, encoder)
    kind, name = activation(config, "hidden_act", "gelu"), "lm_predictions.lm_head."
    transform = layouts.to_words(encoder, name + "dense", name + "LayerNorm", kind)
    return MaskedLM(transform, "", (name + "bias",))


_TERMS = {"relative_attention": True, "pos_att_type": ["c2p", "p2c"]}

FAMILY = Family(
    model_type="deberta-v2",
    describe=describe,
    classes=Classes("DebertaV2", "deberta.", pooler=False),
    classifier=classifier,
    masked_lm=masked_lm,
    tokenizer="DebertaV2Tokenizer",
    typed_pairs=True,
    tiny={
        "deberta": Tiny(_TERMS),
        "deberta-convolution": Tiny({"conv_kernel_size": 3, "conv_act": "gelu"}),
        "deberta-shared": Tiny(
            {
                **_TERMS,
                "share_att_key": True,
                "position_biased_input": False,
                "position_buckets": 8,
                "norm_rel_ebd": "layer_norm",
            }
        ),
    },
)
