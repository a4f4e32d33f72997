"""BERT (Devlin et al. 2018, arXiv:1810.04805): post-norm blocks, absolute positions, token types."""

from __future__ import annotations

from isomorph.encoders.config import Config, activation, require
from isomorph.encoders.description import Embeddings, Encoder, Norm, Positions
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.encoders.heads import layouts
from isomorph.encoders.post_norm import BERT, Names, Sizes, block, positions, type_count


def describe(config: Config) -> Encoder:
    """BERT's layout; tensor names as transformers writes them."""
    require(config, "position_embedding_type", "absolute", "absolute")
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


FAMILIES = (
    Family(
        model_type="bert",
        describe=describe,
        classes=Classes("Bert", "bert."),
        classifier=layouts.pooler,
        masked_lm=layouts.bert_lm,
        tokenizer="BertTokenizer",
        typed_pairs=True,
        unpadded="columns",
        tiny={
            "bert": Tiny(),
            "bert-odd-sizes": Tiny(
                {
                    "hidden_size": 36,
                    "num_attention_heads": 3,
                    "num_hidden_layers": 1,
                    "intermediate_size": 50,
                }
            ),
            "bert-long": Tiny({"num_hidden_layers": 1, "max_position_embeddings": 112}),
            "bert-one-type": Tiny({"type_vocab_size": 1}),
            "bert-gelu-tanh": Tiny({"hidden_act": "gelu_new"}),
            "bert-relu": Tiny({"hidden_act": "relu"}),
            "bert-silu": Tiny({"hidden_act": "silu"}),
        },
    ),
)
