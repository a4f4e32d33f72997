"""From a ``config.json`` to the head that its family has."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from isomorph.encoders.config import Config
from isomorph.encoders.describe import describe, families, family_of, text_options
from isomorph.encoders.family import Family
from isomorph.encoders.heads.description import CausalLM, Classifier, MaskedLM
from isomorph.errors import Unsupported

Head = TypeVar("Head")


def describe_classifier(config: Config) -> Classifier:
    """The head that the sequence classifier of a ``config.json`` has.

    Raises:
        Unsupported: no head is known for this ``model_type``, or it lacks an option that is set.
    """
    head = _head(lambda family: family.classifier, config, "sequence classification")
    return head(text_options(config), describe(config, classified=True).hidden)


def describe_masked_lm(config: Config) -> MaskedLM:
    """The head that the masked language model of a ``config.json`` has.

    Raises:
        Unsupported: no head is known for this ``model_type``, or it lacks an option that is set.
    """
    head = _head(lambda family: family.masked_lm, config, "masked language model")
    return head(text_options(config), describe(config))


def describe_causal_lm(config: Config) -> CausalLM:
    """The head that the language model of a ``config.json`` has.

    Raises:
        Unsupported: no head is known for this ``model_type``, or its scores are capped.
    """
    return _head(lambda family: family.causal_lm, config, "causal language model")(
        text_options(config)
    )


def _head(of: Callable[[Family], Head | None], config: Config, what: str) -> Head:
    """What the family of a ``config.json`` has for a kind of head.

    Raises:
        Unsupported: nothing; lists the families that have something.
    """
    own = family_of(config)
    head = None if own is None else of(own)
    if head is None:
        known = sorted(name for name, family in families().items() if of(family) is not None)
        raise Unsupported(
            f"no {what} head for model_type {config.get('model_type')!r} (heads: {', '.join(known)})"
        )
    return head
