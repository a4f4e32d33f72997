"""Tiny encoders of any family with a head, made from what the head's description names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from isomorph.encoders.describe import describe, families
from isomorph.encoders.family import Classes
from isomorph.encoders.heads.describe import (
    describe_causal_lm,
    describe_classifier,
    describe_masked_lm,
)
from isomorph.encoders.tensors import Shapes, shapes_of
from isomorph.errors import Unsupported
from isomorph.testing.tiny_encoders import TinyEncoder


def classifier(encoder: TinyEncoder, labels: int) -> TinyEncoder:
    """With the head of a sequence classifier.

    Raises:
        Unsupported: the family has none.
    """
    names = {str(index): f"LABEL_{index}" for index in range(labels)}
    config = {**encoder.config, "id2label": names}
    head = shapes_of(describe_classifier(config), encoder.hidden)
    classes = _classes(encoder)
    inside = classes.prefix if classes.pooler else ""
    head = {inside + n if n.startswith("pooler") else n: shape for n, shape in head.items()}
    return _headed(encoder, config, "sequence-classification", "ForSequenceClassification", head)


def masked_lm(encoder: TinyEncoder, tied: bool = True) -> TinyEncoder:
    """With the head of a masked language model, its decoder tied to the word embeddings or stored.

    Where the family ties none it is stored, whatever `tied` says.

    Raises:
        Unsupported: the family has none.
    """
    like_tied = describe_masked_lm({**encoder.config, "tie_word_embeddings": True})
    tied = tied and like_tied.tied
    config = {**encoder.config, "tie_word_embeddings": tied}
    words = describe(config).embeddings
    head = shapes_of(like_tied.transform, encoder.hidden)
    # Untied, a bias beside the decoder's is read by nobody, but transformers writes it.
    biases = like_tied.biases[-1:] if tied else like_tied.biases
    head |= dict.fromkeys(biases, (words.vocabulary,))
    if not tied:
        head |= {like_tied.weight: (words.vocabulary, like_tied.inputs(encoder.hidden))}
    return _headed(encoder, config, "fill-mask", "ForMaskedLM", head)


def causal_lm(encoder: TinyEncoder, tied: bool = False) -> TinyEncoder:
    """With the head of a language model, its one matrix tied to the word embeddings or stored.

    Raises:
        Unsupported: the family has none.
    """
    config = {**encoder.config, "tie_word_embeddings": tied}
    described, words = describe_causal_lm(config), int(encoder.config["vocab_size"])
    head = shapes_of(described.transform, encoder.hidden)
    if not tied:
        head |= {described.weight: (words, encoder.hidden)}
    if described.bias:
        head |= {described.bias: (words,)}
    return _headed(encoder, config, "text-generation", "ForCausalLM", head)


def with_heads(encoders: Mapping[str, TinyEncoder]) -> Iterator[tuple[str, str, TinyEncoder]]:
    """Every encoder with every head that its family has: its name, the head's task, the model."""
    for name, encoder in encoders.items():
        for make in (lambda tiny: classifier(tiny, 5), masked_lm, causal_lm):
            try:
                headed: TinyEncoder = make(encoder)
            except Unsupported:
                continue
            yield name, headed.settings["transformer_task"], headed


def _classes(encoder: TinyEncoder) -> Classes:
    return families()[encoder.config["model_type"]].classes


def _headed(
    encoder: TinyEncoder, config: Mapping[str, Any], task: str, ending: str, head: Shapes
) -> TinyEncoder:
    classes = _classes(encoder)
    word = (classes.decoder or classes.word) if task == "text-generation" else classes.word
    return replace(
        encoder,
        config={**config, "architectures": [word + ending]},
        head=head,
        inside=classes.prefix,
        settings={**encoder.settings, "transformer_task": task},
    )
