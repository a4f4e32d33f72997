"""CLIP (Radford et al. 2021, arXiv:2103.00020): a tower of pictures and one of texts, in one space.

MetaCLIP 2 (arXiv:2507.22062) has its layout with words of many languages. Chinese CLIP (arXiv:2211.01335)
has its pictures, and reads texts with a BERT.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Any

from isomorph.encoders.config import Config
from isomorph.encoders.description import Embeddings, Encoder, Linear, Norm, Positions
from isomorph.encoders.families import bert
from isomorph.encoders.tower import Size, TinyTowers, Tower, TowerFamily, Way
from isomorph.encoders.towers import options_of
from isomorph.encoders.vision.clip_blocks import clip_block
from isomorph.encoders.vision.description import Leading, Patches, Places, VisionEncoder
from isomorph.encoders.vision.layers import TINY, act, has_rest, judge_both, one_side, only, settled
from isomorph.encoders.vision.lower import PIXELS, lower_vision
from isomorph.encoders.vision.text import TextTower, lower_text
from isomorph.errors import BadModel
from isomorph.primitives.builder import Ref, Weights

TEXT, VISION = "text_config", "vision_config"
_EPS = 1e-5
_SEEING = {
    "hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12,
    "image_size": 224, "patch_size": 32, "num_channels": 3,
}  # fmt: skip
_READING = {
    "vocab_size": 49408, "hidden_size": 512, "intermediate_size": 2048, "num_hidden_layers": 12,
    "num_attention_heads": 8, "max_position_embeddings": 77, "eos_token_id": 49407,
}  # fmt: skip
_CHINESE = {
    "vocab_size": 30522, "hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12,
    "num_attention_heads": 12, "max_position_embeddings": 512, "type_vocab_size": 2, "pad_token_id": 0,
    "hidden_act": "gelu", "layer_norm_eps": 1e-12,
}  # fmt: skip
"""transformers' defaults."""
_COMMON = {"hidden_act": "quick_gelu", "layer_norm_eps": _EPS}
_FIRST = "clip"
_OLD_END = 2
"""What older files give as the end of a text, which is not its id: then the greatest id is the end."""


def describe_image(config: Config, size: Size) -> VisionEncoder:
    """The class position of the last block, normalised and projected."""
    own = {**_SEEING, **options_of(config, VISION)}
    hidden, eps = own["hidden_size"], own.get("layer_norm_eps", _EPS)
    side, patch = (one_side(own, name, 0) for name in ("image_size", "patch_size"))
    grid, name = only(size, side, patch), "vision_model."
    blocks = (f"{name}encoder.layers.{i}." for i in range(own["num_hidden_layers"]))
    table = f"{name}embeddings.position_embedding.weight"
    return VisionEncoder(
        hidden=hidden,
        patches=Patches(
            name=f"{name}embeddings.patch_embedding",
            side=patch,
            width=hidden,
            channels=own["num_channels"],
            bias=False,
            rest=has_rest((side,), patch),
        ),
        grid=grid,
        leading=(Leading(f"{name}embeddings.class_embedding", (hidden,)),),
        places=Places(
            table=table,
            shape=(1 + grid[0] * grid[1], hidden),
            rows=grid[0],
            columns=grid[1],
            leading=1,
        ),
        before=Norm(f"{name}pre_layrnorm", hidden, eps),
        blocks=tuple(clip_block(own, b, eps=eps, kind=act(own, "quick_gelu")) for b in blocks),
        first=True,
        first_norm=Norm(f"{name}post_layernorm", hidden, eps),
        projection=Linear("visual_projection", hidden, width(config), bias=False),
    )


def describe_text(config: Config) -> TextTower:
    """The position of the end of a text, projected; no position sees later ones."""
    own = {**_READING, **options_of(config, TEXT)}
    hidden, eps, name = own["hidden_size"], own.get("layer_norm_eps", _EPS), "text_model."
    table = Positions(f"{name}embeddings.position_embedding.weight", own["max_position_embeddings"])
    kind = act(own, "quick_gelu")
    blocks = (f"{name}encoder.layers.{i}." for i in range(own["num_hidden_layers"]))
    encoder = Encoder(
        "clip",
        hidden,
        Embeddings(f"{name}embeddings.token_embedding.weight", own["vocab_size"], hidden, table),
        tuple(clip_block(own, b, eps=eps, kind=kind, causal=True) for b in blocks),
        final_norm=Norm(f"{name}final_layer_norm", hidden, eps),
    )
    end = own["eos_token_id"]
    if not isinstance(end, int):
        raise BadModel(f"config.json sets eos_token_id={end!r} of {TEXT}, which must be one id.")
    return TextTower(
        encoder=encoder,
        projection=Linear("text_projection", hidden, width(config), bias=False),
        end=end,
        greatest=end == _OLD_END and config.get("model_type") == _FIRST,
    )


