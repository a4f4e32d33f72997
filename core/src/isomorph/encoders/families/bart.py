"""BART (Lewis et al. 2019, arXiv:1910.13461) and mBART: token vectors are the decoder's."""

from __future__ import annotations

from dataclasses import replace

from isomorph.encoders import fairseq
from isomorph.encoders.config import Config, token
from isomorph.encoders.description import Encoder, Positions
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.encoders.heads import layouts
from isomorph.encoders.heads.description import Classifier

FIRST = 2
"""Row of a text's first position."""
DEFAULTS = {**fairseq.SIZES, "pad_token_id": 1, "decoder_start_token_id": 2, "eos_token_id": 2}


def describe(config: Config) -> Encoder:
    """As transformers' class without a head computes it: the decoder gets the text, moved by one place."""
    config, many = {**DEFAULTS, **config}, config.get("model_type") == "mbart"
    count = config["max_position_embeddings"] + FIRST
    positions = Positions("encoder.embed_positions.weight", count, FIRST)
    half = fairseq.encoder(config, positions, first=many, words=True, last=many)
    start = None if many else token(config, "decoder_start_token_id", None)
    return replace(half, decoder=fairseq.decoder(config, half, start))


def classifier(config: Config, hidden: int) -> Classifier:
    """The state at a text's last end token; without names there are three labels for BART, two for mBART."""
    config = {**DEFAULTS, **config}
    if config["model_type"] == "bart" and config.get("num_labels") is None:
        config["num_labels"] = 3
    end = token(config, "eos_token_id", 2)
    square, output = "classification_head.dense", "classification_head.out_proj"
    plain = layouts.first_position(config, hidden, square, "tanh", output)
    return replace(plain, reads="end", end_id=end)


BART = Family(
    model_type="bart",
    describe=describe,
    classes=Classes("Bart"),
    classifier=classifier,
    misread=lambda _: (
        "transformers' class refuses batches of texts with different numbers of end tokens"
    ),
    tokenizer="BartTokenizer",
    tiny={"bart": Tiny({**fairseq.TINY, "pad_token_id": 0}, usual=False)},
)
FAMILY = BART
MBART = replace(
    BART,
    model_type="mbart",
    classes=Classes("MBart"),
    tokenizer="MBartTokenizer",
    tiny={"mbart": Tiny({**fairseq.TINY, "pad_token_id": 0, "scale_embedding": True}, usual=False)},
)
