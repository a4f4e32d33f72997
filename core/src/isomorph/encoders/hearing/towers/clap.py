"""CLAP (Wu et al. 2023, arXiv:2211.06687): a tower of sounds and one of texts, in one space."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from isomorph.encoders.config import Config, activation, require
from isomorph.encoders.consistency import check_blocks
from isomorph.encoders.description import Encoder, Linear
from isomorph.encoders.families import roberta
from isomorph.encoders.hearing.swin import Stage, Swin, lower_swin
from isomorph.encoders.hearing.swin.description import HOME
from isomorph.encoders.hearing.swin.lower import projected
from isomorph.encoders.lower import lower_encoder
from isomorph.encoders.names import EncoderWeights
from isomorph.encoders.options import judge_options
from isomorph.encoders.tower import Size, TinyTowers, Tower, TowerFamily, Way
from isomorph.encoders.towers import options_of
from isomorph.errors import BadModel
from isomorph.files import limits
from isomorph.files.schema import (
    FLAG,
    HEADS,
    TEXT,
    WIDTH,
    ListOf,
    Number,
    Schema,
    Whole,
    judge,
    maybe,
)
from isomorph.primitives import ops
from isomorph.primitives.builder import Ref, Weights

SOUND, WORDS = "audio_config", "text_config"
FEATURES = "input_features"
_SCALES = ("logit_scale_a", "logit_scale_t")
_HEARING = {
    "window_size": 8, "num_mel_bins": 64, "spec_size": 256, "patch_size": 4, "hidden_size": 768,
    "depths": [2, 2, 6, 2], "num_attention_heads": [4, 8, 16, 32], "patch_embeds_hidden_size": 96,
    "mlp_ratio": 4.0, "aff_block_r": 4, "projection_dim": 512, "layer_norm_eps": 1e-5,
}  # fmt: skip
_READING = {
    "vocab_size": 50265, "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12,
    "intermediate_size": 3072, "max_position_embeddings": 514, "type_vocab_size": 1,
    "layer_norm_eps": 1e-12, "pad_token_id": 1, "projection_dim": 512,
}  # fmt: skip
"""transformers' defaults."""

_SIDE = Whole(1, limits.WINDOW)
_LISTS: Schema = {
    **dict.fromkeys(("window_size", "num_mel_bins", "spec_size"), _SIDE),
    **dict.fromkeys(("hidden_size", "patch_embeds_hidden_size", "projection_dim"), WIDTH),
    "depths": ListOf(Whole(1, limits.LAYERS), least=1, most=limits.PARTS),
    "num_attention_heads": ListOf(HEADS, least=1, most=limits.PARTS),
    "mlp_ratio": Number(0, limits.WINDOW),
    "aff_block_r": HEADS,
    "layer_norm_eps": Number(0, 0.1),
    **dict.fromkeys(("enable_fusion", "enable_patch_layer_norm", "qkv_bias"), FLAG),
    "fusion_type": maybe(TEXT),
    **dict.fromkeys(("hidden_act", "projection_hidden_act"), TEXT),
}


def judge_clap(config: Config, where: str) -> None:
    """Refuses options that are of a wrong type or out of range.

    Raises:
        BadModel: names the file (`where`) and the option, or they do not fit each other.
        Unsupported: an option is set to what is not implemented.
    """
    judge(options_of(config, SOUND), _LISTS, f"{where}: {SOUND}")
    judge_options(options_of(config, WORDS), f"{where}: {WORDS}", {})
    judge(config, {"projection_dim": WIDTH}, where)
    describe_sound(config, ())
    describe_text(config)


def hearing(config: Config) -> Mapping[str, Any]:
    """The options of the tower of sounds, with transformers' defaults."""
    return {**_HEARING, **options_of(config, SOUND)}


