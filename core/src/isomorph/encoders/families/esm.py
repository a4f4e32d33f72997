"""ESM-1b and ESM-2, encoders of proteins (Lin et al. 2023, doi:10.1126/science.ade2574): pre-norm."""

from __future__ import annotations

from dataclasses import replace

from isomorph.encoders.config import Config, require, token
from isomorph.encoders.consistency import head_size
from isomorph.encoders.description import Embeddings, Encoder, Norm
from isomorph.encoders.families import bert, roberta
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.encoders.heads import layouts
from isomorph.encoders.heads.description import MaskedLM
from isomorph.encoders.post_norm import positions_after
from isomorph.encoders.pre_norm import Names, pre_norm
from isomorph.encoders.rotary import parameters_of, rotary

NAMES = Names("attention.LayerNorm", "LayerNorm", "encoder.emb_layer_norm_after")
STORED = (
    "rotary_embeddings.inv_freq",
    "encoder.layer.0.attention.self.rotary_embeddings.inv_freq",
    "encoder.layer.*.attention.self.rotary_embeddings.inv_freq",
)
"""Frequencies as they were trained, perhaps rounded to 16 bits. Older files repeat them in each layer, and
transformers 5.23 writes them under the last name, star and all.
"""
DEFAULTS = {
    "position_embedding_type": "absolute",
    "max_position_embeddings": 1026,
    "emb_layer_norm_before": None,
    "token_dropout": False,
    "pad_token_id": None,
}


def describe(config: Config) -> Encoder:
    """BERT's layers with their norms in front, rotary positions or a table, and always GELU."""
    config = {**DEFAULTS, **config, "hidden_act": "gelu"}
    require(config, "is_folding_model", False, False, None)
    kind = require(config, "position_embedding_type", "absolute", "absolute", "rotary")
    table = roberta.counted(config) if kind == "absolute" else positions_after(config, 0)
    plain = pre_norm(bert.bert_like(config, table, 0), NAMES)
    embeddings: Embeddings = replace(
        plain.embeddings,
        vocabulary=config["vocab_size"],
        masked=True,
        positions=table if kind == "absolute" else None,
        norm=_norm(config, plain.hidden) if config["emb_layer_norm_before"] else None,
        dropped=token(config, "mask_token_id", None) if config["token_dropout"] else None,
    )
    if kind == "rotary":
        size = head_size(plain.hidden, config.get("num_attention_heads", 12))
        turned = replace(rotary(parameters_of(config), size, "default"), stored=STORED)
        blocks = (replace(b, attention=replace(b.attending, rotary=turned)) for b in plain.blocks)
        plain = replace(plain, blocks=tuple(blocks))
    return replace(plain, embeddings=embeddings)


def _norm(config: Config, hidden: int) -> Norm:
    return Norm("embeddings.layer_norm", hidden, config.get("layer_norm_eps", 1e-12))


def _masked_lm(config: Config, encoder: Encoder) -> MaskedLM:
    transform = layouts.to_words(encoder, "lm_head.dense", "lm_head.layer_norm", "gelu")
    tied = config.get("tie_word_embeddings", True)
    return MaskedLM(transform, "lm_head.decoder.weight", ("lm_head.bias",), tied)


def _unread(encoder: Encoder) -> dict[str, tuple[int, ...]]:
    """A pooler, and the head that finds which parts of a protein touch each other."""
    heads = sum(block.attending.heads for block in encoder.blocks)
    contacts = {
        "contact_head.regression.weight": (1, heads),
        "contact_head.regression.bias": (1,),
    }
    return {**bert.pooler(encoder), **contacts}


_ESM_2 = {"position_embedding_type": "rotary", "token_dropout": True, "mask_token_id": 4}

FAMILY = Family(
    model_type="esm",
    describe=describe,
    classes=Classes("Esm", "esm.", pooler=False),
    classifier=roberta.classifier,
    masked_lm=_masked_lm,
    tokenizer="EsmTokenizer",
    unread=_unread,
    tiny={
        "esm-2": Tiny(_ESM_2),
        "esm-1b": Tiny({"emb_layer_norm_before": True}),
    },
)
