"""Encoders of M2M-100, NLLB (arXiv:2207.04672), Pegasus and Marian, whose positions are computed."""

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
MARIAN = {**fairseq.SIZES, "vocab_size": 58_101, "pad_token_id": 58_100}
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
    return fairseq.encoder(config, _counted(config), first=True, words=False, last=True)


def _marian(config: Config) -> Encoder:
    """Positions as Pegasus' are, and norms behind its layers."""
    config = {**MARIAN, **config}
    return fairseq.encoder(config, _counted(config), first=False, words=False, last=False)


def _counted(config: Config) -> Positions:
    return Positions(TABLE, config["max_position_embeddings"], made="split")


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
MARIAN_ENCODER = Family(
    model_type="marian",
    describe=_marian,
    classes=Classes("Marian"),
    tokenizer="MarianTokenizer",
    encoder_alone=True,
    tiny={
        "marian": Tiny(
            {**_TINY, "activation_function": "swish", "scale_embedding": True}, usual=False
        )
    },
)
