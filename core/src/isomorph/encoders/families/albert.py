"""ALBERT (arXiv:1909.11942): narrow embeddings, and few layers that are run many times."""

from __future__ import annotations

from isomorph.encoders.config import Config, activation, require
from isomorph.encoders.description import Embeddings, Encoder, Linear, Norm
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.encoders.heads import layouts
from isomorph.encoders.heads.description import Classifier, MaskedLM
from isomorph.encoders.post_norm import Names, Sizes, block, positions, type_count
from isomorph.errors import BadModel
from isomorph.files import limits

NAMES = Names(
    query="attention.query",
    key="attention.key",
    value="attention.value",
    output="attention.dense",
    attention_norm="attention.LayerNorm",
    up="ffn",
    down="ffn_output",
    feed_forward_norm="full_layer_layer_norm",
)


def describe(config: Config) -> Encoder:
    """`num_hidden_layers` runs, shared out evenly among groups of `inner_group_num` layers each."""
    require(config, "position_embedding_type", "absolute", "absolute")
    hidden, width = config.get("hidden_size", 4096), config.get("embedding_size", 128)
    eps = config.get("layer_norm_eps", 1e-12)
    embeddings = Embeddings(
        "embeddings.word_embeddings.weight",
        config.get("vocab_size", 30000),
        width,
        positions(config),
        "embeddings.token_type_embeddings.weight",
        type_count(config),
        Norm("embeddings.LayerNorm", width, eps),
        Linear("encoder.embedding_hidden_mapping_in", width, hidden),
    )
    sizes = Sizes(
        hidden,
        config.get("intermediate_size", 16384),
        config.get("num_attention_heads", 64),
        activation(config, "hidden_act", "gelu_new"),
        eps,
    )
    runs, groups = config.get("num_hidden_layers", 12), config.get("num_hidden_groups", 1)
    inner = config.get("inner_group_num", 1)
    if runs * inner > limits.LAYERS:
        raise BadModel(f"config.json sets {runs} times {inner} layers, more than {limits.LAYERS}.")
    blocks = tuple(
        block(sizes, f"encoder.albert_layer_groups.{group}.albert_layers.{layer}.", NAMES)
        for group in (int(run / (runs / groups)) for run in range(runs))
        for layer in range(inner)
    )
    return Encoder("albert", hidden, embeddings, blocks)


def _classifier(config: Config, hidden: int) -> Classifier:
    return layouts.first_position(config, hidden, "pooler", "tanh", "classifier")


def _masked_lm(config: Config, encoder: Encoder) -> MaskedLM:
    kind = activation(config, "hidden_act", "gelu_new")
    transform = layouts.to_words(encoder, "predictions.dense", "predictions.LayerNorm", kind)
    return layouts.two_biases(config, transform, "predictions.decoder", "predictions.bias")


FAMILY = Family(
    model_type="albert",
    describe=describe,
    classes=Classes("Albert", "albert."),
    classifier=_classifier,
    masked_lm=_masked_lm,
    tokenizer="AlbertTokenizer",
    shared_layers=True,
    unpadded="columns",
    tiny={
        "albert": Tiny({"embedding_size": 20, "num_hidden_groups": 2, "inner_group_num": 2}),
    },
)
