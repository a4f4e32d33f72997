"""RemBERT (arXiv:2010.12821): BERT's blocks behind narrow embeddings, and a decoder of its own width."""

from __future__ import annotations

from dataclasses import replace

from isomorph.encoders.config import Config, activation
from isomorph.encoders.description import Encoder, Linear, Norm
from isomorph.encoders.families.bert import bert_like, pooler
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.encoders.heads import layouts
from isomorph.encoders.heads.description import MaskedLM, Transform
from isomorph.encoders.post_norm import positions, type_count

DEFAULTS = {
    "vocab_size": 250_300,
    "hidden_size": 1152,
    "num_hidden_layers": 32,
    "num_attention_heads": 18,
    "intermediate_size": 4608,
    "input_embedding_size": 256,
    "output_embedding_size": 1664,
    "layer_norm_eps": 1e-12,
}


def describe(config: Config) -> Encoder:
    """The projection is there even where both widths are the same."""
    config = {**DEFAULTS, **config}
    plain = bert_like(config, positions(config), type_count(config))
    width = config["input_embedding_size"]
    embeddings = replace(
        plain.embeddings,
        width=width,
        norm=Norm("embeddings.LayerNorm", width, config["layer_norm_eps"]),
        projection=Linear("encoder.embedding_hidden_mapping_in", width, plain.hidden),
    )
    return replace(plain, embeddings=embeddings)


def _masked_lm(config: Config, encoder: Encoder) -> MaskedLM:
    """A decoder of its own whatever the file says: transformers' class ties it to nothing."""
    config = {**DEFAULTS, **config}
    width, name = config["output_embedding_size"], "cls.predictions."
    transform = Transform(
        Linear(name + "dense", encoder.hidden, width),
        activation(config, "hidden_act", "gelu"),
        Norm(name + "LayerNorm", width, config["layer_norm_eps"]),
    )
    return MaskedLM(transform, name + "decoder.weight", (name + "decoder.bias",), tied=False)


FAMILY = Family(
    model_type="rembert",
    describe=describe,
    classes=Classes("RemBert", "rembert."),
    classifier=layouts.pooler,
    masked_lm=_masked_lm,
    tokenizer="RemBertTokenizer",
    unread=pooler,
    tiny={"rembert": Tiny({"input_embedding_size": 20, "output_embedding_size": 28})},
)
