"""Jina CLIP (Koukounas et al. 2024, arXiv:2405.20204, v2 arXiv:2412.08802): EVA-02 beside a text encoder.

The code is not part of transformers; formulas and names are those that it published. The options of the text
encoder stand in another repository, which ``text_config.hf_model_name_or_path`` names, and
``hf_model_config_kwargs`` go before them. The weights hold low-rank matrices of tasks, of which
``default_lora_task`` is always added. The second generation reads texts as jina-embeddings-v3 does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from isomorph.encoders.config import Config, require
from isomorph.encoders.description import Linear
from isomorph.encoders.families import xlm_roberta
from isomorph.encoders.options import judge_options
from isomorph.encoders.tower import Adapted, Borrowed, Size, TinyTowers, Tower, TowerFamily, Way
from isomorph.encoders.towers import options_of
from isomorph.encoders.vision.description import VisionEncoder
from isomorph.encoders.vision.eva import DEFAULTS, eva, judge_eva
from isomorph.encoders.vision.layers import one_side
from isomorph.encoders.vision.lower import PIXELS, lower_vision
from isomorph.encoders.vision.text import TextTower, lower_text
from isomorph.errors import BadModel, Unsupported
from isomorph.files.schema import FLAG, OBJECT, TEXT, WIDTH, Schema, judge, maybe
from isomorph.primitives.builder import Ref, Weights

READING, VISION = "text_config", "vision_config"
OWN = "hf_model_config_kwargs"
WORDS = f"{READING}.{OWN}"
"""Where the options of the text encoder stand, those of the other repository too once they are there."""
_NEEDED = ("model_type", "hidden_size", "num_hidden_layers", "num_attention_heads")
"""Without one of these the options of the text encoder are not all there."""
_FIRST = "jinaai/jina-bert-flash-implementation"
_KNOWN = "xlm-roberta"
_TOP: Schema = {"add_projections": FLAG, "projection_dim": WIDTH}
_TEXTS: Schema = {
    "embed_dim": WIDTH,
    OWN: maybe(OBJECT),
    **dict.fromkeys(("hf_model_name_or_path", "default_lora_task"), maybe(TEXT)),
    **dict.fromkeys(("default_instruction_task", "pooler_type", "proj_type"), maybe(TEXT)),
}


def describe_image(config: Config, size: Size) -> VisionEncoder:
    """As EVA-02, with a projection where the model has both."""
    own = options_of(config, VISION)
    return eva(own, size, _projection(config, "visual_projection", own.get("embed_dim", 768)))


def describe_text(config: Config) -> TextTower:
    """The mean of all positions, or the first one.

    Raises:
        Unsupported: another encoder reads the texts, or an option is not implemented.
    """
    own, words = options_of(config, READING), options_of(config, WORDS)
    require(own, "default_instruction_task", None, None)
    require(own, "proj_type", None, None)
    pooler = require(own, "pooler_type", None, None, "mean_pooler", "cls_pooler")
    if words.get("model_type") != _KNOWN or not xlm_roberta.is_flash(words):
        raise Unsupported(
            f"config.json has texts read by {own.get('hf_model_name_or_path', _FIRST)!r} (model_type "
            f"{words.get('model_type')!r}); of jina_clip this version has {_KNOWN!r} in Jina's layout"
        )
    if "vocab_size" not in words:
        raise BadModel(f"config.json: {WORDS} say no vocab_size.")
    encoder = xlm_roberta.describe(words)
    width = own.get("embed_dim", 768)
    if encoder.hidden != width:
        raise Unsupported(
            f"config.json sets embed_dim={width} of {READING}, and the text encoder has {encoder.hidden} "
            "features: a layer between them is not done"
        )
    return TextTower(
        encoder=encoder,
        projection=_projection(config, "text_projection", width),
        first=pooler == "cls_pooler",
        mean=pooler != "cls_pooler",
    )


def _projection(config: Config, name: str, inputs: int) -> Linear | None:
    if not config.get("add_projections"):
        return None
    return Linear(name, inputs, config.get("projection_dim", 768), bias=False)


def _width(key: str) -> Any:
    def width(config: Config) -> int:
        if config.get("add_projections"):
            return int(config.get("projection_dim", 768))
        return int(options_of(config, key).get("embed_dim", 768))

    return width


def borrowed(config: Config) -> Borrowed | None:
    """The repository of the text encoder's options, unless the own ones are complete."""
    own = config.get(READING)
    if not isinstance(own, dict):
        return None  # is refused by `judge_jina`
    given = own.get(OWN) or {}
    if isinstance(given, dict) and all(name in given for name in _NEEDED):
        return None
    name = own.get("hf_model_name_or_path", _FIRST)
    return Borrowed(name, WORDS) if isinstance(name, str) else None


