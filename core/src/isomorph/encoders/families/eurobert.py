"""EuroBERT (arXiv:2503.05500): Llama's layout, in which every position sees all others."""

from __future__ import annotations

from isomorph.encoders import decoders
from isomorph.encoders.config import Config, require
from isomorph.encoders.description import Encoder, Linear
from isomorph.encoders.families import llama
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.encoders.heads import layouts
from isomorph.encoders.heads.description import Classifier, MaskedLM, Transform

DEFAULTS = {
    **llama.DEFAULTS,
    "vocab_size": 128_256,
    "hidden_size": 768,
    "intermediate_size": 3072,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "max_position_embeddings": 8192,
    "rms_norm_eps": 1e-5,
}


def describe(config: Config) -> Encoder:
    """Both ways whatever the file says: transformers' class reads no such option."""
    config = {**DEFAULTS, **config, "is_causal": False}
    return decoders.encoder(config, bias=config["attention_bias"])


def _classifier(config: Config, hidden: int) -> Classifier:
    """``late`` is the mean of what the layer makes of each token."""
    way = require(config, "classifier_pooling", "late", "bos", "mean", "late")
    require(
        config, "clf_pooling", way, way
    )  # the name in files from before transformers had the class
    square = Transform(Linear("dense", hidden, hidden), "gelu")
    output = Linear("classifier", hidden, layouts.labels(config))
    if way == "bos":
        return Classifier(output, "first", (square,))
    return Classifier(output, "mean", (square,), late=way == "late")


def _masked_lm(config: Config, encoder: Encoder) -> MaskedLM:
    """The bias is there where those of the gates are."""
    return layouts.one_bias(config, None, "lm_head", config.get("mlp_bias", False), tied=False)


FAMILY = Family(
    model_type="eurobert",
    describe=describe,
    classes=Classes("EuroBert"),
    classifier=_classifier,
    masked_lm=_masked_lm,
    tiny={"eurobert": Tiny({**decoders.GROUPED, "head_dim": 8})},
)
