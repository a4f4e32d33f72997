"""ColQwen2 (arXiv:2407.01449): Qwen2-VL, with a short vector of each token to be compared."""

from __future__ import annotations

from isomorph.encoders.config import Config
from isomorph.encoders.description import Linear
from isomorph.encoders.family import Classes, Family
from isomorph.encoders.seeing.axes import text_options
from isomorph.encoders.seeing.families import qwen2_vl
from isomorph.encoders.seeing.family import Files, Retrieving
from isomorph.encoders.seeing.qwen_towers import seeing
from isomorph.errors import BadModel

PAGE = (
    "<|im_start|>user\n<|vision_start|><|image_pad|><|vision_end|>Describe the image.<|im_end|>"
    "<|endoftext|>"
)
_FILLED = 10
"""Padding tokens behind a query, which the model thinks in."""


def inner(config: Config) -> Config:
    """The options of the Qwen2-VL inside."""
    if "vlm_config" not in config and "text_config" in config:
        return config  # they are those already
    found = config.get("vlm_config")
    if not isinstance(found, dict):
        raise BadModel(
            f"config.json sets vlm_config={found!r}, which must be an object of options."
        )
    return found


def options(config: Config) -> Config:
    """Those of its texts."""
    return text_options(inner(config), "colqwen2")


def head(config: Config) -> Linear:
    """The projection to the vectors that are compared."""
    hidden = qwen2_vl.describe(options(config)).hidden
    return Linear("embedding_proj_layer", hidden, config.get("embedding_dim", 128))


def query(files: Files) -> tuple[str, str]:
    """What the processor puts around a query.

    As the model was trained: transformers puts a line break behind the padding from 5.23 on.
    """
    padding = files["tokenizer_config.json"].get("pad_token")
    token = padding.get("content") if isinstance(padding, dict) else padding
    if not isinstance(token, str):
        raise BadModel("tokenizer_config.json names no pad_token, which fills up queries.")
    return _said(files, "query_prefix", "Query: "), token * _FILLED


def page(files: Files) -> str:
    """What the processor puts around a page."""
    return _said(files, "visual_prompt_prefix", PAGE)


def _said(files: Files, name: str, default: str) -> str:
    for file in ("processor_config.json", "preprocessor_config.json"):
        found = files[file].get(name)
        if found is not None:
            if not isinstance(found, str):
                raise BadModel(f"{file} sets {name}={found!r}, which must be a text.")
            return found or default
    return default


FAMILY = Family(
    model_type="colqwen2",
    describe=qwen2_vl.describe,
    options=options,
    seeing=seeing(
        text=qwen2_vl.describe,
        options=options,
        tower=lambda config: qwen2_vl.tower(inner(config)),
        inside=inner,
        retrieving=Retrieving(head=head, query=query, page=page),
    ),
    classes=Classes("ColQwen2"),
    tokenizer="Qwen2Tokenizer",
    tiny={},
)
