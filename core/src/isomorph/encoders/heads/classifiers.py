"""The heads of transformers' ``…ForSequenceClassification`` classes, by ``model_type``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from isomorph.encoders.describe import activation, describe, head_of, require
from isomorph.encoders.description import Linear, Norm
from isomorph.encoders.heads.description import Classifier, Transform
from isomorph.errors import Unsupported

Config = Mapping[str, Any]


def describe_classifier(config: Config) -> Classifier:
    """The head that the sequence classifier of a ``config.json`` has.

    Raises:
        Unsupported: no head is known for this ``model_type``, or it lacks an option that is set.
    """
    head = head_of(_HEADS, config, "sequence classification")
    return head(config, describe(config).hidden)


def _labels(config: Config) -> int:
    """As transformers counts them: the names, else a number, which older files leave out for 2."""
    names = config.get("id2label")
    return len(names) if names else int(config.get("num_labels") or 2)


def _head(config: Config, hidden: int, name: str, kind: str, output: str) -> Classifier:
    """The first position, one square layer of this name and activation, the output layer."""
    square = Transform(Linear(name, hidden, hidden), kind)
    return Classifier(Linear(output, hidden, _labels(config)), transforms=(square,))


def _pooler(config: Config, hidden: int) -> Classifier:
    """The layer belongs to the encoder, whose prefix it has."""
    return _head(config, hidden, "pooler.dense", "tanh", "classifier")


def _albert(config: Config, hidden: int) -> Classifier:
    return _head(config, hidden, "pooler", "tanh", "classifier")


def _roberta(config: Config, hidden: int) -> Classifier:
    return _head(config, hidden, "classifier.dense", "tanh", "classifier.out_proj")


def _electra(config: Config, hidden: int) -> Classifier:
    return _head(config, hidden, "classifier.dense", "gelu", "classifier.out_proj")


def _distilbert(config: Config, hidden: int) -> Classifier:
    return _head(config, hidden, "pre_classifier", "relu", "classifier")


def _deberta_v2(config: Config, hidden: int) -> Classifier:
    require(config, "pooler_hidden_size", hidden, hidden)
    kind = activation(config, "pooler_hidden_act", "gelu")
    return _head(config, hidden, "pooler.dense", kind, "classifier")


def modernbert_transform(config: Config, hidden: int) -> Transform:
    """What ModernBERT's classifier and its masked language model have in common."""
    dense = Linear("head.dense", hidden, hidden, config.get("classifier_bias", False))
    norm = Norm("head.norm", hidden, config.get("norm_eps", 1e-5), config.get("norm_bias", False))
    return Transform(dense, activation(config, "classifier_activation", "gelu"), norm)


def _modernbert(config: Config, hidden: int) -> Classifier:
    reads = require(config, "classifier_pooling", "cls", "cls", "mean")
    return Classifier(
        Linear("classifier", hidden, _labels(config)),
        "mean" if reads == "mean" else "first",
        (modernbert_transform(config, hidden),),
    )


def _last(config: Config, hidden: int) -> Classifier:
    """Decoders: what the last token has seen. transformers finds it by its id, not by the mask."""
    padding = config.get("pad_token_id")
    if not isinstance(padding, int):
        raise Unsupported(
            f"config.json sets pad_token_id={padding!r}, so the last token of a row is not defined"
        )
    return Classifier(Linear("score", hidden, _labels(config), False), "last", padding_id=padding)


_HEADS: Mapping[str, Callable[[Config, int], Classifier]] = {
    **dict.fromkeys(("bert", "nomic_bert", "gte", "new"), _pooler),
    "albert": _albert,
    **dict.fromkeys(("roberta", "xlm-roberta", "camembert", "mpnet"), _roberta),
    "electra": _electra,
    "distilbert": _distilbert,
    "deberta-v2": _deberta_v2,
    "modernbert": _modernbert,
    **dict.fromkeys(("llama", "mistral", "qwen2", "qwen3", "gemma3_text"), _last),
}