def width(config: Config) -> int:
    """Features of both vectors."""
    return int(config.get("projection_dim", 512))


def _read(config: Config) -> Mapping[str, Any]:
    return {"longest": {**_READING, **options_of(config, TEXT)}["max_position_embeddings"]}


def _fed(config: Config) -> Mapping[str, Any]:
    own = {**_SEEING, **options_of(config, VISION)}
    return {"side": one_side(own, "patch_size", 0), "leading": 1}


def _image(config: Config, size: Size, weights: Weights, values: Mapping[str, Ref]) -> Ref:
    return lower_vision(describe_image(config, size), weights, values)


def _text(config: Config, size: Size, weights: Weights, values: Mapping[str, Ref]) -> Ref:
    return lower_text(describe_text(config), weights, values)


def describe_chinese(config: Config) -> TextTower:
    """BERT's first position, projected."""
    own = options_of(config, TEXT)
    encoder = bert.describe({**own, "model_type": "bert"})
    projection = Linear("text_projection", encoder.hidden, width(config), bias=False)
    return TextTower(encoder=encoder, projection=projection, first=True)


def _chinese(config: Config, size: Size, weights: Weights, values: Mapping[str, Ref]) -> Ref:
    return lower_text(describe_chinese(config), weights, values)


IMAGES = Tower(
    way=Way("get_image_features", "pooler_output"),
    aside=("text_model.", "text_projection.", "logit_scale"),
    result="sentence_embedding",
    feeds=lambda config: (PIXELS,),
    describe=describe_image,
    lower=_image,
    width=width,
    options=VISION,
    fed=_fed,
)
TEXTS = Tower(
    way=Way("get_text_features", "pooler_output"),
    aside=("vision_model.", "visual_projection.", "logit_scale"),
    result="sentence_embedding",
    feeds=lambda config: ("input_ids", "attention_mask"),
    describe=lambda config, size: describe_text(config),
    lower=_text,
    width=width,
    options=TEXT,
    fed=_read,
)


def _family(
    model_type: str,
    architecture: str,
    texts: Tower,
    processor: str,
    tiny: Mapping[str, TinyTowers],
    reading: Mapping[str, Any] = MappingProxyType({**_COMMON, **_READING}),
) -> TowerFamily:
    """A family with these texts beside CLIP's pictures."""
    return TowerFamily(
        model_type=model_type,
        architecture=architecture,
        towers={"text": texts, "image": IMAGES},
        processor=processor,
        settled=partial(settled, defaults={TEXT: reading, VISION: {**_COMMON, **_SEEING}}),
        judge=judge_both(TEXT, VISION),
        tiny=tiny,
    )


_SOME_END = 9
"""An id that some rows of the kit hold, and others do not."""
_SMALL = {
    "projection_dim": 20,
    TEXT: {**TINY, "eos_token_id": _OLD_END},
    VISION: {**TINY, "image_size": 32, "patch_size": 8},
}
FAMILY = _family(_FIRST, "CLIPModel", TEXTS, "CLIPImageProcessor", {_FIRST: TinyTowers(_SMALL)})
METACLIP_2 = _family(
    "metaclip_2",
    "MetaClip2Model",
    replace(TEXTS, columns=True),  # of a text without an end
    "CLIPImageProcessor",
    {"metaclip-2": TinyTowers({**_SMALL, TEXT: {**TINY, "eos_token_id": _SOME_END}})},
)
CHINESE_CLIP = _family(
    "chinese_clip",
    "ChineseCLIPModel",
    replace(
        TEXTS,
        describe=lambda config, size: describe_chinese(config),
        lower=_chinese,
        fed=lambda config: {"longest": describe_chinese(config).encoder.longest},
        columns=True,
    ),
    "ChineseCLIPImageProcessor",
    {
        "chinese-clip": TinyTowers(
            _SMALL, prefixes={"embeddings.": "text_model.", "encoder.": "text_model."}
        )
    },
    _CHINESE,
)
