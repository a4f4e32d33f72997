"""What SigLIP (Zhai et al. 2023, arXiv:2303.15343) and SigLIP 2 (arXiv:2502.14786) have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from isomorph.encoders.config import Config, require
from isomorph.encoders.description import Embeddings, Encoder, FeedForward, Linear, Norm, Positions
from isomorph.encoders.tower import Size, Tower, Way
from isomorph.encoders.towers import options_of
from isomorph.encoders.vision.clip_blocks import clip_block
from isomorph.encoders.vision.description import AttentionPool, Patches, Places, VisionEncoder
from isomorph.encoders.vision.layers import act, has_rest, judge_both, one_side
from isomorph.encoders.vision.lower import lower_vision
from isomorph.encoders.vision.text import TextTower, lower_text
from isomorph.primitives.builder import Ref, Weights

LOWER = "Siglip2Tokenizer"
"""A class of tokenizers that is Gemma's in lower case."""
TEXT, VISION = "text_config", "vision_config"
SIZE = {"image_size": 224, "patch_size": 16}
GELU = "gelu_pytorch_tanh"
_LOGITS = ("logit_scale", "logit_bias")
SEEING_ALONE = ("text_model.", *_LOGITS)
"""Beginnings of the names of weights that the tower of pictures does without."""
_SIZES = {
    "hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12,
    "layer_norm_eps": 1e-6,
}  # fmt: skip
_READING = {**_SIZES, "vocab_size": 32000, "max_position_embeddings": 64}


def seeing(config: Config, **more: Any) -> dict[str, Any]:
    """The options of the tower of pictures, with transformers' defaults."""
    return seeing_of(options_of(config, VISION), **more)


def seeing_of(given: Config, **more: Any) -> dict[str, Any]:
    """As `seeing`, where the options are found."""
    return {**_SIZES, "num_channels": 3, **more, **given}


def vision(
    own: Config,
    grid: tuple[int, ...],
    pool: AttentionPool | None,
    stored: tuple[int, ...] = (),
) -> VisionEncoder:
    """Patches without a class token, normalised, and what the learned query `pool` sees of them.

    `stored` are the rows and columns of positions, those of the `grid` by default. Without a grid pictures
    have any proportions, and come as patches.
    """
    hidden, eps = own["hidden_size"], own["layer_norm_eps"]
    blocks = (f"vision_model.encoder.layers.{i}." for i in range(own["num_hidden_layers"]))
    embeddings = "vision_model.embeddings."
    rows, columns = stored or grid
    return VisionEncoder(
        hidden=hidden,
        inside="vision_model.",
        patches=Patches(
            name=f"{embeddings}patch_embedding",
            side=one_side(own, "patch_size", 0),
            width=hidden,
            channels=own["num_channels"],
            packed=not grid,
            rest=bool(grid)
            and has_rest((one_side(own, "image_size", 0),), one_side(own, "patch_size", 0)),
        ),
        grid=grid,
        places=Places(
            table=f"{embeddings}position_embedding.weight",
            shape=(rows * columns, hidden),
            rows=rows,
            columns=columns,
        ),
        blocks=tuple(clip_block(own, each, eps=eps, kind=act(own, GELU)) for each in blocks),
        final_norm=Norm("vision_model.post_layernorm", hidden, eps),
        pool=pool,
    )


def images(
    *feeds: str,
    describe: Callable[[Config, Size], VisionEncoder],
    fed: Callable[[Config], Mapping[str, Any]],
) -> Tower:
    """The tower of pictures, which reads `feeds`."""

    def lower(config: Config, size: Size, weights: Weights, values: Mapping[str, Ref]) -> Ref:
        return lower_vision(describe(config, size), weights, values)

    return Tower(
        way=Way("get_image_features", "pooler_output"),
        aside=SEEING_ALONE,
        result="sentence_embedding",
        feeds=lambda config: feeds,
        describe=describe,
        lower=lower,
        width=seen_width,
        options=VISION,
        fed=fed,
    )


def judge_siglip(config: Config, where: str) -> None:
    """Refuses options that are of a wrong type or out of range, and a tower that gives no vector.

    Raises:
        BadModel: names the file (`where`) and the option.
        Unsupported: nothing pools what the tower of pictures sees.
    """
    judge_both(TEXT, VISION)(config, where)
    require(seeing(config), "vision_use_head", True, True)


def pool(own: Config) -> AttentionPool:
    """The learned query of the tower of pictures."""
    hidden, name = own["hidden_size"], "vision_model.head."
    inner = own["intermediate_size"]
    return AttentionPool(
        probe=f"{name}probe",
        name=f"{name}attention",
        output=Linear(f"{name}attention.out_proj", hidden, hidden),
        heads=own["num_attention_heads"],
        norm=Norm(f"{name}layernorm", hidden, own["layer_norm_eps"]),
        feed_forward=FeedForward(
            Linear(f"{name}mlp.fc1", hidden, inner),
            Linear(f"{name}mlp.fc2", inner, hidden),
            act(own, GELU),
        ),
    )


def describe_text(config: Config) -> TextTower:
    """The last position, projected; every position sees all others."""
    own = {**_READING, **options_of(config, TEXT)}
    hidden, eps, name = own["hidden_size"], own["layer_norm_eps"], "text_model."
    table = Positions(f"{name}embeddings.position_embedding.weight", own["max_position_embeddings"])
    blocks = (f"{name}encoder.layers.{i}." for i in range(own["num_hidden_layers"]))
    encoder = Encoder(
        "texts beside pictures",
        hidden,
        Embeddings(f"{name}embeddings.token_embedding.weight", own["vocab_size"], hidden, table),
        tuple(clip_block(own, each, eps=eps, kind=act(own, GELU)) for each in blocks),
        final_norm=Norm(f"{name}final_layer_norm", hidden, eps),
    )
    return TextTower(encoder=encoder, projection=Linear(f"{name}head", hidden, _projected(config)))


def _projected(config: Config) -> int:
    own = {**_READING, **options_of(config, TEXT)}
    return int(own.get("projection_size") or own["hidden_size"])


def _fed(config: Config) -> Mapping[str, Any]:
    own = {**_READING, **options_of(config, TEXT)}
    return {"longest": own["max_position_embeddings"]}


def _text(config: Config, size: Size, weights: Weights, values: Mapping[str, Ref]) -> Ref:
    return lower_text(describe_text(config), weights, values)


TEXTS = Tower(
    way=Way("get_text_features", "pooler_output"),
    aside=("vision_model.", *_LOGITS),
    result="sentence_embedding",
    feeds=lambda config: ("input_ids", "attention_mask"),
    describe=lambda config, size: describe_text(config),
    lower=_text,
    width=_projected,
    options=TEXT,
    fed=_fed,
    last="text_model.head",
    lowercase=(LOWER,),
)
"""The tower of texts."""


def seen_width(config: Config) -> int:
    """Features of a picture's vector."""
    return int({**_SIZES, **options_of(config, VISION)}["hidden_size"])