def describe_sound(config: Config, size: Size) -> Swin:
    """HTSAT, whose spectra have the size (channels, frames, mels) that the extractor makes."""
    own = hearing(config)
    fused = bool(own.get("enable_fusion", False))
    patch, _ = stride = _square(own["patch_size"])
    given = {**own, "patch_stride": _square(own.get("patch_stride", stride))}
    require(given, "patch_stride", stride, stride)
    require(own, "fusion_type", None, None)
    require(own, "flatten_patch_embeds", True, True)
    require(own, "patch_embed_input_channels", 1, 1)
    channels, frames, mels = size or (4 if fused else 1, own["spec_size"], own["num_mel_bins"])
    if mels != own["num_mel_bins"] or channels != (4 if fused else 1):
        raise BadModel(
            f"The settings of sounds make {channels} spectra of {mels} mel powers, and config.json says that "
            f"the tower reads {4 if fused else 1} of {own['num_mel_bins']}: they belong to different models."
        )
    first = own["patch_embeds_hidden_size"]
    if len(own["depths"]) != len(own["num_attention_heads"]):
        raise BadModel("config.json sets depths and num_attention_heads of different lengths.")
    stages = tuple(
        Stage(f"{HOME}layers.{i}.", own["spec_size"] // patch // 2**i, first * 2**i, depth, heads)
        for i, (depth, heads) in enumerate(
            zip(own["depths"], own["num_attention_heads"], strict=True)
        )
    )
    return Swin(
        frames=frames,
        mels=mels,
        square=own["spec_size"],
        patch=patch,
        window=own["window_size"],
        stages=stages,
        inner=own["mlp_ratio"],
        eps=own["layer_norm_eps"],
        activation=activation(own, "hidden_act", "gelu"),
        biased=bool(own.get("qkv_bias", True)),
        patch_norm=bool(own.get("enable_patch_layer_norm", True)),
        fused=fused,
        reduced=first // own["aff_block_r"],
        projection=_projection("audio_projection", own["hidden_size"], width(config)),
        projected=activation(own, "projection_hidden_act", "relu"),
    )


def _square(value: Any) -> tuple[int, int]:
    """A size in both directions, which are the same.

    Raises:
        BadModel: they are not, or it is no size.
    """
    found = tuple(value) if isinstance(value, list | tuple) else (value, value)
    if len(found) != 2 or found[0] != found[1] or not _SIDE.admits(found[0]):
        raise BadModel(f"config.json sets a patch of {value!r}; only squares are implemented.")
    return found[0], found[1]


def _projection(name: str, inputs: int, outputs: int) -> tuple[Linear, Linear]:
    return Linear(f"{name}.linear1", inputs, outputs), Linear(f"{name}.linear2", outputs, outputs)


def describe_text(config: Config) -> Encoder:
    """RoBERTa.

    Raises:
        BadModel: heads do not divide.
    """
    own = {**_READING, **options_of(config, WORDS)}
    encoder = roberta.describe({**own, "model_type": roberta.ROBERTA.model_type})
    check_blocks(encoder)
    return encoder


def _sound(config: Config, size: Size, weights: Weights, values: Mapping[str, Ref]) -> Ref:
    return lower_swin(describe_sound(config, size), weights, values[FEATURES])


def _text(config: Config, size: Size, weights: Weights, values: Mapping[str, Ref]) -> Ref:
    """The first token, through the pooler and the projection."""
    own, encoder = {**_READING, **options_of(config, WORDS)}, describe_text(config)
    states = lower_encoder(encoder, weights, values)
    named = EncoderWeights(weights, encoder.embeddings.word)
    first = ops.take(states[-1], ops.argmax(values["attention_mask"], axis=1))
    hidden = encoder.hidden
    pooled = ops.activation(named.linear(Linear("pooler.dense", hidden, hidden), first), "tanh")
    layers = _projection("text_projection", hidden, width(config))
    return projected(layers, activation(own, "projection_hidden_act", "relu"), named, pooled)


def width(config: Config) -> int:
    """Features of both vectors. transformers' class passes over what its parts say of it."""
    return int(config.get("projection_dim", _HEARING["projection_dim"]))


FAMILY = TowerFamily(
    model_type="clap",
    architecture="ClapModel",
    towers={
        "text": Tower(
            way=Way("get_text_features", "pooler_output"),
            aside=("audio_model.", "audio_projection.", *_SCALES),
            made=(".position_ids", ".token_type_ids"),
            result="sentence_embedding",
            feeds=lambda config: ("input_ids", "attention_mask"),
            describe=lambda config, size: describe_text(config),
            lower=_text,
            width=width,
            options=WORDS,
            columns=True,
            fed=lambda config: {"longest": describe_text(config).longest},
        ),
        "audio": Tower(
            way=Way("get_audio_features", "pooler_output"),
            aside=("text_model.", "text_projection.", *_SCALES),
            made=(".num_batches_tracked", ".relative_position_index"),
            result="sentence_embedding",
            feeds=lambda config: (FEATURES,),
            describe=describe_sound,
            lower=_sound,
            width=width,
            options=SOUND,
        ),
    },
    processor="ClapFeatureExtractor",
    judge=judge_clap,
    tiny={
        "clap": TinyTowers(
            {
                "projection_dim": 20,
                SOUND: {
                    "window_size": 4, "num_mel_bins": 16, "spec_size": 64, "patch_size": 4,
                    "patch_stride": [4, 4], "hidden_size": 32, "depths": [2, 2],
                    "num_attention_heads": [2, 4], "patch_embeds_hidden_size": 16, "projection_dim": 20,
                    "enable_fusion": False,
                },
                WORDS: {
                    "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
                    "intermediate_size": 48, "projection_dim": 20, "pad_token_id": 0,
                },
            },
            spectra=(1, 126, 16),
            extractor={
                "feature_extractor_type": "ClapFeatureExtractor", "feature_size": 16, "hop_length": 128,
                "sampling_rate": 8000, "max_length_s": 2, "fft_window_size": 256, "frequency_min": 50,
                "frequency_max": 3500, "padding": "repeatpad", "top_db": None,
                "truncation": "rand_trunc",
            },
            asked=(
                *(f"{p}_projection.linear{n}.{end}" for p in ("audio", "text") for n in (1, 2)
                  for end in ("weight", "bias")),
                "text_model.embeddings.word_embeddings.weight",
                "audio_model.audio_encoder.patch_embed.proj.weight",
            ),
        )
    },
)  # fmt: skip
