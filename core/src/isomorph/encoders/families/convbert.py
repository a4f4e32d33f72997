"""ConvBERT (Jiang et al. 2020, arXiv:2008.02496): half of the heads are kernels that positions make."""

from __future__ import annotations

from dataclasses import replace

from isomorph.encoders.config import Config, activation, require
from isomorph.encoders.description import Block, Encoder, Linear
from isomorph.encoders.families import electra
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.encoders.heads import layouts
from isomorph.encoders.heads.description import Classifier
from isomorph.encoders.rare import Spans
from isomorph.errors import BadModel

DEFAULTS = {
    "hidden_size": 768,
    "embedding_size": 768,
    "num_attention_heads": 12,
    "intermediate_size": 3072,
    "head_ratio": 2,
    "conv_kernel_size": 9,
    "num_groups": 1,
    "pad_token_id": 1,
}


def describe(config: Config) -> Encoder:
    """ELECTRA's embeddings and blocks but for what stands in the place of attention.

    Padding is no part of what a kernel weighs, as for a text alone in transformers.
    """
    config = {**DEFAULTS, **config}
    require(config, "num_groups", 1, 1)
    plain = electra.describe(config)
    blocks = (
        _block(config, f"encoder.layer.{i}.attention.self.", block)
        for i, block in enumerate(plain.blocks)
    )
    return replace(plain, blocks=tuple(blocks))


def _block(config: Config, name: str, block: Block) -> Block:
    hidden, kernel = config["hidden_size"], config["conv_kernel_size"]
    require(config, "conv_kernel_size", kernel, *range(1, kernel + 1, 2))
    heads = max(1, config["num_attention_heads"] // config["head_ratio"])
    if hidden % (2 * heads):
        raise BadModel(
            f"config.json: {hidden} features do not split into {heads} heads and as many kernels."
        )
    features, seen = hidden // 2, block.attending
    query, key, value = (
        replace(part, outputs=features) for part in (seen.query, seen.key, seen.value)
    )
    spans = Spans(
        replace(seen, query=query, key=key, value=value, heads=heads),
        name + "key_conv_attn_layer",
        Linear(name + "conv_kernel_layer", features, heads * kernel),
        Linear(name + "conv_out_layer", hidden, features),
        kernel,
    )
    return replace(block, attention=spans)


def _classifier(config: Config, hidden: int) -> Classifier:
    kind = activation(config, "hidden_act", "gelu")
    return layouts.first_position(config, hidden, "classifier.dense", kind, "classifier.out_proj")


FAMILY = Family(
    model_type="convbert",
    describe=describe,
    classes=Classes("ConvBert", "convbert."),
    classifier=_classifier,
    masked_lm=electra.masked_lm,
    tokenizer="ConvBertTokenizer",
    typed_pairs=True,
    misread=lambda _: "transformers' class lets padding into its convolutions",
    tiny={"convbert": Tiny({"embedding_size": 20, "type_vocab_size": 2, "conv_kernel_size": 5})},
)
