"""The heads of transformers' ``…ForMaskedLM`` classes, by ``model_type``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from isomorph.encoders.describe import activation, describe, head_of, require
from isomorph.encoders.description import Encoder, Linear, Norm
from isomorph.encoders.heads.classifiers import modernbert_transform
from isomorph.encoders.heads.description import MaskedLM, Transform

Config = Mapping[str, Any]


def describe_masked_lm(config: Config) -> MaskedLM:
    """The head that the masked language model of a ``config.json`` has.

    Raises:
        Unsupported: no head is known for this ``model_type``, or it lacks an option that is set.
    """
    head = head_of(_HEADS, config, "masked language model")
    return head(config, describe(config))


def _transform(encoder: Encoder, dense: str, norm: str, kind: str) -> Transform:
    """To the width of the word vectors, normalised as they are."""
    words = encoder.embeddings
    like = words.norm or words.projected_norm
    assert like is not None
    layer = Linear(dense, encoder.hidden, words.width)
    return Transform(layer, kind, Norm(norm, words.width, like.eps))


def _tied(config: Config, transform: Transform, decoder: str, bias: str) -> MaskedLM:
    """A decoder with two names for one bias, the older one outside of its layer."""
    tied = config.get("tie_word_embeddings", True)
    biases = (f"{decoder}.bias", bias) if tied else (f"{decoder}.bias",)
    return MaskedLM(transform, f"{decoder}.weight", biases, tied)


def _predictions(config: Config, encoder: Encoder, norm: str, kind: str) -> MaskedLM:
    name = "cls.predictions."
    transform = _transform(encoder, name + "transform.dense", f"{name}transform.{norm}", kind)
    return _tied(config, transform, name + "decoder", name + "bias")


def _bert(config: Config, encoder: Encoder) -> MaskedLM:
    return _predictions(config, encoder, "LayerNorm", activation(config, "hidden_act", "gelu"))


def _nomic_bert(config: Config, encoder: Encoder) -> MaskedLM:
    return _predictions(config, encoder, "layer_norm", activation(config, "hidden_act", "silu"))


def _roberta(config: Config, encoder: Encoder) -> MaskedLM:
    """Always GELU, whatever the blocks have."""
    transform = _transform(encoder, "lm_head.dense", "lm_head.layer_norm", "gelu")
    return _tied(config, transform, "lm_head.decoder", "lm_head.bias")


def _albert(config: Config, encoder: Encoder) -> MaskedLM:
    kind = activation(config, "hidden_act", "gelu_new")
    transform = _transform(encoder, "predictions.dense", "predictions.LayerNorm", kind)
    return _tied(config, transform, "predictions.decoder", "predictions.bias")


def _plain(config: Config, transform: Transform, decoder: str, bias: bool = True) -> MaskedLM:
    biases = (f"{decoder}.bias",) if bias else ()
    tied = config.get("tie_word_embeddings", True)
    return MaskedLM(transform, f"{decoder}.weight", biases, tied)


def _electra(config: Config, encoder: Encoder) -> MaskedLM:
    name = "generator_predictions."
    transform = _transform(encoder, name + "dense", name + "LayerNorm", "gelu")
    return _plain(config, transform, "generator_lm_head")


def _distilbert(config: Config, encoder: Encoder) -> MaskedLM:
    kind = activation(config, "activation", "gelu")
    transform = _transform(encoder, "vocab_transform", "vocab_layer_norm", kind)
    return _plain(config, transform, "vocab_projector")


def _gte(config: Config, encoder: Encoder) -> MaskedLM:
    transform = _transform(encoder, "lm_head.dense", "lm_head.norm", "gelu")
    return _plain(config, transform, "lm_head.decoder")


def _modernbert(config: Config, encoder: Encoder) -> MaskedLM:
    transform = modernbert_transform(config, encoder.hidden)
    return _plain(config, transform, "decoder", config.get("decoder_bias", True))


def _deberta_v2(config: Config, encoder: Encoder) -> MaskedLM:
    """The older head is BERT's; the newer one has no decoder of its own, tied or not."""
    if require(config, "legacy", True, True, False):
        return _bert(config, encoder)
    kind, name = activation(config, "hidden_act", "gelu"), "lm_predictions.lm_head."
    transform = _transform(encoder, name + "dense", name + "LayerNorm", kind)
    return MaskedLM(transform, "", (name + "bias",))


_HEADS: Mapping[str, Callable[[Config, Encoder], MaskedLM]] = {
    "bert": _bert,
    "nomic_bert": _nomic_bert,
    **dict.fromkeys(("roberta", "xlm-roberta", "camembert", "mpnet"), _roberta),
    "albert": _albert,
    "electra": _electra,
    "distilbert": _distilbert,
    "gte": _gte,
    "modernbert": _modernbert,
    "deberta-v2": _deberta_v2,
}
