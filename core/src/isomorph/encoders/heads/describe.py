"""From a ``config.json`` to the head that its family has."""

from __future__ import annotations

from typing import Any

from isomorph.encoders.config import Config
from isomorph.encoders.describe import describe, families
from isomorph.encoders.heads.description import CausalLM, Classifier, MaskedLM
from isomorph.errors import Unsupported


def describe_classifier(config: Config) -> Classifier:
    """The head that the sequence classifier of a ``config.json`` has.

    Raises:
        Unsupported: no head is known for this ``model_type``, or it lacks an option that is set.
    """
    head: Classifier = _head("classifier", config, "sequence classification")(
        config, describe(config).hidden
    )
    return head


def describe_masked_lm(config: Config) -> MaskedLM:
    """The head that the masked language model of a ``config.json`` has.

    Raises:
        Unsupported: no head is known for this ``model_type``, or it lacks an option that is set.
    """
    head: MaskedLM = _head("masked_lm", config, "masked language model")(config, describe(config))
    return head


def describe_causal_lm(config: Config) -> CausalLM:
    """The head that the language model of a ``config.json`` has.

    Raises:
        Unsupported: no head is known for this ``model_type``, or its scores are capped.
    """
    head: CausalLM = _head("causal_lm", config, "causal language model")(config)
    return head


def _head(kind: str, config: Config, what: str) -> Any:
    """What the family of a ``config.json`` has for a kind of head.

    Raises:
        Unsupported: nothing; lists the families that have something.
    """
    known = {name: getattr(family, kind) for name, family in families().items()}
    model_type = str(config.get("model_type"))
    if known.get(model_type) is None:
        heads = ", ".join(sorted(name for name, head in known.items() if head is not None))
        raise Unsupported(f"no {what} head for model_type {model_type!r} (heads: {heads})")
    return known[model_type]
