"""DistilBERT (arXiv:1910.01108): BERT's blocks under other names, without token types."""

from __future__ import annotations

from isomorph.encoders.config import Config, activation, require
from isomorph.encoders.description import Embeddings, Encoder, Norm
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.encoders.heads import layouts
from isomorph.encoders.heads.description import Classifier, MaskedLM
from isomorph.encoders.post_norm import Names, Sizes, block, positions

EPS = 1e-12
NAMES = Names(
    query="attention.q_lin",
    key="attention.k_lin",
    value="attention.v_lin",
    output="attention.out_lin",
    attention_norm="sa_layer_norm",
    up="ffn.lin1",
    down="ffn.lin2",
    feed_forward_norm="output_layer_norm",
)


def describe(config: Config) -> Encoder:
    """Both the learned and the sinusoidal positions are a stored table."""
    require(config, "sinusoidal_pos_embds", False, False, True)
    hidden = config.get("dim", 768)
    embeddings = Embeddings(
        "embeddings.word_embeddings.weight",
        config.get("vocab_size", 30522),
        hidden,
        positions(config),
        norm=Norm("embeddings.LayerNorm", hidden, EPS),
    )
    sizes = Sizes(
        hidden,
        config.get("hidden_dim", 3072),
        config.get("n_heads", 12),
        activation(config, "activation", "gelu"),
        EPS,
    )
    layers = range(config.get("n_layers", 6))
    blocks = tuple(block(sizes, f"transformer.layer.{i}.", NAMES) for i in layers)
    return Encoder("distilbert", hidden, embeddings, blocks)


def _classifier(config: Config, hidden: int) -> Classifier:
    return layouts.first_position(config, hidden, "pre_classifier", "relu", "classifier")


def _masked_lm(config: Config, encoder: Encoder) -> MaskedLM:
    kind = activation(config, "activation", "gelu")
    transform = layouts.to_words(encoder, "vocab_transform", "vocab_layer_norm", kind)
    return layouts.one_bias(config, transform, "vocab_projector")


FAMILY = Family(
    model_type="distilbert",
    describe=describe,
    classes=Classes("DistilBert", "distilbert."),
    classifier=_classifier,
    masked_lm=_masked_lm,
    tokenizer="BertTokenizer",
    unpadded="columns",
    tiny={
        "distilbert": Tiny(
            {
                "architectures": ["DistilBertModel"],
                "dim": 32,
                "n_heads": 4,
                "n_layers": 2,
                "hidden_dim": 48,
                "max_position_embeddings": 64,
                "activation": "gelu",
                "sinusoidal_pos_embds": False,
                "pad_token_id": 0,
            },
            usual=False,
        ),
    },
)
