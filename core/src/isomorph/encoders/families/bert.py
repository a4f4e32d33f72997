"""BERT (Devlin et al. 2018, arXiv:1810.04805): post-norm blocks, absolute positions, token types.

Jina's second generation has the same ``model_type`` and code of its own (`alibi_bert`).
"""

from __future__ import annotations

from typing import Any

from isomorph.encoders import alibi_bert
from isomorph.encoders.config import Config, activation, require
from isomorph.encoders.description import Embeddings, Encoder, Norm, Positions
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.encoders.heads import layouts
from isomorph.encoders.post_norm import BERT, Names, Sizes, block, positions, type_count


def describe(config: Config) -> Encoder:
    """BERT's layout; tensor names as transformers writes them."""
    if require(config, "position_embedding_type", "absolute", "absolute", "alibi") == "alibi":
        plain = bert_like(config, positions(config), type_count(config))
        return alibi_bert.encoder(config, plain)
    require(config, "feed_forward_type", "original", "original")
    return bert_like(config, positions(config), type_count(config))


def bert_like(config: Config, counted: Positions, types: int, names: Names = BERT) -> Encoder:
    """The layout that BERT shares with its descendants, which differ in how positions count."""
    require(config, "is_decoder", False, False)
    require(config, "add_cross_attention", False, False)
    hidden = config.get("hidden_size", 768)
    eps = config.get("layer_norm_eps", 1e-12)
    embeddings = Embeddings(
        "embeddings.word_embeddings.weight",
        config.get("vocab_size", 30522),
        hidden,
        counted,
        "embeddings.token_type_embeddings.weight" if types else None,
        types,
        Norm("embeddings.LayerNorm", hidden, eps),
    )
    sizes = Sizes(
        hidden,
        config.get("intermediate_size", 3072),
        config.get("num_attention_heads", 12),
        activation(config, "hidden_act", "gelu"),
        eps,
    )
    layers = range(config.get("num_hidden_layers", 12))
    blocks = tuple(block(sizes, f"encoder.layer.{i}.", names) for i in layers)
    return Encoder(str(config["model_type"]), hidden, embeddings, blocks)


def pooler(encoder: Encoder) -> dict[str, tuple[int, ...]]:
    """The layer that is trained with an encoder and belongs to classifiers."""
    hidden = encoder.hidden
    return {"pooler.dense.weight": (hidden, hidden), "pooler.dense.bias": (hidden,)}


TINY = {
    "architectures": ["BertModel"],
    "hidden_size": 32,
    "num_attention_heads": 4,
    "num_hidden_layers": 2,
    "intermediate_size": 48,
    "max_position_embeddings": 64,
    "type_vocab_size": 2,
    "hidden_act": "gelu",
    "layer_norm_eps": 1e-12,
    "pad_token_id": 0,
}


def _tiny(**options: Any) -> Tiny:
    return Tiny({**TINY, **options}, usual=False)


FAMILY = Family(
    model_type="bert",
    describe=describe,
    classes=Classes("Bert", "bert."),
    classifier=layouts.pooler,
    masked_lm=layouts.bert_lm,
    tokenizer="BertTokenizer",
    typed_pairs=True,
    unpadded="columns",
    unread=pooler,
    published=alibi_bert.PUBLISHED,
    fixed={"position_embedding_type": "absolute", "feed_forward_type": "original"},
    tiny={
        "bert": _tiny(),
        "bert-odd-sizes": _tiny(
            hidden_size=36, num_attention_heads=3, num_hidden_layers=1, intermediate_size=50
        ),
        "bert-long": _tiny(num_hidden_layers=1, max_position_embeddings=112),
        "bert-one-type": _tiny(type_vocab_size=1),
        "bert-gelu-tanh": _tiny(hidden_act="gelu_new"),
        "bert-relu": _tiny(hidden_act="relu"),
        "bert-silu": _tiny(hidden_act="silu"),
        "bert-alibi": _tiny(position_embedding_type="alibi", feed_forward_type="geglu"),
        "bert-alibi-norms": _tiny(
            position_embedding_type="alibi",
            feed_forward_type="geglu",
            auto_map={"AutoModel": alibi_bert.PUBLISHED[1] + "modeling_bert.JinaBertModel"},
        ),
    },
)
