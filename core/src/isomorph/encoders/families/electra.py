"""ELECTRA (arXiv:2003.10555): BERT whose embeddings may be narrower than its blocks."""

from __future__ import annotations

from dataclasses import replace

from isomorph.encoders.config import Config, require
from isomorph.encoders.description import Encoder, Linear, Norm
from isomorph.encoders.families.bert import bert_like
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.encoders.heads import layouts
from isomorph.encoders.heads.description import Classifier, MaskedLM
from isomorph.encoders.post_norm import positions, type_count

DEFAULTS = {"hidden_size": 256, "num_attention_heads": 4, "intermediate_size": 1024}


def describe(config: Config) -> Encoder:
    """BERT's tensors, and a projection between embeddings and blocks of different widths."""
    require(config, "position_embedding_type", "absolute", "absolute")
    config = {**DEFAULTS, **config}
    encoder = bert_like(config, positions(config), type_count(config))
    width = config.get("embedding_size", 128)
    same = width == encoder.hidden
    embeddings = replace(
        encoder.embeddings,
        width=width,
        norm=Norm("embeddings.LayerNorm", width, config.get("layer_norm_eps", 1e-12)),
        projection=None if same else Linear("embeddings_project", width, encoder.hidden),
    )
    return replace(encoder, embeddings=embeddings)


def _classifier(config: Config, hidden: int) -> Classifier:
    return layouts.first_position(config, hidden, "classifier.dense", "gelu", "classifier.out_proj")


def masked_lm(config: Config, encoder: Encoder) -> MaskedLM:
    """To the width of the embeddings, whose words score it."""
    name = "generator_predictions."
    transform = layouts.to_words(encoder, name + "dense", name + "LayerNorm", "gelu")
    return layouts.one_bias(config, transform, "generator_lm_head")


FAMILY = Family(
    model_type="electra",
    describe=describe,
    classes=Classes("Electra", "electra."),
    classifier=_classifier,
    masked_lm=masked_lm,
    tokenizer="BertTokenizer",
    typed_pairs=True,
    unpadded="columns",
    tiny={"electra": Tiny({"embedding_size": 20, "type_vocab_size": 2})},
)
