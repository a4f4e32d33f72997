"""Whether a tokenizer tells the two texts of a pair apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_TYPED_CLASSES = frozenset(
    """Bert ConvBert Deberta DebertaV2 DistilBert DPRContextEncoder DPRQuestionEncoder Electra FNet
    LayoutLM Lxmert MobileBert SqueezeBert""".split()
)
_TYPED_MODELS = frozenset(
    """bert convbert deberta deberta-v2 dpr electra ernie fnet layoutlm lxmert megatron-bert mobilebert
    nezha nomic_bert squeezebert""".split()
)


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
        return config.get("model_type") in _TYPED_MODELS
    return str(name).removesuffix("Fast").removesuffix("Tokenizer") in _TYPED_CLASSES