def adapted(config: Config) -> Adapted | None:
    """The matrices of ``default_lora_task``."""
    own = config.get(READING)
    task = own.get("default_lora_task") if isinstance(own, dict) else None
    given = own.get(OWN) if isinstance(own, dict) else None
    if task is None or not isinstance(given, dict):
        return None
    names = given.get("lora_adaptations")
    if not isinstance(names, list) or task not in names:
        raise BadModel(
            f"config.json: {READING} sets default_lora_task={task!r}, and {OWN} list the tasks {names!r}."
        )
    return Adapted(tuple(map(str, names)), str(task), given)


def judge_jina(config: Config, where: str) -> None:
    """Refuses options that are of a wrong type or out of range.

    Raises:
        BadModel: names the file (`where`) and the option.
    """
    judge(config, _TOP, where)
    for key in (READING, VISION):
        if not isinstance(config.get(key), dict):
            raise BadModel(
                f"{where} sets {key}={config.get(key)!r}, which must be an object of options."
            )
    judge(config[READING], _TEXTS, f"{where}: {READING}")
    judge_eva(config[VISION], f"{where}: {VISION}")
    judge_options(config[READING].get(OWN) or {}, f"{where}: {READING}: {OWN}", {})


def _read(config: Config) -> Mapping[str, Any]:
    return {"longest": describe_text(config).encoder.longest}


def _fed(config: Config) -> Mapping[str, Any]:
    own = {**DEFAULTS, **options_of(config, VISION)}
    return {"side": one_side(own, "patch_size", 0), "leading": 1}


def _image(config: Config, size: Size, weights: Weights, values: Mapping[str, Ref]) -> Ref:
    return lower_vision(describe_image(config, size), weights, values)


def _text(config: Config, size: Size, weights: Weights, values: Mapping[str, Ref]) -> Ref:
    return lower_text(describe_text(config), weights, values)


FAMILY = TowerFamily(
        model_type="jina_clip",
        architecture="JinaCLIPModel",
        published=("jinaai/jina-clip-implementation--",),
        towers={
            "text": Tower(
                way=Way("get_text_features", "pooler_output"),
                result="sentence_embedding",
                feeds=lambda config: ("input_ids", "attention_mask"),
                describe=lambda config, size: describe_text(config),
                lower=_text,
                width=_width(READING),
                options=WORDS,
                fed=_read,
            ),
            "image": Tower(
                way=Way("get_image_features", "pooler_output"),
                result="sentence_embedding",
                feeds=lambda config: (PIXELS,),
                describe=describe_image,
                lower=_image,
                width=_width(VISION),
                options=VISION,
                fed=_fed,
            ),
        },
        processor="JinaCLIPImageProcessor",
        judge=judge_jina,
        borrowed=borrowed,
        adapted=adapted,
        tiny={
            "jina-clip": TinyTowers(
                {
                    READING: {
                        "embed_dim": 32, "pooler_type": "mean_pooler", OWN: {
                            "model_type": _KNOWN, "hidden_size": 32, "num_hidden_layers": 2,
                            "num_attention_heads": 4, "intermediate_size": 48, "use_flash_attn": False,
                            "position_embedding_type": "rotary", "type_vocab_size": 1,
                        },
                    },
                    VISION: {
                        "embed_dim": 32, "width": 32, "layers": 2, "head_width": 8, "mlp_ratio": 1.6,
                        "image_size": 32, "patch_size": 8, "rope_embeddings": True, "intp_freq": True,
                        "pt_hw_seq_len": 3, "naive_swiglu": True, "subln": True,
                    },
                },
                processor={"size": 32},
            )
        },
    )  # fmt: skip
