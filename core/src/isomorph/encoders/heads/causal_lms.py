"""The heads of transformers' ``…ForCausalLM`` classes: one matrix, over words, without a bias."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from isomorph.encoders.describe import head_of, require
from isomorph.encoders.heads.description import CausalLM

Config = Mapping[str, Any]


def describe_causal_lm(config: Config) -> CausalLM:
    """The head that the language model of a ``config.json`` has.

    Raises:
        Unsupported: no head is known for this ``model_type``, or its scores are capped.
    """
    tied = head_of(_TIED_BY_DEFAULT, config, "causal language model")
    require(config, "final_logit_softcapping", None, None)
    return CausalLM("lm_head.weight", bool(config.get("tie_word_embeddings", tied)))


_TIED_BY_DEFAULT: Mapping[str, bool] = {
    **dict.fromkeys(("llama", "mistral", "qwen2", "qwen3"), False),
    "gemma3_text": True,
}
