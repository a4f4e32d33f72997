"""XLM-RoBERTa (arXiv:1911.02116): RoBERTa's layout; Jina's files of this type have one of their own.

Jina's code (``xlm-roberta-flash-implementation``) has rotary positions or a table, and the tensors of
`rotary_roberta`. Its configurations are told by options that transformers' do not have.
"""

from __future__ import annotations

from dataclasses import replace

from isomorph.encoders import rotary_roberta
from isomorph.encoders.config import Config, require
from isomorph.encoders.description import Encoder
from isomorph.encoders.families import roberta
from isomorph.encoders.family import Classes
from isomorph.encoders.post_norm import type_count
from isomorph.encoders.rotary import parameters_of, rotary

FLASH = {
    "vocab_size": 250_002,
    "hidden_size": 1024,
    "num_hidden_layers": 24,
    "num_attention_heads": 16,
    "intermediate_size": 4096,
    "max_position_embeddings": 8194,
    "type_vocab_size": 1,
    "layer_norm_eps": 1e-5,
}
"""Defaults of the published code."""
OWN = ("use_flash_attn", "load_trained_adapters", "lora_adaptations", "use_reg_tokens")
"""Options of the published code alone."""


def describe(config: Config) -> Encoder:
    """As RoBERTa, or in Jina's layout. Adapters by task change weights, not the description."""
    if not is_flash(config):
        return roberta.describe(config)
    for option, value in (
        ("rotary_emb_interleaved", False),
        ("rotary_emb_scale_base", None),
        ("rope_scaling", None),
        ("rope_parameters", None),
        ("use_reg_tokens", False),
        ("num_tie_layers", 0),
    ):
        require(config, option, value, value, None)
    where = require(config, "position_embedding_type", "absolute", "absolute", "rotary")
    config = {**FLASH, **config}
    if where == "absolute":
        type_count(config)
        return rotary_roberta.encoder(config, None, roberta.counted(config))
    scheme = parameters_of({**config, "rope_theta": config.get("rotary_emb_base", 10_000.0)})
    return rotary_roberta.encoder(config, rotary(scheme, rotary_roberta.heads_of(config)[1]))


def is_flash(config: Config) -> bool:
    """Whether a ``config.json`` is one of Jina's."""
    if config.get("position_embedding_type") == "rotary" or any(name in config for name in OWN):
        return True
    code = config.get("auto_map") or {}
    return "XLMRobertaFlashConfig" in str(code.get("AutoConfig"))


def _misread(config: Config) -> str:
    if not is_flash(config):
        return ""
    kind = config.get("position_embedding_type", "absolute")
    return (
        "config.json has options of Jina's code, with "
        f"position_embedding_type={kind!r}, and transformers' class of its model_type reads other tensors"
    )


FAMILY = replace(
    roberta.ROBERTA,
    model_type="xlm-roberta",
    describe=describe,
    classes=Classes("XLMRoberta", "roberta."),
    tokenizer="XLMRobertaTokenizer",
    fixed={},
    tasks="lora_adaptations",
    misread=_misread,
    published=("jinaai/xlm-roberta-flash-implementation--", "jinaai/jina-reranker-v2-base-"),
    tiny={
        "xlm-roberta": replace(roberta.tiny("XLMRoberta", pooling="cls"), normalized=True),
        "xlm-roberta-rotary": replace(
            roberta.tiny("XLMRoberta", position_embedding_type="rotary"), normalized=True
        ),
        "xlm-roberta-flash": roberta.tiny("XLMRoberta", use_flash_attn=False),
    },
)
