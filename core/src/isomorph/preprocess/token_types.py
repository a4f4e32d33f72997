"""Whether a tokenizer tells the two texts of a pair apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from isomorph.encoders import family_of

_TYPED_CLASSES = frozenset(
    """Bert ConvBert Deberta DebertaV2 DistilBert DPRContextEncoder DPRQuestionEncoder Electra FNet
    LayoutLM Lxmert MobileBert SqueezeBert""".split()
)
_TYPED_MODELS = frozenset("""dpr layoutlm lxmert nezha""".split())
"""Kinds of models without a family whose tokenizer gives types, as `Family.typed_pairs`."""


def gives_token_types(tokenizer: Mapping[str, Any], config: Mapping[str, Any]) -> bool:
    """Whether the two texts of a pair get types of their own.

    The tokenizer's list of model inputs says it, else its class: of transformers 5's classes only a few
    name ``token_type_ids``, and a generic one does not, whatever the model. Without a class the kind
    of model decides which class it would be.
    """
    listed = tokenizer.get("model_input_names")
    if listed is not None:
        return "token_type_ids" in listed
    name = tokenizer.get("tokenizer_class")
    if not name:
        family = family_of(config)
        return config.get("model_type") in _TYPED_MODELS if family is None else family.typed_pairs
    return str(name).removesuffix("Fast").removesuffix("Tokenizer") in _TYPED_CLASSES
