"""Layouts of heads that families share; a family's own layouts stand in its file."""

from __future__ import annotations

from dataclasses import replace

from isomorph.encoders.config import Config, activation, require
from isomorph.encoders.description import Encoder, Linear, Norm
from isomorph.encoders.heads.description import CausalLM, Classifier, MaskedLM, Transform
from isomorph.errors import Unsupported


def labels(config: Config) -> int:
    """As transformers counts them: a number, else the names; files that say neither mean 2."""
    return int(config.get("num_labels") or len(config.get("id2label") or ()) or 2)


def first_position(config: Config, hidden: int, name: str, kind: str, output: str) -> Classifier:
    """The first position, one square layer of this name and activation, the output layer."""
    square = Transform(Linear(name, hidden, hidden), kind)
    return Classifier(Linear(output, hidden, labels(config)), transforms=(square,))


def pooler(config: Config, hidden: int) -> Classifier:
    """BERT's classifier: the layer belongs to the encoder, whose prefix it has."""
    return first_position(config, hidden, "pooler.dense", "tanh", "classifier")


def last_token(config: Config, hidden: int) -> Classifier:
    """Decoders: what the last token has seen. transformers finds it by its id, not by the mask."""
    padding = config.get("pad_token_id")
    if not isinstance(padding, int):
        raise Unsupported(
            f"config.json sets pad_token_id={padding!r}, so the last token of a row is not defined"
        )
    return Classifier(Linear("score", hidden, labels(config), False), "last", padding_id=padding)


def to_words(encoder: Encoder, dense: str, norm: str, kind: str) -> Transform:
    """To the width of the word vectors, normalised as they are."""
    words = encoder.embeddings
    like = words.norm or words.projected_norm or encoder.final_norm
    assert like is not None
    layer = Linear(dense, encoder.hidden, words.width)
    return Transform(layer, kind, Norm(norm, words.width, like.eps))


def two_biases(config: Config, transform: Transform, decoder: str, bias: str) -> MaskedLM:
    """A decoder with two names for one bias, the older one outside of its layer."""
    tied = config.get("tie_word_embeddings", True)
    biases = (f"{decoder}.bias", bias) if tied else (f"{decoder}.bias",)
    return MaskedLM(transform, f"{decoder}.weight", biases, tied)


def one_bias(
    config: Config, transform: Transform | None, decoder: str, bias: bool = True, tied: bool = True
) -> MaskedLM:
    """A decoder whose bias, if there is one, is in its layer; `tied` where the file does not say it."""
    biases = (f"{decoder}.bias",) if bias else ()
    tied = config.get("tie_word_embeddings", tied)
    return MaskedLM(transform, f"{decoder}.weight", biases, tied)


def predictions(config: Config, encoder: Encoder, norm: str, kind: str) -> MaskedLM:
    """BERT's tensor names."""
    name = "cls.predictions."
    transform = to_words(encoder, name + "transform.dense", f"{name}transform.{norm}", kind)
    return two_biases(config, transform, name + "decoder", name + "bias")


def bert_lm(config: Config, encoder: Encoder) -> MaskedLM:
    """BERT's, with the activation of the blocks."""
    return predictions(config, encoder, "LayerNorm", activation(config, "hidden_act", "gelu"))


def untied_lm(config: Config) -> CausalLM:
    """A matrix of its own, unless the file says that the word embeddings stand in for it."""
    return _causal_lm(config, tied=False)


def tied_lm(config: Config) -> CausalLM:
    """The word embeddings, unless the file says that there is a matrix."""
    return _causal_lm(config, tied=True)


def capped_lm(config: Config) -> CausalLM:
    """As `tied_lm`, with scores that ``final_logit_softcapping`` keeps in bounds."""
    free = _causal_lm({**config, "final_logit_softcapping": None}, tied=True)
    return replace(free, cap=config.get("final_logit_softcapping"))


def _causal_lm(config: Config, tied: bool) -> CausalLM:
    require(config, "final_logit_softcapping", None, None)
    return CausalLM("lm_head.weight", bool(config.get("tie_word_embeddings", tied)))
