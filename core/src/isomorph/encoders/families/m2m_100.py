"""Encoders of M2M-100, NLLB (arXiv:2207.04672) and Pegasus, whose positions are computed."""

from __future__ import annotations

from isomorph.encoders import fairseq
from isomorph.encoders.config import Config
from isomorph.encoders.description import Encoder, Positions
from isomorph.encoders.families.roberta import counted
from isomorph.encoders.family import Classes, Family, Tiny

M2M = {
    **fairseq.SIZES,
    "vocab_size": 128_112,
    "activation_function": "relu",
    "scale_embedding": True,
    "pad_token_id": 1,
}
PEGASUS = {**fairseq.SIZES, "pad_token_id": 0}
TABLE = "encoder.embed_positions.weight"


def _m2m(config: Config) -> Encoder:
    """Positions count real tokens; no file holds their vectors."""
    config = {**M2M, **config}
    padding = counted(config).padding_id
    count = config["max_position_embeddings"] + 2
    positions = Positions(
        "", count, padding + 1, after_padding=True, padding_id=padding, made="halves"
    )
    return fairseq.encoder(config, positions, first=True, words=False, last=True)


def _pegasus(config: Config) -> Encoder:
    """Positions count columns; a file that holds their vectors is followed."""
    config = {**PEGASUS, **config}
    positions = Positions(TABLE, config["max_position_embeddings"], made="split")
    return fairseq.encoder(config, positions, first=True, words=False, last=True)


_TINY = {**fairseq.TINY, "pad_token_id": 0}

FAMILY = Family(
    model_type="m2m_100",
    describe=_m2m,
    classes=Classes("M2M100"),
    encoder_alone=True,
    tiny={"m2m-100": Tiny(_TINY, usual=False)},
)
PEGASUS_ENCODER = Family(
    model_type="pegasus",
    describe=_pegasus,
    classes=Classes("Pegasus"),
    tokenizer="PegasusTokenizer",
    encoder_alone=True,
    tiny={"pegasus": Tiny(_TINY, usual=False)},
)
