"""RoBERTa (arXiv:1907.11692), XLM-RoBERTa and CamemBERT: BERT whose positions count real tokens.

Files of Jina's have XLM-RoBERTa's ``model_type``, code of their own, and rotary positions.
"""

from __future__ import annotations

from dataclasses import replace

from isomorph.encoders import rotary_roberta
from isomorph.encoders.config import Config, require
from isomorph.encoders.description import Encoder
from isomorph.encoders.families import bert
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.encoders.heads import layouts
from isomorph.encoders.heads.description import Classifier, MaskedLM
from isomorph.encoders.post_norm import positions_after, type_count
from isomorph.encoders.rotary import parameters_of, rotary
from isomorph.errors import BadModel

VOCABULARY = {"roberta": 50_265, "xlm-roberta": 30_522, "camembert": 30_522}


def describe(config: Config) -> Encoder:
    """BERT's tensors; the first real token is at row ``pad_token_id + 1`` of the position table."""
    require(config, "position_embedding_type", "absolute", "absolute")
    config = {"vocab_size": VOCABULARY[config["model_type"]], **config}
    padding = config.get("pad_token_id", 1)
    if padding is None:
        raise BadModel(
            "config.json sets pad_token_id=null, and positions are counted from that id."
        )
    return bert.bert_like(config, positions_after(config, padding), type_count(config))


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
"""Defaults of the published code with rotary positions."""


def describe_xlm(config: Config) -> Encoder:
    """As the others, or rotary; then without adapters, which change weights by the task of a text."""
    if config.get("position_embedding_type") != "rotary":
        return describe(config)
    for option, value in (
        ("lora_adaptations", None),
        ("rotary_emb_interleaved", False),
        ("rotary_emb_scale_base", None),
        ("rope_scaling", None),
        ("rope_parameters", None),
    ):
        require(config, option, value, value)
    config = {**FLASH, **config}
    scheme = parameters_of({**config, "rope_theta": config.get("rotary_emb_base", 10_000.0)})
    return rotary_roberta.encoder(config, rotary(scheme, rotary_roberta.heads_of(config)[1]))


def classifier(config: Config, hidden: int) -> Classifier:
    """RoBERTa's layer and its output have names of their own."""
    return layouts.first_position(config, hidden, "classifier.dense", "tanh", "classifier.out_proj")


def masked_lm(config: Config, encoder: Encoder) -> MaskedLM:
    """Always GELU, whatever the blocks have."""
    transform = layouts.to_words(encoder, "lm_head.dense", "lm_head.layer_norm", "gelu")
    return layouts.two_biases(config, transform, "lm_head.decoder", "lm_head.bias")


def _tiny(
    word: str, *, padding: int = 1, types: int = 1, pooling: str = "mean", **others: str
) -> Tiny:
    """The padding token's id takes rows of the position table."""
    options = {
        **bert.TINY,
        "architectures": [word + "Model"],
        "max_position_embeddings": 64 + padding + 1,
        "type_vocab_size": types,
        "layer_norm_eps": 1e-5,
        "pad_token_id": padding,
        **others,
    }
    return Tiny(options, pooling, usual=False)


ROBERTA = Family(
    model_type="roberta",
    describe=describe,
    classes=Classes("Roberta", "roberta."),
    classifier=classifier,
    masked_lm=masked_lm,
    tokenizer="RobertaTokenizer",
    unpadded="real tokens",
    unread=bert.pooler,
    fixed={"position_embedding_type": "absolute"},
    tiny={
        "roberta": _tiny("Roberta"),
        "roberta-types": _tiny("Roberta", padding=3, types=2, pooling="cls"),
    },
)
FAMILIES = (
    ROBERTA,
    replace(
        ROBERTA,
        model_type="xlm-roberta",
        describe=describe_xlm,
        classes=Classes("XLMRoberta", "roberta."),
        tokenizer="XLMRobertaTokenizer",
        tiny={
            "xlm-roberta": replace(_tiny("XLMRoberta", pooling="cls"), normalized=True),
            "xlm-roberta-rotary": replace(
                _tiny("XLMRoberta", position_embedding_type="rotary"), normalized=True
            ),
        },
    ),
    replace(
        ROBERTA,
        model_type="camembert",
        classes=Classes("Camembert", "roberta."),
        tokenizer="CamembertTokenizer",
        tiny={"camembert": _tiny("Camembert")},
    ),
)
